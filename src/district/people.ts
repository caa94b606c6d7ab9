/**
 * The people of the made-up district: a plan and a number come in, the rows of that person (user, roles, profile,
 * demographics) go out, the same ones every time. It never loops over the district, and never writes a password.
 */
import { cell } from './csv.ts'
import * as id from './ids.ts'
import { ENGLISH, GRADES, TONGUES, type Tongue } from './names.ts'
import { childOf, draw, guardiansOf, homeOf, householdOf, type Plan, pick, type Seat, STREAM, seatOf } from './plan.ts'
import { BULK, type Stamp, YEAR } from './rows.ts'

const PROFILE_EVERY = 10
/** In the order of the columns: the flags true for so many children of 32. */
const RACES_OF_32: readonly number[] = [1, 4, 6, 1, 18]
const PRONOUNS: readonly string[] = ['she/her', 'he/him', 'they/them']

interface Name {
  readonly tongue: Tongue
  readonly female: boolean
  readonly given: string
  readonly family: string
}

/** The cells of users.csv that differ between people; the others stay empty. */
interface Person {
  readonly id: string
  readonly host: string
  readonly name: Name
  /** The draw that decides the rarer cells. */
  readonly drawn: number
  readonly org: string
  readonly userIds?: string
  readonly identifier?: string
  readonly phone?: string
  readonly agents?: string
  readonly grade?: string
}

/** Has this student or teacher a row in userProfiles.csv? */
export const hasProfile = (index: number): boolean => index % PROFILE_EVERY === 0

/** People of one `kin` share language and family name; `shift` gives another family name. */
function nameOf(seed: number, kin: number, drawn: number, shift = 0): Name {
  const shared = draw(seed, STREAM.family, kin)
  const tongue = pick(TONGUES, shared)
  const female = (drawn & 1) === 0
  const given = pick(female ? tongue.female : tongue.male, drawn >>> 1)
  return { tongue, female, given, family: pick(tongue.family, (shared >>> 8) + shift) }
}

function userRow({ id: userId, host, name, drawn, ...person }: Person, stamp: Stamp): string {
  const login = userId.replace('-', '')
  const enabled = drawn % 211 !== 0
  const latin = name.tongue.family.every((family) => family < '\u0250')
  const preferred = !latin && drawn % 3 === 0 ? pick(name.female ? ENGLISH.female : ENGLISH.male, drawn >>> 9) : ''
  const middle = drawn % 5 === 0 ? pick(name.tongue.female, drawn >>> 7) : ''
  const pronouns = drawn % 17 === 0 ? pick(PRONOUNS, drawn % 10 === 0 ? 2 : drawn & 1) : ''
  const email = login.includes('@') ? `${login}.example.org` : `${login}@${host}.example.org`
  return (
    `${userId},${stamp},${enabled},${login},${cell(person.userIds ?? '')},${cell(name.given)},${cell(name.family)},` +
    `${cell(middle)},${person.identifier ?? ''},${email},${person.phone ?? ''},${person.phone ?? ''},` +
    `${cell(person.agents ?? '')},${person.grade ?? ''},,,${preferred},,,${person.org},${pronouns},${name.tongue.language}`
  )
}

function agentsOf(plan: Plan, student: number): string {
  const home = homeOf(plan, student)
  if (home < 0) return ''
  const [from, to] = guardiansOf(plan, home)
  return to - from === 2 ? `${id.guardianId(from)},${id.guardianId(from + 1)}` : id.guardianId(from)
}

/** A student in a seat; children of one household share a family name, and a `shift` renames. */
export function studentRow(plan: Plan, student: number, seat: Seat, stamp: Stamp, shift = 0): string {
  const home = homeOf(plan, student)
  const kin = home < 0 ? student : childOf(plan, home)
  const drawn = draw(plan.seed, STREAM.student, student)
  const number = `${1_000_001 + student}`
  const state = student % 7 === 0 ? `,{stateId:ST${number}}` : ''
  const person: Person = {
    id: id.studentId(student),
    host: 'students',
    name: nameOf(plan.seed, kin, drawn, shift),
    drawn,
    org: id.schoolId(seat.school.index),
    userIds: `{studentNumber:${number}}${state}`,
    identifier: number,
    agents: agentsOf(plan, student),
    grade: pick(GRADES, seat.cohort.grade),
  }
  return userRow(person, stamp)
}

/** Family names of staff are drawn as if of children far beyond the last student. */
function staffName(plan: Plan, stream: number, index: number, drawn: number): Name {
  return nameOf(plan.seed, -1 - (stream * 10_000_000 + index), drawn)
}

export function teacherRow(plan: Plan, teacher: number, school: number): string {
  const drawn = draw(plan.seed, STREAM.teacher, teacher)
  const name = staffName(plan, STREAM.teacher, teacher, drawn)
  const identifier = `T${10_001 + teacher}`
  const org = id.schoolId(school)
  return userRow({ id: id.teacherId(teacher), host: 'staff', name, drawn, org, identifier }, BULK)
}

const homeSchool = (plan: Plan, guardian: number): string =>
  id.schoolId(seatOf(plan, childOf(plan, householdOf(guardian))).school.index)

export function guardianRow(plan: Plan, guardian: number): string {
  const drawn = draw(plan.seed, STREAM.guardian, guardian)
  const name = nameOf(plan.seed, childOf(plan, householdOf(guardian)), drawn)
  const phone = `+1-202-555-01${String(guardian % 100).padStart(2, '0')}`
  const org = homeSchool(plan, guardian)
  return userRow({ id: id.guardianId(guardian), host: 'families', name, drawn, org, phone }, BULK)
}

/** A principal, a site administrator or the district's: one whose id is given. */
export function officerRow(plan: Plan, userId: string, org: string, index: number): string {
  const drawn = draw(plan.seed, STREAM.staff, index)
  const name = staffName(plan, STREAM.staff, index, drawn)
  return userRow({ id: userId, host: 'staff', name, drawn, org }, BULK)
}

const roleRow = (userId: string, role: string, org: string, stamp: Stamp, dates: string, profile: boolean): string =>
  `${id.roleId(userId)},${stamp},${userId},primary,${role},${dates},${org},${profile ? id.profileId(userId) : ''}`

export const studentRoleRow = (student: number, school: number, stamp: Stamp, profile: boolean): string =>
  roleRow(id.studentId(student), 'student', id.schoolId(school), stamp, YEAR, profile)

/** A teacher's role, and for every twentieth a second, secondary one. */
export function teacherRoleRows(teacher: number, school: number): readonly string[] {
  const userId = id.teacherId(teacher)
  const org = id.schoolId(school)
  const first = roleRow(userId, 'teacher', org, BULK, ',', hasProfile(teacher))
  return teacher % 20 === 0 ? [first, `${id.roleId(userId)}-2,,,${userId},secondary,counselor,,,${org},`] : [first]
}

export const guardianRoleRow = (plan: Plan, guardian: number): string =>
  roleRow(
    id.guardianId(guardian),
    guardian % 12 === 5 ? 'relative' : 'guardian',
    homeSchool(plan, guardian),
    BULK,
    ',',
    false,
  )

export const officerRoleRow = (userId: string, role: string, org: string): string =>
  roleRow(userId, role, org, BULK, ',', false)

export function profileRow(userId: string, stamp: Stamp): string {
  const login = userId.replace('-', '')
  return (
    `${id.profileId(userId)},${stamp},${userId},learningApp,vendor.example,reader,"Reading room, web",` +
    `username,${login},`
  )
}

/** Race flags are told or not told together; children born abroad have a country only. */
export function demographicsRow(plan: Plan, student: number, grade: number, stamp: Stamp): string {
  const drawn = draw(plan.seed, STREAM.demographics, student)
  const name = draw(plan.seed, STREAM.student, student)
  const month = 1 + (drawn % 12)
  const year = (month >= 9 ? 2020 : 2021) - grade
  const day = 1 + ((drawn >>> 4) % 28)
  const sex = drawn % 97 === 0 ? 'unspecified' : drawn % 89 === 0 ? 'other' : (name & 1) === 0 ? 'female' : 'male'
  const races = RACES_OF_32.map((share, nth) => ((drawn >>> (nth * 5 + 7)) & 31) < share)
  const flags = [...races, races.filter(Boolean).length > 1, (name >>> 20) % 4 === 0].join(',')
  const kin = homeOf(plan, student)
  const { country } = pick(TONGUES, draw(plan.seed, STREAM.family, kin < 0 ? student : childOf(plan, kin)))
  const born = country === 'US' || drawn % 3 > 0 ? 'US,WA,Port Mercy' : `${country},,`
  const date = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
  return `${id.studentId(student)},${stamp},${date},${sex},${drawn % 23 === 0 ? ',,,,,,' : flags},${born},01652`
}
