// Which records of an arbitrary package each collection has: by operation, the ids it must answer for ids of its parents, by
// a plain reading of the rows. undefined: there is no such parent, which is a 404.

import type { Row } from './arbitrary_package.ts'
import { rolesOf, type View } from './expected_records.ts'

type Members = (view: View, ...parents: string[]) => readonly string[] | undefined

/** Rows of a file by whose records they are: what a path segment names. */
const kinds: Readonly<Record<string, readonly [file: string, is: (row: Row, view: View) => boolean]>> = {
  terms: ['academicSessions', ({ type }) => type === 'term'],
  gradingPeriods: ['academicSessions', ({ type }) => type === 'gradingPeriod'],
  schools: ['orgs', ({ type }) => type === 'school'],
  students: ['users', (row, view) => rolesOf(view, row).some(({ role }) => role === 'student')],
  teachers: ['users', (row, view) => rolesOf(view, row).some(({ role }) => role === 'teacher')],
}

const idsOf = (rows: readonly Row[], key = 'sourcedId'): string[] => rows.map((row) => row[key] ?? '')

/** The file whose records a path segment shows: students are users. */
export const fileOf = (segment: string): string => kinds[segment]?.[0] ?? segment

/** The ids that a segment names, of deleted records too. */
export const idsIn = (view: View, segment: string): readonly string[] => {
  const [file, is] = kinds[segment] ?? [segment, () => true]
  return idsOf(view.rows(file).filter((row) => is(row, view)))
}

const has = (row: Row, key: string, ids: readonly string[]): boolean => ids.includes(row[key] ?? '')

/** Live rows of a file in whose cell one of these ids stands. */
const where = (view: View, file: string, key: string, ...ids: string[]): readonly Row[] =>
  view.live(file).filter((row) => has(row, key, ids))

const within = (view: View, file: string, ids: readonly string[]): string[] =>
  idsOf(view.live(file).filter((row) => has(row, 'sourcedId', ids)))

/** The users enrolled as `role`, by class and, where one is given, by the school that the enrollment names. */
const enrolled =
  (role: string) =>
  (view: View, classId: string, school?: string): string[] => {
    const rows = where(view, 'enrollments', 'classSourcedId', classId).filter((row) => row['role'] === role)
    const here = rows.filter((row) => school === undefined || row['schoolSourcedId'] === school)
    return within(view, 'users', idsOf(here, 'userSourcedId'))
  }

const classesOf =
  (role?: string) =>
  (view: View, user: string): string[] => {
    const rows = where(view, 'enrollments', 'userSourcedId', user).filter(
      (row) => role === undefined || row['role'] === role,
    )
    return within(view, 'classes', idsOf(rows, 'classSourcedId'))
  }

const holding =
  (word: string) =>
  (view: View, school: string): string[] =>
    idsOf(
      view
        .live('users')
        .filter((user) =>
          rolesOf(view, user).some(
            ({ role, org }) => role === word && (org as { sourcedId: string }).sourcedId === school,
          ),
        ),
    )

const resourcesOf =
  (file: string, key: string) =>
  (view: View, id: string): string[] =>
    within(view, 'resources', idsOf(where(view, file, key, id), 'resourceSourcedId'))

/** Whether the school has the class; else the pair is unknown. */
const inSchool = (view: View, school: string, classId: string): boolean =>
  view.rows('classes').some((row) => row['sourcedId'] === classId && row['schoolSourcedId'] === school)

const lineItemsOf = (view: View, classId: string): string[] =>
  idsOf(view.rows('lineItems').filter((row) => row['classSourcedId'] === classId))

const wasStudent = (view: View, classId: string, student: string): boolean =>
  view
    .rows('enrollments')
    .some((row) => row['classSourcedId'] === classId && row['userSourcedId'] === student && row['role'] === 'student')

export const members: Readonly<Record<string, Members>> = {
  getStudentsForClass: (view, classId) => enrolled('student')(view, classId),
  getTeachersForClass: (view, classId) => enrolled('teacher')(view, classId),
  getClassesForCourse: (view, course) => idsOf(where(view, 'classes', 'courseSourcedId', course)),
  getClassesForSchool: (view, school) => idsOf(where(view, 'classes', 'schoolSourcedId', school)),
  getEnrollmentsForClassInSchool: (view, school, classId) =>
    inSchool(view, school, classId)
      ? idsOf(where(view, 'enrollments', 'classSourcedId', classId).filter((row) => row['schoolSourcedId'] === school))
      : undefined,
  getStudentsForClassInSchool: (view, school, classId) =>
    inSchool(view, school, classId) ? enrolled('student')(view, classId, school) : undefined,
  getTeachersForClassInSchool: (view, school, classId) =>
    inSchool(view, school, classId) ? enrolled('teacher')(view, classId, school) : undefined,
  getCoursesForSchool: (view, school) => {
    const taught = idsOf(where(view, 'classes', 'schoolSourcedId', school), 'courseSourcedId')
    return within(view, 'courses', [...idsOf(where(view, 'courses', 'orgSourcedId', school)), ...taught])
  },
  getEnrollmentsForSchool: (view, school) => idsOf(where(view, 'enrollments', 'schoolSourcedId', school)),
  getStudentsForSchool: holding('student'),
  getTeachersForSchool: holding('teacher'),
  getTermsForSchool: (view, school) => {
    const terms = where(view, 'classes', 'schoolSourcedId', school).flatMap((row) =>
      (row['termSourcedIds'] ?? '').split(','),
    )
    return within(
      view,
      'academicSessions',
      terms.filter((id) => idsIn(view, 'terms').includes(id)),
    )
  },
  getClassesForStudent: classesOf('student'),
  getClassesForTeacher: classesOf('teacher'),
  getClassesForUser: classesOf(),
  getClassesForTerm: (view, term) =>
    idsOf(view.live('classes').filter((row) => (row['termSourcedIds'] ?? '').split(',').includes(term))),
  getGradingPeriodsForTerm: (view, term) =>
    idsOf(where(view, 'academicSessions', 'parentSourcedId', term).filter(({ type }) => type === 'gradingPeriod')),
  getCategoriesForClass: (view, classId) =>
    within(view, 'categories', idsOf(where(view, 'lineItems', 'classSourcedId', classId), 'categorySourcedId')),
  getLineItemsForClass: (view, classId) => idsOf(where(view, 'lineItems', 'classSourcedId', classId)),
  getResultsForLineItemForClass: (view, classId, lineItem) =>
    lineItemsOf(view, classId).includes(lineItem)
      ? idsOf(where(view, 'results', 'lineItemSourcedId', lineItem))
      : undefined,
  getResultsForClass: (view, classId) =>
    idsOf(where(view, 'results', 'lineItemSourcedId', ...lineItemsOf(view, classId))),
  getScoreScalesForClass: (view, classId) => idsOf(where(view, 'scoreScales', 'classSourcedId', classId)),
  getResultsForStudentForClass: (view, classId, student) =>
    wasStudent(view, classId, student)
      ? idsOf(
          where(view, 'results', 'lineItemSourcedId', ...lineItemsOf(view, classId)).filter(
            (row) => row['studentSourcedId'] === student,
          ),
        )
      : undefined,
  getScoreScalesForSchool: (view, school) => {
    const classes = idsOf(view.rows('classes').filter((row) => row['schoolSourcedId'] === school))
    return idsOf(where(view, 'scoreScales', 'classSourcedId', ...classes))
  },
  getResourcesForClass: resourcesOf('classResources', 'classSourcedId'),
  getResourcesForCourse: resourcesOf('courseResources', 'courseSourcedId'),
  getResourcesForUser: resourcesOf('userResources', 'userSourcedId'),
}

/** The path segment in which a parent's name stands: `lineItem` -> `lineItems`. */
export const segmentOf = (name: string): string => (name === 'class' ? 'classes' : `${name}s`)
