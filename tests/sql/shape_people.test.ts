// A row of a person's tables -> its OneRoster JSON, and text as it is.

import { beforeAll, describe, expect, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import { metadata, org, reference, resource, type Shapes, shapes } from '../support/shapes.ts'

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner)
}, 60_000)

describe('the document of', () => {
  test('a user', async () => {
    const role = { roleType: 'primary', role: 'student', org: { sourcedId: 's1', type: 'org' } }
    const dates = { userProfile: 'urn:rosterhub:userProfile:p1', beginDate: '2026-08-01', endDate: '2027-07-01' }
    const profile = {
      profileId: 'urn:rosterhub:userProfile:p1',
      profileType: 'lms',
      vendorId: 'V',
      applicationId: 'A',
      description: 'D',
      credentials: [{ type: 'basic', username: 'ada' }],
    }
    const { applicationId: _, description: __, ...leastProfile } = profile
    await shape.expect(
      'users',
      {
        sourced_id: 'u1',
        metadata,
        user_master_identifier: 'm1',
        username: 'ada',
        user_ids: [{ type: 'Fed', identifier: '9' }],
        enabled_user: false,
        given_name: 'Ada',
        family_name: 'Byron',
        middle_name: 'K',
        preferred_first_name: 'A',
        preferred_middle_name: 'B',
        preferred_last_name: 'C',
        pronouns: 'she/her',
        roles: [{ ...role, ...dates }, role],
        user_profiles: [profile, leastProfile],
        primary_org_sourced_id: 's1',
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
        userMasterIdentifier: 'm1',
        username: 'ada',
        userIds: [{ type: 'Fed', identifier: '9' }],
        enabledUser: 'false',
        givenName: 'Ada',
        familyName: 'Byron',
        middleName: 'K',
        preferredFirstName: 'A',
        preferredMiddleName: 'B',
        preferredLastName: 'C',
        pronouns: 'she/her',
        roles: [
          { ...role, org: org('s1'), ...dates },
          { ...role, org: org('s1') },
        ],
        userProfiles: [profile, leastProfile],
        primaryOrg: org('s1'),
        identifier: 'i1',
        email: 'a@b.example',
        sms: '1',
        phone: '2',
        agents: [reference('users', 'user', 'u2'), reference('users', 'user', 'u3')],
        grades: ['09'],
        resources: [resource('r1')],
      },
    )
    await shape.expect(
      'users',
      { sourced_id: 'u1', enabled_user: true, given_name: 'Ada', family_name: 'Byron', roles: [role] },
      {
        sourcedId: 'u1',
        status: 'active',
        enabledUser: 'true',
        givenName: 'Ada',
        familyName: 'Byron',
        roles: [{ ...role, org: org('s1') }],
      },
    )
  })

  test('an enrollment', async () => {
    const least = { user_sourced_id: 'u1', class_sourced_id: 'k1', school_sourced_id: 's1', role: 'student' }
    const references = {
      user: reference('users', 'user', 'u1'),
      class: reference('classes', 'class', 'k1'),
      school: org('s1'),
    }
    await shape.expect(
      'enrollments',
      { sourced_id: 'e1', metadata, ...least, primary: false, begin_date: '2026-08-01', end_date: '2027-07-01' },
      {
        sourcedId: 'e1',
        status: 'active',
        metadata,
        ...references,
        role: 'student',
        primary: 'false',
        beginDate: '2026-08-01',
        endDate: '2027-07-01',
      },
    )
    await shape.expect(
      'enrollments',
      { sourced_id: 'e1', ...least },
      { sourcedId: 'e1', status: 'active', ...references, role: 'student' },
    )
  })

  test('demographics', async () => {
    await shape.expect(
      'demographics',
      {
        sourced_id: 'u1',
        metadata,
        birth_date: '2012-03-04',
        sex: 'other',
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
        sex: 'other',
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
    await shape.expect('demographics', { sourced_id: 'u1' }, { sourcedId: 'u1', status: 'active' })
  })

  test('any record holds text as it is: quotes, backslashes, line breaks and every script', async () => {
    const text = `"quoted" \\ back\nnew\ttab\u0001 'single' Ωλ العربية 🏫 </script>`
    const least = { sourced_id: text, name: text, type: 'school', identifier: text }
    expect(await shape.of('orgs', { ...least, metadata: { [text]: text } })).toMatchObject({
      sourcedId: text,
      name: text,
      identifier: text,
      metadata: { [text]: text },
    })
  })
})
