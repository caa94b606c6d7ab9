// A school with a gradebook, and clients that write into it: records of every writable kind, whole and as small as clients
// send them, through app.fetch, with the strict schemas as judges of what is read back.

import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import * as gradebook from '../../src/generated/gradebook.schemas.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import * as v1p1 from '../../src/generated/v1p1.schemas.ts'
import { origin } from './collections.ts'
import { type Hub, openHub } from './hub.ts'
import { bulk, lines, type Row, school } from './rows.ts'
import './schemas.ts'

export const gradebookPath = '/ims/oneroster/gradebook/v1p2'
export const v1p1Path = '/ims/oneroster/v1p1'
export const puts = operations.filter(({ kind }) => kind === 'put')

/** Two schools with a class each, two students, and a grading period. */
export const twoSchools = {
  ...school,
  orgs: school.orgs + lines('s2,South School,school,S2,d1'),
  academicSessions: school.academicSessions + lines('g1,First Quarter,gradingPeriod,2026-08-01,2026-10-15,t1,2027'),
  courses: school.courses + lines('c2,Art,A1,s2'),
  classes: school.classes + lines('k2,Art A,c2,scheduled,s2,t1'),
  users: school.users + lines('u3,true,cy,Cy,Dunn'),
  roles: school.roles + lines('r3,u3,primary,student,s1'),
}

export const ref = (sourcedId: string): Row => ({ sourcedId })

/** By the envelope: the least a record can say, references by id alone. */
export const least = {
  category: { title: 'Homework' },
  scoreScale: {
    title: 'Letters',
    type: 'letters',
    class: ref('k1'),
    scoreScaleValue: [{ itemValueLHS: '90', itemValueRHS: 'A' }],
  },
  lineItem: {
    title: 'Essay',
    assignDate: '2026-09-01T08:00:00.000Z',
    dueDate: '2026-09-08T08:00:00.000Z',
    class: ref('k1'),
    school: ref('s1'),
    category: ref('cat1'),
  },
  result: { lineItem: ref('li1'), student: ref('u1'), scoreStatus: 'fully graded', scoreDate: '2026-09-09' },
  assessmentLineItem: { title: 'State test' },
  assessmentResult: {
    assessmentLineItem: ref('ali1'),
    student: ref('u1'),
    scoreStatus: 'fully graded',
    scoreDate: '2026-09-09',
  },
} as const
export type Envelope = keyof typeof least

const objectives = [{ source: 'case', learningObjectiveIds: ['3ce33a5a-7a2b-4e0a-9c1f-000000000001'] }]
const scored = [
  { source: 'unknown', learningObjectiveResults: [{ learningObjectiveId: 'o1', score: 3.5, textScore: 'good' }] },
]
const flags = { inProgress: 'false', incomplete: 'true', late: 'true', missing: 'false' }
const bounds = { resultValueMin: 0, resultValueMax: 10.5 }
const scores = { score: 9.25, textScore: 'A', comment: 'Well "done" – ✓', learningObjectiveSet: scored, ...flags }

/** By the envelope: a record that says everything it can. */
export const whole: Readonly<Record<Envelope, Row>> = {
  category: { ...least.category, metadata: { 'x.y': [1, { z: true }] }, weight: 0.25 },
  scoreScale: { ...least.scoreScale, metadata: { a: 'b' }, course: ref('c1') },
  lineItem: {
    ...least.lineItem,
    metadata: { a: 1 },
    description: 'Two pages',
    gradingPeriod: ref('g1'),
    academicSession: ref('t1'),
    scoreScale: ref('sc1'),
    ...bounds,
    learningObjectiveSet: objectives,
  },
  result: { ...least.result, metadata: { a: 1 }, class: ref('k1'), scoreScale: ref('sc1'), ...scores },
  assessmentLineItem: {
    ...least.assessmentLineItem,
    metadata: { a: 1 },
    description: 'Spring',
    class: ref('k1'),
    parentAssessmentLineItem: ref('ali1'),
    scoreScale: ref('sc1'),
    ...bounds,
    learningObjectiveSet: objectives,
  },
  assessmentResult: {
    ...least.assessmentResult,
    metadata: { a: 1 },
    scoreScale: ref('sc1'),
    scorePercentile: 88.5,
    ...scores,
  },
}

const idOnly = (inner: unknown): unknown =>
  typeof inner === 'object' && inner !== null && 'href' in inner
    ? ref((inner as unknown as { sourcedId: string }).sourcedId)
    : inner

/** A record as it was read, made what its writer would send: without what the hub fills in. */
export const asSent = ({ sourcedId: _id, status: _status, dateLastModified: _date, ...record }: Row): Row =>
  Object.fromEntries(Object.entries(record).map(([name, inner]) => [name, idOnly(inner)]))

/** Of a record: the properties that the binding of an operation has. */
export function knownTo({ service, schema, envelope }: Operation, record: Row): Row {
  const schemas = (service === 'v1p1' ? v1p1 : gradebook) as unknown as Record<
    string,
    { properties: Record<string, { properties: object }> }
  >
  const names = Object.keys(schemas[schema]?.properties[envelope]?.properties ?? {})
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)))
}

/** What a body breaks of the strict schema of an operation's answer. */
export function strictFaults({ service, schema }: Operation, body: unknown): string[] {
  const found = (service === 'v1p1' ? v1p1 : gradebook) as unknown as Readonly<Record<string, TSchema>>
  return [...Value.Errors(found[schema] as TSchema, body)].map(({ path, message }) => `${path}: ${message}`)
}

export interface Read {
  readonly record: Row
  readonly etag: string
  readonly body: Row
}

export interface Classroom extends Hub {
  /** A request with JSON (a text is sent as it is) by a client that may do everything. */
  readonly send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>
  /** PUT of a record below the gradebook's base; its id is put into the body. */
  readonly put: (path: string, envelope: Envelope, record: Row, headers?: Record<string, string>) => Promise<Response>
  /** GET of one record. Throws for any status but 200. */
  readonly read: (path: string) => Promise<Read>
  /** The ids of a list, and its total. */
  readonly list: (path: string) => Promise<{ ids: string[]; total: number }>
}

const absolute = (path: string): string => origin + (path.startsWith('/ims/') ? path : gradebookPath + path)

/** The ways of a client, whichever app it talks to. */
export function client({ fetch }: Pick<Hub, 'fetch'>, token: string): Omit<Classroom, keyof Hub> {
  const send: Classroom['send'] = async (method, path, body, headers = {}) =>
    fetch(
      new Request(absolute(path), {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    )
  const put: Classroom['put'] = (path, envelope, record, headers) => {
    const sourcedId = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1))
    return send('PUT', path, { [envelope]: { sourcedId, ...record } }, headers)
  }
  const get = async (path: string): Promise<{ response: Response; body: Row }> => {
    const response = await send('GET', path)
    if (response.status !== 200) throw new Error(`${response.status} ${path}: ${await response.text()}`)
    return { response, body: (await response.json()) as Row }
  }
  const read: Classroom['read'] = async (path) => {
    const { response, body } = await get(path)
    return { record: Object.values(body)[0] as Row, etag: response.headers.get('etag') ?? '', body }
  }
  const list: Classroom['list'] = async (path) => {
    const { response, body } = await get(path)
    const ids = (Object.values(body)[0] as Row[]).map(({ sourcedId }) => String(sourcedId))
    return { ids, total: Number(response.headers.get('x-total-count')) }
  }
  return { send, put, read, list }
}

/** What `least` and `whole` refer to. */
const around: readonly (readonly [string, Envelope])[] = [
  ['/categories/cat1', 'category'],
  ['/scoreScales/sc1', 'scoreScale'],
  ['/lineItems/li1', 'lineItem'],
  ['/assessmentLineItems/ali1', 'assessmentLineItem'],
]

/** Two schools behind an app, with a category, a score scale, a line item and an assessment line item. */
export async function openClassroom(settings?: Parameters<typeof openHub>[0]): Promise<Classroom> {
  const hub = await openHub(settings)
  await bulk(hub.owner, twoSchools)
  const room = { ...hub, ...client(hub, await hub.token()) }
  for (const [path, envelope] of around) {
    const { status } = await room.put(path, envelope, least[envelope])
    if (status !== 201) throw new Error(`${status} for ${path}`)
  }
  return room
}

/** The path of a record of a PUT operation. */
export const pathFor = ({ path }: Operation, id: string): string => path.replace(/\{\w+\}$/, encodeURIComponent(id))

/** Status and words of a refusal, in the form of either binding: `422 /result/score: …`. */
export async function saying(response: Response): Promise<string> {
  const body = (await response.json()) as {
    imsx_description?: string
    statusInfoSet?: { imsx_description: string }[]
  }
  return `${response.status} ${body.imsx_description ?? body.statusInfoSet?.[0]?.imsx_description}`
}
