// Rules about several records: which rows a row of a package is compared with, in the package and in the hub.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { type Imported, importFiles } from '../support/packages.ts'
import {
  active,
  brief,
  bulk,
  type Csv,
  dated,
  deleted,
  delta,
  document,
  emptyStore,
  gradebook,
  lines,
  packageOf,
  school,
  stored,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const enrollments = (...rows: string[]): string =>
  lines('sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate', ...rows)
const changes = (...rows: string[]): string =>
  lines('sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary', ...rows)
const told = ({ warnings }: Imported): string[] => warnings.map(brief)
/** Whether the only thing told is of that code, and of which lines it is the first. */
const first = (report: Imported): string[] => report.warnings.map(({ line, code, rows }) => `${line} ${code} ${rows}`)

describe('a primary teacher', () => {
  const load = (...rows: string[]): Promise<Imported> => bulk(owner, { ...school, enrollments: enrollments(...rows) })
  const teacher = (id: string, dates = ',', state = 'teacher,true'): string => `${id},k1,s1,u2,${state},${dates}`

  test.each([
    ['one follows the other', '2026-08-01,2027-01-15', '2027-01-15,2027-07-01', false],
    ['one ends a day later than the other begins', '2026-08-01,2027-01-16', '2027-01-15,2027-07-01', true],
    ['the second has no beginning', '2027-01-15,', ',2027-01-15', false],
    ['the first has no end', '2026-08-01,', '2027-01-15,2027-07-01', true],
    ['neither has dates', ',', ',', true],
  ])('is one at a time: %s', async (_, one, other, isTold) => {
    const report = await load(teacher('e1', one), teacher('e2', other))
    expect(first(report)).toEqual(isTold ? ['3 several_primary_teachers 1'] : [])
  })

  test('beyond the first of several is told, whatever the others are', async () => {
    const report = await load(
      teacher('e1'),
      teacher('e2', ',', 'teacher,false'),
      teacher('e3', ',', 'teacher,'),
      teacher('e4'),
      teacher('e5'),
    )
    expect(first(report)).toEqual(['5 several_primary_teachers 2'])
  })

  test('is compared with those the hub has, unless the package changes, deletes or leaves them out', async () => {
    await load(teacher('e1'))
    const second = 'k1,s1,u1,teacher,true'
    const beside = await delta(owner, { enrollments: changes(`e2,${active},${second}`) })
    expect(first(beside)).toEqual(['2 several_primary_teachers 1'])
    // it is told as long as it is sent and stands
    expect(first(await delta(owner, { enrollments: changes(`e2,${active},${second}`) }))).toEqual(first(beside))
    const swapped = changes(`e1,${active},k1,s1,u2,teacher,false`, `e2,${active},${second}`)
    expect(told(await delta(owner, { enrollments: swapped }))).toEqual([])
    await delta(owner, { enrollments: changes(`e1,${deleted},k1,s1,u2,teacher,true`) })
    expect(told(await delta(owner, { enrollments: changes(`e3,${active},k1,s1,u2,teacher,`) }))).toEqual([])
    // neither e2 nor e3 is in the bulk file
    expect(told(await load(teacher('e4')))).toEqual([])
  })

  test('of another source stays, though a bulk file does not have it', async () => {
    await load(teacher('e1'))
    const csv = { enrollments: enrollments(teacher('e2')) }
    expect(first(await bulk(owner, csv, { source: 'another' }))).toEqual(['2 several_primary_teachers 1'])
  })

  test('that is refused counts for nothing', async () => {
    const report = await load('e1,k9,s1,u2,teacher,true,,', teacher('e2'))
    expect(report.faults.map(brief)).toEqual(['enrollments.csv:2 classSourcedId unknown_reference "k9"'])
    expect(told(report)).toEqual([])
  })
})

describe('a primary role', () => {
  const roles = (...rows: string[]): string =>
    lines('sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId', ...rows)

  test('of a user in an org is told beside one the hub has, unless that one is made secondary', async () => {
    await bulk(owner, school)
    const other = `r3,${active},u1,primary,aide,s1`
    expect(told(await delta(owner, { roles: roles(other) }))).toEqual([
      'roles.csv:2 roleType several_primary_roles "primary"',
    ])
    const report = await delta(owner, { roles: roles(other, `r1,${active},u1,secondary,student,s1`) })
    expect(told(report)).toEqual([])
  })

  test('may be one in each org, and one of each user', async () => {
    const more = 'r3,u1,primary,student,d1\r\nr4,u2,secondary,aide,s1\r\n'
    expect(told(await bulk(owner, { ...school, roles: school.roles + more }))).toEqual([])
  })
})

describe("a user's primary org", () => {
  const users = (org: string): string =>
    lines('sourcedId,enabledUser,username,givenName,familyName,primaryOrgSourcedId', `u1,true,ada,Ada,Byron,${org}`)
  const sent = (org: string, roles: string): Csv => ({
    ...school,
    users: users(org),
    roles,
    enrollments: enrollments(),
  })
  const header = 'sourcedId,userSourcedId,roleType,role,orgSourcedId'
  const report = ['users.csv:2 primaryOrgSourcedId primary_org_without_role "s1"']

  test('may be that of a role in the package or in the hub', async () => {
    await bulk(owner, { ...school, users: users('s1'), roles: lines(header, 'r1,u1,primary,student,s1') })
    expect(told(await bulk(owner, { users: users('s1').replace('Ada', 'Ida') }))).toEqual([])
  })

  const good = 'r2,u1,secondary,aide,d1'
  const known = (): Promise<Imported> => bulk(owner, sent('s1', lines(header, good, 'r1,u1,primary,student,s1')))

  test('is told where its role is refused', async () => {
    const refused = await bulk(owner, sent('s1', lines(header, good, 'r1,u1,primary,clown,s1')))
    expect(told(refused).filter((each) => each.startsWith('users'))).toEqual(report)
  })

  test.each([
    ['left out', lines(header, good)],
    ['moved', lines(header, good, 'r1,u1,primary,student,d1')],
  ])('is told where its role is %s', async (_, later) => {
    await known()
    expect(told(await bulk(owner, { users: users('s1').replace('Ada', 'Ida'), roles: later }))).toEqual(report)
  })

  test('is told where its role is deleted', async () => {
    await known()
    const both = await delta(owner, {
      users: dated(users('s1').replace('Ada', 'Ida')),
      roles: dated(lines(header, 'r1,u1,primary,student,s1'), deleted),
    })
    expect(told(both)).toEqual(report)
  })
})

describe("a role's user profile", () => {
  const profiles = (...rows: string[]): string =>
    lines('sourcedId,userSourcedId,profileType,vendorId,credentialType,username', ...rows)
  const roles = (profile: string): string =>
    lines(
      'sourcedId,userSourcedId,roleType,role,orgSourcedId,userProfileSourcedId',
      `r1,u1,primary,student,s1,${profile}`,
      'r2,u2,primary,teacher,s1,',
    )
  const sent = { ...school, userProfiles: profiles('p1,u1,login,v,basic,ada', 'p2,u2,login,v,basic,bo') }
  const report = ['roles.csv:2 userProfileSourcedId profile_of_another_user "p2"']
  const kept = async (): Promise<unknown> => (await stored(owner, 'roles', 'r1'))?.['user_profile_sourced_id']

  test('of another user is told of, and kept', async () => {
    expect(told(await bulk(owner, { ...sent, roles: roles('p2') }))).toEqual(report)
    expect(await kept()).toBe('p2')
    expect(await document(owner, 'users', 'u1')).toHaveProperty('roles.0.userProfile')
  })

  test('is that of its user in the package, and else in the hub', async () => {
    expect(told(await bulk(owner, { ...sent, roles: roles('p1') }))).toEqual([])
    expect(await kept()).toBe('p1')
    expect(told(await bulk(owner, { roles: roles('p2') }))).toEqual(report)
    const moved = sent.userProfiles.replace('p2,u2', 'p2,u1')
    expect(told(await bulk(owner, { userProfiles: moved, roles: roles('p2') }))).toEqual([])
    expect(await kept()).toBe('p2')
  })
})

describe('a result', () => {
  const all = { ...school, ...gradebook }
  const results = (score: string): Csv => ({ results: gradebook.results.replace(',85,', `,${score},`) })

  test.each([
    ['0', false],
    ['100', false],
    ['', false],
    ['100.01', true],
    ['-1', true],
  ])('may have a score from the least to the most of its line item: %s', async (score, isTold) => {
    await bulk(owner, all)
    const report = await bulk(owner, results(score))
    expect(told(report)).toEqual(isTold ? [`results.csv:2 score score_out_of_bounds "${score}"`] : [])
    expect(await stored(owner, 'results', 'x1')).toMatchObject({ score: score === '' ? null : Number(score) })
  })

  test('is compared when it comes: the same row is not when its line item changes', async () => {
    await bulk(owner, all)
    const tighter = { ...all, lineItems: gradebook.lineItems.replace(',0,100,', ',0,50,') }
    expect(told(await bulk(owner, tighter))).toEqual([])
    expect(told(await bulk(owner, results('86')))).toEqual(['results.csv:2 score score_out_of_bounds "86"'])
  })
})

test('a list of ids keeps each where it stands first', async () => {
  await bulk(owner, { ...school, classes: school.classes.replace('s1,t1', 's1,"y1, t1,y1"') })
  expect(await stored(owner, 'classes', 'k1')).toMatchObject({ term_sourced_ids: ['y1', 't1'] })
})

test('a file whose name is spelt otherwise is read', async () => {
  const { 'orgs.csv': text = '', ...rest } = packageOf('bulk', { orgs: school.orgs })
  const report = await importFiles(owner, { ...rest, 'ORGS.csv': text })
  expect(report.files.map(({ file, created }) => `${file} ${created}`)).toEqual(['orgs.csv 2'])
})
