// Where each operation of the registry has an answer: its path with ids that the store holds; and pages as clients read
// them, with the links that lead from one to the other.

import { type Operation, operations } from '../../src/generated/operations.ts'
import type { Hub } from './hub.ts'

export type Json = Readonly<Record<string, unknown>>

export const origin = 'http://localhost'
export const collections = operations.filter(({ kind }) => kind === 'page')
export const singles = operations.filter(({ kind }) => kind === 'one')

/** Ids by what they name: a segment of a path (`students`) and a path parameter without `SourcedId` (`student`). */
export type Ids = Readonly<Record<string, string>>

/** One student in one class, and everything around them: no nested collection of these ids is empty. */
export async function findIds({ owner }: Pick<Hub, 'owner'>): Promise<Ids> {
  const [found] = await owner.sql<Record<string, string>[]>`
    select c.sourced_id as class, c.course_sourced_id as course, c.school_sourced_id as school,
      e.user_sourced_id as student, e.sourced_id as enrollment, t.user_sourced_id as teacher,
      g.parent_sourced_id as term, g.sourced_id as period
    from store.classes as c
      join store.enrollments as e on e.class_sourced_id = c.sourced_id and e.role = 'student' and e.status = 'active'
      join store.enrollments as t on t.class_sourced_id = c.sourced_id and t.role = 'teacher' and t.status = 'active'
      join store.academic_sessions as g on g.parent_sourced_id = any(c.term_sourced_ids) and g.type = 'gradingPeriod'
      join store.demographics as d on d.sourced_id = e.user_sourced_id
    where c.status = 'active' order by c.sourced_id, e.sourced_id, g.sourced_id limit 1`
  if (found === undefined) throw new Error('the store has no class with a student, a teacher and a grading period')
  const {
    class: classId = '',
    course = '',
    school = '',
    student = '',
    enrollment = '',
    teacher = '',
    term = '',
  } = found
  const { period = '' } = found
  const parents = { class: classId, course, school, student, teacher, term, user: student }
  return {
    ...parents,
    academicSessions: period,
    classes: classId,
    courses: course,
    demographics: student,
    enrollments: enrollment,
    gradingPeriods: period,
    orgs: school,
    schools: school,
    students: student,
    teachers: teacher,
    terms: term,
    users: teacher,
  }
}

/** The operation's path with these ids in it. Throws where none is known. */
export function pathOf(operation: Operation, ids: Ids): string {
  return operation.path.replace(/(\w+)\/\{(\w+)\}/g, (_, segment: string, parameter: string) => {
    const id = ids[parameter === 'sourcedId' ? segment : parameter.replace(/SourcedId$/, '')]
    if (id === undefined) throw new Error(`no id for ${parameter} of ${operation.id}`)
    return `${segment}/${encodeURIComponent(id)}`
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

/** The imsx object's own words: status, code and description, as `400 invalid_filter_field: filter: …`. */
export async function refusal(response: Response): Promise<string> {
  const body = (await response.json()) as {
    imsx_description?: string
    imsx_CodeMinor?: { imsx_codeMinorField: { imsx_codeMinorFieldValue: string }[] }
  }
  const code = body.imsx_CodeMinor?.imsx_codeMinorField[0]?.imsx_codeMinorFieldValue
  return `${response.status} ${code}: ${body.imsx_description}`
}
