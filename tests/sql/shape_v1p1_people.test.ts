// A row of a person's tables -> its OneRoster 1.1 JSON, in the words of 1.1: one role, the organisations, two sexes.

import { beforeAll, describe, expect, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import { metadata, type Shapes, shapes, v1p1 } from '../support/shapes.ts'

const { aClass, org, user } = v1p1

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner, '_v1p1')
}, 60_000)

describe('the document in 1.1 of', () => {
  test('an enrollment', async () => {
    await shape.expect(
      'enrollments',
      {
        sourced_id: 'e1',
        metadata,
        user_sourced_id: 'u1',
        class_sourced_id: 'k1',
        school_sourced_id: 's1',
        role: 'student',
        primary: false,
        begin_date: '2026-08-01',
        end_date: '2027-07-01',
      },
      {
        sourcedId: 'e1',
        status: 'active',
        metadata,
        user: user('u1'),
        class: aClass('k1'),
        school: org('s1'),
        role: 'student',
        primary: 'false',
        beginDate: '2026-08-01',
        endDate: '2027-07-01',
      },
    )
  })

  test('demographics, whose sex has two words', async () => {
    await shape.expect(
      'demographics',
      {
        sourced_id: 'u1',
        metadata,
        birth_date: '2012-03-04',
        sex: 'female',
        american_indian_or_alaska_native: true,
        asian: false,
        black_or_african_american: true,
        native_hawaiian_or_other_pacific_islander: false,
        white: true,
        demographic_race_two_or_more_races: false,
        hispanic_or_latino_ethnicity: true,
        country_of_birth_code: 'US',
        state_of_birth_abbreviation: 'NY',
        city_of_birth: 'Rye',
        public_school_residence_status: '01652',
      },
      {
        sourcedId: 'u1',
        status: 'active',
        metadata,
        birthDate: '2012-03-04',
        sex: 'female',
        americanIndianOrAlaskaNative: 'true',
        asian: 'false',
        blackOrAfricanAmerican: 'true',
        nativeHawaiianOrOtherPacificIslander: 'false',
        white: 'true',
        demographicRaceTwoOrMoreRaces: 'false',
        hispanicOrLatinoEthnicity: 'true',
        countryOfBirthCode: 'US',
        stateOfBirthAbbreviation: 'NY',
        cityOfBirth: 'Rye',
        publicSchoolResidenceStatus: '01652',
      },
    )
    for (const sex of ['other', 'unspecified', 'ext:x', null]) {
      await shape.expect('demographics', { sourced_id: 'u1', sex }, { sourcedId: 'u1', status: 'active' })
    }
    expect(await shape.of('demographics', { sourced_id: 'u1', sex: 'male' })).toMatchObject({ sex: 'male' })
  })
})

describe('a user in 1.1', () => {
  const role = (name: string, at: string, roleType = 'primary') => ({
    roleType,
    role: name,
    org: { sourcedId: at, type: 'org' },
  })
  const least = { sourced_id: 'u1', enabled_user: true, given_name: 'Ada', family_name: 'Byron' }

  test('has one role and the organisations, and nothing that 1.2 added', async () => {
    await shape.expect(
      'users',
      {
        ...least,
        metadata,
        user_master_identifier: 'm1',
        username: 'ada',
        user_ids: [{ type: 'Fed', identifier: '9' }],
        middle_name: 'K',
        preferred_first_name: 'A',
        preferred_middle_name: 'B',
        preferred_last_name: 'C',
        pronouns: 'she/her',
        roles: [role('student', 's1')],
        user_profiles: [{ profileId: 'urn:p1', profileType: 'lms', vendorId: 'V' }],
        primary_org_sourced_id: 's9',
        identifier: 'i1',
        email: 'a@b.example',
        sms: '1',
        phone: '2',
        agent_sourced_ids: ['u2', 'u3'],
        grades: ['09'],
        resource_sourced_ids: ['r1'],
      },
      {
        sourcedId: 'u1',
        status: 'active',
        metadata,
        username: 'ada',
        userIds: [{ type: 'Fed', identifier: '9' }],
        enabledUser: 'true',
        givenName: 'Ada',
        familyName: 'Byron',
        middleName: 'K',
        role: 'student',
        identifier: 'i1',
        email: 'a@b.example',
        sms: '1',
        phone: '2',
        agents: [user('u2'), user('u3')],
        orgs: [org('s1')],
        grades: ['09'],
      },
    )
  })

  test('has a username, the empty one where none is recorded', async () => {
    await shape.expect(
      'users',
      { ...least, roles: [role('student', 's1')] },
      {
        sourcedId: 'u1',
        status: 'active',
        username: '',
        enabledUser: 'true',
        givenName: 'Ada',
        familyName: 'Byron',
        role: 'student',
        orgs: [org('s1')],
      },
    )
  })

  test('shows the first primary role, else the first', async () => {
    const shown = async (roles: unknown[]) => (await shape.of('users', { ...least, roles }))['role']
    expect(await shown([role('aide', 's1', 'secondary'), role('teacher', 's1')])).toBe('teacher')
    expect(await shown([role('parent', 's1'), role('teacher', 's2')])).toBe('parent')
    expect(await shown([role('aide', 's1', 'secondary'), role('proctor', 's2', 'secondary')])).toBe('aide')
  })

  test('belongs to each organisation of the roles once, in their order', async () => {
    const roles = [role('teacher', 's2'), role('aide', 's1'), role('parent', 's2', 'secondary'), role('aide', 's0')]
    expect((await shape.of('users', { ...least, roles }))['orgs']).toEqual([org('s2'), org('s1'), org('s0')])
  })

  test.each([
    ['districtAdministrator', 'administrator'],
    ['siteAdministrator', 'administrator'],
    ['systemAdministrator', 'administrator'],
    ['principal', 'administrator'],
    ['counselor', 'aide'],
    ...['aide', 'guardian', 'parent', 'proctor', 'relative', 'student', 'teacher', 'ext:coach'].map((same) => [
      same,
      same,
    ]),
  ])('with the role %s is %s', async (of1p2, of1p1) => {
    expect((await shape.of('users', { ...least, roles: [role(String(of1p2), 's1')] }))['role']).toBe(of1p1)
  })
})
