// Importing: enrollments.csv into a hub that has the rest of the district, by our command and by the floor's psql script in
// turns, each time into a fresh copy of one database; then the same package again; and the whole district at once.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { ToldImport } from '../../src/cli/transport.ts'
import { createDatabase, dropDatabase, onDatabase, settle, urlOf } from './databases.ts'
import { archiveOf, packagesOf, writeFile } from './packages.ts'
import { type Finished, timed } from './processes.ts'
import { atMost, megabytes, type Report, type Table } from './report.ts'
import { median } from './statistics.ts'

export interface LoadFileOptions {
  readonly students: number
  readonly rounds: number
}

interface Imported extends Finished {
  readonly job: ToldImport
}

interface Rounds {
  readonly floor: Finished[]
  readonly ours: Imported[]
  readonly again: Imported[]
  /** Rows the second import wrote to any table of schema store but for the records of imports themselves. */
  readonly againWritten: number[]
}

const temporary = ['whole', 'rest', 'floor', 'ours'] as const
const rowsOf = ({ files = [] }: ToldImport): number => files.reduce((sum, file) => sum + file.rows, 0)

export async function benchLoad({ students, rounds }: LoadFileOptions): Promise<Report> {
  if (Bun.which('psql') === null) throw new Error('the floor is a psql script, and there is no psql on the PATH')
  const directory = mkdtempSync(`${tmpdir()}/rosterhub_bench_`)
  try {
    await writePackages(directory, students)
    const whole = await importWhole(directory)
    await createDatabase('rest')
    await importInto('rest', `${directory}/rest.zip`)
    await onDatabase('rest', (sql) => sql.unsafe('vacuum (analyze)'))
    const found: Rounds = { floor: [], ours: [], again: [], againWritten: [] }
    for (let round = 0; round < rounds; round += 1) await runRound(directory, round, found)
    return reportOf(whole, found)
  } finally {
    for (const database of temporary) await dropDatabase(database)
    rmSync(directory, { recursive: true })
  }
}

async function writePackages(directory: string, students: number): Promise<void> {
  process.stderr.write(`writing the packages of a district of ${students} students\n`)
  const packages = packagesOf(students)
  await Bun.write(`${directory}/whole.zip`, archiveOf(packages.whole))
  await Bun.write(`${directory}/rest.zip`, archiveOf(packages.rest))
  await Bun.write(`${directory}/enrollments.zip`, archiveOf(packages.enrollmentsOnly))
  await writeFile(`${directory}/enrollments.csv`, packages.enrollments)
}

/** The command as an operator runs it, start of the process included. */
async function importInto(database: string, file: string, ...flags: readonly string[]): Promise<Imported> {
  await settle()
  const finished = await timed([process.execPath, 'src/main.ts', 'import', file, '--json', ...flags], {
    DATABASE_URL: urlOf(database),
    LOG_LEVEL: 'silent',
  })
  const job = JSON.parse(finished.stdout) as ToldImport
  if (job.status !== 'completed' || job.faultCount !== 0)
    throw new Error(`${file}: import ${job.id} is ${job.status} with ${job.faultCount} faults`)
  return { ...finished, job }
}

async function floorInto(database: string, csvFile: string): Promise<Finished> {
  await settle()
  const script = `${import.meta.dir}/load_file_floor.sql`
  return timed(
    ['psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', script, urlOf(database)],
    {},
    Bun.file(csvFile),
  )
}

async function importWhole(directory: string): Promise<Imported> {
  await createDatabase('whole')
  const whole = await importInto('whole', `${directory}/whole.zip`)
  await dropDatabase('whole')
  return whole
}

async function runRound(directory: string, round: number, found: Rounds): Promise<void> {
  process.stderr.write(`round ${round + 1}\n`)
  const runs = {
    floor: async () => {
      await createDatabase('floor', 'rest')
      found.floor.push(await floorInto('floor', `${directory}/enrollments.csv`))
    },
    ours: async () => {
      await createDatabase('ours', 'rest')
      found.ours.push(await importInto('ours', `${directory}/enrollments.zip`))
    },
  }
  // who goes first changes, so that neither always has the warmer machine
  for (const run of round % 2 === 0 ? [runs.floor, runs.ours] : [runs.ours, runs.floor]) await run()
  if ((await contentOf('floor')) !== (await contentOf('ours'))) throw new Error('the floor wrote other rows than ours')
  const before = await writtenCount('ours')
  // by its hash alone it would not be run
  found.again.push(await importInto('ours', `${directory}/enrollments.zip`, '--force'))
  found.againWritten.push((await writtenCount('ours')) - before)
}

/** The rows as one text: how many, and sums over what was hashed and rendered. */
async function contentOf(database: string): Promise<string> {
  const [row] = await onDatabase(
    database,
    (sql) => sql<{ content: string }[]>`
      select concat_ws(' ', count(*), sum(row_hash::numeric), sum(hashtextextended(document, 0)::numeric)) as content from store.enrollments`,
  )
  return row?.content ?? ''
}

/** Rows written to schema store, but for what is kept of imports, since the database was made, once every other session has told the statistics its part. */
async function writtenCount(database: string): Promise<number> {
  return onDatabase(database, async (sql) => {
    for (;;) {
      const [row] = await sql<{ others: number; written: number }[]>`
        select (select count(*)::int from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend') as others,
          sum(n_tup_ins + n_tup_upd + n_tup_del)::int as written
        from pg_stat_all_tables where schemaname = 'store' and relname not in ('imports', 'import_chunks', 'import_faults')`
      if (row?.others === 0) return row.written
      await Bun.sleep(50)
    }
  })
}

/** What the second import says it did, beside what the counters say. */
function againCount({ again, againWritten }: Rounds): number {
  const told = again.flatMap(({ job: { files = [], publishedAt } }) =>
    files.map((file) => file.created + file.updated + file.deleted).concat(publishedAt === undefined ? 0 : 1),
  )
  return Math.max(...told, ...againWritten)
}

function reportOf(whole: Imported, found: Rounds): Report {
  const seconds = (runs: readonly Finished[]): number => median(runs.map((run) => run.seconds))
  const peak = (runs: readonly Finished[]): number => megabytes(Math.max(...runs.map((run) => run.peakBytes)))
  const least = (runs: readonly Finished[]): number => Math.min(...runs.map((run) => run.seconds))
  const [ours, floor, again] = [seconds(found.ours), seconds(found.floor), seconds(found.again)]
  return {
    tables: [table(whole, found)],
    bars: [
      atMost("enrollments: time, of the floor's (medians)", ours / floor, 1.6),
      atMost("enrollments: time, of the floor's (minima)", least(found.ours) / least(found.floor), 1.6),
      atMost('enrollments: peak memory of the import', peak(found.ours), 250, 'MB'),
      atMost('the same package again: time, of the first time', again / ours, 0.5),
      atMost('the same package again: written', againCount(found), 0, 'rows'),
      atMost('the whole district: peak memory of the import', peak([whole]), 250, 'MB'),
    ],
  }
}

function table(whole: Imported, found: Rounds): Table {
  const rowCount = rowsOf((found.ours[0] as Imported).job)
  const row = (name: string, runs: readonly Finished[], rows: number): string[] => {
    const seconds = runs.map((run) => run.seconds)
    return [
      name,
      String(rows),
      String(runs.length),
      median(seconds).toFixed(2),
      Math.min(...seconds).toFixed(2),
      (rows / median(seconds)).toFixed(0),
      megabytes(Math.max(...runs.map((run) => run.peakBytes))).toFixed(0),
    ]
  }
  return {
    title: 'Importing, start to end of the process, each from a fresh copy of the same database',
    header: ['', 'rows', 'runs', 'median s', 'least s', 'rows/s', 'peak MB'],
    rows: [
      row('floor: enrollments.csv by psql', found.floor, rowCount),
      row('ours: enrollments.csv', found.ours, rowCount),
      row('ours: the same package again', found.again, rowCount),
      row('ours: the whole district, into an empty hub', [whole], rowsOf(whole.job)),
    ],
  }
}
