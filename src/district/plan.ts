/**
 * The arithmetic of the made-up district: options come in; who sits where goes out (schools, cohorts, classes,
 * households) as numbers. Only schools are kept in memory; everything else is computed from an index when asked.
 * It never writes text, and never uses a source of chance other than the seed.
 */
import { GRADES, LEVELS } from './names.ts'

export interface DistrictOptions {
  /** At least 1. */
  readonly students: number
  /** Default 1. */
  readonly seed?: number
  /** Default: 3, or one for every 600 students where that is more. */
  readonly schools?: number
  /** The manifest's source.systemName; default "Demo SIS". */
  readonly sourceName?: string
  /** Line items, results, resources and what belongs to them, in all 21 files of the binding; default false. */
  readonly gradebook?: boolean
}

/** The students of one grade in one school; class numbers run slot by slot from `firstClass`. */
export interface Cohort {
  readonly position: number
  readonly grade: number
  readonly sections: number
  readonly size: number
  readonly firstClass: number
}

export interface School {
  readonly index: number
  readonly level: number
  readonly firstStudent: number
  readonly students: number
  readonly firstTeacher: number
  readonly teachers: number
  readonly cohorts: readonly Cohort[]
}

export interface Plan {
  readonly seed: number
  readonly sourceName: string
  readonly students: number
  readonly teachers: number
  readonly guardians: number
  readonly households: number
  readonly classes: number
  readonly schools: readonly School[]
}

/** Where a student sits; `place` counts from 0 within the cohort. */
export interface Seat {
  readonly school: School
  readonly cohort: Cohort
  readonly place: number
}

/** One class. */
export interface Group {
  readonly school: School
  readonly cohort: Cohort
  readonly slot: number
  readonly section: number
}

/** Every student takes one class a slot: homeroom, three subjects, an elective. */
export const SLOTS = 5
const CLASS_SIZE = 25
const STUDENTS_A_TEACHER = 20
const STUDENTS_A_SCHOOL = 600
const LARGE = 10_000

/** Which draw is meant: the same number never decides two things. 0 is the schools' own. */
export const STREAM = {
  family: 1,
  student: 2,
  teacher: 3,
  guardian: 4,
  staff: 5,
  demographics: 6,
  results: 7,
  objectives: 8,
  assessments: 9,
} as const

/** 32 bits that depend on seed, stream and index only (an integer mix in the manner of murmur3). */
export function draw(seed: number, stream: number, index: number): number {
  let mixed = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca77) ^ Math.imul(index + 1, 0xc2b2ae3d)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** The item a drawn number falls on; the list is never empty. */
export const pick = <T>(list: readonly T[], drawn: number): T => list[drawn % list.length] as T

function counted(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`${name} must be a whole number of at least 1, not ${value}`)
}

function cohortsOf(level: number, students: number, firstClass: number): readonly Cohort[] {
  const grades = GRADES.map((_, grade) => grade).slice(pick(LEVELS, level).from, pick(LEVELS, level).to)
  let next = firstClass
  return grades.map((grade, position) => {
    const size = Math.floor((students + grades.length - 1 - position) / grades.length)
    const sections = size === 0 ? 0 : Math.max(1, Math.round(size / CLASS_SIZE))
    const cohort = { position, grade, sections, size, firstClass: next }
    next += sections * SLOTS
    return cohort
  })
}

/** Schools share the students by the number of their grades, give or take a fifth. */
function schoolsOf(seed: number, students: number, count: number): readonly School[] {
  const weights = Array.from({ length: count }, (_, index) => {
    const { from, to } = pick(LEVELS, index)
    return (to - from) * (0.8 + (draw(seed, 0, index) % 401) / 1000)
  })
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let [weighed, firstStudent, firstTeacher, firstClass] = [0, 0, 0, 0]
  return weights.map((weight, index) => {
    weighed += weight
    const end = index === count - 1 ? students : Math.round((weighed / total) * students)
    const size = end - firstStudent
    const teachers = size === 0 ? 0 : Math.max(1, Math.round(size / STUDENTS_A_TEACHER))
    const level = index % LEVELS.length
    const cohorts = cohortsOf(level, size, firstClass)
    const school = { index, level, firstStudent, students: size, firstTeacher, teachers, cohorts }
    firstStudent = end
    firstTeacher += teachers
    firstClass += cohorts.reduce((sum, cohort) => sum + cohort.sections * SLOTS, 0)
    return school
  })
}

/** Options to plan. Throws RangeError when a count is not a whole number of at least 1. */
export function planOf(options: DistrictOptions): Plan {
  const students = counted('students', options.students)
  const seed = options.seed ?? 1
  const count = counted('schools', options.schools ?? Math.max(3, Math.round(students / STUDENTS_A_SCHOOL)))
  const schools = schoolsOf(seed, students, count)
  const guardians = Math.round(students * (students < LARGE ? 0.254 : 0.05))
  const last = schools[schools.length - 1] as School
  return {
    seed,
    sourceName: options.sourceName ?? 'Demo SIS',
    students,
    teachers: last.firstTeacher + last.teachers,
    guardians,
    households: guardians === 0 ? 0 : householdOf(guardians - 1) + 1,
    classes: schools.reduce(
      (sum, { cohorts }) => cohorts.reduce((all, { sections }) => all + sections * SLOTS, sum),
      0,
    ),
    schools,
  }
}

/** The school of a student, by halving: the last one that starts at or before it (an empty one is never the last). */
function schoolOf({ schools }: Plan, student: number): School {
  let [low, high] = [0, schools.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((schools[middle] as School).firstStudent <= student) low = middle
    else high = middle - 1
  }
  return schools[low] as School
}

/** Where a student of the plan sits; neighbours in number are in neighbouring grades. */
export function seatOf(plan: Plan, student: number): Seat {
  const school = schoolOf(plan, student)
  const local = student - school.firstStudent
  const cohort = pick(school.cohorts, local)
  return { school, cohort, place: Math.floor(local / school.cohorts.length) }
}

/** The student in a seat: the inverse of `seatOf`. */
export const studentIn = ({ school, cohort, place }: Seat): number =>
  school.firstStudent + place * school.cohorts.length + cohort.position

/** The section a seat attends in a slot; each slot mixes the cohort anew, and sections stay of equal size. */
const sectionOf = ({ cohort: { sections }, place }: Seat, slot: number): number =>
  (place + slot * Math.floor(place / sections)) % sections

/** The number of a class. */
export const classOf = ({ cohort: { firstClass, sections }, slot, section }: Group): number =>
  firstClass + slot * sections + section

/** The class a seat attends in a slot. */
export const groupOf = (seat: Seat, slot: number): Group => ({
  school: seat.school,
  cohort: seat.cohort,
  slot,
  section: sectionOf(seat, slot),
})

/** Guardians come as two, one, two, one ... a household. */
export const householdOf = (guardian: number): number => 2 * Math.floor(guardian / 3) + (guardian % 3 === 2 ? 1 : 0)

/** The student a household is there for. */
export const childOf = ({ students, households }: Plan, household: number): number =>
  Math.floor((household * students) / households)

/** The guardians of a household: from, and up to but without. */
export function guardiansOf({ guardians }: Plan, household: number): readonly [number, number] {
  return [Math.ceil((household * 3) / 2), Math.min(guardians, Math.ceil(((household + 1) * 3) / 2))]
}

/** A student's household, or -1; every third household has a second child, the next student. */
export function homeOf(plan: Plan, student: number): number {
  const nearest = (of: number) => Math.ceil((of * plan.households) / plan.students)
  const own = nearest(student)
  if (own < plan.households && childOf(plan, own) === student) return own
  const beside = nearest(student - 1)
  const shared = student > 0 && beside < plan.households && beside % 3 === 0
  return shared && childOf(plan, beside) === student - 1 ? beside : -1
}
