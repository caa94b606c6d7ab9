/**
 * The things of the made-up district (orgs, sessions, courses, classes, enrollments): a plan and a number come in, one
 * CSV row goes out, the same one every time. It never loops over classes or students, and never draws a name.
 */
import { cell } from './csv.ts'
import * as id from './ids.ts'
import { FIRST_ELECTIVE, GRADES, LEVELS, SCHOOLS, SUBJECTS, type Subject } from './names.ts'
import { classOf, type Group, type Plan, pick, type School, SLOTS } from './plan.ts'

/** A row's status and dateLastModified, as its second and third cell. */
export type Stamp = string
/** Bulk rows carry neither. */
export const BULK: Stamp = ','
/** Delta rows carry both: the night after is the morning of 15 September. */
const INSTANT = '2026-09-15T04:00:00.000Z'
export const ACTIVE: Stamp = `active,${INSTANT}`
export const GONE: Stamp = `tobedeleted,${INSTANT}`

/** First day, and the day after the last. */
export const YEAR = '2026-08-24,2027-06-19'
const AUTUMN = '2026-08-24,2027-01-18'
const SPRING = '2027-01-18,2027-06-19'

interface Span {
  readonly sessions: string
  /** The first of them. */
  readonly first: string
  readonly dates: string
}
const half = (session: string, dates: string): Span => ({ sessions: session, first: session, dates })
const WHOLE_YEAR: Span = { sessions: cell(`${id.termId(0)},${id.termId(1)}`), first: id.termId(0), dates: YEAR }
const HALVES: readonly Span[] = [half(id.termId(0), AUTUMN), half(id.SEMESTER_ID, SPRING), half(id.termId(1), SPRING)]

/** Which sessions a class runs in: electives half a year, everything else the whole. */
export const spanOf = (slot: number, section: number): Span =>
  slot < FIRST_ELECTIVE ? WHOLE_YEAR : pick(HALVES, section)

export const subjectOf = (slot: number, section: number): Subject =>
  slot < FIRST_ELECTIVE ? pick(SUBJECTS, slot) : pick(SUBJECTS.slice(FIRST_ELECTIVE), section)

export function orgRow(index: number): string {
  const name = pick(SCHOOLS, index).replace('%', pick(LEVELS, index).name)
  const title = index < SCHOOLS.length ? name : `${name} No. ${Math.floor(index / SCHOOLS.length) + 1}`
  const board = `B-${String((index % 7) + 1).padStart(2, '0')}`
  return `${id.schoolId(index)},,,${cell(title)},school,${900_001 + index},${id.DISTRICT_ID},${board}`
}

export const DISTRICT_ROW = `${id.DISTRICT_ID},,,${cell('Three Rivers Unified School District, Demo')},district,900000,,B-00`

/** A year of two terms, the second also a semester, each term of two grading periods. */
export const SESSION_ROWS: readonly string[] = [
  `${id.YEAR_ID},,,School year 2026-2027,schoolYear,${YEAR},,2027`,
  `${id.termId(0)},,,Autumn term,term,${AUTUMN},${id.YEAR_ID},2027`,
  `${id.termId(1)},,,Spring term,term,${SPRING},${id.YEAR_ID},2027`,
  `${id.SEMESTER_ID},,,Spring semester,semester,${SPRING},${id.YEAR_ID},2027`,
  `${id.gradingPeriodId(0)},,,Quarter 1,gradingPeriod,2026-08-24,2026-11-02,${id.termId(0)},2027`,
  `${id.gradingPeriodId(1)},,,Quarter 2,gradingPeriod,2026-11-02,2027-01-18,${id.termId(0)},2027`,
  `${id.gradingPeriodId(2)},,,Quarter 3,gradingPeriod,2027-01-18,2027-03-29,${id.termId(1)},2027`,
  `${id.gradingPeriodId(3)},,,Quarter 4,gradingPeriod,2027-03-29,2027-06-19,${id.termId(1)},2027`,
]

/** A course belongs to the only school that teaches its grade, or to the district. */
export function courseRow({ schools }: Plan, subject: Subject, grade: number): string {
  const teaching = schools.filter(({ cohorts }) => cohorts.some((cohort) => cohort.grade === grade))
  const org = teaching.length === 1 ? id.schoolId((teaching[0] as School).index) : id.DISTRICT_ID
  const code = pick(GRADES, grade)
  const title = cell(`${subject.title} ${code}`)
  const subjects = `${cell(subject.names)},${cell(subject.codes)}`
  return `${id.courseId(subject.short, code)},,,${id.YEAR_ID},${title},${subject.short}${code},${code},${org},${subjects}`
}

export function classRow(group: Group, stamp: Stamp): string {
  const { school, cohort, slot, section } = group
  const number = classOf(group)
  const subject = subjectOf(slot, section)
  const grade = pick(GRADES, cohort.grade)
  const code = `${subject.short}${grade}-${section + 1}`
  const type = slot === 0 ? 'homeroom' : 'scheduled'
  const periods = slot === 0 ? 'HR' : slot === 3 ? '"3,5"' : slot
  return (
    `${id.classId(number)},${stamp},${cell(`${subject.title} ${grade}, section ${section + 1}`)},${grade},` +
    `${id.courseId(subject.short, grade)},${code},${type},Room ${100 + (number % 90)},${id.schoolId(school.index)},` +
    `${spanOf(slot, section).sessions},${cell(subject.names)},${cell(subject.codes)},${periods}`
  )
}

/** A student in a class; the dates are the class's. */
export function studentEnrollmentRow(enrollment: number, group: Group, student: number, stamp: Stamp): string {
  return (
    `${id.enrollmentId(enrollment)},${stamp},${id.classId(classOf(group))},${id.schoolId(group.school.index)},` +
    `${id.studentId(student)},student,,${spanOf(group.slot, group.section).dates}`
  )
}

/** A class's teachers: one primary, and in every tenth class a second one where the school has two. */
export function teacherEnrollmentRows({ students }: Plan, group: Group, stamp: Stamp): readonly string[] {
  const { school, slot, section } = group
  const number = classOf(group)
  const row = (nth: number) =>
    `${id.enrollmentId(SLOTS * students + 2 * number + nth)},${stamp},${id.classId(number)},` +
    `${id.schoolId(school.index)},${id.teacherId(school.firstTeacher + ((number + nth) % school.teachers))},teacher,` +
    `${nth === 0},${spanOf(slot, section).dates}`
  return number % 10 === 0 && school.teachers > 1 ? [row(0), row(1)] : [row(0)]
}
