// The writers as SQL: what a batch holds, what it waits for, and in which order it writes.

import { beforeAll, describe, expect, test } from 'bun:test'
import { connectPostgres, type Database, type Sql } from '../../src/database.ts'
import { atEnd } from '../support/cleanup.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { document, stored, waitsOrDone } from '../support/rows.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
}, 60_000)

const onPglite = backend === 'pglite'
const needs = '[needs two sessions: PostgreSQL]'

interface Outcome {
  readonly outcome: string | null
  readonly fault: { status: number; message: string } | null
}

function another(): Database {
  const opened = connectPostgres(database.url as string, { poolSize: 1 })
  atEnd(() => opened.close())
  return opened
}

const item = (sourcedId: string, title: string, ifMatch: string[] | null = null) => ({
  client: 'c1',
  path: '/category',
  sourcedId,
  record: { sourcedId, title },
  ifMatch,
})

const put = (sql: Sql, ...items: ReturnType<typeof item>[]): Promise<string[]> => putBy('put_category', sql, items)

async function putBy(operation: string, sql: Sql, items: readonly unknown[]): Promise<string[]> {
  const [row] = await sql<{ outcomes: Outcome[] }[]>`
    select api.put(${operation}, ${JSON.stringify(items)}::text::jsonb) as outcomes`
  return (row?.outcomes ?? []).map(({ outcome, fault }) => outcome ?? `${fault?.status} ${fault?.message}`)
}

describe('a batch', () => {
  test('answers for each record in the order they came, and a fault keeps no other out', async () => {
    const { sql } = database.app
    expect(await put(sql, item('b', 'B'), item('a', 'A', ['*']), item('c', 'C'))).toEqual([
      'created',
      '412 If-Match: the record has another version; read "a" again',
      'created',
    ])
    expect(await put(sql, item('c', 'C'), item('a', 'A'), item('b', 'New'))).toEqual([
      'unchanged',
      'created',
      'replaced',
    ])
  })

  test('is one publication: its records have one date, and those that did not change keep theirs', async () => {
    const { sql } = database.app
    await put(sql, item('p', 'P'), item('q', 'Q'), item('r', 'R'))
    const dateOf = async (id: string) => (await document(database.owner, 'categories', id))?.['dateLastModified']
    const before = await dateOf('q')
    await put(sql, item('p', 'P2'), item('q', 'Q'), item('r', 'R2'))
    expect([await dateOf('p'), await dateOf('q')]).toEqual([await dateOf('r'), before])
    expect(String(await dateOf('p')) > String(before)).toBe(true)
  })

  test('that changes nothing publishes nothing', async () => {
    const { sql } = database.app
    const publications = async () => (await database.owner.sql`select count(*)::int as n from store.publications`)[0]
    await put(sql, item('same', 'Same'))
    const before = await publications()
    expect(await put(sql, item('same', 'Same'), item('none', 'None', ['*']))).toEqual([
      'unchanged',
      '412 If-Match: the record has another version; read "none" again',
    ])
    expect(await publications()).toEqual(before as object)
  })

  test.skipIf(onPglite)(
    `leaves out at once what another writer has, and holds nothing for it ${needs}`,
    async () => {
      await put(database.app.sql, item('held', 'One'), item('free', 'One'))
      const writer = another()
      await another().sql.begin(async (sql) => {
        await sql`update store.categories set weight = 2 where sourced_id = 'held'`
        expect(await put(writer.sql, item('free', 'Two'), item('held', 'Two'))).toEqual(['replaced', 'locked'])
        expect(await put(writer.sql, item('held', 'Two'))).toEqual(['locked'])
        await sql`select from store.categories where sourced_id = 'free' for update nowait`
      })
      expect(await put(writer.sql, item('held', 'Three'))).toEqual(['replaced'])
      expect(await stored(database.owner, 'categories', 'held')).toMatchObject({ title: 'Three', weight: null })
    },
    20_000,
  )
})

test.skipIf(onPglite)(
  `a write is dated only when the one before it is committed: nobody sees the later date first ${needs}`,
  async () => {
    const later = another()
    const seen = async () =>
      (
        await database.owner.sql<
          { id: string }[]
        >`select sourced_id as id from (select sourced_id, revision from store.categories
            union all select sourced_id, revision from store.assessment_line_items) as written
          join store.publications as p using (revision) where sourced_id like 'turn%' order by p.published_at`
      ).map(({ id }) => id)
    let isDone = false
    const second = await another().sql.begin(async (sql) => {
      await put(sql as unknown as Sql, item('turn1', 'One'))
      // of another kind, so that the two have no row in common
      const waiting = putBy('put_assessment_line_item', later.sql, [item('turn2', 'Two')]).finally(() => {
        isDone = true
      })
      await waitsOrDone(database.owner, waiting)
      expect([isDone, await seen()]).toEqual([false, []])
      return { waiting }
    })
    expect(await second.waiting).toEqual(['created'])
    expect(await seen()).toEqual(['turn1', 'turn2'])
  },
  20_000,
)

test('the application may call the operations, and no writer itself', async () => {
  const [row] = await database.owner.sql<{ may: boolean[] }[]>`select array[
    has_function_privilege('rosterhub_app', 'api.put(text, jsonb)', 'execute'),
    has_function_privilege('rosterhub_app', 'load.write_categories(jsonb, bigint)', 'execute'),
    has_function_privilege('rosterhub_app', 'load.remove(text, text, jsonb, bigint)', 'execute')
      and has_schema_privilege('rosterhub_app', 'load', 'usage'),
    has_table_privilege('rosterhub_app', 'store.categories', 'insert')]::text[]::boolean[] as may`
  expect(String(row?.may)).toMatch(/^\{?t(rue)?,f(alse)?,f(alse)?,f(alse)?\}?$/)
})

test('every writer finds its records by their keys: a plan made while the table was empty stays good when it is not', async () => {
  const writers = await database.owner.sql<{ name: string; scans: boolean }[]>`
    select proname as name, not coalesce('enable_seqscan=off' = any(proconfig), false) as scans
    from pg_proc where pronamespace = 'load'::regnamespace and proname like 'write\\_%' and pronargs = 2`
  expect(writers.map(({ name }) => name)).toContain('write_results')
  expect(writers.filter(({ scans }) => scans)).toEqual([])
})
