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

const tables = 'orgs,academic_sessions,courses,classes,user_profiles,roles,users,enrollments,demographics'.split(',')

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
