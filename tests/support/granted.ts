// What a client must see under a grant, said a second time: from the documents that a client without one sees, and the one
// column that no document shows. Shares nothing with the SQL of grants.

import { allScopes, createClient } from '../../src/clients.ts'
import type { Operation } from '../../src/generated/operations.ts'
import { setGrant } from '../../src/grants.ts'
import type { Row } from './arbitrary_package.ts'
import { address, idOf, type Json, readPage } from './collections.ts'
import type { View } from './expected_records.ts'
import type { Hub } from './hub.ts'
import { entities } from './schemas.ts'

/** Absent: no limit of the kind. */
export interface Grant {
  readonly orgs?: readonly string[]
  readonly roles?: readonly string[]
  readonly entities?: readonly string[]
  readonly hidden?: readonly string[]
}

/** Every record, deleted ones too, by the operation that lists its entity; and the orgs of score scales. */
export interface World {
  readonly documents: ReadonlyMap<string, readonly Json[]>
  readonly scaleOrgs: ReadonlyMap<string, string | null>
}

/** A client of every scope, by its id and a way to GET as it. */
export interface GrantedClient {
  readonly clientId: string
  readonly get: Hub['get']
  readonly put: (url: string, body: unknown, headers?: Record<string, string>) => Promise<Response>
  readonly grant: (grant: Grant) => Promise<void>
}

export async function openClient(hub: Hub, grant?: Grant): Promise<GrantedClient> {
  const { clientId, clientSecret } = await createClient(hub.owner.sql, 'granted', allScopes)
  const answer = await hub.fetch(
    new Request('http://localhost/oauth2/token', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }),
  )
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const client: GrantedClient = {
    clientId,
    get: (path, headers) => hub.get(path, { authorization: `Bearer ${token}`, ...headers }),
    put: async (url, body, headers) =>
      hub.fetch(
        new Request(url, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        }),
      ),
    grant: async ({ orgs = null, roles = null, entities = null, hidden = [] }) => {
      await setGrant(hub.owner.sql, clientId, { orgs, roles, entities, hidden, mayWrite: true })
    },
  }
  if (grant !== undefined) await client.grant(grant)
  return client
}

export async function readWorld(hub: Hub): Promise<World> {
  const documents = new Map<string, readonly Json[]>()
  for (const { service, path } of entities) {
    const { records } = await readPage(hub, address(path, { limit: 10_000, filter: "status~''" }))
    documents.set(keyOf(service, path), records)
  }
  const scales = await hub.owner.sql<{ id: string; org: string | null }[]>`
    select sourced_id as id, org_sourced_id as org from store.score_scales`
  return { documents, scaleOrgs: new Map(scales.map(({ id, org }) => [id, org])) }
}

const segmentOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => !part.startsWith('{'))
    .at(-1) ?? ''
const keyOf = (service: string, path: string): string => (service === 'v1p1' ? '1.1 ' : '') + segmentOf(path)

const kinds: Readonly<Record<string, string>> = {
  ...{
    terms: 'academicSessions',
    gradingPeriods: 'academicSessions',
    schools: 'orgs',
    students: 'users',
    teachers: 'users',
  },
}

/** The collection that an operation is about: users, for students. */
export const collectionOf = ({ path }: Operation): string => kinds[segmentOf(path)] ?? segmentOf(path)

/** References that a record may be without, by collection: the property, and where it leads. */
const optional: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  academicSessions: { parent: 'academicSessions', children: 'academicSessions' },
  assessmentLineItems: { class: 'classes', parentAssessmentLineItem: 'assessmentLineItems', scoreScale: 'scoreScales' },
  assessmentResults: { scoreScale: 'scoreScales' },
  classes: { resources: 'resources' },
  courses: { org: 'orgs', schoolYear: 'academicSessions', resources: 'resources' },
  lineItems: { gradingPeriod: 'academicSessions', academicSession: 'academicSessions', scoreScale: 'scoreScales' },
  orgs: { parent: 'orgs', children: 'orgs' },
  results: { class: 'classes', scoreScale: 'scoreScales' },
  scoreScales: { course: 'courses' },
  users: { primaryOrg: 'orgs', agents: 'users', resources: 'resources' },
}

interface Reference {
  readonly sourcedId: string
}
interface Role {
  readonly roleType: string
  readonly role: string
  readonly org: Reference
  readonly userProfile?: string
}

const target = (record: Json | undefined, name: string): string =>
  (record?.[name] as Reference | undefined)?.sourcedId ?? ''
const rolesIn = (record: Json | undefined): readonly Role[] => (record?.['roles'] ?? []) as readonly Role[]

const withoutProfile = ({ userProfile: _, ...role }: Role): Role => role

export interface Granted {
  /** Whether the record of a collection belongs, whatever entities are granted. */
  readonly belongs: (collection: string, id: string) => boolean
  /** The records of a collection as the service shows them. */
  readonly records: (service: string, collection: string) => readonly Json[]
}

/** The records of the world that are granted, and what is left of each. */
export function grantedOf({ documents, scaleOrgs }: World, grant: Grant): Granted {
  const byId = new Map(
    [...documents].map(([key, records]) => [key, new Map(records.map((each) => [idOf(each), each]))]),
  )
  const find = (collection: string, id: string): Json | undefined => byId.get(collection)?.get(id)

  const isOrg = (id: string): boolean => {
    if (grant.orgs === undefined) return true
    const seen = new Set<string>()
    for (let at = id; at !== '' && !seen.has(at); at = target(find('orgs', at), 'parent')) {
      if (find('orgs', at) !== undefined && grant.orgs.includes(at)) return true
      seen.add(at)
    }
    return false
  }
  const isRole = ({ role, org }: Role): boolean => (grant.roles?.includes(role) ?? true) && isOrg(org.sourcedId)
  const isLimited = grant.orgs !== undefined || grant.roles !== undefined
  const isUser = (id: string): boolean => !isLimited || rolesIn(find('users', id)).some(isRole)
  const isClass = (id: string): boolean =>
    grant.orgs === undefined || (find('classes', id) !== undefined && isOrg(target(find('classes', id), 'school')))
  const isCourse = (id: string): boolean =>
    isOrg(target(find('courses', id), 'org')) ||
    (documents.get('classes') ?? []).some((each) => target(each, 'course') === id && isOrg(target(each, 'school')))
  const isItem = (id: string): boolean => isClass(target(find('lineItems', id), 'class'))
  const isAssessment = (id: string): boolean => {
    const classId = target(find('assessmentLineItems', id), 'class')
    return classId === '' || isClass(classId)
  }
  const isScale = (id: string): boolean => {
    const scale = find('scoreScales', id)
    if (target(scale, 'class') !== '') return isClass(target(scale, 'class'))
    return target(scale, 'course') !== '' ? isCourse(target(scale, 'course')) : isOrg(scaleOrgs.get(id) ?? '')
  }
  const isEnrollment = (id: string): boolean => {
    const found = find('enrollments', id)
    const role = String(found?.['role'])
    if (grant.roles !== undefined && role !== 'administrator' && !grant.roles.includes(role)) return false
    return isClass(target(found, 'class')) && isOrg(target(found, 'school')) && isUser(target(found, 'user'))
  }
  const all = (): boolean => true
  const rules: Readonly<Record<string, (id: string) => boolean>> = {
    ...{ academicSessions: all, categories: all, resources: all, orgs: isOrg, users: isUser, demographics: isUser },
    ...{ classes: isClass, courses: isCourse, enrollments: isEnrollment, lineItems: isItem, scoreScales: isScale },
    ...{ assessmentLineItems: isAssessment },
    results: (id) => isItem(target(find('results', id), 'lineItem')) && isUser(target(find('results', id), 'student')),
    assessmentResults: (id) =>
      isAssessment(target(find('assessmentResults', id), 'assessmentLineItem')) &&
      isUser(target(find('assessmentResults', id), 'student')),
  }
  const belongs: Granted['belongs'] = (collection, id) => rules[collection]?.(id) ?? false
  const isShown = (collection: string): boolean =>
    (grant.entities?.includes(collection) ?? true) && grant.hidden?.includes(collection) !== true

  /** A reference, or the rest of a list of them; undefined where nothing is left. */
  const cut = (collection: string, found: unknown): unknown => {
    if (!isShown(collection)) return undefined
    const leads = ({ sourcedId }: Reference): boolean =>
      // where no org and no role limits, a reference stays whether or not it leads anywhere
      !isLimited || belongs(collection, sourcedId)
    if (!Array.isArray(found)) return leads(found as Reference) ? found : undefined
    const left = found.filter(leads)
    return left.length === 0 ? undefined : left
  }

  const shown = (collection: string, record: Json): Json => {
    const hidden = (name: string): boolean => grant.hidden?.includes(`${collection}.${name}`) ?? false
    const members = Object.entries(record).flatMap(([name, found]): [string, unknown][] => {
      const collectionOfIt = optional[collection]?.[name]
      const left = hidden(name)
        ? undefined
        : collection === 'users' && name === 'roles'
          ? (found as Role[]).filter(isRole).map((role) => (hidden('userProfiles') ? withoutProfile(role) : role))
          : collectionOfIt === undefined
            ? found
            : cut(collectionOfIt, found)
      return left === undefined ? [] : [[name, left]]
    })
    return Object.fromEntries(members)
  }

  const asV1p1 = (collection: string, record: Json): Json => {
    const now = find(collection, idOf(record)) as Json
    const left = shown(collection, record)
    if (collection === 'courses') {
      // 1.1 must have one
      const isHidden = grant.hidden?.includes('courses.org') ?? false
      return isHidden || record['org'] === undefined
        ? left
        : Object.fromEntries(Object.entries(record).filter(([name]) => name === 'org' || name in left))
    }
    if (collection === 'lineItems') {
      const { gradingPeriod: __, ...rest } = left
      const granted = shown(collection, now)
      const id = target(granted, 'gradingPeriod') || target(granted, 'academicSession')
      const session = documents.get('1.1 academicSessions')?.some((each) => idOf(each) === id)
      return session ? { ...rest, gradingPeriod: sessionReference(id) } : rest
    }
    if (collection !== 'users') return left
    const roles = rolesIn(now).filter(isRole)
    const role = (roles.find(({ roleType }) => roleType === 'primary') ?? roles[0])?.role ?? ''
    const orgs = [...new Set(roles.map(({ org }) => org.sourcedId))].map((id) =>
      (record['orgs'] as Reference[]).find(({ sourcedId }) => sourcedId === id),
    )
    return {
      ...left,
      // 1.1 must have one
      ...(left['username'] === undefined ? { username: '' } : {}),
      role: /Administrator$|^principal$/.test(role) ? 'administrator' : role === 'counselor' ? 'aide' : role,
      orgs,
    }
  }

  const records: Granted['records'] = (service, collection) => {
    if (!isShown(collection)) return []
    const key = (service === 'v1p1' ? '1.1 ' : '') + collection
    const show = service === 'v1p1' ? asV1p1 : shown
    return (documents.get(key) ?? [])
      .filter((each) => belongs(collection, idOf(each)))
      .map((each) => show(collection, each))
  }
  return { belongs, records }
}

const sessionReference = (sourcedId: string) => ({
  href: `http://localhost/ims/oneroster/v1p1/academicSessions/${sourcedId}`,
  sourcedId,
  type: 'academicSession',
})

/** Granted records as the rows of a package, for a plain reading of who belongs to whom. */
export function viewOf(granted: Granted): View {
  const of = (collection: string): readonly Json[] => granted.records('rostering', collection)
  const lists = (collection: string, name: string, key: string): Row[] =>
    of(collection).flatMap((record) =>
      ((record[name] ?? []) as Reference[]).map(({ sourcedId }) => ({
        [key]: idOf(record),
        resourceSourcedId: sourcedId,
        status: 'active',
      })),
    )
  const rows: Readonly<Record<string, readonly Row[]>> = {
    ...Object.fromEntries(
      [...Object.keys(optional), 'enrollments', 'categories', 'resources', 'demographics'].map((name) => [
        name,
        of(name).map(rowOf),
      ]),
    ),
    roles: of('users').flatMap((user) =>
      rolesIn(user).map(({ role, org }) => ({
        userSourcedId: idOf(user),
        role,
        orgSourcedId: org.sourcedId,
        status: 'active',
      })),
    ),
    classResources: lists('classes', 'resources', 'classSourcedId'),
    courseResources: lists('courses', 'resources', 'courseSourcedId'),
    userResources: lists('users', 'resources', 'userSourcedId'),
  }
  const found = (file: string): readonly Row[] => rows[file] ?? []
  return { version: '1.2', rows: found, live: (file) => found(file).filter(({ status }) => status === 'active') }
}

/** References as the cells of a row: class -> classSourcedId, terms -> termSourcedIds. */
const rowOf = (record: Json): Row =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, found]): [string, string][] => {
      if (Array.isArray(found) && name === 'terms')
        return [['termSourcedIds', found.map((each: Reference) => each.sourcedId).join(',')]]
      if (typeof found === 'object' && found !== null && 'sourcedId' in found)
        return [[`${name}SourcedId`, String(found.sourcedId)]]
      return typeof found === 'string' ? [[name, found]] : []
    }),
  )
