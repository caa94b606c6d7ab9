// Packages of awkward values: quotes, wildcards, code points beyond UTF-16 units, absent cells, ids with slashes. Small
// enough to compare every answer with a plain reading of it.

import type { Hub } from './hub.ts'
import { gradebookFiles, putOddities } from './oddities_gradebook.ts'
import { importFiles, manifest } from './packages.ts'

const texts = [
  "O'Brien",
  'o\u2019brien',
  '100%',
  'a_b',
  'axb',
  'back\\slash',
  '"quoted", and comma',
  'Zebra',
  'zebra',
  'Ａfullwidth',
  'ﬀ ligature',
  '😀 smile',
  '𝔘nicode',
  'Übung',
  'U\u0308bung',
  '李',
  'true',
  '2026-09-01',
  'AND OR',
  '(x) $1 @id @key %s {}',
]
export const text = (place: number): string => texts[place % texts.length] ?? ''
/** Absent in every third row. */
export const rare = (place: number): string => (place % 3 === 0 ? '' : text(place * 7))
export const days = ['2026-08-24', '2026-09-01', '2027-01-18', '2026-12-31', '2024-02-29']
export const day = (place: number): string => (place % 4 === 0 ? '' : (days[place % days.length] ?? ''))
export const flag = (place: number): string => ['true', 'false', ''][place % 3] ?? ''
const list = (place: number): string => ['01', '01,02', '', '02,KG', 'KG'][place % 5] ?? ''
const stamp = (place: number): string => (place % 6 === 5 ? 'tobedeleted' : 'active')

const cell = (value: string): string => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** A file of `count` rows; a row is its cells by header, `status` and `dateLastModified` beside them. */
export function file(count: number, row: (place: number) => Readonly<Record<string, string>>): string {
  const rows = Array.from({ length: count }, (_, place) => {
    const { sourcedId = '', ...cells } = row(place)
    return { sourcedId, status: stamp(place), dateLastModified: '2026-09-01T08:00:00.000Z', ...cells }
  })
  const header = Object.keys(rows[0] ?? {})
  return [header, ...rows.map((cells) => Object.values(cells).map(cell))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('')
}

export const orgId = (place: number): string => ['d', 's/1', 's@2', 'S3', 's-4', 's.5', 's_6'][place % 7] ?? ''
export const userId = (place: number): string => `u/${place}`
export const sessionId = (place: number): string => `t/${place}`

const files: Readonly<Record<string, string>> = {
  orgs: file(14, (n) => ({
    sourcedId: n < 7 ? orgId(n) : `o${n}`,
    ...(n === 0 ? { status: 'active' } : {}),
    name: text(n),
    type: n === 0 ? 'district' : n % 4 === 3 ? 'ext:campus' : 'school',
    identifier: rare(n),
    parentSourcedId: n === 0 ? '' : 'd',
    'metadata.note': rare(n + 1),
    'metadata.home@id': text(n * 3),
    'metadata.a.b': rare(n + 2),
  })),
  academicSessions: file(12, (n) => ({
    sourcedId: sessionId(n),
    title: text(n + 3),
    type: ['term', 'gradingPeriod', 'semester', 'ext:block'][n % 4] ?? '',
    startDate: days[n % 5] ?? '',
    endDate: days[(n + 2) % 5] ?? '',
    parentSourcedId: n < 2 ? '' : sessionId(n % 2),
    schoolYear: n % 2 === 0 ? '2027' : '2026',
  })),
  courses: file(8, (n) => ({
    sourcedId: `c${n}`,
    schoolYearSourcedId: n % 3 === 0 ? '' : sessionId(n),
    title: text(n + 5),
    courseCode: rare(n),
    grades: list(n),
    orgSourcedId: orgId(n),
    subjects: n % 2 === 0 ? `${text(3)},Maths` : '',
    subjectCodes: list(n + 1),
  })),
  classes: file(16, (n) => ({
    sourcedId: `k/${n}`,
    title: text(n + 8),
    grades: list(n),
    courseSourcedId: `c${n % 8}`,
    classCode: rare(n),
    classType: ['homeroom', 'scheduled', 'ext:club'][n % 3] ?? '',
    location: rare(n + 1),
    schoolSourcedId: orgId(n),
    termSourcedIds: n % 2 === 0 ? sessionId(n % 12) : `${sessionId(n % 12)},${sessionId((n + 1) % 12)}`,
    subjects: n % 3 === 0 ? '' : 'Maths,Art',
    subjectCodes: list(n + 2),
    periods: list(n + 3),
  })),
  users: file(30, (n) => ({
    sourcedId: userId(n),
    enabledUser: n % 3 === 0 ? 'false' : 'true',
    username: text(n + 4),
    userIds: n % 3 === 0 ? '' : `{sis:${n}},{state:S${n % 4}}`,
    givenName: text(n),
    familyName: text(n * 3),
    middleName: rare(n + 1),
    identifier: rare(n + 2),
    email: n % 2 === 0 ? '' : `u${n}@Example.org`,
    sms: '',
    phone: rare(n + 4),
    agentSourcedIds: n % 4 === 0 ? `${userId((n + 1) % 30)},${userId((n + 2) % 30)}` : '',
    grades: list(n),
    password: '',
    userMasterIdentifier: rare(n + 5),
    preferredGivenName: rare(n + 6),
    preferredMiddleName: rare(n + 7),
    preferredFamilyName: rare(n + 8),
    primaryOrgSourcedId: n % 3 === 0 ? '' : orgId(n),
    pronouns: rare(n + 9),
    'metadata.note': rare(n + 2),
    'metadata.home@id': rare(n),
  })),
  roles: file(45, (n) => ({
    sourcedId: `r${n}`,
    status: 'active',
    userSourcedId: userId(n % 30),
    roleType: n < 30 ? 'primary' : 'secondary',
    role: ['student', 'teacher', 'guardian', 'ext:coach'][(n + Math.floor(n / 30)) % 4] ?? '',
    beginDate: day(n),
    endDate: day(n + 1),
    orgSourcedId: orgId(n),
    userProfileSourcedId: n < 10 ? `p${n}` : '',
  })),
  userProfiles: file(14, (n) => ({
    sourcedId: `p${n}`,
    status: 'active',
    userSourcedId: userId(n % 10),
    profileType: n % 2 === 0 ? 'reader' : 'grader',
    vendorId: text(n),
    applicationId: rare(n),
    description: rare(n + 1),
    credentialType: 'username',
    username: text(n + 2),
    password: '',
  })),
  enrollments: file(40, (n) => ({
    sourcedId: `e${n}`,
    classSourcedId: `k/${n % 16}`,
    schoolSourcedId: orgId(n % 16),
    userSourcedId: userId((n * 7) % 30),
    role: ['student', 'teacher', 'ext:guest'][n % 3] ?? '',
    primary: flag(n + 1),
    beginDate: day(n),
    endDate: day(n + 2),
  })),
  demographics: file(20, (n) => ({
    sourcedId: userId(n),
    birthDate: day(n),
    sex: ['male', 'female', '', 'ext:x'][n % 4] ?? '',
    americanIndianOrAlaskaNative: flag(n),
    asian: flag(n + 1),
    blackOrAfricanAmerican: flag(n + 2),
    nativeHawaiianOrOtherPacificIslander: flag(n),
    white: flag(n + 1),
    demographicRaceTwoOrMoreRaces: flag(n + 2),
    hispanicOrLatinoEthnicity: flag(n),
    countryOfBirthCode: rare(n),
    stateOfBirthAbbreviation: rare(n + 1),
    cityOfBirth: text(n),
    publicSchoolResidenceStatus: rare(n + 2),
  })),
}

/** The next night: some orgs and enrollments change, so that not every record has the same date. */
const later: Readonly<Record<string, string>> = {
  orgs: file(3, (n) => ({
    sourcedId: `o${n + 7}`,
    name: text(n),
    type: 'school',
    identifier: '',
    parentSourcedId: 'd',
  })),
  enrollments: file(5, (n) => ({
    sourcedId: `e${n * 3}`,
    classSourcedId: 'k/1',
    schoolSourcedId: orgId(1),
    userSourcedId: userId(n),
    role: 'student',
    primary: '',
    beginDate: '',
    endDate: '',
  })),
}

/** Imports the packages and puts what only clients write. Throws where a record was refused: then they are not what the tests believe. */
export async function importOddities(hub: Hub): Promise<void> {
  for (const sent of [{ ...files, ...gradebookFiles() }, later]) {
    const modes = Object.fromEntries(Object.keys(sent).map((name) => [name, 'delta']))
    const csv = Object.fromEntries(Object.entries(sent).map(([name, content]) => [`${name}.csv`, content]))
    const { faults } = await importFiles(hub.owner, { 'manifest.csv': manifest(modes), ...csv })
    if (faults.length > 0) throw new Error(faults.map((fault) => JSON.stringify(fault)).join('\n'))
  }
  await putOddities(hub)
}
