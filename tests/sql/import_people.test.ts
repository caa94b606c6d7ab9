// People come in three files, and in OneRoster 1.1 in one: what their documents show of roles and profiles.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  active,
  brief,
  bulk,
  counts,
  deleted,
  delta,
  document,
  emptyStore,
  lines,
  rolesOf,
  school,
  stored,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const user = async (id: string): Promise<Record<string, unknown>> => (await document(owner, 'users', id)) ?? {}
const roleHeader = 'sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId'
const profiles = (...rows: string[]): string =>
  lines(
    'sourcedId,userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password',
    ...rows,
  )

describe('a role', () => {
  test('gives its user what the document shows: the primary one first, with its dates and profile', async () => {
    await bulk(owner, {
      ...school,
      roles: lines(
        'sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
        'r1,u1,secondary,aide,,,d1,',
        'r3,u1,primary,student,2026-08-01,2027-07-01,s1,p1',
        'r2,u2,primary,teacher,,,s1,',
      ),
      userProfiles: profiles('p1,u1,lms,Vendor,,,password,ada,'),
    })
    expect((await user('u1'))['roles']).toMatchObject([
      {
        roleType: 'primary',
        role: 'student',
        org: { sourcedId: 's1', type: 'org' },
        userProfile: 'urn:rosterhub:userProfile:p1',
        beginDate: '2026-08-01',
        endDate: '2027-07-01',
      },
      { roleType: 'secondary', role: 'aide', org: { sourcedId: 'd1' } },
    ])
  })

  test('that a delta without users brings changes the document of its user and dates it anew', async () => {
    const first = await bulk(owner, school)
    const report = await delta(owner, { roles: lines(roleHeader, `r3,${active},u1,secondary,aide,d1`) })
    expect(report.files.map(({ file }) => file)).toEqual(['roles.csv'])
    expect(await rolesOf(owner, 'u1')).toEqual(['primary student s1', 'secondary aide d1'])
    expect((await user('u1'))['dateLastModified']).toBe(report.publishedAt)
    expect((await user('u2'))['dateLastModified']).toBe(first.publishedAt)
  })

  test('that is deleted is no longer shown; the last one stays, for a user has a role', async () => {
    await bulk(owner, school)
    await delta(owner, { roles: lines(roleHeader, `r3,${active},u1,secondary,aide,d1`) })
    await delta(owner, { roles: lines(roleHeader, `r1,${deleted},u1,primary,student,s1`) })
    expect(await rolesOf(owner, 'u1')).toEqual(['secondary aide d1'])
    await delta(owner, { roles: lines(roleHeader, `r3,${deleted},u1,secondary,aide,d1`) })
    expect((await user('u1'))['roles']).toHaveLength(2)
  })

  test('of a user in neither the package nor the store is refused', async () => {
    const report = await bulk(owner, { ...school, roles: `${school.roles}r9,u9,primary,aide,s1\r\n` })
    expect(report.faults.map(brief)).toEqual(['roles.csv:4 userSourcedId unknown_reference "u9"'])
  })

  test('of a user who is refused is refused with that user', async () => {
    const report = await bulk(owner, { ...school, users: school.users.replace('u2,true', 'u2,perhaps') })
    expect(report.faults.map(brief)).toEqual([
      'users.csv:3 enabledUser not_in_vocabulary "perhaps"',
      'roles.csv:3 userSourcedId unknown_reference "u2"',
      'enrollments.csv:3 userSourcedId unknown_reference "u2"',
    ])
  })

  test('is what a user needs: one whom no row gives a role is refused', async () => {
    const report = await bulk(owner, { ...school, roles: school.roles.replace(/r2.*\r\n/, '') })
    expect(report.faults.map(brief)).toEqual([
      'users.csv:3 sourcedId missing_role "u2"',
      'enrollments.csv:3 userSourcedId unknown_reference "u2"',
    ])
    expect(counts(report, 'users')).toBe('1 created, 0 updated, 0 unchanged, 0 deleted, 1 refused')
  })

  test('that was refused counts as none', async () => {
    const report = await bulk(owner, { ...school, roles: school.roles.replace('teacher', 'clown') })
    expect(report.faults.map(({ file, code }) => `${file} ${code}`).slice(0, 2)).toEqual([
      'users.csv missing_role',
      'roles.csv not_in_vocabulary',
    ])
    expect(await document(owner, 'users', 'u2')).toBeUndefined()
  })

  test('from an earlier package is enough for a delta of users alone', async () => {
    await bulk(owner, school)
    const report = await delta(owner, {
      users: lines(
        'sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName',
        `u1,${active},false,ada,Ada,King`,
      ),
    })
    expect(report.faults).toEqual([])
    expect([await rolesOf(owner, 'u1'), (await user('u1'))['familyName']]).toEqual([['primary student s1'], 'King'])
  })
})

describe('a profile', () => {
  test('stands in the document of its user, without its password', async () => {
    await bulk(owner, { ...school, userProfiles: profiles('p1,u1,lms,Vendor,app-1,The LMS,basic,ada,sesame') })
    expect((await user('u1'))['userProfiles']).toEqual([
      {
        profileId: 'urn:rosterhub:userProfile:p1',
        profileType: 'lms',
        vendorId: 'Vendor',
        applicationId: 'app-1',
        description: 'The LMS',
        credentials: [{ type: 'basic', username: 'ada' }],
      },
    ])
  })

  test('that is deleted leaves the document, which is dated anew', async () => {
    await bulk(owner, { ...school, userProfiles: profiles('p1,u1,lms,V,,,basic,ada,', 'p2,u1,sis,V,,,basic,ada,') })
    const report = await bulk(owner, { userProfiles: profiles('p2,u1,sis,V,,,basic,ada,') })
    expect((await user('u1'))['userProfiles']).toMatchObject([{ profileType: 'sis' }])
    expect((await user('u1'))['dateLastModified']).toBe(report.publishedAt)
  })

  test('of a user refused for want of a role is refused too', async () => {
    const csv = {
      ...school,
      roles: school.roles.replace(/r2.*\r\n/, ''),
      userProfiles: profiles('p1,u2,lms,V,,,basic,bo,'),
    }
    const report = await bulk(owner, csv)
    expect(report.faults.map(brief)).toContain('userProfiles.csv:2 userSourcedId unknown_reference "u2"')
    expect(await stored(owner, 'user_profiles', 'p1')).toBeUndefined()
  })
})

describe('a password', () => {
  const secret = 'Pa55-0f-Ada'
  const withPasswords = {
    ...school,
    users: lines(
      'sourcedId,enabledUser,username,givenName,familyName,password',
      `u1,true,ada,Ada,Byron,${secret}`,
      `u2,perhaps,bo,Bo,Ek,${secret}`,
      'u3,true,cy,Cy,Om,', // no role
    ),
    userProfiles: profiles(`p1,u1,lms,V,,,basic,ada,${secret}`),
  }

  test('is in no table of the database after an import', async () => {
    const report = await bulk(owner, withPasswords)
    expect((await user('u1'))['userProfiles']).toBeDefined()
    expect(await tablesWith('Byron')).toEqual(['store.users'])
    expect(await tablesWith(secret)).toEqual([])
    expect(report.warnings.map(brief)).toEqual([
      'userProfiles.csv:2 password not_stored null',
      'users.csv:2 password not_stored null',
    ])
  })

  test('is told by no fault and no warning, not even of a line that could not be read', async () => {
    const torn = withPasswords.users.replace(`u1,true,ada,Ada,Byron,${secret}`, `u1,true,ada,Ada,Byron,${secret},more`)
    const report = await bulk(owner, { ...withPasswords, users: torn })
    expect(report.faults.map(({ code }) => code)).toContain('wrong_cell_count')
    expect(JSON.stringify(report)).not.toContain(secret)
  })

  test('that changes alone changes nothing', async () => {
    await bulk(owner, withPasswords)
    const report = await bulk(owner, {
      ...withPasswords,
      users: withPasswords.users.replaceAll(secret, 'other'),
      userProfiles: profiles('p1,u1,lms,V,,,basic,ada,other'),
    })
    expect(report.publishedAt).toBeNull()
  })

  async function tablesWith(text: string): Promise<string[]> {
    const tables = await owner.sql<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`
    const found: string[] = []
    for (const { name } of tables) {
      const rows = await owner.sql.unsafe(`select 1 from ${name} as t where t::text like $1 limit 1`, [`%${text}%`])
      if (rows.length > 0) found.push(name)
    }
    return found
  }
})
