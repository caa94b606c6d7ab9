// Arbitrary packages: rows for all 21 files of OneRoster 1.2 that refer to one another, bulk or delta, or the same without
// what 1.1 does not know. All of it legal: no row may be refused.

import fc from 'fast-check'
import type { Draw } from './arbitrary_cells.ts'
import * as cell from './arbitrary_cells.ts'
import { withoutNews } from './arbitrary_files.ts'
import { joiningRows } from './arbitrary_joins.ts'

/** Cells by header, in the order of the header. */
export type Row = Readonly<Record<string, string>>
export type Rows = Readonly<Record<string, readonly Row[]>>

export interface Package {
  readonly version: '1.1' | '1.2'
  readonly mode: 'bulk' | 'delta'
  readonly rows: Rows
}

export const secret = 'Pass-word-that-nobody-may-see'
const metadataNames = ['metadata.note', 'metadata.a.b', 'metadata.Straße "1"', 'metadata.home@id', 'metadata.%s,x']

export interface Rower {
  readonly draw: Draw
  /** The ids of the rows made so far. */
  readonly idsOf: (file: string) => readonly string[]
  readonly one: (file: string) => string
  /** For the first two rows the first id, else any. */
  readonly first: (file: string, place: number) => string
  readonly maybe: (file: string) => string
  /** At most so many rows of new ids, or one for each of these: what every row begins with, its own cells, its metadata. */
  readonly rows: (
    file: string,
    ids: readonly string[] | number,
    row: (id: string, place: number, earlier: readonly string[]) => Row,
  ) => Row[]
}

function rowerFor(draw: Draw, mode: 'bulk' | 'delta'): Rower {
  const known = new Map<string, readonly string[]>()
  const idsOf = (file: string): readonly string[] => known.get(file) ?? []
  const stamp = (): Row => {
    if (mode === 'bulk') return { status: '', dateLastModified: '' }
    const status = draw(fc.constantFrom('active', 'active', 'active', 'active', 'tobedeleted'))
    return { status, dateLastModified: draw(cell.instant) }
  }
  return {
    draw,
    idsOf,
    one: (file) => draw(fc.constantFrom(...idsOf(file))),
    first: (file, place) => (place < 2 ? (idsOf(file)[0] ?? '') : draw(fc.constantFrom(...idsOf(file)))),
    maybe: (file) => draw(cell.optional(fc.constantFrom(...idsOf(file)))),
    rows: (file, ids, row) => {
      const found = typeof ids === 'number' ? draw(cell.ids(Math.ceil(ids / 2), ids)) : ids
      known.set(file, found)
      const names = draw(cell.some(metadataNames, 0, 2))
      return found.map((sourcedId, place) => ({
        sourcedId,
        ...stamp(),
        ...row(sourcedId, place, found.slice(0, place)),
        ...Object.fromEntries(names.map((name) => [name, draw(cell.optional(cell.text))])),
      }))
    },
  }
}

const leadTypes = ['term', 'gradingPeriod'] as const

function places(rower: Rower): Rows {
  const { draw } = rower
  const parent = (earlier: readonly string[]): string =>
    earlier.length === 0 ? '' : draw(cell.optional(fc.constantFrom(...earlier)))
  const orgs = rower.rows('orgs', 4, (_, place, earlier) => ({
    name: draw(cell.text),
    type:
      place === 0 ? 'school' : draw(cell.extensible('department', 'school', 'district', 'local', 'state', 'national')),
    identifier: draw(cell.optional(cell.text)),
    parentSourcedId: parent(earlier),
  }))
  const academicSessions = rower.rows('academicSessions', 6, (_, place, earlier) => {
    const [startDate = '', endDate = ''] = [draw(cell.day), draw(cell.day)].sort()
    return {
      title: draw(cell.text),
      type:
        leadTypes[place] ?? draw(cell.extensible('gradingPeriod', 'gradingPeriod', 'semester', 'schoolYear', 'term')),
      startDate,
      endDate,
      parentSourcedId: place === 1 ? (earlier[0] ?? '') : parent(earlier),
      schoolYear: draw(cell.year),
    }
  })
  return { orgs, academicSessions }
}

function teaching(rower: Rower): Rows {
  const { draw } = rower
  const words = () => draw(cell.list(cell.part))
  const courses = rower.rows('courses', 3, () => ({
    schoolYearSourcedId: rower.maybe('academicSessions'),
    title: draw(cell.text),
    courseCode: draw(cell.optional(cell.text)),
    grades: words(),
    orgSourcedId: rower.one('orgs'),
    subjects: words(),
    subjectCodes: words(),
  }))
  const classes = rower.rows('classes', 4, (_, place) => ({
    title: draw(cell.text),
    grades: words(),
    courseSourcedId: rower.one('courses'),
    classCode: draw(cell.optional(cell.text)),
    classType: draw(cell.extensible('homeroom', 'scheduled')),
    location: draw(cell.optional(cell.text)),
    schoolSourcedId: rower.first('orgs', place),
    termSourcedIds:
      place === 0
        ? rower.first('academicSessions', 0)
        : draw(cell.some(rower.idsOf('academicSessions'), 1, 3)).join(','),
    subjects: words(),
    subjectCodes: words(),
    periods: words(),
  }))
  return { courses, classes }
}

// the first of each kind belong together, so that no package has empty classes only
const leads = ['student', 'teacher'] as const
const words =
  'student teacher aide counselor districtAdministrator guardian parent principal proctor relative siteAdministrator'

function people(rower: Rower): Rows {
  const { draw } = rower
  const maybe = () => draw(cell.optional(cell.text))
  const users = rower.rows('users', 6, (_, __, earlier) => ({
    enabledUser: draw(cell.flag),
    username: draw(cell.text),
    userIds: draw(cell.pairs()),
    givenName: draw(cell.text),
    familyName: draw(cell.text),
    middleName: maybe(),
    identifier: maybe(),
    email: maybe(),
    sms: maybe(),
    phone: maybe(),
    agentSourcedIds: draw(cell.some(earlier, 0, 2)).join(','),
    grades: draw(cell.list(cell.part)),
    password: draw(cell.optional(fc.constant(secret))),
    userMasterIdentifier: maybe(),
    preferredGivenName: maybe(),
    preferredMiddleName: maybe(),
    preferredFamilyName: maybe(),
    primaryOrgSourcedId: rower.maybe('orgs'),
    pronouns: maybe(),
  }))
  const userProfiles = rower.rows('userProfiles', 3, () => ({
    userSourcedId: rower.one('users'),
    profileType: draw(cell.text),
    vendorId: draw(cell.text),
    applicationId: maybe(),
    description: maybe(),
    credentialType: draw(cell.text),
    username: draw(cell.text),
    password: draw(cell.optional(fc.constant(secret))),
  }))
  const ids = rower.idsOf('users')
  const roleRows = rower.rows('roles', draw(cell.ids(ids.length, ids.length + 3)), (_, place) => {
    const userSourcedId = ids[place] ?? rower.one('users')
    const profiles = userProfiles.filter((profile) => profile['userSourcedId'] === userSourcedId)
    const [beginDate = '', endDate = ''] = [draw(cell.optional(cell.day)), draw(cell.optional(cell.day))].sort()
    return {
      userSourcedId,
      roleType: place < ids.length ? 'primary' : 'secondary',
      role: leads[place] ?? draw(cell.extensible(...words.split(' '), 'systemAdministrator')),
      beginDate,
      endDate,
      orgSourcedId: rower.first('orgs', place),
      userProfileSourcedId:
        profiles.length === 0 ? '' : draw(fc.constantFrom(...profiles.map(({ sourcedId = '' }) => sourcedId))),
    }
  })
  return { users, userProfiles, roles: roleRows, ...memberships(rower) }
}

function memberships(rower: Rower): Rows {
  const { draw } = rower
  const enrollments = rower.rows('enrollments', 10, (_, place) => {
    const [beginDate = '', endDate = ''] = [draw(cell.optional(cell.day)), draw(cell.optional(cell.day))].sort()
    return {
      classSourcedId: rower.first('classes', place),
      schoolSourcedId: rower.first('orgs', place),
      userSourcedId: rower.idsOf('users')[place] ?? rower.one('users'),
      role:
        leads[place] ?? draw(cell.extensible('administrator', 'proctor', 'student', 'student', 'teacher', 'teacher')),
      primary: draw(cell.optional(cell.flag)),
      beginDate,
      endDate,
    }
  })
  const described = draw(cell.some(rower.idsOf('users'), 1, 6))
  const flagged = () => draw(cell.optional(cell.flag))
  const demographics = rower.rows('demographics', described, () => ({
    birthDate: draw(cell.optional(cell.day)),
    sex: draw(cell.optional(cell.extensible('male', 'female', 'unspecified', 'other'))),
    americanIndianOrAlaskaNative: flagged(),
    asian: flagged(),
    blackOrAfricanAmerican: flagged(),
    nativeHawaiianOrOtherPacificIslander: flagged(),
    white: flagged(),
    demographicRaceTwoOrMoreRaces: flagged(),
    hispanicOrLatinoEthnicity: flagged(),
    countryOfBirthCode: draw(cell.optional(cell.text)),
    stateOfBirthAbbreviation: draw(cell.optional(cell.text)),
    cityOfBirth: draw(cell.optional(cell.text)),
    publicSchoolResidenceStatus: draw(cell.optional(cell.text)),
  }))
  return { enrollments, demographics }
}

export function arbitraryPackage(draw: Draw, version: '1.1' | '1.2'): Package {
  const mode = draw(fc.constantFrom('bulk', 'delta'))
  const rower = rowerFor(draw, mode)
  const rows = { ...places(rower), ...teaching(rower), ...people(rower), ...joiningRows(rower) }
  return { version, mode, rows: version === '1.2' ? rows : withoutNews(rower, rows) }
}
