// The changes of an import, row by row: old and new as their file has them, in pages, by file and by action; what later
// imports and clients did to the rows since.

import { beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Jobs } from '../../src/jobs.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { changesOf, ran } from '../support/engine.ts'
import { active, bulk, dated, deleted, emptyStore, gradebook, lines, packageOf, school } from '../support/rows.ts'

setDefaultTimeout(60_000)

let database: TestDatabase
let jobs: Jobs
beforeAll(async () => {
  database = await openTestDatabase()
  jobs = new Jobs(database.app.sql)
})
beforeEach(async () => {
  await emptyStore(database.owner)
  await database.owner.sql`truncate store.imports cascade`
})

const whole = { ...school, ...gradebook }
const put = (operation: string, sourcedId: string, record: object) =>
  database.app
    .sql`select api.put(${operation}, ${JSON.stringify([{ client: 'c', path: '/x', sourcedId, record }])}::text::jsonb)`

describe('a change', () => {
  test('has the row as it was and as it is, by the headers of its file, without what is blank or never stored', async () => {
    const head = 'sourcedId,enabledUser,username,userIds,givenName,familyName,grades,password,metadata.a.b'
    const users = (name: string, more: string) =>
      lines(head, `u1,true,ada,{Fed:1},Ada,${name},"09,10",secret,${more}`, 'u2,false,bo,,Bo,Ek,,secret,')
    await ran(database, packageOf('bulk', { ...school, users: users('Byron', 'x') }))
    const job = await ran(database, packageOf('bulk', { ...school, users: users('Lovelace', '') }))
    const { changes } = await jobs.changes(job.id, { limit: 10 })
    const row = {
      sourcedId: 'u1',
      status: 'active',
      enabledUser: true,
      username: 'ada',
      userIds: [{ type: 'Fed', identifier: '1' }],
      givenName: 'Ada',
      grades: ['09', '10'],
    }
    expect(changes).toEqual([
      {
        file: 'users.csv',
        sourcedId: 'u1',
        action: 'updated',
        old: { ...row, familyName: 'Byron', 'metadata.a.b': 'x' },
        new: { ...row, familyName: 'Lovelace' },
        overwritten: false,
      },
    ])
  })

  test('has dates and times as the file has them, and no old row where the record is new', async () => {
    const item = dated(gradebook.lineItems).replace(/l2.*\r\n/, '')
    await ran(database, packageOf('bulk', { ...whole, lineItems: gradebook.lineItems.replace(/l1.*\r\n/, '') }))
    const job = await ran(database, packageOf('delta', { lineItems: item }))
    expect((await jobs.changes(job.id, { limit: 10 })).changes).toMatchObject([
      {
        sourcedId: 'l1',
        action: 'created',
        old: null,
        new: { assignDate: '2026-09-01', resultValueMax: 100, dateLastModified: '2026-09-01T08:00:00.000Z' },
      },
    ])
  })

  test('is none where only what a record shows of others has changed', async () => {
    await ran(database, packageOf('bulk', whole))
    const job = await ran(
      database,
      packageOf('delta', {
        orgs: lines('sourcedId,status,dateLastModified,name,type,parentSourcedId', `s9,${active},West,school,d1`),
        roles: lines(
          'sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId',
          `r9,${active},u1,secondary,aide,s9`,
        ),
        lineItemScoreScales: dated(gradebook.lineItemScoreScales, deleted),
      }),
    )
    expect(await changesOf(database, job)).toEqual([
      'orgs.csv s9 created',
      'roles.csv r9 created',
      'lineItemScoreScales.csv lz1 deleted',
    ])
    const [kept] = await database.owner.sql<{ entities: string }[]>`
      select string_agg(entity || ' ' || sourced_id, ',' order by entity) as entities from store.replaced_rows where import_id = ${job.id}`
    expect(kept?.entities).toBe('line_item_score_scales lz1,line_items l1,orgs d1,users u1')
  })

  test('is none, and nothing is kept, where a row comes again in other words', async () => {
    await ran(database, packageOf('bulk', school))
    const job = await ran(
      database,
      packageOf('bulk', {
        ...school,
        classes: school.classes.replace('k1,Maths A', 'k1,"Maths A"').replace(',t1', ', t1'),
      }),
    )
    expect(await changesOf(database, job)).toEqual([])
    await ran(database, packageOf('delta', { enrollments: dated(school.enrollments) }))
    expect(await database.owner.sql`select from store.replaced_rows`).toHaveLength(0)
  })

  test('of a record that came as deleted is a deletion without an old row', async () => {
    await ran(database, packageOf('bulk', school))
    const files = packageOf('delta', {
      enrollments: lines(
        'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role',
        `e8,${deleted},k1,s1,u1,student`,
        `e9,${active},k1,s1,u1,student`,
      ),
    })
    const job = await ran(database, files)
    expect((await jobs.changes(job.id, { action: 'deleted', limit: 9 })).changes).toMatchObject([
      { sourcedId: 'e8', old: null },
    ])
    expect((await jobs.changes(job.id, { action: 'created', limit: 9 })).changes).toMatchObject([
      { sourcedId: 'e9', old: null },
    ])
  })
})

describe('the changes of an import', () => {
  test('stay what they were when a later import changes the rows again', async () => {
    const first = await ran(database, packageOf('bulk', school))
    const all = await changesOf(database, first)
    const second = await ran(database, packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Eve') }))
    const seen = await jobs.changes(second.id, { limit: 10 })
    await ran(database, packageOf('bulk', { ...school, users: school.users.replace('Ada', 'Mia').replace('Bo', 'Al') }))
    expect(await changesOf(database, first)).toEqual(all)
    expect(await jobs.changes(second.id, { limit: 10 })).toEqual(seen)
    const { changes } = await jobs.changes(first.id, { file: 'users.csv', limit: 10 })
    expect(changes.map(({ new: row }) => row?.['givenName'])).toEqual(['Ada', 'Bo'])
  })

  test('mark what a client has written since: old is known, new is not', async () => {
    await ran(database, packageOf('bulk', whole))
    const job = await ran(database, packageOf('bulk', { ...whole, categories: whole.categories.replace('40', '50') }))
    await put('put_category', 'g1', { title: 'By a client' })
    expect((await jobs.changes(job.id, { limit: 10 })).changes).toEqual([
      {
        file: 'categories.csv',
        sourcedId: 'g1',
        action: 'updated',
        old: { sourcedId: 'g1', status: 'active', title: 'Homework', weight: 40 },
        new: null,
        overwritten: true,
      },
    ])
  })

  test('come in pages of any size, each once and in order', async () => {
    const people = (from: string, to: string) => ({
      users: whole.users.replace(from, to),
      roles: whole.roles.replace(from, to),
    })
    await ran(database, packageOf('bulk', { ...whole, ...people('u2', 'u1.1') }), { keepDangling: true })
    const changed = { users: whole.users.replace('Ada', 'Eve'), results: whole.results.replace('85', '86') }
    const job = await ran(database, packageOf('bulk', { ...whole, ...changed }))
    for (const size of [1, 2, 4, 5, 1000])
      expect(await changesOf(database, job, size)).toEqual([
        'users.csv u1 updated',
        'users.csv u1.1 deleted',
        'users.csv u2 created',
        'roles.csv r2 updated',
        'results.csv x1 updated',
      ])
  })

  test('are found by file and by action, one page after the other', async () => {
    const job = await ran(database, packageOf('bulk', whole))
    const first = await jobs.changes(job.id, { file: 'enrollments.csv', action: 'created', limit: 1 })
    expect(first.changes.map(({ sourcedId }) => sourcedId)).toEqual(['e1'])
    const second = await jobs.changes(job.id, {
      file: 'enrollments.csv',
      action: 'created',
      after: first.after,
      limit: 1,
    })
    expect([second.changes.map(({ sourcedId }) => sourcedId), second.after]).toEqual([['e2'], undefined])
    for (const asked of [{ action: 'updated' }, { action: 'deleted' }, { file: 'nothing.csv' }])
      expect((await jobs.changes(job.id, { ...asked, limit: 5 })).changes).toEqual([])
  })

  test('behind a place that is none are refused', async () => {
    const applied = await ran(database, packageOf('bulk', school))
    const previewed = await ran(database, packageOf('bulk', school), { mode: 'preview' })
    for (const [id, after] of [
      [applied.id, '7'],
      [applied.id, 'x:u1'],
      [previewed.id, '1:u1'],
    ] as const)
      await expect(jobs.changes(id, { after, limit: 5 })).rejects.toThrow('is no place in the changes')
  })
})

test('an import that is no job keeps nothing, and a write of a client neither', async () => {
  await ran(database, packageOf('bulk', whole))
  await bulk(database.owner, { ...whole, users: whole.users.replace('Ada', 'Eve') })
  await put('put_category', 'g1', { title: 'By a client' })
  expect(await database.owner.sql`select from store.replaced_rows`).toHaveLength(0)
})
