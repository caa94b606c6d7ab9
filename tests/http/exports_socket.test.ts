// A package on its way: of one moment while others write, broken off where the database fails, over when its reader leaves.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { exportScope } from '../../src/exports.ts'
import { backend } from '../support/database.ts'
import { filesIn } from '../support/exports.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { bulk, school } from '../support/rows.ts'

const path = '/exports/oneroster.zip'
let hub: Hub
let server: ReturnType<typeof Bun.serve>
let authorization: string
beforeAll(async () => {
  if (backend === 'pglite') return
  hub = await openHub()
  await bulk(hub.owner, version('One'))
  // more than sockets and streams hold between the database and its reader, and nothing that compresses
  await hub.owner.sql`insert into store.categories (sourced_id, status, revision, source_system, title, document)
    select i::text, 'active', (select max(revision) from store.publications), 'test',
      (select string_agg(md5(i::text || j), '') from generate_series(1, 16) as j), '{}' from generate_series(1, 30000) as i`
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', idleTimeout: 60, fetch: (request) => hub.fetch(request) })
  authorization = `Bearer ${await hub.token([exportScope])}`
}, 120_000)
afterAll(() => void server?.stop(true))

/** The school, every record that has a name bearing this one. */
function version(name: string): Record<string, string> {
  const named = (text: string) =>
    text.replaceAll(/(?<=,)(District|North School|Maths A|Maths|Autumn|Year|Ada|Bo)(?=,)/g, name)
  const { orgs, academicSessions, courses, classes, users, ...others } = school
  const texts = { orgs, academicSessions, courses, classes, users }
  return { ...others, ...Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, named(text)])) }
}

const begin = (): Promise<Response> => fetch(new URL(path, server.url), { headers: { authorization } })
const inTransaction = async (): Promise<number> => {
  const [row] = await hub.owner.sql<{ count: number }[]>`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null and backend_type = 'client backend'`
  return row?.count ?? 0
}

describe.skipIf(backend === 'pglite')(
  'a package on its way [embedded it is made before the answer: PostgreSQL]',
  () => {
    test('is of the moment it began, in every file, whatever is imported meanwhile', async () => {
      const reader = (await begin()).body?.getReader()
      const parts = [(await reader?.read())?.value ?? new Uint8Array()]
      await bulk(hub.owner, version('Two'))
      for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read())
        parts.push(part.value)
      const files = await filesIn(new Blob(parts as Uint8Array<ArrayBuffer>[]))
      for (const name of ['orgs', 'academicSessions', 'courses', 'classes', 'users']) {
        expect([name, files[`${name}.csv`]?.includes('Two'), files[`${name}.csv`]?.includes('One')]).toEqual([
          name,
          false,
          true,
        ])
      }
      expect(files['categories.csv']?.split('\r\n').length).toBe(30_002)
      expect((await filesIn(await (await begin()).blob()))['orgs.csv']).toContain('Two')
    }, 60_000)

    test('breaks off where the database fails: the reader meets an error, the log the cause, and the next is whole', async () => {
      const response = await begin()
      const reader = response.body?.getReader()
      await reader?.read()
      await hub.owner.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like 'copy%' and xact_start is not null`
      const rest = async (): Promise<void> => {
        while ((await reader?.read())?.done === false);
      }
      await expect(rest()).rejects.toThrow()
      while (hub.observations.at(-1)?.status !== 500) await hub.owner.sql`select 1`
      expect(hub.observations.at(-1)).toMatchObject({ operation: 'exportPackage', status: 500 })
      expect(hub.observations.at(-1)?.cause).toBeInstanceOf(Error)
      const next = await begin()
      expect(next.status).toBe(200)
      expect(Object.keys(await filesIn(await next.blob()))).toContain('categories.csv')
    }, 60_000)

    test.each([
      ['at its first bytes', 0],
      ['in the middle of a file', 20],
    ])(
      'leaves nothing behind when its reader leaves %s: no transaction, and the next export begins',
      async (_, reads) => {
        const leaving = new AbortController()
        const response = await fetch(new URL(path, server.url), { headers: { authorization }, signal: leaving.signal })
        const reader = response.body?.getReader()
        for (let read = 0; read <= reads; read += 1) await reader?.read()
        expect(await inTransaction()).toBe(1)
        leaving.abort()
        while ((await inTransaction()) > 0);
        let next = await begin()
        while (next.status === 503) next = await begin()
        expect(next.status).toBe(200)
        await next.bytes()
        expect(hub.observations.some(({ status, cause }) => status === 500 && String(cause).includes('left'))).toBe(
          false,
        )
      },
      60_000,
    )
  },
)
