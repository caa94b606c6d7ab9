// The database that reads are measured on: a district, imported as any package is, vacuumed. It is kept for the next run,
// and made anew when the size asked for or any SQL file is another.

import { createHash } from 'node:crypto'
import { connectPostgres } from '../../src/database.ts'
import { importPackage } from '../../src/importer.ts'
import { readSqlFiles } from '../../src/migrate.ts'
import { createDatabase, onDatabase, onServer, urlOf } from './databases.ts'
import { archiveOf, packagesOf } from './packages.ts'

export const readDatabase = 'read'

/** Brings the database about; answers how many users are active. */
export async function prepareReadDatabase(students: number, isFresh: boolean): Promise<number> {
  const wanted = markOf(students)
  if (isFresh || (await keptMark()) !== wanted) {
    process.stderr.write(`making the database of a district of ${students} students\n`)
    await createDatabase(readDatabase)
    await fill(students)
    await onServer((sql) => sql.unsafe(`comment on database rosterhub_bench_${readDatabase} is '${wanted}'`))
  }
  const [row] = await onDatabase(
    readDatabase,
    (sql) => sql<{ count: number }[]>`select count(*)::int as count from store.users where status = 'active'`,
  )
  return row?.count ?? 0
}

async function fill(students: number): Promise<void> {
  const database = connectPostgres(urlOf(readDatabase), { poolSize: 2 })
  try {
    const archive = await archiveOf(packagesOf(students).whole).blob()
    const report = await importPackage(database, archive, { unpackedBytesMax: 4 * 1024 ** 3 })
    if (report.faultCount > 0) throw new Error(`the district was imported with ${report.faultCount} faults`)
    await database.sql.unsafe('vacuum (analyze)')
  } finally {
    await database.close()
  }
}

/** What the database is made from: the size and the SQL files. */
function markOf(students: number): string {
  const { migrations, repeatable } = readSqlFiles()
  const hash = createHash('sha256')
  for (const file of [...migrations, ...repeatable]) hash.update(file.hash)
  return `${students} students, ${hash.digest('hex').slice(0, 16)}`
}

const keptMark = (): Promise<string | undefined> =>
  onServer(async (sql) => {
    const [row] = await sql<{ mark: string | null }[]>`
      select shobj_description(oid, 'pg_database') as mark from pg_database where datname = ${`rosterhub_bench_${readDatabase}`}`
    return row?.mark ?? undefined
  })
