// The app as an edge worker: the module that `bun run edge` writes, and what it answers in workerd.

import { beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { verifyAudit } from '../../src/audit_log.ts'
import { type Bundle, bundleEdge } from '../../src/cli/edge.ts'
import { textArray } from '../../src/database.ts'
import { atEnd } from '../support/cleanup.ts'
import { refusal } from '../support/collections.ts'
import { backend } from '../support/database.ts'
import { portable } from '../support/portable.ts'
import { binaryOf, installRuntimes, type Server, startServer } from '../support/runtimes.ts'

const root = new URL('../../', import.meta.url).pathname
const directory = mkdtempSync(`${tmpdir()}/rosterhub-test-`)
atEnd(() => rmSync(directory, { recursive: true, force: true }))

/** Writes the worker as a person does, and starts it. */
async function start(settings: Readonly<Record<string, string>>): Promise<Server> {
  const edge = Bun.spawn([process.execPath, 'src/main.ts', 'edge', '--out', `${directory}/worker.js`], {
    cwd: root,
    stderr: 'pipe',
  })
  expect([await edge.exited, await new Response(edge.stderr).text()]).toEqual([
    0,
    expect.stringContaining('worker.js') as never,
  ])
  await Bun.write(`${directory}/worker.capnp`, Bun.file(`${root}tests/runtimes/worker.capnp`))
  return startServer([binaryOf('workerd'), 'serve', 'worker.capnp', '--control-fd=1'], directory, settings)
}

describe('the bundle', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleEdge()
  }, 60_000)

  test('asks the runtime for nothing but what a worker has', () => {
    const wanted = new Bun.Transpiler({ loader: 'js' }).scanImports(bundle.text).map(({ path }) => path)
    expect([...new Set(wanted)].sort()).toEqual([
      'cloudflare:sockets',
      'node:async_hooks',
      'node:buffer',
      'node:events',
      'node:stream',
    ])
  })

  test('holds the app and what receives packages, and nothing of the command line, the worker, its queue or PGlite', () => {
    const packages = bundle.files.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1])
    expect(bundle.files).toContain('src/app.ts')
    expect(packages).toContain('postgres')
    expect(packages.filter((name) => /pglite|groupmq|ioredis|prom-client/.test(String(name)))).toEqual([])
    expect(
      bundle.files.filter((file) => /^src\/(cli\/|main|migrate|importer|metrics|queue|runner|worker)/.test(file)),
    ).toEqual([])
    expect(bundle.files.filter((file) => /postgres\/(?!cf\/)/.test(file))).toEqual([])
  })
})

describe('a worker', () => {
  test('without DATABASE_URL answers the error of the standard, and says in its log what is wanted', async () => {
    await installRuntimes()
    const server = await start({})
    expect(await refusal(await fetch(`${server.origin}/health/live`))).toStartWith('500 internal_server_error: ')
    await server.stop()
    expect(server.said()).toContain('DATABASE_URL')
  }, 60_000)
})

if (backend === 'pglite') {
  test.skip('an edge worker serves the hub [needs a database behind a URL: PostgreSQL]', () => {})
} else {
  describe('the worker over PostgreSQL', () => {
    const remote = portable(start)

    test('closes the connection of each request behind its answer', async () => {
      const { hub } = remote()
      const asked = Array.from({ length: 10 }, () => hub.get('/users?limit=1'))
      expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200))
      const open = async (): Promise<number> => {
        const [row] = await hub.owner.sql<{ count: number }[]>`
          select count(*)::integer as count from pg_stat_activity
          where datname = current_database() and backend_type = 'client backend'`
        return Number(row?.count)
      }
      // those of this process are two pools of two
      while ((await open()) > 4);
    }, 30_000)

    test('writes a row of the audit behind each answer, over the connection of its request', async () => {
      const { hub } = remote()
      const asked = await Promise.all([hub.get('/users?limit=1'), hub.get('/users/nobody'), hub.get('/users?limit=x')])
      const ids = asked.map(({ headers }) => String(headers.get('x-request-id')))
      const written = async (): Promise<string[]> => {
        const rows = await hub.owner.sql<{ text: string }[]>`
          select request_id || ' ' || status as text from store.api_key_audit_logs where request_id = any(${textArray(ids)}::text::text[])`
        return rows.map(({ text }) => text).sort()
      }
      const expected = asked.map(({ status }, place) => `${ids[place]} ${status}`).sort()
      while ((await written()).length < expected.length);
      expect(await written()).toEqual(expected)
      expect((await verifyAudit(hub.owner)).faults).toEqual([])
    }, 30_000)
  })
}
