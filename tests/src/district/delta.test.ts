/** The laws of the night after: what the delta package says of the district it follows. */
import { describe, expect, test } from 'bun:test'
import { type DistrictOptions, district, districtDelta } from '../../../src/district/district.ts'
import { DEMO, faults, GRADED, idsOf, parse, type Row, rowsOf, TABLES, tally, textOf } from './reader.ts'

const bulk = parse(district(DEMO))
const delta = parse(districtDelta(DEMO))

/** A delta row as the bulk package would have it. */
const asBulk = (row: Row): Row => ({ ...row, status: '', dateLastModified: '' })

describe('the night after', () => {
  const gone = (file: string) => rowsOf(delta, file).filter((row) => row['status'] === 'tobedeleted')
  const active = (file: string) => rowsOf(delta, file).filter((row) => row['status'] === 'active')

  test('is the same bytes for the same options', () => {
    expect(districtDelta(DEMO).map(textOf)).toEqual(districtDelta({ ...DEMO, seed: 1 }).map(textOf))
    expect(districtDelta(DEMO).map(textOf)).not.toEqual(districtDelta({ ...DEMO, seed: 2 }).map(textOf))
  })

  const SIZES: readonly DistrictOptions[] = [
    DEMO,
    { students: 12_000, seed: 7 },
    { students: 1 },
    { students: 40, schools: 9 },
    { students: 48, schools: 1 },
    GRADED,
    { students: 3000, seed: 7, gradebook: true },
    { students: 1, gradebook: true },
    { students: 40, schools: 9, gradebook: true },
  ]
  for (const options of SIZES) {
    const [before, after] = [parse(district(options)), parse(districtDelta(options))]
    const size = JSON.stringify(options)

    test(`deletes bulk rows as they were, and leaves no cell amiss (${size})`, () => {
      const known = Object.keys(TABLES).map((file) => [file, [...rowsOf(before, file), ...rowsOf(after, file)]])
      expect(faults(after, Object.fromEntries(known))).toEqual([])
      for (const [file, rows] of Object.entries(after).filter(([file]) => file !== 'manifest')) {
        expect(rows.length).toBeGreaterThan(0)
        const stored = new Map(rowsOf(before, file).map((row) => [row['sourcedId'], row]))
        for (const row of rows.filter(({ status }) => status === 'tobedeleted'))
          expect(asBulk(row)).toEqual({ ...stored.get(row['sourcedId']) })
      }
    })

    test(`takes a class only from who leaves, who gets another, or who was in the withdrawn one (${size})`, () => {
      const withdrawn = rowsOf(after, 'classes').map((row) => row['sourcedId'] ?? '')
      const said = (file: string, status: string) => rowsOf(after, file).filter((row) => row['status'] === status)
      const leavers = said('users', 'tobedeleted').map((row) => row['sourcedId'] ?? '')
      const joiners = said('enrollments', 'active').map((row) => row['userSourcedId'] ?? '')
      const excused = new Set([...leavers, ...joiners, ...withdrawn])
      const robbed = said('enrollments', 'tobedeleted').filter(
        (row) => !excused.has(row['userSourcedId'] ?? '') && !excused.has(row['classSourcedId'] ?? ''),
      )
      expect(robbed).toEqual([])
      const lost = said('enrollments', 'active').filter((row) => withdrawn.includes(row['classSourcedId'] ?? ''))
      expect(lost).toEqual([])
    })
  }

  test('fills status and dateLastModified in every row', () => {
    for (const file of Object.keys(TABLES))
      for (const row of rowsOf(delta, file)) {
        expect(['active', 'tobedeleted']).toContain(row['status'] ?? '')
        expect(row['dateLastModified']).toMatch(/^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      }
  })

  test("takes along a leaver's user, role, profile, demographics and all five enrollments", () => {
    const leavers = gone('users').map((row) => row['sourcedId'] ?? '')
    expect(leavers.length).toBeGreaterThan(1)
    expect(gone('demographics').map((row) => row['sourcedId'] ?? '')).toEqual(leavers)
    expect(gone('roles').map((row) => row['userSourcedId'] ?? '')).toEqual(leavers)
    const has = rowsOf(bulk, 'userProfiles').filter((row) => leavers.includes(row['userSourcedId'] ?? ''))
    expect(has.length).toBeGreaterThan(0)
    expect(gone('userProfiles').length).toBe(has.length)
    const left = tally(gone('enrollments'), (row) => row['userSourcedId'] ?? '')
    for (const leaver of leavers) expect(left.get(leaver)).toBe(5)
  })

  test('withdraws one class with every enrollment it had, and enrolls nobody in it', () => {
    const [withdrawn, ...more] = gone('classes').map((row) => row['sourcedId'] ?? '')
    const of = (rows: readonly Row[]) =>
      rows.filter((row) => row['classSourcedId'] === withdrawn).map((row) => row['sourcedId'] ?? '')
    expect(more).toEqual([])
    expect(of(gone('enrollments')).sort()).toEqual([...of(rowsOf(bulk, 'enrollments'))].sort())
    expect(of(active('enrollments'))).toEqual([])
    expect(of(gone('enrollments')).length).toBeGreaterThan(15)
  })

  test('brings two new students with role, demographics and five enrollments, under ids the bulk does not have', () => {
    const users = idsOf(bulk, 'users')
    const fresh = active('users')
      .filter((row) => !users.has(row['sourcedId'] ?? ''))
      .map((row) => row['sourcedId'] ?? '')
    expect(fresh.length).toBe(2)
    expect(active('demographics').map((row) => row['sourcedId'] ?? '')).toEqual(fresh)
    expect(active('roles').map((row) => row['userSourcedId'] ?? '')).toEqual(fresh)
    const joined = tally(active('enrollments'), (row) => row['userSourcedId'] ?? '')
    for (const student of fresh) expect(joined.get(student)).toBe(5)
    const enrollments = idsOf(bulk, 'enrollments')
    expect(active('enrollments').filter((row) => enrollments.has(row['sourcedId'] ?? ''))).toEqual([])
  })

  test('renames some students and changes nothing else of them', () => {
    const stored = new Map(rowsOf(bulk, 'users').map((row) => [row['sourcedId'], row]))
    const renamed = active('users').filter((row) => stored.has(row['sourcedId']))
    expect(renamed.length).toBeGreaterThan(1)
    for (const row of renamed) {
      const before = stored.get(row['sourcedId'])
      expect(row['familyName']).not.toBe(before?.['familyName'] ?? '')
      expect<Row>({ ...asBulk(row), familyName: before?.['familyName'] ?? '' }).toEqual({
        ...before,
      })
    }
  })

  test('moves some students to another class of the same course, and keeps them at five at most', () => {
    const bulkUsers = idsOf(bulk, 'users')
    const moved = active('enrollments').filter((row) => bulkUsers.has(row['userSourcedId'] ?? ''))
    expect(moved.length).toBeGreaterThan(1)
    const course = new Map(rowsOf(bulk, 'classes').map((row) => [row['sourcedId'], row['courseSourcedId']]))
    for (const row of moved) {
      const left = gone('enrollments').filter((other) => other['userSourcedId'] === row['userSourcedId'])
      const same = left.filter((other) => course.get(other['classSourcedId']) === course.get(row['classSourcedId']))
      expect(same.length).toBe(1)
      expect(same[0]?.['classSourcedId']).not.toBe(row['classSourcedId'] ?? '')
    }
    const ended = new Set(gone('enrollments').map((row) => row['sourcedId'] ?? ''))
    const standing = [...rowsOf(bulk, 'enrollments'), ...rowsOf(delta, 'enrollments')].filter(
      (row) => row['role'] === 'student' && !ended.has(row['sourcedId'] ?? ''),
    )
    const counts = tally(standing, (row) => row['userSourcedId'] ?? '')
    expect([...counts.values()].filter((count) => count > 5)).toEqual([])
  })
})
