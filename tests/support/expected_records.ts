// What REST must show of an arbitrary package: rows -> the records of an entity, by a plain reading of the rows that shares
// nothing with the hub. Without dateLastModified, which the hub gives, and without the hrefs of references.

import type { Package, Row } from './arbitrary_package.ts'

type Members = Readonly<Record<string, unknown>>
export type Records = ReadonlyMap<string, Members>

export interface View {
  readonly rows: (file: string) => readonly Row[]
  /** Rows that are not marked deleted. */
  readonly live: (file: string) => readonly Row[]
  readonly version: Package['version']
}

export const statusOf = (row: Row): string => row['status'] || 'active'

export const viewOf = ({ rows, version }: Package): View => {
  const of = (file: string): readonly Row[] => rows[file] ?? []
  return { version, rows: of, live: (file) => of(file).filter((row) => statusOf(row) === 'active') }
}

const cellOf = (value: string | undefined): string | undefined => (value === '' ? undefined : value)
const numberOf = (value = ''): number | undefined => (value === '' ? undefined : Number(value))
const listOf = (value = ''): string[] | undefined => (value === '' ? undefined : value.split(','))
const reference = (type: string, id: string | undefined) =>
  id === undefined || id === '' ? undefined : { sourcedId: id, type }
const references = (type: string, ids: readonly string[] | undefined) =>
  ids === undefined || ids.length === 0 ? undefined : ids.map((id) => ({ sourcedId: id, type }))
const pairsOf = (value = '', first: string, second: string) =>
  listOf(value)?.map((pair) => {
    const [one = '', two = ''] = pair.slice(1, -1).split(':')
    return { [first]: one, [second]: two }
  })
const ids = (rows: readonly Row[], key = 'sourcedId'): string[] =>
  [...new Set(rows.map((row) => row[key] ?? ''))].sort()
const midnight = (date = ''): string => `${date}T00:00:00.000Z`

/** These cells, each as a property of its own name. */
const cells = (row: Row, ...names: string[]): Members =>
  Object.fromEntries(names.map((name) => [name, cellOf(row[name])]))

function metadata(row: Row): Members | undefined {
  const found = Object.entries(row).flatMap(([name, value]) =>
    name.startsWith('metadata.') && value !== '' ? [[name.slice('metadata.'.length), value]] : [],
  )
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

const children = (view: View, file: string, type: string, row: Row) =>
  references(type, ids(view.live(file).filter((child) => child['parentSourcedId'] === row['sourcedId'])))

const joined = (view: View, file: string, key: string, row: Row): readonly Row[] =>
  view.live(file).filter((join) => join[key] === row['sourcedId'])

const resourcesOf = (view: View, file: string, key: string, row: Row) =>
  references('resource', ids(joined(view, file, key, row), 'resourceSourcedId'))

const scaleOf = (view: View, file: string, key: string, row: Row) =>
  reference('scoreScale', joined(view, file, key, row)[0]?.['scoreScaleSourcedId'])

/** Of the 1.1 word administrator 1.2 has three, by what is administrated. */
const administrator = (org: Row | undefined): string =>
  org?.['type'] === 'school'
    ? 'siteAdministrator'
    : org?.['type'] === 'district'
      ? 'districtAdministrator'
      : 'systemAdministrator'

export function rolesOf(view: View, user: Row): readonly Members[] {
  if (view.version === '1.1') {
    const orgIds = listOf(user['orgSourcedIds']) ?? []
    return orgIds.map((id) => {
      const org = view.rows('orgs').find(({ sourcedId }) => sourcedId === id)
      const role = user['role'] === 'administrator' ? administrator(org) : user['role']
      return { roleType: 'primary', role, org: reference('org', id) }
    })
  }
  const all = view.rows('roles').filter((role) => role['userSourcedId'] === user['sourcedId'])
  const live = all.filter((role) => statusOf(role) === 'active')
  return (live.length === 0 ? all : live).map((row) => ({
    ...cells(row, 'roleType', 'role', 'beginDate', 'endDate'),
    org: reference('org', row['orgSourcedId']),
    userProfile: row['userProfileSourcedId'] ? profileId(row['userProfileSourcedId']) : undefined,
  }))
}

const profileId = (id: string): string => `urn:rosterhub:userProfile:${encodeURIComponent(id).replaceAll('%40', '@')}`

function profilesOf(view: View, user: Row): readonly Members[] | undefined {
  const found = joined(view, 'userProfiles', 'userSourcedId', user).map((row) => ({
    ...cells(row, 'profileType', 'vendorId', 'applicationId', 'description'),
    profileId: profileId(row['sourcedId'] ?? ''),
    credentials: [{ type: row['credentialType'], username: row['username'] }],
  }))
  return found.length === 0 ? undefined : found
}

/** CSV names the sources of others ext:name, REST /name, of small letters and digits; two names are REST's own. */
function objectiveSource(source = ''): string {
  if (!source.startsWith('ext:')) return source
  const name = source
    .slice(4)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  return ['', 'case', 'unknown'].includes(name) ? 'unknown' : `/${name}`
}

function objectives(rows: readonly Row[], entries: string, entry: (id: string, row: Row) => unknown) {
  const sets = new Map<string, unknown[]>()
  for (const row of rows) {
    const source = objectiveSource(row['source'])
    const id = (row['learningObjectiveId'] ?? '').replace(row['source'] === 'case' ? /^urn:uuid:/ : /(?!)/, '')
    sets.set(source, [...(sets.get(source) ?? []), entry(id, row)])
  }
  return sets.size === 0 ? undefined : [...sets].map(([source, found]) => ({ source, [entries]: found }))
}

const lists = ['grades', 'subjects', 'subjectCodes', 'periods']
const listsOf = (row: Row, names = lists): Members => Object.fromEntries(names.map((name) => [name, listOf(row[name])]))

const shapes: Readonly<Record<string, (row: Row, view: View) => Members>> = {
  orgs: (row, view) => ({
    ...cells(row, 'name', 'type'),
    identifier: row['identifier'],
    parent: reference('org', row['parentSourcedId']),
    children: children(view, 'orgs', 'org', row),
  }),
  academicSessions: (row, view) => ({
    ...cells(row, 'title', 'type', 'startDate', 'endDate', 'schoolYear'),
    parent: reference('academicSession', row['parentSourcedId']),
    children: children(view, 'academicSessions', 'academicSession', row),
  }),
  courses: (row, view) => ({
    ...cells(row, 'title'),
    ...listsOf(row, ['grades', 'subjects', 'subjectCodes']),
    courseCode: row['courseCode'],
    schoolYear: reference('academicSession', row['schoolYearSourcedId']),
    org: reference('org', row['orgSourcedId']),
    resources: resourcesOf(view, 'courseResources', 'courseSourcedId', row),
  }),
  classes: (row, view) => ({
    ...cells(row, 'title', 'classCode', 'classType', 'location'),
    ...listsOf(row),
    course: reference('course', row['courseSourcedId']),
    school: reference('org', row['schoolSourcedId']),
    terms: references('academicSession', listOf(row['termSourcedIds'])),
    resources: resourcesOf(view, 'classResources', 'classSourcedId', row),
  }),
  users: (row, view) => ({
    ...cells(
      row,
      'enabledUser',
      'username',
      'givenName',
      'familyName',
      'middleName',
      'identifier',
      'email',
      'sms',
      'phone',
    ),
    ...cells(row, 'userMasterIdentifier', 'preferredMiddleName', 'pronouns'),
    preferredFirstName: cellOf(row['preferredGivenName']),
    preferredLastName: cellOf(row['preferredFamilyName']),
    userIds: pairsOf(row['userIds'], 'type', 'identifier'),
    grades: listOf(row['grades']),
    agents: references('user', listOf(row['agentSourcedIds'])),
    primaryOrg: reference('org', row['primaryOrgSourcedId']),
    roles: rolesOf(view, row),
    userProfiles: profilesOf(view, row),
    resources: resourcesOf(view, 'userResources', 'userSourcedId', row),
  }),
  enrollments: (row) => ({
    ...cells(row, 'role', 'primary', 'beginDate', 'endDate'),
    class: reference('class', row['classSourcedId']),
    school: reference('org', row['schoolSourcedId']),
    user: reference('user', row['userSourcedId']),
  }),
  demographics: (row) => cells(row, ...Object.keys(row).filter((name) => !name.startsWith('metadata.'))),
  resources: (row) => ({
    ...cells(row, 'vendorResourceId', 'title', 'importance', 'vendorId', 'applicationId'),
    roles: listOf(row['roles']),
  }),
  categories: (row) => ({ ...cells(row, 'title'), weight: numberOf(row['weight']) }),
  scoreScales: (row) => ({
    ...cells(row, 'title', 'type'),
    course: reference('course', row['courseSourcedId']),
    class: reference('class', row['classSourcedId']),
    scoreScaleValue: pairsOf(row['scoreScaleValue'], 'itemValueLHS', 'itemValueRHS'),
  }),
  lineItems: (row, view) => ({
    ...cells(row, 'title', 'description'),
    assignDate: midnight(row['assignDate']),
    dueDate: midnight(row['dueDate']),
    class: reference('class', row['classSourcedId']),
    school: reference('org', schoolOf(view, row)),
    category: reference('category', row['categorySourcedId']),
    academicSession: reference('academicSession', row['academicSessionSourcedId']),
    gradingPeriod: reference('academicSession', row['gradingPeriodSourcedId']),
    resultValueMin: numberOf(row['resultValueMin']),
    resultValueMax: numberOf(row['resultValueMax']),
    scoreScale: scaleOf(view, 'lineItemScoreScales', 'lineItemSourcedId', row),
    learningObjectiveSet: objectives(
      joined(view, 'lineItemLearningObjectiveIds', 'lineItemSourcedId', row),
      'learningObjectiveIds',
      (id) => id,
    ),
  }),
  results: (row, view) => ({
    ...cells(row, 'scoreStatus', 'scoreDate', 'comment', 'textScore', 'inProgress', 'incomplete', 'late', 'missing'),
    score: numberOf(row['score']),
    lineItem: reference('lineItem', row['lineItemSourcedId']),
    student: reference('user', row['studentSourcedId']),
    class: reference('class', row['classSourcedId']),
    scoreScale: scaleOf(view, 'resultScoreScales', 'resultSourcedId', row),
    learningObjectiveSet: objectives(
      joined(view, 'resultLearningObjectiveIds', 'resultSourcedId', row),
      'learningObjectiveResults',
      (learningObjectiveId, objective) => ({
        learningObjectiveId,
        score: numberOf(objective['score']),
        textScore: cellOf(objective['textScore']),
      }),
    ),
  }),
}

/** A package of 1.1 knows no school of a line item: it is its class's. */
export const schoolOf = (view: View, lineItem: Row): string | undefined =>
  lineItem['schoolSourcedId'] ??
  view.rows('classes').find(({ sourcedId }) => sourcedId === lineItem['classSourcedId'])?.['schoolSourcedId']

/** The records of a file, by id. */
export const recordsOf = (view: View, file: string): Records =>
  new Map(
    view.rows(file).map((row) => [
      row['sourcedId'] ?? '',
      {
        ...shapes[file]?.(row, view),
        sourcedId: row['sourcedId'],
        status: statusOf(row),
        dateLastModified: undefined,
        metadata: metadata(row),
      },
    ]),
  )

export const recordFiles = Object.keys(shapes)
