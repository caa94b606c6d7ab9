// The command line by URL: a package sent to a hub, followed, told of, released, cancelled and reverted; and the same on
// the data at hand. The hub runs in this process, and so does its worker.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { createClient } from '../../src/clients.ts'
import { type Ended, openPlace, type Place } from '../support/command.ts'
import { backend } from '../support/database.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { orgsCsv, packageOf, readScope, runScope } from '../support/imports.ts'
import { runAll } from '../support/jobs.ts'

const slow = 120_000
const names = Array.from({ length: 20 }, (_, index) => `School ${index}`)
const limits = { maxDeletePercent: 10, maxFaultPercent: 20 }

let hub: Hub
let place: Place
let server: ReturnType<typeof Bun.serve>
let settings: Record<string, string>
let running = Promise.resolve<unknown>(undefined)
let isWorking = true
beforeAll(async () => {
  hub = await openHub({ importMaxBytes: 100_000 }, { imports: { wake: () => wake(), cancelled: () => {} } })
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => hub.fetch(request) })
  place = await openPlace()
  const { clientId, clientSecret } = await createClient(hub.owner.sql, 'nightly', [runScope])
  settings = { ROSTERHUB_CLIENT_ID: clientId, ROSTERHUB_CLIENT_SECRET: clientSecret }
  await write('first.zip', orgsCsv(names))
  await write('fewer.zip', orgsCsv(names.slice(0, 5)))
  await write('faulty.zip', orgsCsv(names, ['bad-1,,,"Two, ""quoted""",castle,,', 'bad-2,,,B,castle,,']))
}, 180_000)
afterAll(() => void server.stop(true))

const wake = (): void => {
  if (isWorking) running = running.then(() => runAll(hub, limits))
}
const write = async (name: string, orgs: string): Promise<void> =>
  void (await Bun.write(`${place.directory}/${name}`, await packageOf(orgs)))
const url = (): string => `http://127.0.0.1:${server.port}`
const run = (...args: string[]): Promise<Ended> => place.run([...args, '--url', url()], settings)
const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T
const idOf = ({ stdout }: Ended): string => String(/import (\d+)/.exec(stdout)?.[1])

describe('import --url', () => {
  test(
    'sends, waits and tells what became of each file; exit code 0',
    async () => {
      const ended = await run('import', 'first.zip')
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect(ended.stdout).toMatch(/orgs\.csv +bulk +20 +20 +0 +0 +0 +0\n/)
      expect(ended.stdout).toMatch(/import \d+ of source test-sis: published at 20/)
      const again = await run('import', 'first.zip')
      expect([again.code, again.stdout.includes(`repeats import ${idOf(ended)}: nothing had changed`)]).toEqual([
        0,
        true,
      ])
    },
    slow,
  )

  test(
    '--preview changes nothing, tells what would, and how to apply it; that is then done by its id',
    async () => {
      await write('renamed.zip', orgsCsv(['Renamed', ...names.slice(1)]))
      const ended = await run('import', 'renamed.zip', '--preview')
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect(ended.stdout).toMatch(/orgs\.csv +bulk +20 +0 +1 +19 +0 +0\n/)
      const id = idOf(ended)
      expect(ended.stdout).toEndWith(
        `import ${id} is a preview: nothing was changed\nwhat would change: bun run imports changes ${id} --url ${url()}\n` +
          `apply it: bun run imports apply ${id} --url ${url()}\n`,
      )
      const changes = await run('imports', 'changes', id)
      expect(changes.stdout).toBe('updated  orgs.csv  org-1  name: "School 0" -> "Renamed"\n')
      const applied = await run('imports', 'apply', id, '--json')
      expect([applied.code, json<{ status: string; mode: string }>(applied)]).toMatchObject([
        0,
        { status: 'completed' },
      ])
      const reverted = await run('imports', 'revert', id, '--note', 'a mistake', '--json')
      expect([reverted.code, reverted.stderr]).toEqual([0, ''])
      expect(json<object>(reverted)).toMatchObject({ mode: 'revert', reverts: id, status: 'completed' })
    },
    slow,
  )

  test(
    'ends with 2 for what is held, with the reason and how to release it',
    async () => {
      const ended = await run('import', 'fewer.zip')
      const id = idOf(ended)
      expect([ended.code, ended.stderr]).toEqual([2, ''])
      expect(ended.stdout).toContain(`import ${id} is held: `)
      expect(ended.stdout).toContain(`bun run imports apply ${id} --note "who, and why" --url ${url()}\n`)
      const bare = await run('imports', 'apply', id)
      expect([bare.code, bare.stderr]).toEqual([1, expect.stringMatching(/^the hub refuses with 422: note: import/)])
      const released = await run('imports', 'apply', id, '--note', 'Ann: 15 schools close')
      expect([released.code, released.stderr]).toEqual([0, ''])
      expect(released.stdout).toMatch(/orgs\.csv +bulk +5 +0 +0 +5 +15 +0\n/)
      const shown = json<object>(await run('imports', 'show', id, '--json'))
      expect(shown).toMatchObject({ status: 'completed', note: 'Ann: 15 schools close' })
    },
    slow,
  )

  test(
    '--faults writes them all, on --on-fault reject too, which ends with 1',
    async () => {
      const ended = await run('import', 'faulty.zip', '--on-fault', 'reject', '--faults', 'faults.csv')
      expect([ended.code, ended.stderr]).toEqual([1, ''])
      expect(ended.stdout).toContain('refused: orgs.csv, line 22, type: ')
      expect(ended.stdout).toMatch(/import \d+ has failed: .*2 faults/)
      const csv = readFileSync(`${place.directory}/faults.csv`, 'utf8')
      expect(csv.split('\r\n').map((line) => line.split(',').slice(0, 4).join())).toEqual([
        'file,line,field,value',
        'orgs.csv,22,type,castle',
        'orgs.csv,23,type,castle',
        '',
      ])
      expect((await run('imports', 'faults', idOf(ended))).stdout).toBe(csv)
    },
    slow,
  )

  test(
    '--no-wait ends once it is queued; it is listed, and cancelled by its id',
    async () => {
      isWorking = false
      const first = await run('import', 'first.zip', '--no-wait', '--source', 'slow', '--json')
      expect([first.code, json<object>(first)]).toMatchObject([0, { status: 'received', source: 'slow' }])
      const { id } = json<{ id: string }>(first)
      const listed = await run('imports', 'list', '--limit', '1')
      expect(listed.stdout).toMatch(new RegExp(`^ *${id}  20\\S+ +received +apply +slow  by \\S+\n$`))
      expect(await run('imports', 'cancel', id)).toMatchObject({ code: 0, stdout: `import ${id} is cancelled\n` })
      const again = await run('imports', 'cancel', id)
      expect([again.code, again.stderr]).toEqual([1, `the hub refuses with 409: import ${id} is cancelled already\n`])
      isWorking = true
    },
    slow,
  )

  test(
    'says in one line what is wrong, and ends with 1',
    async () => {
      await Bun.write(`${place.directory}/no.zip`, 'no zip')
      await Bun.write(`${place.directory}/large.zip`, new Uint8Array(100_001))
      const { clientId, clientSecret } = await createClient(hub.owner.sql, 'reader', [readScope])
      const reader = ['--client-id', clientId, '--client-secret', clientSecret]
      const cases: [string[], RegExp][] = [
        [['import', 'no.zip'], /^the hub refuses with 422: the file is no readable zip archive .*\(import \d+\)\n$/],
        [
          ['import', 'large.zip'],
          /^the hub refuses with 413: the package has more than 100000 bytes \(IMPORT_MAX_BYTES\)\n$/,
        ],
        [['import', 'first.zip', ...reader], /^the hub refuses with 403: the token lacks a scope/],
        [['import', 'first.zip', '--client-secret', 'wrong'], /gives no token: unknown client or wrong secret\n$/],
        [['import', 'nothing.zip'], /^nothing\.zip: no such file\n$/],
        [['imports', 'show', '99999'], /^the hub refuses with 404: Unknown Object: no import 99999\n$/],
        [['imports', 'show'], /^imports show ID: name the import\n$/],
        [['imports', 'explode'], /^imports list \| show ID/],
        [['imports', 'list', '--status', 'odd'], /^the hub refuses with 400: status: must be/],
      ]
      for (const [args, words] of cases) {
        const { code, stdout, stderr } = await run(...args)
        expect([args.join(' '), code, stdout, stderr]).toEqual([args.join(' '), 1, '', expect.stringMatching(words)])
      }
      const place1 = await place.run(['imports', 'list', '--url', url()])
      expect([place1.code, place1.stderr]).toEqual([1, expect.stringMatching(/^--url wants the id and the secret/)])
      const nowhere = await place.run(['imports', 'list', '--url', 'http://127.0.0.1:1'], settings)
      expect([nowhere.code, nowhere.stderr]).toEqual([
        1,
        expect.stringMatching(/^http:\/\/127\.0\.0\.1:1 does not answer: /),
      ])
    },
    slow,
  )
})

describe('imports without --url', () => {
  test.skipIf(backend === 'pglite')(
    'does the same on the database at hand [two processes on one database: PostgreSQL]',
    async () => {
      const local = (...args: string[]) => place.run(args, { DATABASE_URL: String(hub.url) })
      const listed = json<{ id: string }[]>(await local('imports', 'list', '--json'))
      const remote = json<{ id: string }[]>(await run('imports', 'list', '--json'))
      expect(listed).toEqual(remote)
      const missing = await local('imports', 'show', '99999')
      expect([missing.code, missing.stderr]).toEqual([1, 'no import 99999\n'])
      const id = String(listed.at(-1)?.id)
      const cancelled = await local('imports', 'cancel', id)
      expect([cancelled.code, cancelled.stderr]).toEqual([1, `import ${id} is completed already\n`])
    },
    slow,
  )

  test(
    'lists nothing where there is nothing',
    async () => {
      const ended = await place.run(['migrate'])
      expect(ended.code).toBe(0)
      expect(await place.run(['imports', 'list'])).toEqual({ code: 0, stdout: '', stderr: '' })
    },
    slow,
  )
})
