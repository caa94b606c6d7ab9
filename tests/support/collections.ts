// Where each operation of the registry has an answer: its path with ids that the store holds; and pages as clients read
// them, with the links that lead from one to the other.

import { type Operation, operations } from '../../src/generated/operations.ts'
import type { Hub } from './hub.ts'

export type Json = Readonly<Record<string, unknown>>

export const origin = 'http://localhost'
export const collections = operations.filter(({ kind }) => kind === 'page')
export const singles = operations.filter(({ kind }) => kind === 'one')

/** The operations that answer records: those that change them have tests of their own. */
export const reads = operations.filter(({ method }) => method === 'GET')

/** Ids by what they name: a segment of a path (`students`), or the parent that a path parameter names (`student`). */
export type Ids = Readonly<Record<string, string>>

/** One student with a result in one class, and everything around them: no nested collection of these ids is empty. */
export async function findIds({ owner }: Pick<Hub, 'owner'>): Promise<Ids> {
  const [found] = await owner.sql<Record<string, string>[]>`
    select c.sourced_id as class, c.course_sourced_id as course, c.school_sourced_id as school,
      e.user_sourced_id as student, e.sourced_id as enrollments, t.user_sourced_id as teacher,
      g.parent_sourced_id as term, g.sourced_id as "academicSession", l.sourced_id as "lineItem",
      l.category_sourced_id as categories, r.sourced_id as results, s.sourced_id as "scoreScales",
      c.resource_sourced_ids[1] as resources, u.sourced_id as "user",
      ai.sourced_id as "assessmentLineItems", ar.sourced_id as "assessmentResults"
    from store.classes as c
      join store.courses as o on o.sourced_id = c.course_sourced_id and cardinality(o.resource_sourced_ids) > 0
      join store.enrollments as e on e.class_sourced_id = c.sourced_id and e.role = 'student' and e.status = 'active'
      join store.enrollments as t on t.class_sourced_id = c.sourced_id and t.role = 'teacher' and t.status = 'active'
      join store.academic_sessions as g on g.parent_sourced_id = any(c.term_sourced_ids) and g.type = 'gradingPeriod'
      join store.demographics as d on d.sourced_id = e.user_sourced_id
      join store.line_items as l on l.class_sourced_id = c.sourced_id and l.status = 'active'
      join store.results as r on r.line_item_sourced_id = l.sourced_id and r.student_sourced_id = e.user_sourced_id
        and r.status = 'active'
      join store.score_scales as s on s.class_sourced_id = c.sourced_id and s.status = 'active'
      join (select min(sourced_id) as sourced_id from store.users
        where status = 'active' and cardinality(resource_sourced_ids) > 0) as u on u.sourced_id is not null
      left join (select min(sourced_id) as sourced_id from store.assessment_line_items) as ai on true
      left join (select min(sourced_id) as sourced_id from store.assessment_results) as ar on true
    where c.status = 'active' and cardinality(c.resource_sourced_ids) > 0
    order by c.sourced_id, e.sourced_id, t.sourced_id, g.sourced_id, l.sourced_id, r.sourced_id, s.sourced_id limit 1`
  if (found === undefined)
    throw new Error('the store has no class with people, a grading period, results and resources')
  const { class: classes = '', course: courses = '', school = '', student = '', teacher = '', term = '' } = found
  const { academicSession = '', lineItem = '' } = found
  const people = { demographics: student, students: student, teachers: teacher, users: teacher }
  const sessions = { academicSessions: academicSession, gradingPeriods: academicSession, terms: term }
  return { ...found, ...people, ...sessions, classes, courses, orgs: school, schools: school, lineItems: lineItem }
}

/** What each parameter of the path is called among the ids: a record by its collection, a parent by its name. */
export function keysOf({ kind, path, names }: Operation): readonly string[] {
  const isRecord = kind === 'one' || kind === 'put' || kind === 'remove'
  return isRecord ? [path.split('/').at(-2) ?? ''] : names
}

/** The operation's path with these ids in it. Throws where none is known. */
export function pathOf(operation: Operation, ids: Ids): string {
  const keys = [...keysOf(operation)]
  return operation.path.replace(/\{(\w+)\}/g, (parameter) => {
    const id = ids[keys.shift() ?? '']
    if (typeof id !== 'string') throw new Error(`no id for ${parameter} of ${operation.id}`)
    return encodeURIComponent(id)
  })
}

/** An address on the hub: path and query. */
export const address = (path: string, query: Readonly<Record<string, string | number>> = {}): string => {
  const url = new URL(path, origin)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
  return url.href
}

export interface ReadPage {
  readonly records: readonly Json[]
  readonly total: number
  /** The addresses of the Link header by relation. */
  readonly links: Readonly<Record<string, string>>
}

export function linksOf(response: Response): Readonly<Record<string, string>> {
  const header = response.headers.get('link') ?? ''
  return Object.fromEntries([...header.matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, url = '', rel = '']) => [rel, url]))
}

/** GET of one page. Throws, with the body, for any status but 200. */
export async function readPage(hub: Pick<Hub, 'get'>, url: string): Promise<ReadPage> {
  const response = await hub.get(url)
  if (response.status !== 200) throw new Error(`${response.status} ${url}: ${await response.text()}`)
  const [records] = Object.values((await response.json()) as Readonly<Record<string, Json[]>>)
  return { records: records ?? [], total: Number(response.headers.get('x-total-count')), links: linksOf(response) }
}

/** Every page from this one on, by next. Throws where the links never end. */
export async function walk(hub: Pick<Hub, 'get'>, url: string): Promise<readonly ReadPage[]> {
  const pages: ReadPage[] = []
  for (let next: string | undefined = url; next !== undefined; next = pages.at(-1)?.links['next']) {
    if (pages.length > 1000) throw new Error(`next leads on for ever from ${url}`)
    pages.push(await readPage(hub, next))
  }
  return pages
}

export const idOf = (record: Json): string => String(record['sourcedId'])

/** A refusal's own words, in the form of either binding: status, code and text, `400 invalid_filter_field: filter: …`. */
export async function refusal(response: Response): Promise<string> {
  const { code, description } = statusOf(await response.json())
  return `${response.status} ${code}: ${description}`
}

interface Remark {
  readonly imsx_codeMajor?: string
  readonly imsx_severity?: string
  readonly imsx_description?: string
  readonly imsx_codeMinor?: string
  readonly imsx_CodeMinor?: { imsx_codeMinorField: { imsx_codeMinorFieldValue: string }[] }
}

export interface Status {
  readonly major: string
  readonly code: string
  readonly description: string
}

/** What a status says; the codes that 1.1 spells otherwise in the spelling of 1.2. */
export function statusOf(body: unknown): Status {
  const [remark] = (body as { statusInfoSet?: readonly Remark[] }).statusInfoSet ?? [body as Remark]
  const code = remark?.imsx_codeMinor ?? remark?.imsx_CodeMinor?.imsx_codeMinorField[0]?.imsx_codeMinorFieldValue
  return {
    major: `${remark?.imsx_codeMajor} ${remark?.imsx_severity}`,
    code: spelling[code ?? ''] ?? String(code),
    description: String(remark?.imsx_description),
  }
}

const spelling: Readonly<Record<string, string>> = {
  'invalid data': 'invaliddata',
  unauthorized: 'unauthorisedrequest',
  'unknown object': 'unknownobject',
}

/** What 1.1 says beside an answer it gives all the same. */
export const warning = (code: string, description: string): Json => ({
  imsx_codeMajor: 'success',
  imsx_severity: 'warning',
  imsx_description: description,
  imsx_codeMinor: code,
})
