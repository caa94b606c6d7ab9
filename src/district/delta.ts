/**
 * The night after: the same options as for the district come in, a delta package goes out. Students leave, arrive, are
 * renamed or move to another class, and one class is withdrawn. It holds only the changes in memory (some thousandths
 * of the district), and never writes a row twice.
 */
import { type DistrictFile, pack } from './csv.ts'
import { gradebookDelta } from './gradebook.ts'
import { studentId } from './ids.ts'
import { demographicsRow, hasProfile, profileRow, studentRoleRow, studentRow } from './people.ts'
import {
  classOf,
  type DistrictOptions,
  type Group,
  groupOf,
  type Plan,
  planOf,
  type Seat,
  SLOTS,
  seatOf,
  studentIn,
} from './plan.ts'
import { resourcesDelta } from './resources.ts'
import { ACTIVE, classRow, GONE, type Stamp, studentEnrollmentRow, teacherEnrollmentRows } from './rows.ts'
import { members } from './walk.ts'

/** One student of so many leaves, one is renamed, one moves. */
const STUDENTS_A_CHANGE = 400
const WITHDRAWN_SLOT = 1
const MOVED_SLOT = 2

interface Changes {
  readonly leavers: ReadonlySet<number>
  readonly renamed: readonly number[]
  readonly moved: readonly number[]
  readonly withdrawn: Group
  /** The newcomer's number, and a seat like another's. */
  readonly arrivals: readonly (readonly [number, Seat])[]
}

/** Some students, at equal distances. */
function spread({ students }: Plan, shift: number): readonly number[] {
  const count = Math.max(1, Math.round(students / STUDENTS_A_CHANGE))
  return Array.from({ length: count }, (_, nth) => Math.floor(((nth + shift) * students) / count))
}

/** Who leaves the night after; some of them have a profile, and full results. */
export const leaversOf = (plan: Plan): ReadonlySet<number> =>
  new Set(spread(plan, 0.5).map((student, nth) => (nth % 2 === 0 ? student - (student % 10) : student)))

/** Leavers, renamed and moved are spread over the district, with different shifts. */
function changesOf(plan: Plan): Changes {
  const { students } = plan
  const leavers = leaversOf(plan)
  const staying = (shift: number) => spread(plan, shift).filter((student) => !leavers.has(student))
  const beside = [Math.floor(students / 4), Math.floor((students * 3) / 4)]
  return {
    leavers,
    renamed: staying(0.2),
    moved: staying(0.8).filter((student) => seatOf(plan, student).cohort.sections > 1),
    withdrawn: groupOf(seatOf(plan, Math.floor(students / 2)), WITHDRAWN_SLOT),
    arrivals: beside.map((other, nth) => [students + nth, seatOf(plan, other)]),
  }
}

/** The other class of the slot a student can go to; undefined when the cohort has one section. */
function sibling(group: Group): Group | undefined {
  const { sections } = group.cohort
  return sections > 1 ? { ...group, section: (group.section + 1) % sections } : undefined
}

/** The enrollments the withdrawn class takes along: number -> row. */
function withdrawnEnrollments(group: Group): ReadonlyMap<number, string> {
  const rows = new Map<number, string>()
  for (const seat of members(group)) {
    const enrollment = studentIn(seat) * SLOTS + group.slot
    rows.set(enrollment, studentEnrollmentRow(enrollment, group, studentIn(seat), GONE))
  }
  return rows
}

function enrollmentRows(plan: Plan, { leavers, moved, withdrawn, arrivals }: Changes): readonly string[] {
  const gone = new Map(withdrawnEnrollments(withdrawn))
  const fresh: string[] = []
  let next = SLOTS * plan.students + 2 * plan.classes
  const leave = (student: number, slot: number) => {
    const enrollment = student * SLOTS + slot
    gone.set(enrollment, studentEnrollmentRow(enrollment, groupOf(seatOf(plan, student), slot), student, GONE))
  }
  const join = (student: number, group: Group | undefined) => {
    if (group !== undefined) fresh.push(studentEnrollmentRow(next++, group, student, ACTIVE))
  }
  for (const student of leavers) for (let slot = 0; slot < SLOTS; slot += 1) leave(student, slot)
  for (const student of moved) {
    leave(student, MOVED_SLOT)
    join(student, sibling(groupOf(seatOf(plan, student), MOVED_SLOT)))
  }
  for (const [student, seat] of arrivals)
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const group = groupOf(seat, slot)
      join(student, classOf(group) === classOf(withdrawn) ? sibling(group) : group)
    }
  return [...gone.values(), ...teacherEnrollmentRows(plan, withdrawn, GONE), ...fresh]
}

/** What changed "the next night", as a delta package consistent with `district` of the same options. */
export function districtDelta(options: DistrictOptions): readonly DistrictFile[] {
  const plan = planOf(options)
  const changes = changesOf(plan)
  const leavers = [...changes.leavers].map((student) => [student, seatOf(plan, student)] as const)
  const rows = (row: (student: number, seat: Seat, stamp: Stamp) => string): readonly string[] => [
    ...leavers.map(([student, seat]) => row(student, seat, GONE)),
    ...changes.arrivals.map(([student, seat]) => row(student, seat, ACTIVE)),
  ]
  const renamed = () => changes.renamed.map((student) => studentRow(plan, student, seatOf(plan, student), ACTIVE, 1))
  const profiled = (student: number) => student < plan.students && hasProfile(student)
  const profiles = () =>
    leavers.filter(([student]) => hasProfile(student)).map(([student]) => profileRow(studentId(student), GONE))
  return pack('delta', plan.sourceName, {
    classes: () => [classRow(changes.withdrawn, GONE)],
    demographics: () => rows((student, { cohort }, stamp) => demographicsRow(plan, student, cohort.grade, stamp)),
    enrollments: () => enrollmentRows(plan, changes),
    roles: () => rows((student, { school }, stamp) => studentRoleRow(student, school.index, stamp, profiled(student))),
    userProfiles: profiles,
    users: () => [...rows((student, seat, stamp) => studentRow(plan, student, seat, stamp)), ...renamed()],
    ...(options.gradebook === true
      ? { ...gradebookDelta(plan, changes.leavers), ...resourcesDelta(plan, changes.leavers) }
      : {}),
  })
}
