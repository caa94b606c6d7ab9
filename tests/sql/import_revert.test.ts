// A revert: what an import replaced comes back byte for byte, what it made is marked deleted, and where anybody has touched
// one of the records since, nothing is changed and all of them are named.

import { beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { Draw } from '../support/arbitrary_cells.ts'
import { filesOf } from '../support/arbitrary_files.ts'
import { arbitraryPackage, type Row, type Rows } from '../support/arbitrary_package.ts'
import { revertCodes } from '../support/codes.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { changesOf, contents, faultsOf, ran, reverted } from '../support/engine.ts'
import type { Files } from '../support/packages.ts'
import {
  active,
  dated,
  deleted,
  document,
  emptyStore,
  gradebook,
  lines,
  packageOf,
  school,
  stored,
} from '../support/rows.ts'

// two or three imports each, on a machine that may be busy
setDefaultTimeout(60_000)

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
}, 60_000)
beforeEach(async () => {
  await emptyStore(database.owner)
  await database.owner.sql`truncate store.imports cascade`
})

const whole = { ...school, ...gradebook }

/** Imports a package, reverts it, and expects what was there to be there, and what came to be deleted. */
async function expectUndone(files: Files, options: Parameters<typeof ran>[2] = {}): Promise<void> {
  const before = await contents(database)
  const job = await ran(database, files, { keepDangling: true, ...options })
  expect([job.status, job.publishedAt === undefined]).toEqual(['completed', false])
  expect(await contents(database)).not.toEqual(before)
  const revert = await reverted(database, job.id)
  expect([revert.status, revert.reason]).toEqual(['completed', undefined])
  const after = await contents(database)
  for (const [key, text] of before) expect([key, after.get(key)]).toEqual([key, text])
  const made = [...after].filter(([key]) => !before.has(key))
  expect(made.filter(([, text]) => !/"status": ?"tobedeleted"/.test(text))).toEqual([])
}

describe('a revert puts back', () => {
  test('changed, deleted and new rows of every kind, with what their documents show of others', async () => {
    await ran(database, packageOf('bulk', whole))
    await expectUndone(
      packageOf('bulk', {
        ...whole,
        orgs: `${whole.orgs}s2,South School,school,S2,d1\r\n`.replace('North', 'Nord'),
        users: whole.users.replace('Byron', 'Lovelace').replace(/u2.*\r\n/, 'u3,true,cy,Cy,Dee\r\n'),
        roles: lines(
          'sourcedId,userSourcedId,roleType,role,orgSourcedId',
          'r1,u1,secondary,aide,s2',
          'r3,u3,primary,student,s2',
        ),
        enrollments: whole.enrollments.replace(/e1.*\r\n/, ''),
        userResources: whole.userResources.replace('re1', 're2'),
        classResources: whole.classResources.replace('kr1', 'kr2'),
        lineItems: whole.lineItems.replace('On bees', 'On ants').replace(',0,100', ',1.5,'),
        lineItemScoreScales: whole.lineItemScoreScales.replace('z1', 'z2'),
        results: whole.results.replace('85', '-0'),
        resultLearningObjectiveIds: whole.resultLearningObjectiveIds.replace('4.5', '1e-7'),
      }),
    )
    expect((await document(database.owner, 'line_items', 'l1'))?.['description']).toBe('On bees')
  })

  test('doubles, dates, lists and metadata as they were, to the bit', async () => {
    const results = whole.results
      .replace('sourcedId,', 'sourcedId,metadata.a.b,')
      .replace('x1,', 'x1,"1.50 ""é",')
      .replace('x2,', 'x2,,')
    await ran(
      database,
      packageOf('bulk', { ...whole, results: results.replace('85', '-0').replace('2026-09-09', '0001-01-01') }),
    )
    const before = [await stored(database.owner, 'results', 'x1'), await stored(database.owner, 'line_items', 'l1')]
    const lineItems = whole.lineItems
      .replace('2026-09-01', '9999-12-31')
      .replace(',0,100', ',4.9e-324,1.7976931348623157e308')
    await expectUndone(packageOf('bulk', { ...whole, results: whole.results.replace('85', '0'), lineItems }))
    await ran(database, packageOf('bulk', { ...whole, lineItems }))
    await expectUndone(packageOf('bulk', { ...whole }))
    const [item] = await database.owner.sql<{ least: string; most: string }[]>`
      select result_value_min::text as least, result_value_max::text as most from store.line_items where sourced_id = 'l1'`
    expect(item).toEqual({ least: '5e-324', most: '1.7976931348623157e+308' })
    expect(before[0]).toMatchObject({ metadata: { 'a.b': '1.50 "é' }, score_date: '0001-01-01' })
  })

  test('the score that is minus zero, which JSON numbers of the database do not know', async () => {
    await ran(database, packageOf('bulk', { ...whole, results: whole.results.replace('85', '-0') }))
    await expectUndone(packageOf('bulk', whole))
    const [row] = await database.owner.sql<
      { score: string }[]
    >`select score::text from store.results where sourced_id = 'x1'`
    expect(row?.score).toBe('-0')
  })

  test('a delta: deleted, active again, and new', async () => {
    await ran(database, packageOf('bulk', whole))
    await ran(database, packageOf('delta', { enrollments: dated(whole.enrollments, deleted).replace(/e2.*\r\n/, '') }))
    await expectUndone(
      packageOf('delta', {
        enrollments: `${dated(whole.enrollments).replace(/e2,active/, 'e2,tobedeleted')}e3,${active},k1,s1,u1,student\r\n`,
      }),
    )
    expect((await stored(database.owner, 'enrollments', 'e1'))?.['status']).toBe('tobedeleted')
  })

  test('all that an import deleted which had nothing but a row of each file', async () => {
    await ran(database, packageOf('bulk', whole))
    const heads = Object.entries(whole).map(([name, text]) => [name, text.split('\r\n').slice(0, 2).join('\r\n')])
    await expectUndone(packageOf('bulk', Object.fromEntries(heads)))
  })

  test('an empty hub: all that a first import made is deleted, and comes back with the next', async () => {
    const job = await ran(database, packageOf('bulk', whole))
    const before = await contents(database)
    const revert = await reverted(database, job.id)
    expect(revert.files?.every(({ rows, deleted: gone }) => rows === gone && gone > 0)).toBe(true)
    const again = await ran(database, packageOf('bulk', whole))
    expect(again.files?.map(({ updated }) => updated)).toEqual(again.files?.map(({ rows }) => rows))
    expect(await contents(database)).toEqual(before)
  })

  test('records to the source they were taken from', async () => {
    await ran(database, packageOf('bulk', school), { source: 'other' })
    await expectUndone(packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eve') }), { takeOver: true })
    expect(await stored(database.owner, 'users', 'u1')).toMatchObject({ source_system: 'other', given_name: 'Ada' })
  })

  test('rows so that the package before finds them unchanged', async () => {
    await ran(database, packageOf('bulk', whole))
    const job = await ran(database, packageOf('bulk', { ...whole, users: whole.users.replace('Ada', 'Eve') }))
    await reverted(database, job.id)
    const again = await ran(database, packageOf('bulk', whole))
    expect([again.publishedAt, again.files?.every(({ rows, unchanged }) => rows === unchanged)]).toEqual([
      undefined,
      true,
    ])
  })

  test('what a revert took away, when it is reverted itself', async () => {
    await ran(database, packageOf('bulk', whole))
    const job = await ran(
      database,
      packageOf('bulk', { ...whole, users: whole.users.replace('Ada', 'Eve').replace('u2', 'u3') }),
      { keepDangling: true },
    )
    const before = await contents(database)
    const revert = await reverted(database, job.id)
    expect((await reverted(database, revert.id)).status).toBe('completed')
    expect(await contents(database)).toEqual(before)
  })

  test('what records that came later show of those that go', async () => {
    const joins = packageOf('delta', {
      classResources: dated(lines('sourcedId,title,classSourcedId,resourceSourcedId', 'kr1,,k1,re1')),
    })
    const early = await ran(database, joins, { keepDangling: true })
    await ran(database, packageOf('bulk', { ...school, resources: gradebook.resources }))
    expect((await stored(database.owner, 'classes', 'k1'))?.['resource_sourced_ids']).toEqual(['re1'])
    const revert = await reverted(database, early.id)
    expect([revert.status, revert.reason]).toEqual(['completed', undefined])
    expect((await stored(database.owner, 'classes', 'k1'))?.['resource_sourced_ids']).toBeNull()
    expect((await document(database.owner, 'classes', 'k1'))?.['resources']).toBeUndefined()
  })
})

/** The same rows with cells exchanged between them, some of them left out and some anew under another id. */
function changed(rows: Rows, salt: number): Rows {
  return Object.fromEntries(
    Object.entries(rows).map(([file, found]) => {
      const headers = Object.keys(found[0] ?? {}).filter((header) => !['sourcedId', 'status'].includes(header))
      const mixed = found.map((row, place): Row => {
        const cell = (header: string, n: number) =>
          [header, found[(place + ((n + salt) % 3)) % found.length]?.[header] ?? ''] as const
        return { ...row, ...Object.fromEntries(headers.map(cell)) }
      })
      const kept = mixed.filter((_, place) => place === 0 || (place + salt) % 4 !== 0)
      const last = mixed[mixed.length - 1]
      const isNew = last !== undefined && salt % 2 === 0 && file !== 'demographics'
      return [file, isNew ? [...kept, { ...last, sourcedId: `new-${salt}` }] : kept]
    }),
  )
}

test('a revert puts back whatever a package of any kind has changed in a hub filled by any other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), fc.nat(11), async (value, salt) => {
      const draw: Draw = (arbitrary) => value(() => arbitrary)
      await emptyStore(database.owner)
      await database.owner.sql`truncate store.imports cascade`
      const first = arbitraryPackage(draw, draw(fc.constantFrom('1.1', '1.2')))
      await ran(database, filesOf(draw, first), { keepDangling: true })
      await expectUndone(filesOf(draw, { ...first, rows: changed(first.rows, salt) }))
    }),
    { numRuns: 6, seed: 11 },
  )
}, 300_000)

describe('a revert is refused', () => {
  test('where a later import has changed one of the records, with each of them named', async () => {
    await ran(database, packageOf('bulk', school))
    const job = await ran(
      database,
      packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eve').replace('Bo', 'Ben') }),
    )
    const later = await ran(
      database,
      packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eva').replace('Bo', 'Ben') }),
    )
    const before = await contents(database)
    const revert = await reverted(database, job.id)
    expect(revert.status).toBe('failed')
    expect(revert.reason).toBe(
      `import ${job.id} cannot be reverted: 1 records were changed since: users.csv u1 (import ${later.id} has changed the record since)`,
    )
    expect(await faultsOf(database, revert)).toEqual([
      {
        number: 1,
        file: 'users.csv',
        line: null,
        field: 'sourcedId',
        value: 'u1',
        code: 'changed_since',
        message: `import ${later.id} has changed the record since`,
      },
    ])
    expect(revertCodes).toEqual((await faultsOf(database, revert)).map(({ code }) => code))
    expect(await contents(database)).toEqual(before)
    expect(await changesOf(database, revert)).toEqual([])
  })

  test('where a later import has changed what it created', async () => {
    const job = await ran(database, packageOf('bulk', school))
    const later = await ran(database, packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eve') }))
    const revert = await reverted(database, job.id)
    expect([
      revert.status,
      (await faultsOf(database, revert)).map(({ value, message }) => `${value}: ${message}`),
    ]).toEqual(['failed', [`u1: import ${later.id} has changed the record since`]])
  })

  test('where a client has changed a record it changed, or one it created', async () => {
    await ran(database, packageOf('bulk', whole))
    const job = await ran(
      database,
      packageOf('bulk', { ...whole, categories: `${whole.categories.replace('40', '50')}g2,Tests,10\r\n` }),
    )
    const write = (id: string) => {
      const item = { client: 'c', path: '/category', sourcedId: id, record: { title: 'By a client' } }
      return database.app.sql`select api.put('put_category', ${JSON.stringify([item])}::text::jsonb)`
    }
    await write('g1')
    await write('g2')
    const revert = await reverted(database, job.id)
    expect([revert.status, revert.faultCount]).toEqual(['failed', 2])
    expect((await faultsOf(database, revert)).map(({ value, message }) => `${value}: ${message}`)).toEqual([
      'g1: a client has changed the record since',
      'null: clients have changed 1 of the 1 records that the import created',
    ])
  })

  test('where what was replaced is kept no longer', async () => {
    await ran(database, packageOf('bulk', school))
    const job = await ran(database, packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eve') }))
    await database.owner.sql`update store.imports set ended_at = now() - interval '31 days' where import_id = ${job.id}`
    await database.owner.sql`select api.import_purge(30)`
    const revert = await reverted(database, job.id)
    expect([revert.status, revert.reason]).toEqual([
      'failed',
      `what import ${job.id} replaced is kept no longer (IMPORT_KEEP_DAYS); it cannot be reverted`,
    ])
  })
})
