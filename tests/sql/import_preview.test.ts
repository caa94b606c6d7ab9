// Imports that are undone at their end: previewed, held by the guard, refused for their faults. Nothing is changed, and what
// they found is kept: the report, the faults, and what they would change.

import { beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Jobs } from '../../src/jobs.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { changesOf, faultsOf, ran, runNext } from '../support/engine.ts'
import {
  active,
  bulk,
  dated,
  deleted,
  emptyStore,
  gradebook,
  lines,
  packageOf,
  school,
  statuses,
  stored,
  versions,
} from '../support/rows.ts'

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
/** Of the enrollments e1 to e10 those that `keeps` takes. */
const enrollments = (keeps: (n: number) => boolean = () => true): string =>
  lines(
    'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role',
    ...Array.from({ length: 10 }, (_, n) => n + 1)
      .filter(keeps)
      .map((n) => `e${n},k1,s1,u1,student`),
  )
const unlike =
  (...numbers: number[]) =>
  (n: number): boolean =>
    !numbers.includes(n)
const strict = { maxDeletePercent: 10, maxFaultPercent: 20 }
const preview = { mode: 'preview' } as const

describe('a preview', () => {
  const next = {
    ...whole,
    users: whole.users.replace('Byron', 'Lovelace').replace('u2,true', 'u3,true'),
    roles: whole.roles.replace('u2', 'u3'),
    enrollments: whole.enrollments.replace(/e2.*\r\n/, 'e3,nowhere,s1,u1,student\r\n'),
    lineItemScoreScales: whole.lineItemScoreScales.replace(',z1', ',z2'),
  }

  test('changes nothing: no row, no publication, no version of an entity', async () => {
    await ran(database, packageOf('bulk', whole))
    const before = await versions(database.owner)
    const found = await ran(database, packageOf('bulk', next), preview)
    expect([found.status, found.publishedAt, found.reason]).toEqual(['completed', undefined, undefined])
    expect(await versions(database.owner)).toEqual(before)
    expect(await database.owner.sql`select from store.replaced_rows`).toHaveLength(0)
  })

  test('tells what applying it then does: the same report, faults and changes', async () => {
    await ran(database, packageOf('bulk', whole))
    const found = await ran(database, packageOf('bulk', next), preview)
    const foundFaults = await faultsOf(database, found)
    const foundChanges = await jobs.changes(found.id, { limit: 1000 })
    expect(foundFaults.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'enrollments.csv:3 unknown_reference',
    ])
    expect(foundChanges.changes.length).toBe(6)
    await jobs.release('a client', found.id)
    const applied = await runNext(database)
    expect([applied.id, applied.status, applied.files]).toEqual([found.id, 'completed', found.files])
    expect(await faultsOf(database, applied)).toEqual(foundFaults)
    expect(await jobs.changes(applied.id, { limit: 1000 })).toEqual(foundChanges)
    expect((await stored(database.owner, 'users', 'u1'))?.['family_name']).toBe('Lovelace')
  })

  test('of a first package tells every row, in the order of files and ids', async () => {
    const found = await ran(database, packageOf('bulk', whole), preview)
    const applied = await ran(database, packageOf('bulk', whole))
    expect(await changesOf(database, found, 7)).toEqual(await changesOf(database, applied, 1000))
    expect((await changesOf(database, found)).length).toBe(
      found.files?.reduce((sum, { created }) => sum + created, 0) ?? 0,
    )
    for (const { file, created } of found.files ?? []) {
      const { changes } = await jobs.changes(found.id, { file, limit: 100 })
      expect(changes.map((change) => `${change.file} ${change.action}`)).toEqual(Array(created).fill(`${file} created`))
    }
    for (const asked of [{ file: 'orgs.csv', action: 'updated' }, { file: 'nothing.csv' }, { action: 'deleted' }])
      expect((await jobs.changes(found.id, { ...asked, limit: 100 })).changes).toEqual([])
  })

  test('says what the guard would do, and what onFault=reject would, and completes', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    const files = packageOf('bulk', { ...school, enrollments: `${enrollments(unlike(1, 2))}e11,k9,s1,u1,student\r\n` })
    const found = await ran(database, files, { ...preview, onFault: 'reject' }, strict)
    expect(found).toMatchObject({
      status: 'completed',
      wouldHold: 'enrollments.csv would delete 2 of 10 active rows (20.0 %, IMPORT_MAX_DELETE_PERCENT is 10)',
      wouldFail: 'the package has 1 faults, and onFault is reject',
    })
  })
})

describe('the guard', () => {
  const held = (csv: Parameters<typeof packageOf>[1], mode: 'bulk' | 'delta' = 'bulk') =>
    ran(database, packageOf(mode, csv), {}, strict)

  test('holds a package that deletes more of a file’s rows than the limit, and nothing is changed', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    const before = await versions(database.owner)
    const job = await held({ ...school, enrollments: enrollments(unlike(3, 7)) })
    expect([job.status, job.reason]).toEqual([
      'held',
      'enrollments.csv would delete 2 of 10 active rows (20.0 %, IMPORT_MAX_DELETE_PERCENT is 10)',
    ])
    expect(await versions(database.owner)).toEqual(before)
    expect(await changesOf(database, job)).toEqual(['enrollments.csv e3 deleted', 'enrollments.csv e7 deleted'])
  })

  test('lets a package pass that is at the limit', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    expect((await held({ ...school, enrollments: enrollments(unlike(3)) })).status).toBe('completed')
    const rows = Array.from({ length: 4 }, (_, n) => `f${n},k1,s1,u1,student`)
    const fifth = {
      ...school,
      enrollments: `${enrollments(unlike(3))}${lines(...rows.slice(1), 'f9,nowhere,s1,u1,student')}`,
    }
    // 1 of 13 rows
    expect((await held(fifth)).faultCount).toBe(1)
  })

  test('lets it pass once somebody says who and why', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    const job = await held({ ...school, enrollments: enrollments(unlike(3, 7)) })
    await expect(jobs.release('a client', job.id, ' ')).rejects.toThrow('note')
    await jobs.release('a client', job.id, 'summer school is over')
    const applied = await runNext(database, strict)
    expect(applied).toMatchObject({
      id: job.id,
      status: 'completed',
      releasedBy: 'a client',
      note: 'summer school is over',
    })
    expect(await changesOf(database, applied)).toEqual(['enrollments.csv e3 deleted', 'enrollments.csv e7 deleted'])
    expect((await statuses(database.owner, 'enrollments')).filter((text) => text.endsWith('tobedeleted'))).toEqual([
      'e3 tobedeleted',
      'e7 tobedeleted',
    ])
  })

  test('counts what a delta deletes by name, of rows that were active', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    const rows = (...numbers: number[]) =>
      dated(
        enrollments((n) => numbers.includes(n)),
        deleted,
      ) + lines(`e99,${deleted},k1,s1,u1,student`)
    // one that nobody knew is no deletion
    expect((await held({ enrollments: rows(1) }, 'delta')).status).toBe('completed')
    const job = await held({ enrollments: rows(2) }, 'delta')
    expect(job.reason).toBe('enrollments.csv would delete 1 of 9 active rows (11.2 %, IMPORT_MAX_DELETE_PERCENT is 10)')
    // what is deleted already is not deleted again
    expect((await held({ enrollments: rows(1) }, 'delta')).status).toBe('completed')
  })

  test('measures what a source deletes by that source’s rows, not by those of others', async () => {
    await bulk(database.owner, { ...school, enrollments: enrollments() }, { source: 'large' })
    const own = (...ids: string[]) => ({
      enrollments: lines(
        'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role',
        ...ids.map((id) => `${id},k1,s1,u1,student`),
      ),
    })
    await held(own('x1', 'x2'))
    expect((await held(own('x1'))).reason).toBe(
      'enrollments.csv would delete 1 of 2 active rows (50.0 %, IMPORT_MAX_DELETE_PERCENT is 10)',
    )
  })

  test('measures what is taken over and deleted by the source it is taken from', async () => {
    await bulk(database.owner, { ...school, enrollments: enrollments() }, { source: 'large' })
    const files = packageOf('delta', {
      enrollments: dated(
        enrollments((n) => n < 3),
        deleted,
      ),
    })
    const job = await ran(database, files, { takeOver: true }, strict)
    expect(job.reason).toBe(
      'enrollments.csv would delete 2 of 10 active rows of the source "large" (20.0 %, IMPORT_MAX_DELETE_PERCENT is 10)',
    )
  })

  test('holds a package of which too many rows are refused, a first one too, and names every file', async () => {
    const csv = {
      ...school,
      enrollments: school.enrollments.replace('k1', 'nowhere'),
      demographics: school.demographics.replace('female', 'none'),
    }
    const job = await held(csv)
    expect([job.status, job.reason]).toEqual([
      'held',
      'enrollments.csv would refuse 1 of 2 rows (50.0 %, IMPORT_MAX_FAULT_PERCENT is 20); ' +
        'demographics.csv would refuse 1 of 1 rows (100.0 %, IMPORT_MAX_FAULT_PERCENT is 20)',
    ])
    expect((await faultsOf(database, job)).map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
      'enrollments.csv:2 unknown_reference',
      'demographics.csv:2 not_in_vocabulary',
    ])
    expect(await statuses(database.owner, 'orgs')).toEqual([])
  })

  test('counts rows that are no rows: lines with too few cells', async () => {
    const torn = school.enrollments.replace('e2,k1,s1,u2,teacher', 'e2,k1')
    expect((await held({ ...school, enrollments: torn })).reason).toBe(
      'enrollments.csv would refuse 1 of 2 rows (50.0 %, IMPORT_MAX_FAULT_PERCENT is 20)',
    )
  })

  test('deletes what it kept when the import is applied', async () => {
    await ran(database, packageOf('bulk', { ...school, enrollments: enrollments() }))
    const job = await held({ ...school, enrollments: enrollments(unlike(3, 7)) })
    await jobs.release('a client', job.id, 'so be it')
    await runNext(database, strict)
    expect(await database.owner.sql`select from store.previewed_changes`).toHaveLength(0)
  })
})

describe('onFault=reject', () => {
  test('with any fault fails, says how many, keeps them, and changes nothing', async () => {
    await ran(database, packageOf('bulk', school))
    const before = await versions(database.owner)
    const files = packageOf('delta', {
      enrollments: lines(
        'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role',
        `e1,${active},k1,s1,u1,teacher`,
        `e9,${active},k9,s1,u1,student`,
      ),
    })
    const job = await ran(database, files, { onFault: 'reject' })
    expect([job.status, job.reason, job.faultCount]).toEqual([
      'failed',
      'the package has 1 faults, and onFault is reject',
      1,
    ])
    expect((await faultsOf(database, job)).map(({ file, line, value }) => `${file}:${line} ${value}`)).toEqual([
      'enrollments.csv:3 k9',
    ])
    expect(await changesOf(database, job)).toEqual([])
    expect(await versions(database.owner)).toEqual(before)
  })

  test('without a fault applies', async () => {
    expect((await ran(database, packageOf('bulk', school), { onFault: 'reject' })).status).toBe('completed')
  })
})

test('a package that is broken as a whole fails with what is wrong with it', async () => {
  const job = await ran(database, { 'orgs.csv': 'sourcedId\r\n' })
  expect([job.status, job.reason]).toEqual(['failed', expect.stringContaining('manifest')])
})
