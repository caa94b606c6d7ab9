// A school written by hand, packages of its files, and what the store holds after them. The store is read as its owner
// reads it: tables, and the document as the API would begin it.

import type { Database } from '../../src/database.ts'
import { type ImportOptions, type ImportReport, importPackage } from '../../src/importer.ts'
import { type Files, type Imported, importFiles, manifest, zipOf } from './packages.ts'

export type Mode = 'bulk' | 'delta'
/** CSV texts by the name of the file without `.csv`. */
export type Csv = Readonly<Record<string, string | Uint8Array>>

/** A CSV text as the standard wants it: CRLF behind every line. */
export const lines = (...rows: string[]): string => rows.map((row) => `${row}\r\n`).join('')

/** The least a bulk package of a school can say, with two people in one class. */
export const school = {
  orgs: lines(
    'sourcedId,name,type,identifier,parentSourcedId',
    'd1,District,district,D1,',
    's1,North School,school,S1,d1',
  ),
  academicSessions: lines(
    'sourcedId,title,type,startDate,endDate,parentSourcedId,schoolYear',
    'y1,Year,schoolYear,2026-08-01,2027-07-01,,2027',
    't1,Autumn,term,2026-08-01,2027-01-15,y1,2027',
  ),
  courses: lines('sourcedId,title,courseCode,orgSourcedId', 'c1,Maths,M1,s1'),
  classes: lines(
    'sourcedId,title,courseSourcedId,classType,schoolSourcedId,termSourcedIds',
    'k1,Maths A,c1,scheduled,s1,t1',
  ),
  users: lines('sourcedId,enabledUser,username,givenName,familyName', 'u1,true,ada,Ada,Byron', 'u2,true,bo,Bo,Ek'),
  roles: lines(
    'sourcedId,userSourcedId,roleType,role,orgSourcedId',
    'r1,u1,primary,student,s1',
    'r2,u2,primary,teacher,s1',
  ),
  enrollments: lines(
    'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role',
    'e1,k1,s1,u1,student',
    'e2,k1,s1,u2,teacher',
  ),
  demographics: lines('sourcedId,birthDate,sex', 'u1,2012-03-04,female'),
} as const

export const caseId = '3fa85f64-5717-4562-b3fc-2c963f66afa6'

/** The twelve files beside them: two line items and two results in the class, the first of each with all there is. */
export const gradebook = {
  resources: lines(
    'sourcedId,vendorResourceId,title,roles,importance',
    're1,v-1,Atlas,"student,teacher",primary',
    're2,v-2,,,',
  ),
  classResources: lines('sourcedId,title,classSourcedId,resourceSourcedId', 'kr1,,k1,re1'),
  courseResources: lines('sourcedId,title,courseSourcedId,resourceSourcedId', 'cr1,,c1,re1'),
  userResources: lines('sourcedId,userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId', 'ur1,u1,s1,k1,re1'),
  categories: lines('sourcedId,title,weight', 'g1,Homework,40'),
  scoreScales: lines(
    'sourcedId,title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue',
    'z1,Letters,letter,s1,c1,k1,"{A:90-100},{B:80-89}"',
    'z2,Passed,pass,s1,c1,k1,{P:50-100}',
  ),
  lineItems: lines(
    'sourcedId,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId',
    'l1,Essay,On bees,2026-09-01,2026-09-08,k1,g1,t1,0,100,s1',
    'l2,Quiz,,2026-09-02,2026-09-09,k1,g1,t1,,,s1',
  ),
  lineItemScoreScales: lines('sourcedId,title,lineItemSourcedId,scoreScaleSourcedId', 'lz1,,l1,z1'),
  lineItemLearningObjectiveIds: lines(
    'sourcedId,lineItemSourcedId,source,learningObjectiveId',
    `lo1,l1,case,urn:uuid:${caseId}`,
  ),
  results: lines(
    'sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId,inProgress,incomplete,late,missing',
    'x1,l1,u1,fully graded,85,2026-09-09,Good,B,k1,false,false,true,false',
    'x2,l2,u1,not submitted,,2026-09-10,,,,,,,',
  ),
  resultScoreScales: lines('sourcedId,title,resultSourcedId,scoreScaleSourcedId', 'xz1,,x1,z1'),
  resultLearningObjectiveIds: lines(
    'sourcedId,resultSourcedId,source,learningObjectiveId,score,textScore',
    `xo1,x1,case,urn:uuid:${caseId},4.5,Sound`,
  ),
} as const

/** A text of bulk rows as one of delta rows: all of them active, or as `state` says. */
export const dated = (text: string, state: string = active): string =>
  text.replace(/^([^,\r\n]*)/gm, (id) =>
    id === '' ? id : id === 'sourcedId' ? `${id},status,dateLastModified` : `${id},${state}`,
  )

/** The files of a package, its manifest with them. */
export function packageOf(mode: Mode, csv: Csv, properties: Readonly<Record<string, string>> = {}): Files {
  const modes = Object.fromEntries(Object.keys(csv).map((name) => [name, mode]))
  const files = Object.entries(csv).map(([name, text]) => [`${name}.csv`, text] as const)
  return { 'manifest.csv': manifest(modes, properties), ...Object.fromEntries(files) }
}

export const bulk = (database: Database, csv: Csv, options: Partial<ImportOptions> = {}): Promise<Imported> =>
  importFiles(database, packageOf('bulk', csv), options)

export const delta = (database: Database, csv: Csv, options: Partial<ImportOptions> = {}): Promise<Imported> =>
  importFiles(database, packageOf('delta', csv), options)

/** One line of delta columns behind the id: active, changed at some time. */
export const active = 'active,2026-09-01T08:00:00.000Z'
export const deleted = 'tobedeleted,2026-09-01T08:00:00.000Z'

const tables = `orgs,academic_sessions,courses,classes,user_profiles,roles,users,enrollments,demographics,resources,
class_resources,course_resources,user_resources,categories,score_scales,line_items,line_item_score_scales,
line_item_learning_objective_ids,results,result_score_scales,result_learning_objective_ids,assessment_line_items,
assessment_results`.split(/,\s*/)

/** Takes every record and every publication away, so that tests of one file do not meet. */
export async function emptyStore({ sql }: Database): Promise<void> {
  await sql.unsafe(`truncate ${[...tables, 'publications'].map((table) => `store.${table}`).join(', ')}`)
}

export type Row = Readonly<Record<string, unknown>>

/** The stored row, without its document; undefined where there is none. */
export async function stored({ sql }: Database, table: string, id: string): Promise<Row | undefined> {
  const [found] = await sql.unsafe<{ row: Row }[]>(
    `select to_jsonb(r) - 'document' as row from store.${table} as r where sourced_id = $1`,
    [id],
  )
  return found?.row
}

/** The record as JSON, dateLastModified with it; undefined where there is none. */
export async function document({ sql }: Database, table: string, id: string): Promise<Row | undefined> {
  const [found] = await sql.unsafe<{ text: string }[]>(
    `select p.head || r.document as text from store.${table} as r join store.publications as p using (revision)
     where sourced_id = $1`,
    [id],
  )
  return found === undefined ? undefined : JSON.parse(found.text)
}

/** The roles that a user's document shows, each as `primary student s1`. */
export async function rolesOf(database: Database, id: string): Promise<string[]> {
  const roles = (await document(database, 'users', id))?.['roles'] ?? []
  return (roles as { roleType: string; role: string; org: { sourcedId: string } }[]).map(
    ({ roleType, role, org }) => `${roleType} ${role} ${org.sourcedId}`,
  )
}

/** Every id of a table with its status: `s1 active`, in order. */
export async function statuses({ sql }: Database, table: string): Promise<string[]> {
  const rows = await sql.unsafe<{ text: string }[]>(
    `select sourced_id || ' ' || status as text from store.${table} order by sourced_id`,
  )
  return rows.map(({ text }) => text)
}

/** Every row of the store with the place and the transaction of its version: equal where nothing was written. */
export async function versions({ sql }: Database): Promise<string[]> {
  const of = (table: string) =>
    `select '${table}' || ctid::text || xmin::text || ' ' || t::text as text from store.${table} as t`
  const rows = await sql.unsafe<{ text: string }[]>(
    `${[...tables, 'publications', 'versions'].map(of).join(' union all ')} order by 1`,
  )
  return rows.map(({ text }) => text)
}

/** The counts of a file: created, updated, unchanged, deleted, refused. */
export function counts(report: Imported, file: string): string {
  const found = report.files.find((each) => each.file === `${file}.csv`)
  if (found === undefined) return 'not reported'
  const { created, updated, unchanged, deleted: gone, refused } = found
  return `${created} created, ${updated} updated, ${unchanged} unchanged, ${gone} deleted, ${refused} refused`
}

/** A fault or a warning in short: `users.csv:3 role not_in_vocabulary "clown"`. */
export const brief = (found: {
  file: string
  line: number | null
  field: string | null
  value: string | null
  code: string
}): string => `${found.file}:${found.line} ${found.field} ${found.code} ${JSON.stringify(found.value)}`

/** The codes of the warnings, each once. */
export const warningCodes = (report: Imported): string[] => [...new Set(report.warnings.map(({ code }) => code))].sort()

export interface Paused {
  readonly goOn: () => void
  readonly done: Promise<ImportReport>
}

/** A bulk import that has written its rows and stands still before it publishes them. */
export async function pausedImport(database: Database, csv: Csv, source: string): Promise<Paused> {
  const written = Promise.withResolvers<void>()
  const told = Promise.withResolvers<void>()
  const done = importPackage(database, await zipOf(packageOf('bulk', csv)), {
    source,
    unpackedBytesMax: 1e9,
    onFaults: () => {
      written.resolve()
      return told.promise
    },
  })
  await Promise.race([written.promise, done])
  return { goOn: told.resolve, done }
}

/** Settles when a session of this database waits for a lock that another one holds, or when `work` is done without. */
export async function waitsOrDone({ sql }: Database, work: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  work.then(over, over)
  while (!isOver) {
    const [row] = await sql<{ waits: boolean }[]>`select exists (
      select from pg_locks join pg_stat_activity using (pid)
      where not granted and datname = current_database()) as waits`
    if (row?.waits === true) return
  }
}
