// sql/ -> a database: each migration once, whoever starts it; the functions whenever their text changed.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connectPostgres, type Database } from '../../src/database.ts'
import { migrate, readSqlFiles, type SqlFile, type SqlFiles } from '../../src/migrate.ts'
import { atEnd } from '../support/cleanup.ts'
import { backend, databaseUrl, freshName, onServer, openTestDatabase, testBase } from '../support/database.ts'
import { bulk, document, school } from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)

const files = readSqlFiles()
const names = (list: readonly SqlFile[]): string[] => list.map(({ name }) => name)
const added = (name: string, text: string): SqlFiles => ({
  ...files,
  migrations: [...files.migrations, { name: `migrations/${name}`, text, hash: `hash of ${name}` }],
})
const recorded = async (): Promise<string[]> =>
  (await owner.sql<{ name: string }[]>`select name from migration.files`).map(({ name }) => name)

/** As if these files had been applied with another text. */
const age = (names: string): Promise<unknown> =>
  owner.sql`
  update migration.files set hash = 'aged ' || gen_random_uuid() where name like ${names}`.execute()

setDefaultTimeout(60_000)

describe('a migration', () => {
  test('was applied and recorded with its hash, as every file of sql/', async () => {
    const rows = await owner.sql<SqlFile[]>`select name, hash from migration.files`
    const expected = [...files.migrations, ...files.repeatable].map(({ name, hash }) => `${name} ${hash}`)
    expect(rows.map(({ name, hash }) => `${name} ${hash}`).sort()).toEqual(expected.sort())
  })

  test('is not applied again', async () => {
    expect(await migrate(owner.sql, files)).toEqual([])
  })

  test('that was edited after it was applied is refused by its name, and nothing is applied', async () => {
    const [first, ...rest] = files.migrations
    const edited = { ...added('9999_new.sql', 'create table store.new (x integer)') }
    const migrations = [{ ...(first as SqlFile), hash: 'other' }, ...rest, ...edited.migrations.slice(-1)]
    await expect(migrate(owner.sql, { ...edited, migrations })).rejects.toThrow(`${first?.name} was edited`)
    expect(await recorded()).not.toContain('migrations/9999_new.sql')
    expect(await migrate(owner.sql, files)).toEqual([])
  })

  test('that fails leaves nothing behind, and can be mended', async () => {
    const bad = added('9998_bad.sql', 'create table store.halfway (x integer); select 1 / 0')
    await expect(migrate(owner.sql, bad)).rejects.toThrow('division by zero')
    const [found] = await owner.sql<{ table: string | null }[]>`select to_regclass('store.halfway')::text as table`
    expect(found?.table).toBeNull()
    expect(await recorded()).not.toContain('migrations/9998_bad.sql')
    const good = added('9998_bad.sql', 'create table store.halfway (x integer)')
    expect(await migrate(owner.sql, good)).toEqual(['migrations/9998_bad.sql'])
    expect(await migrate(owner.sql, good)).toEqual([])
    await owner.sql.unsafe('drop table store.halfway')
  })

  test.skipIf(backend === 'pglite')(
    'is applied once when two start at the same time [needs two sessions: PostgreSQL]',
    async () => {
      const name = freshName()
      await onServer(`create database ${name}`)
      const both = [1, 2].map(() => connectPostgres(databaseUrl(name), { poolSize: 1 }))
      atEnd(() => Promise.all(both.map((database) => database.close())))
      const applied = await Promise.all(both.map(({ sql }) => migrate(sql, files, { base: testBase })))
      expect(applied.flat().sort()).toEqual(names([...files.migrations, ...files.repeatable]).sort())
      const [row] = await (both[0] as Database).sql<{ count: number }[]>`
        select count(*)::integer as count from migration.files`
      expect(row?.count).toBe(files.migrations.length + files.repeatable.length)
    },
    60_000,
  )
})

describe('a repeatable file', () => {
  test('whose text changed is applied again, over what is there', async () => {
    await age('functions/%/users.sql')
    const applied = await migrate(owner.sql, files)
    expect(applied).toEqual(names(files.repeatable).filter((name) => name.endsWith('/users.sql')))
    expect(applied.length).toBeGreaterThan(1)
    expect(await migrate(owner.sql, files)).toEqual([])
  })

  test('may be applied again altogether: the data stay, and the catalog is the same', async () => {
    await bulk(owner, school)
    const before = [await document(owner, 'users', 'u1'), await catalog()]
    await age('functions/%')
    await age('generated/%')
    expect(await migrate(owner.sql, files)).toEqual(names(files.repeatable))
    expect([await document(owner, 'users', 'u1'), await catalog()]).toEqual(before)
    expect((await bulk(owner, school)).publishedAt).toBeNull()
  })

  const catalog = async (): Promise<unknown> =>
    owner.sql`select (select json_agg(f order by f::text) from catalog.fields as f) as fields,
      (select json_agg(c order by c::text) from catalog.csv_columns as c) as columns`
})

describe('the address', () => {
  test('that migrate is given is where references lead from then on; without one it stays', async () => {
    await bulk(owner, school)
    const parent = async (): Promise<unknown> => (await document(owner, 'orgs', 's1'))?.['parent']
    await migrate(owner.sql, files, { base: 'https://roster.example/ims/oneroster/' })
    expect(await parent()).toMatchObject({ href: 'https://roster.example/ims/oneroster/rostering/v1p2/orgs/d1' })
    await migrate(owner.sql, files)
    expect(await parent()).toMatchObject({ href: 'https://roster.example/ims/oneroster/rostering/v1p2/orgs/d1' })
  })
})
