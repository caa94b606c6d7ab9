/**
 * A made-up school district of any size: a number of students comes in, the files of a OneRoster 1.2 CSV package go
 * out, lazily, the same bytes for the same options. It never holds the rows in memory, never reads a clock or a
 * runtime's chance, and describes nobody.
 */
import { type DistrictFile, pack } from './csv.ts'
import { gradebook } from './gradebook.ts'
import * as id from './ids.ts'
import { GRADES, SUBJECTS } from './names.ts'
import * as people from './people.ts'
import { type DistrictOptions, groupOf, type Plan, planOf, SLOTS } from './plan.ts'
import { resources } from './resources.ts'
import * as things from './rows.ts'
import { groups, seats, teachers } from './walk.ts'

export type { DistrictFile } from './csv.ts'
export { districtDelta } from './delta.ts'
export type { DistrictOptions } from './plan.ts'

const { BULK } = things

/** Each principal, every other school's site administrator, and the district's: id, role, org. */
function* officers({ schools }: Plan): Iterable<readonly [string, string, string]> {
  for (const { index } of schools) {
    yield [id.principalId(index), 'principal', id.schoolId(index)]
    if (index % 2 === 0) yield [id.siteAdministratorId(index), 'siteAdministrator', id.schoolId(index)]
  }
  yield [id.DISTRICT_ADMINISTRATOR_ID, 'districtAdministrator', id.DISTRICT_ID]
}

function* orgRows({ schools }: Plan): Iterable<string> {
  yield things.DISTRICT_ROW
  for (const { index } of schools) yield things.orgRow(index)
}

function* courseRows(plan: Plan): Iterable<string> {
  for (let grade = 0; grade < GRADES.length; grade += 1)
    for (const subject of SUBJECTS) yield things.courseRow(plan, subject, grade)
}

function* classRows(plan: Plan): Iterable<string> {
  for (const group of groups(plan)) yield things.classRow(group, BULK)
}

function* enrollmentRows(plan: Plan): Iterable<string> {
  for (const [student, seat] of seats(plan))
    for (let slot = 0; slot < SLOTS; slot += 1)
      yield things.studentEnrollmentRow(student * SLOTS + slot, groupOf(seat, slot), student, BULK)
  for (const group of groups(plan)) yield* things.teacherEnrollmentRows(plan, group, BULK)
}

function* demographicsRows(plan: Plan): Iterable<string> {
  for (const [student, { cohort }] of seats(plan)) yield people.demographicsRow(plan, student, cohort.grade, BULK)
}

function* userRows(plan: Plan): Iterable<string> {
  for (const [student, seat] of seats(plan)) yield people.studentRow(plan, student, seat, BULK)
  for (const [teacher, school] of teachers(plan)) yield people.teacherRow(plan, teacher, school)
  for (let guardian = 0; guardian < plan.guardians; guardian += 1) yield people.guardianRow(plan, guardian)
  let index = 0
  for (const [userId, , org] of officers(plan)) yield people.officerRow(plan, userId, org, index++)
}

function* roleRows(plan: Plan): Iterable<string> {
  for (const [student, { school }] of seats(plan))
    yield people.studentRoleRow(student, school.index, BULK, people.hasProfile(student))
  for (const [teacher, school] of teachers(plan)) yield* people.teacherRoleRows(teacher, school)
  for (let guardian = 0; guardian < plan.guardians; guardian += 1) yield people.guardianRoleRow(plan, guardian)
  for (const [userId, role, org] of officers(plan)) yield people.officerRoleRow(userId, role, org)
}

function* profileRows(plan: Plan): Iterable<string> {
  for (let student = 0; student < plan.students; student += 1)
    if (people.hasProfile(student)) yield people.profileRow(id.studentId(student), BULK)
  for (let teacher = 0; teacher < plan.teachers; teacher += 1)
    if (people.hasProfile(teacher)) yield people.profileRow(id.teacherId(teacher), BULK)
}

/** The whole district, with a gradebook where the options say so, every file in bulk mode (manifest.csv first). Throws RangeError for a count below 1. */
export function district(options: DistrictOptions): readonly DistrictFile[] {
  const plan = planOf(options)
  return pack('bulk', plan.sourceName, {
    academicSessions: () => things.SESSION_ROWS,
    classes: () => classRows(plan),
    courses: () => courseRows(plan),
    demographics: () => demographicsRows(plan),
    enrollments: () => enrollmentRows(plan),
    orgs: () => orgRows(plan),
    roles: () => roleRows(plan),
    userProfiles: () => profileRows(plan),
    users: () => userRows(plan),
    ...(options.gradebook === true ? { ...gradebook(plan), ...resources(plan) } : {}),
  })
}
