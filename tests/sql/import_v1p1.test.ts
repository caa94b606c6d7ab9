// OneRoster 1.1: users name their role and their orgs themselves, and there is no roles.csv.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { type Imported, importFiles } from '../support/packages.ts'
import {
  brief,
  counts,
  document,
  emptyStore,
  lines,
  type Mode,
  packageOf,
  rolesOf,
  school,
  statuses,
  versions,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const header = 'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName'
const when = 'active,2026-09-01T08:00:00.000Z'
const { roles: _, ...files } = school
const orgs = `${school.orgs}n1,The State,state,N1,\r\n`
const load = (
  users: string[],
  mode: Mode = 'bulk',
  rest: Record<string, string> = { ...files, orgs },
): Promise<Imported> =>
  importFiles(owner, packageOf(mode, { ...rest, users: lines(header, ...users) }, { 'oneroster.version': '1.1' }))

const ada = 'u1,,,true,s1,student,ada,Ada,Byron'
const bo = 'u2,,,true,s1,teacher,bo,Bo,Ek'

describe('a 1.1 package', () => {
  test('goes in whole, and is known as 1.1', async () => {
    const report = await load([ada, bo])
    expect([report.version, report.faultCount, report.warnings.length]).toEqual(['1.1', 0, 0])
    expect(report.files.map(({ file, rows }) => `${file} ${rows}`)).toEqual([
      'orgs.csv 3',
      'academicSessions.csv 2',
      'courses.csv 1',
      'classes.csv 1',
      'users.csv 2',
      'enrollments.csv 2',
      'demographics.csv 1',
    ])
    expect(counts(report, 'users')).toBe('2 created, 0 updated, 0 unchanged, 0 deleted, 0 refused')
  })

  test('that comes again writes no row', async () => {
    await load([ada, bo])
    const before = await versions(owner)
    const again = await load([ada, bo])
    expect([again.publishedAt, counts(again, 'users')]).toEqual([
      null,
      '0 created, 0 updated, 2 unchanged, 0 deleted, 0 refused',
    ])
    expect(await versions(owner)).toEqual(before)
  })

  test('gives a user the role at each of the orgs', async () => {
    await load([ada, 'u2,,,true,"s1,d1",Guardian,bo,Bo,Ek'])
    expect(await rolesOf(owner, 'u1')).toEqual(['primary student s1'])
    expect(await rolesOf(owner, 'u2')).toEqual(['primary guardian d1', 'primary guardian s1'])
  })

  test('calls an administrator one of the site, the district or the system, by the org', async () => {
    await load([ada, 'u2,,,true,"s1,d1,n1",administrator,bo,Bo,Ek'])
    expect(await rolesOf(owner, 'u2')).toEqual([
      'primary districtAdministrator d1',
      'primary systemAdministrator n1',
      'primary siteAdministrator s1',
    ])
  })

  test('that omits a user deletes the user; one that comes back with another role has that role', async () => {
    await load([ada, bo])
    await load([ada])
    expect(await statuses(owner, 'users')).toEqual(['u1 active', 'u2 tobedeleted'])
    expect(await rolesOf(owner, 'u2')).toEqual(['primary teacher s1'])
    await load([ada, 'u2,,,true,d1,aide,bo,Bo,Ek'])
    expect(await statuses(owner, 'users')).toEqual(['u1 active', 'u2 active'])
    expect(await rolesOf(owner, 'u2')).toEqual(['primary aide d1'])
  })

  test('of changes that moves a user to another org takes the old role away', async () => {
    await load([ada, bo])
    const report = await load([`u2,${when},true,d1,teacher,bo,Bo,Ek`], 'delta', {})
    expect(report.faults).toEqual([])
    expect(await rolesOf(owner, 'u2')).toEqual(['primary teacher d1'])
    expect((await document(owner, 'users', 'u2'))?.['dateLastModified']).toBe(report.publishedAt)
  })

  test('of changes leaves the users it does not name as they are', async () => {
    await load([ada, bo])
    await load([`u2,${when},false,s1,teacher,bo,Bo,Ek`], 'delta', {})
    expect(await statuses(owner, 'users')).toEqual(['u1 active', 'u2 active'])
    expect([await rolesOf(owner, 'u1'), await rolesOf(owner, 'u2')]).toEqual([
      ['primary student s1'],
      ['primary teacher s1'],
    ])
  })

  test('tells each fault of a user once, with the column that its file has', async () => {
    const report = await load([
      'u1,,yesterday,true,s1,student,ada,Ada,Byron',
      'u2,,,true,"s1,s9",teacher,bo,Bo,Ek',
      'u3,,,true,s1,clown,cy,Cy,Om',
      'u 4,,,true,s1,student,di,Di,Ux',
      'u2,,,true,s1,teacher,bo,Bo,Ek',
    ])
    expect(report.faults.filter(({ file }) => file === 'users.csv').map(brief)).toEqual([
      'users.csv:2 dateLastModified invalid_date_time "yesterday"',
      'users.csv:3 orgSourcedIds unknown_reference "s1,s9"',
      'users.csv:4 role not_in_vocabulary "clown"',
      'users.csv:5 sourcedId invalid_id "u 4"',
      'users.csv:6 sourcedId duplicate_id "u2"',
    ])
  })

  test('whose line cannot be read costs neither the user nor the role', async () => {
    const first = await load([ada, 'u2,,,true,"s1,d1",teacher,bo,Bo,Ek'])
    const report = await load([ada, 'u2,,,true,s1,teacher,bo,Bo,Ek,more'])
    expect(report.faults.map(({ line, code }) => `${line} ${code}`)).toEqual(['3 wrong_cell_count'])
    expect(report.publishedAt).toBeNull()
    expect(await document(owner, 'users', 'u2')).toMatchObject({ dateLastModified: first.publishedAt })
    expect(await rolesOf(owner, 'u2')).toEqual(['primary teacher d1', 'primary teacher s1'])
    expect(await statuses(owner, 'roles')).toEqual(['u1/s1 active', 'u2/d1 active', 'u2/s1 active'])
  })

  test('may have ids as long as the standard allows', async () => {
    const id = 'u'.repeat(255)
    const report = await load([ada, bo, `${id},,,true,s1,student,cy,Cy,Om`])
    expect(report.faults).toEqual([])
    expect(await rolesOf(owner, id)).toEqual(['primary student s1'])
  })

  test('must have the columns of 1.1', async () => {
    const users = lines('sourcedId,enabledUser,username,givenName,familyName', 'u1,true,ada,Ada,Byron')
    const loading = importFiles(owner, packageOf('bulk', { users }, { 'oneroster.version': '1.1' }))
    await expect(loading).rejects.toThrow('users.csv, line 1: the header lacks orgSourcedIds, role')
  })
})
