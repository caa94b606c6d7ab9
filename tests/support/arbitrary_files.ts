// Arbitrary packages as they are sent: without what 1.1 does not know, where they are of that version, and as bytes, in every
// spelling that CSV has.

import fc from 'fast-check'
import type { Draw } from './arbitrary_cells.ts'
import * as cell from './arbitrary_cells.ts'
import type { Package, Row, Rower, Rows } from './arbitrary_package.ts'
import { type Files, manifest } from './packages.ts'

const news = {
  users:
    'userMasterIdentifier preferredGivenName preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns'.split(
      ' ',
    ),
  results: 'textScore classSourcedId inProgress incomplete late missing'.split(' '),
}

/** What is left of the rows in a package of 1.1, and what only that has. */
export function withoutNews({ draw, idsOf }: Rower, rows: Rows): Rows {
  const { orgs, academicSessions, courses, classes, users = [], enrollments, demographics, ...others } = rows
  const { resources, classResources, courseResources, categories = [], lineItems = [], results = [] } = others
  const words = ['administrator', 'aide', 'guardian', 'parent', 'proctor', 'relative', 'student', 'teacher']
  const cut = (row: Row, names: readonly string[]): Row =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)))
  return {
    ...{ orgs, academicSessions, courses, classes, enrollments, demographics },
    ...{ resources, classResources, courseResources },
    users: users.map((row) => {
      const { sourcedId = '', status = '', dateLastModified = '', enabledUser = '', ...rest } = cut(row, news.users)
      const orgSourcedIds = draw(cell.some(idsOf('orgs'), 1, 4)).join(',')
      const role = draw(fc.constantFrom(...words))
      return { sourcedId, status, dateLastModified, enabledUser, orgSourcedIds, role, ...rest }
    }),
    categories: categories.map((row) => cut(row, ['weight'])),
    lineItems: lineItems.map((row) => {
      const renamed = (name: string) => (name === 'academicSessionSourcedId' ? 'gradingPeriodSourcedId' : name)
      return Object.fromEntries(
        Object.entries(cut(row, ['schoolSourcedId'])).map(([name, found]) => [renamed(name), found]),
      )
    }),
    results: results.map((row) => cut(row, news.results)),
  } as Rows
}

/** The bytes of a package, with a byte order mark or without, lines ended and cells quoted one way or the other. */
export function filesOf(draw: Draw, { version, mode, rows }: Package): Files {
  const [end, isQuoted, mark] = [
    draw(fc.constantFrom('\r\n', '\n')),
    draw(fc.boolean()),
    draw(fc.constantFrom('', '\ufeff')),
  ]
  const spell = (value: string): string =>
    (isQuoted && value !== '') || /["',\s]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
  const line = (cells: readonly string[]): string => cells.map(spell).join(',') + end
  const texts = Object.entries(rows).map(([name, found]) => {
    const body = found.map((row) => line(Object.values(row))).join('')
    return [`${name}.csv`, mark + line(Object.keys(found[0] ?? {})) + body] as const
  })
  const modes = Object.fromEntries(Object.keys(rows).map((name) => [name, mode]))
  return { 'manifest.csv': manifest(modes, { 'oneroster.version': version }), ...Object.fromEntries(texts) }
}
