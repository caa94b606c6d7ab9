// The bench's own databases on the server of BENCH_DATABASE_URL: made (empty, or as a copy), read, dropped. Touches no
// database whose name does not begin with rosterhub_bench_.

import { connectPostgres, type Sql } from '../../src/database.ts'
import { migrate, readSqlFiles } from '../../src/migrate.ts'

const serverUrl = process.env['BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'

/** The address clients are told, written into the documents: answers then need no rewriting, as in a real installation. */
export const publicUrl = 'http://127.0.0.1:3000'

export function urlOf(database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/rosterhub_bench_${database}`
  return url.href
}

/** Runs `work` on the server's maintenance database. */
export const onServer = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => connected(serverUrl, work)

/** Runs `work` on one of the bench's databases, as its owner. */
export const onDatabase = <T>(database: string, work: (sql: Sql) => Promise<T>): Promise<T> =>
  connected(urlOf(database), work)

async function connected<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const database = connectPostgres(url, { poolSize: 1 })
  try {
    return await work(database.sql)
  } finally {
    await database.close()
  }
}

/** Makes a database anew: migrated, or a copy of `template`. */
export async function createDatabase(database: string, template?: string): Promise<void> {
  await dropDatabase(database)
  await onServer(async (sql) => {
    const [row] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`
    // files copied, not written through the log: ready sooner, and the log is as empty for the next run as for the last
    const strategy = row !== undefined && row.version >= 150000 ? ' strategy file_copy' : ''
    const from = template === undefined ? '' : ` template rosterhub_bench_${template}${strategy}`
    await sql.unsafe(`create database rosterhub_bench_${database}${from}`)
    // where auto_explain analyses every statement, each row of each plan is timed
    await permitted(sql.unsafe(`alter database rosterhub_bench_${database} set auto_explain.log_min_duration = -1`))
  })
  if (template === undefined) await migrated(database)
}

async function migrated(database: string): Promise<void> {
  await onDatabase(database, (sql) => migrate(sql, readSqlFiles(), { base: `${publicUrl}/ims/oneroster/` }))
}

export async function dropDatabase(database: string): Promise<void> {
  await onServer((sql) => sql.unsafe(`drop database if exists rosterhub_bench_${database} with (force)`))
}

/** A checkpoint, so that a run does not write what the one before it left to be written. */
export async function settle(): Promise<void> {
  await onServer((sql) => permitted(sql.unsafe('checkpoint')))
}

/** What only a superuser may do is left out for others. */
async function permitted(work: PromiseLike<unknown>): Promise<void> {
  try {
    await work
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== '42501') throw thrown
  }
}
