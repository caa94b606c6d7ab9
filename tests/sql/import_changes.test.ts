// What an import counts, writes and dates: new, changed, unchanged and deleted rows, in bulk and in delta.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  active,
  bulk,
  counts,
  deleted,
  delta,
  document,
  emptyStore,
  lines,
  school,
  statuses,
  stored,
  versions,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const dateOf = async (table: string, id: string): Promise<unknown> =>
  (await document(owner, table, id))?.['dateLastModified']
const none = '0 created, 0 updated, 0 unchanged, 0 deleted, 0 refused'

describe('a bulk package', () => {
  test('creates every row of every file, and counts them', async () => {
    const report = await bulk(owner, school)
    expect(report.applied).toBe(true)
    expect(report.faults).toEqual([])
    expect(report.warnings).toEqual([])
    expect(report.files.map(({ file, mode, rows, created }) => `${file} ${mode} ${rows} ${created}`)).toEqual([
      'orgs.csv bulk 2 2',
      'academicSessions.csv bulk 2 2',
      'courses.csv bulk 1 1',
      'classes.csv bulk 1 1',
      'users.csv bulk 2 2',
      'roles.csv bulk 2 2',
      'enrollments.csv bulk 2 2',
      'demographics.csv bulk 1 1',
    ])
    expect(counts(report, 'users')).toBe('2 created, 0 updated, 0 unchanged, 0 deleted, 0 refused')
  })

  test('is known by its manifest: source and version', async () => {
    const report = await bulk(owner, school)
    expect([report.source, report.version]).toEqual(['test-sis', '1.2'])
    expect((await stored(owner, 'orgs', 's1'))?.['source_system']).toBe('test-sis')
  })

  test('dates all it wrote with the moment it was published', async () => {
    const report = await bulk(owner, school)
    expect(report.publishedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    for (const [table, id] of [
      ['orgs', 's1'],
      ['users', 'u1'],
      ['enrollments', 'e1'],
      ['demographics', 'u1'],
    ] as const)
      expect(await dateOf(table, id)).toBe(report.publishedAt)
  })

  test('that comes again changes nothing, writes no row and is not published', async () => {
    await bulk(owner, school)
    const before = await versions(owner)
    const again = await bulk(owner, school)
    expect(again.publishedAt).toBeNull()
    expect(again.applied).toBe(true)
    for (const { file, rows, unchanged } of again.files) expect([file, unchanged]).toEqual([file, rows])
    expect(await versions(owner)).toEqual(before)
  })

  test('that comes again with values read leniently changes nothing either', async () => {
    const lenient = { ...school, classes: school.classes.replace('scheduled', 'Scheduled').replace(',t1', ',"t1, "') }
    expect((await bulk(owner, lenient)).warnings.length).toBe(2)
    const before = await versions(owner)
    const again = await bulk(owner, lenient)
    expect([again.publishedAt, counts(again, 'classes')]).toEqual([
      null,
      '0 created, 0 updated, 1 unchanged, 0 deleted, 0 refused',
    ])
    expect(again.warnings.length).toBe(2)
    expect(await versions(owner)).toEqual(before)
  })

  test('dates a changed row anew and leaves the others their date', async () => {
    const first = await bulk(owner, school)
    const second = await bulk(owner, { ...school, users: school.users.replace('Byron', 'Lovelace') })
    expect(counts(second, 'users')).toBe('0 created, 1 updated, 1 unchanged, 0 deleted, 0 refused')
    expect((await document(owner, 'users', 'u1'))?.['familyName']).toBe('Lovelace')
    expect(await dateOf('users', 'u1')).toBe(second.publishedAt)
    expect(await dateOf('users', 'u2')).toBe(first.publishedAt)
    expect(await dateOf('enrollments', 'e1')).toBe(first.publishedAt)
  })

  test('marks what it no longer has as tobedeleted, and counts it', async () => {
    await bulk(owner, school)
    const report = await bulk(owner, { ...school, enrollments: school.enrollments.replace(/e2.*\r\n/, '') })
    expect(counts(report, 'enrollments')).toBe('0 created, 0 updated, 1 unchanged, 1 deleted, 0 refused')
    expect(await statuses(owner, 'enrollments')).toEqual(['e1 active', 'e2 tobedeleted'])
    expect(await document(owner, 'enrollments', 'e2')).toMatchObject({
      status: 'tobedeleted',
      dateLastModified: report.publishedAt,
      role: 'teacher',
    })
  })

  test('deletes once: what is deleted already keeps its date', async () => {
    const without = { ...school, enrollments: school.enrollments.replace(/e2.*\r\n/, '') }
    await bulk(owner, school)
    const deletion = await bulk(owner, without)
    const again = await bulk(owner, without)
    expect([again.publishedAt, counts(again, 'enrollments')]).toEqual([
      null,
      '0 created, 0 updated, 1 unchanged, 0 deleted, 0 refused',
    ])
    expect(await dateOf('enrollments', 'e2')).toBe(deletion.publishedAt)
  })

  test('that names a deleted record again makes it active again', async () => {
    await bulk(owner, school)
    await bulk(owner, { ...school, enrollments: school.enrollments.replace(/e2.*\r\n/, '') })
    const back = await bulk(owner, school)
    expect(counts(back, 'enrollments')).toBe('0 created, 1 updated, 1 unchanged, 0 deleted, 0 refused')
    expect(await document(owner, 'enrollments', 'e2')).toMatchObject({
      status: 'active',
      dateLastModified: back.publishedAt,
    })
  })

  test('leaves the records of a file it does not have alone', async () => {
    await bulk(owner, school)
    const report = await bulk(owner, { orgs: school.orgs })
    expect(report.publishedAt).toBeNull()
    expect(await statuses(owner, 'users')).toEqual(['u1 active', 'u2 active'])
  })

  test('deletes nothing for a file without rows, and says so', async () => {
    await bulk(owner, school)
    const report = await bulk(owner, {
      ...school,
      enrollments: 'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role',
    })
    expect(report.warnings.map(({ file, code }) => `${file} ${code}`)).toEqual(['enrollments.csv no_rows'])
    expect([report.publishedAt, counts(report, 'enrollments')]).toEqual([null, none])
    expect(await statuses(owner, 'enrollments')).toEqual(['e1 active', 'e2 active'])
  })
})

describe('a delta package', () => {
  const header = 'sourcedId,status,dateLastModified,title,courseCode,orgSourcedId'

  test('creates, changes and deletes what it names, and omits nothing', async () => {
    await bulk(owner, {
      ...school,
      courses: lines('sourcedId,title,orgSourcedId', 'c1,Maths,s1', 'c2,Art,s1', 'c3,Music,s1'),
    })
    const report = await delta(owner, {
      courses: lines(header, `c4,${active},Dance,,s1`, `c1,${active},Algebra,,s1`, `c2,${deleted},Art,,s1`),
    })
    expect(counts(report, 'courses')).toBe('1 created, 1 updated, 0 unchanged, 1 deleted, 0 refused')
    expect(await statuses(owner, 'courses')).toEqual(['c1 active', 'c2 tobedeleted', 'c3 active', 'c4 active'])
    expect(await document(owner, 'courses', 'c1')).toMatchObject({ title: 'Algebra' })
  })

  test('that comes again writes no row', async () => {
    await bulk(owner, school)
    const files = { courses: lines(header, `c4,${active},Dance,,s1`, `c1,${deleted},Maths,M1,s1`) }
    await delta(owner, files)
    const before = await versions(owner)
    const again = await delta(owner, files)
    expect([again.publishedAt, counts(again, 'courses')]).toEqual([
      null,
      '0 created, 0 updated, 2 unchanged, 0 deleted, 0 refused',
    ])
    expect(await versions(owner)).toEqual(before)
  })

  test('may bring a record that is deleted already: it is stored, as deleted', async () => {
    await bulk(owner, school)
    const report = await delta(owner, { courses: lines(header, `c9,${deleted},Latin,,s1`) })
    expect(counts(report, 'courses')).toBe('0 created, 0 updated, 0 unchanged, 1 deleted, 0 refused')
    expect(await document(owner, 'courses', 'c9')).toMatchObject({ status: 'tobedeleted', title: 'Latin' })
  })

  test("keeps the source's own date beside the date of the publication", async () => {
    await bulk(owner, school)
    const report = await delta(owner, { courses: lines(header, `c1,active,2020-02-03T04:05:06.789Z,Algebra,M1,s1`) })
    expect(new Date(String((await stored(owner, 'courses', 'c1'))?.['source_modified_at'])).toISOString()).toBe(
      '2020-02-03T04:05:06.789Z',
    )
    expect(await dateOf('courses', 'c1')).toBe(report.publishedAt)
  })

  test("whose rows differ in the source's date alone publishes nothing, and remembers that date", async () => {
    const first = await bulk(owner, school)
    const report = await delta(owner, { courses: lines(header, `c1,active,2020-02-03T04:05:06.789Z,Maths,M1,s1`) })
    expect([report.publishedAt, counts(report, 'courses')]).toEqual([
      null,
      '0 created, 0 updated, 1 unchanged, 0 deleted, 0 refused',
    ])
    expect(await dateOf('courses', 'c1')).toBe(first.publishedAt)
    expect(String((await stored(owner, 'courses', 'c1'))?.['source_modified_at'])).toStartWith('2020-02-03T')
  })

  test('dates a parent anew when its children change, and only then', async () => {
    const first = await bulk(owner, school)
    const orgs = 'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId'
    const second = await delta(owner, { orgs: lines(orgs, `s2,${active},South School,school,S2,d1`) })
    expect((await document(owner, 'orgs', 'd1'))?.['children']).toMatchObject([
      { sourcedId: 's1' },
      { sourcedId: 's2' },
    ])
    expect([await dateOf('orgs', 'd1'), await dateOf('orgs', 's1')]).toEqual([second.publishedAt, first.publishedAt])
    const third = await delta(owner, { orgs: lines(orgs, `s2,${active},South End School,school,S2,d1`) })
    expect([await dateOf('orgs', 'd1'), await dateOf('orgs', 's2')]).toEqual([second.publishedAt, third.publishedAt])
    const fourth = await delta(owner, { orgs: lines(orgs, `s2,${deleted},South End School,school,S2,d1`) })
    expect((await document(owner, 'orgs', 'd1'))?.['children']).toMatchObject([{ sourcedId: 's1' }])
    expect(await dateOf('orgs', 'd1')).toBe(fourth.publishedAt)
  })

  test('shows the children of an academic session in its document', async () => {
    await bulk(owner, school)
    const sessions = 'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear'
    const report = await delta(owner, {
      academicSessions: lines(sessions, `g1,${active},First,gradingPeriod,2026-08-01,2026-10-01,t1,2027`),
    })
    expect(await document(owner, 'academic_sessions', 't1')).toMatchObject({
      dateLastModified: report.publishedAt,
      parent: { sourcedId: 'y1' },
      children: [{ sourcedId: 'g1', type: 'academicSession' }],
    })
  })
})
