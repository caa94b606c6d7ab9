/**
 * The library of the made-up district: a plan comes in; the rows of the four resource files go out, lazily: one resource
 * for each subject and level, and who has it (classes, courses, students, teachers). It never invents a person or class.
 */
import { cell, type FileRows } from './csv.ts'
import * as id from './ids.ts'
import { GRADES, LEVELS, SUBJECTS } from './names.ts'
import { classOf, type Group, groupOf, type Plan, pick, type School, type Seat, seatOf } from './plan.ts'
import { BULK, GONE, type Stamp, subjectOf } from './rows.ts'
import { SCIENCE } from './tasks.ts'
import { groups, seats, teachers } from './walk.ts'

const ROLES: readonly string[] = ['student,teacher', 'teacher', 'student', '', 'teacher,aide,administrator', 'guardian']
const SCIENCE_SHORT = subjectOf(SCIENCE, 0).short
/** One student of so many has a resource of their own; one teacher of three. */
const STUDENTS_A_LINK = 10
const TEACHERS_A_LINK = 3

const levelOf = (grade: number): number => LEVELS.findIndex(({ to }) => grade < to)

function* resourceRows(): Iterable<string> {
  for (const [nth, subject] of SUBJECTS.entries())
    for (const [level, { name }] of LEVELS.entries()) {
      const number = nth * LEVELS.length + level
      const importance = number % 5 === 4 ? '' : number % 3 === 0 ? 'primary' : 'secondary'
      const vendor = number % 4 === 3 ? ',' : `vendor.example,${nth === 0 ? 'planner' : 'reader'}`
      const title = cell(`${subject.title}: the "blue" book, ${name}`)
      yield `${id.resourceId(subject.short, level)},${BULK},vnd:${subject.short}/${level + 1}?edition=2027,${title},` +
        `${cell(pick(ROLES, number))},${importance},${vendor},${number % 2 === 0 ? 'CC-BY-4.0' : ''}`
    }
}

/** A class of science or the elective has its subject's book. */
function classResourceRow(group: Group, stamp: Stamp): string {
  const number = classOf(group)
  const owner = id.classId(number)
  const resource = id.resourceId(subjectOf(group.slot, group.section).short, levelOf(group.cohort.grade))
  return `${id.resourceLinkId(owner)},${stamp},${number % 2 === 0 ? '"Class set, shelf 3"' : ''},${owner},${resource}`
}

function* classResourceRows(plan: Plan): Iterable<string> {
  for (const group of groups(plan)) if (group.slot >= SCIENCE) yield classResourceRow(group, BULK)
}

/** Every other grade's courses, and their books. */
function* courseResourceRows(): Iterable<string> {
  for (let grade = 0; grade < GRADES.length; grade += 2)
    for (const { short, title } of SUBJECTS) {
      const owner = id.courseId(short, pick(GRADES, grade))
      yield `${id.resourceLinkId(owner)},${BULK},${cell(title)},${owner},${id.resourceId(short, levelOf(grade))}`
    }
}

/** A student's book of science: of half of them with school and class, of the others for the student alone. */
function studentResourceRow(student: number, seat: Seat, stamp: Stamp): string {
  const owner = id.studentId(student)
  const school = id.schoolId(seat.school.index)
  const place = student % (2 * STUDENTS_A_LINK) === 0 ? `${school},${id.classId(classOf(groupOf(seat, SCIENCE)))}` : ','
  return `${id.resourceLinkId(owner)},${stamp},${owner},${place},${id.resourceId(SCIENCE_SHORT, levelOf(seat.cohort.grade))}`
}

function* userResourceRows(plan: Plan): Iterable<string> {
  for (const [student, seat] of seats(plan))
    if (student % STUDENTS_A_LINK === 0) yield studentResourceRow(student, seat, BULK)
  for (const [teacher, school] of teachers(plan)) {
    if (teacher % TEACHERS_A_LINK !== 0) continue
    const owner = id.teacherId(teacher)
    const { level } = plan.schools[school] as School
    yield `${id.resourceLinkId(owner)},${BULK},${owner},${id.schoolId(school)},,${id.resourceId('HR', level)}`
  }
}

/** Every resource file of the district. */
export const resources = (plan: Plan): FileRows => ({
  resources: resourceRows,
  classResources: () => classResourceRows(plan),
  courseResources: courseResourceRows,
  userResources: () => userResourceRows(plan),
})

/** The night after: leavers give their books back, and one class its set. */
export function resourcesDelta(plan: Plan, leavers: ReadonlySet<number>): FileRows {
  const owners = [...leavers].filter((student) => student % STUDENTS_A_LINK === 0)
  return {
    classResources: () => [classResourceRow(groupOf(seatOf(plan, Math.floor(plan.students / 2)), SCIENCE), GONE)],
    userResources: () => owners.map((student) => studentResourceRow(student, seatOf(plan, student), GONE)),
  }
}
