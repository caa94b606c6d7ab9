// Importing over HTTP: a whole district into a hub of an API and a worker, beside a psql script that writes the same rows;
// then the same package again, a preview and a delta of one row in a hundred, and reads while an import runs.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { type DistrictFile, district } from '../../src/district/district.ts'
import { onePercentBulk, onePercentDelta } from './changed.ts'
import { createDatabase, dropDatabase, onDatabase, settle, urlOf } from './databases.ts'
import { BenchHub, type Reads, type Sent } from './hub.ts'
import { floorScript } from './import_floor.ts'
import { archiveOf, writeFile } from './packages.ts'
import { timed } from './processes.ts'
import { atMost, megabytes, type Report } from './report.ts'

const predecessor = { rows: 200_000, seconds: 30 * 60 }
const databases = ['floor', 'hub', 'busy'] as const
const idleMs = 10_000

type Measured = Awaited<ReturnType<Reads['stop']>>
interface Found {
  readonly floorSeconds: number
  readonly first: Sent
  readonly repeated: Sent
  readonly again: Sent
  readonly againWritten: number
  readonly preview: Sent
  readonly delta: Sent
  readonly idle: Measured
  readonly during: Measured
  readonly peaks: { readonly api: number; readonly worker: number }
}

export async function benchImport({ students }: { readonly students: number }): Promise<Report> {
  if (Bun.which('psql') === null) throw new Error('the floor is a psql script, and there is no psql on the PATH')
  const directory = mkdtempSync(`${tmpdir()}/rosterhub_bench_`)
  try {
    const whole = district({ students })
    await writePackages(directory, whole)
    const floorSeconds = await runFloor(directory, whole)
    return reportOf({ floorSeconds, ...(await runHub(directory)), ...(await runBusy(directory)) })
  } finally {
    for (const database of databases) await dropDatabase(database)
    rmSync(directory, { recursive: true })
  }
}

async function writePackages(directory: string, whole: readonly DistrictFile[]): Promise<void> {
  process.stderr.write('writing the packages\n')
  for (const file of whole) await writeFile(`${directory}/${file.name}`, file)
  await Bun.write(`${directory}/whole.zip`, archiveOf(whole))
  await Bun.write(`${directory}/changed.zip`, archiveOf(onePercentBulk(whole)))
  await Bun.write(`${directory}/delta.zip`, archiveOf(onePercentDelta(whole)))
  // a district beside it, which is there to be read; its ids are others, and stand first
  await Bun.write(`${directory}/other.zip`, archiveOf(renamed(district({ students: 1000 }))))
}

async function runFloor(directory: string, whole: readonly DistrictFile[]): Promise<number> {
  process.stderr.write('the floor\n')
  await createDatabase('floor')
  const headers = new Map(whole.map((file) => [file.name.replace('.csv', ''), headerOf(file)]))
  await Bun.write(`${directory}/floor.sql`, await onDatabase('floor', (sql) => floorScript(sql, directory, headers)))
  await settle()
  const script = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', `${directory}/floor.sql`]
  return (await timed(['psql', ...script, urlOf('floor')])).seconds
}

/** The hub that has nothing else to do. */
async function runHub(directory: string): Promise<Omit<Found, 'floorSeconds' | 'idle' | 'during'>> {
  process.stderr.write('the hub\n')
  await createDatabase('hub')
  const hub = await BenchHub.start('hub')
  try {
    await settle()
    const first = await hub.send(`${directory}/whole.zip`)
    if ((await contentOf('floor')) !== (await contentOf('hub')))
      throw new Error('the floor wrote other rows than the hub')
    const repeated = await hub.send(`${directory}/whole.zip`)
    const before = await writtenCount('hub')
    await settle()
    const again = await hub.send(`${directory}/whole.zip`, '?force=true')
    const againWritten = (await writtenCount('hub')) - before
    await settle()
    const preview = await hub.send(`${directory}/changed.zip`, '?mode=preview')
    await settle()
    const delta = await hub.send(`${directory}/delta.zip`)
    const peaks = {
      api: hub.api.memory()?.peakBytes ?? Number.NaN,
      worker: hub.worker.memory()?.peakBytes ?? Number.NaN,
    }
    return { first, repeated, again, againWritten, preview, delta, peaks }
  } finally {
    await hub.stop()
  }
}

/** The hub that is read while it imports. */
async function runBusy(directory: string): Promise<Pick<Found, 'idle' | 'during'>> {
  process.stderr.write('the hub, read while it imports\n')
  await createDatabase('busy')
  const hub = await BenchHub.start('busy')
  try {
    await hub.send(`${directory}/other.zip`, '?source=other')
    await onDatabase('busy', (sql) => sql.unsafe('vacuum (analyze)'))
    const warm = hub.read()
    await Bun.sleep(1000)
    await warm.stop()
    const quiet = hub.read()
    await Bun.sleep(idleMs)
    const idle = await quiet.stop()
    const reads = hub.read()
    await hub.send(`${directory}/whole.zip`)
    return { idle, during: await reads.stop() }
  } finally {
    await hub.stop()
  }
}

const headerOf = (file: DistrictFile): string[] => {
  const [first] = file.chunks()
  return (new TextDecoder().decode(first).split('\r\n')[0] ?? '').split(',')
}

/** Every id with a letter before it: ids are words with a hyphen and a number or word behind it. */
function renamed(files: readonly DistrictFile[]): DistrictFile[] {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  return files.map((file) => ({
    name: file.name,
    chunks: () => {
      const text = [...file.chunks()].map((chunk) => decoder.decode(chunk)).join('')
      const ids = /(?<=^|,|")(ay|term|sem|gp|cls|crs|e|org|r|p|s|g|t|pr|sa|admin)(?=[-@]\w)/gm
      return [encoder.encode(file.name === 'manifest.csv' ? text : text.replace(ids, 'a$1'))]
    },
  }))
}

/** The district's rows as one text: how many, and sums over their documents. */
async function contentOf(database: string): Promise<string> {
  const tables = ['orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments', 'demographics']
  const parts = tables.map(
    (table) => `select '${table}', count(*), sum(hashtextextended(document, 0)::numeric) from store.${table}`,
  )
  const rows = await onDatabase(database, (sql) => sql.unsafe(parts.join(' union all ')))
  return JSON.stringify(rows)
}

/** Rows written to the tables of records since the database was made, once the sessions have told the statistics. */
async function writtenCount(database: string): Promise<number> {
  return onDatabase(database, async (sql) => {
    const [row] = await sql<{ written: number }[]>`
      select sum(n_tup_ins + n_tup_upd + n_tup_del)::float8 as written from pg_stat_all_tables
      where schemaname = 'store' and relname in (select entity from catalog.csv_files union all values ('publications'), ('versions'))`
    return row?.written ?? 0
  })
}

function reportOf(found: Found): Report {
  const { floorSeconds, first, repeated, again, preview, delta, idle, during, peaks } = found
  const rows = (sent: Sent): number => (sent.job.files ?? []).reduce((sum, file) => sum + file.rows, 0)
  const line = (name: string, seconds: number, count: number): string[] => [
    name,
    String(count),
    seconds.toFixed(2),
    (count / seconds).toFixed(0),
    (seconds / first.seconds).toFixed(3),
  ]
  const reads = (name: string, m: Measured): string[] => [
    name,
    String(m.count),
    m.p50Ms.toFixed(1),
    m.p95Ms.toFixed(1),
    String(m.failureCount),
  ]
  return {
    tables: [
      {
        title: 'Importing over HTTP, first byte sent to end of the job',
        header: ['', 'rows', 's', 'rows/s', 'of the first'],
        rows: [
          line('floor: psql, \\copy and upserts', floorSeconds, rows(first)),
          line('the district, into an empty hub', first.seconds, rows(first)),
          line('the same package, recognised', repeated.seconds, rows(repeated)),
          line('the same package, run whole', again.seconds, rows(again)),
          line('preview of a package with 1 % changed', preview.seconds, rows(preview)),
          line('delta of 1 %', delta.seconds, rows(delta)),
          line("what this hub's predecessor promised", predecessor.seconds, predecessor.rows),
        ],
      },
      {
        title: 'Reading a page of 100 every 20 ms',
        header: ['', 'requests', 'p50 ms', 'p95 ms', 'failed'],
        rows: [reads('idle', idle), reads('while the district is imported', during)],
      },
    ],
    bars: [
      atMost("the district: time, of the floor's", first.seconds / floorSeconds, 2),
      atMost('the same package again: time, of the first', again.seconds / first.seconds, 0.35),
      atMost('the same package again: written', found.againWritten, 0, 'rows'),
      atMost('a delta of 1 %: time, of the first', delta.seconds / first.seconds, 0.05),
      atMost('a preview of 1 %: time, of the first', preview.seconds / first.seconds, 0.5),
      atMost('reads during an import: p95, of idle', during.p95Ms / idle.p95Ms, 2),
      atMost('reads during an import: failed', during.failureCount, 0),
      atMost('peak memory of the API', megabytes(peaks.api), 300, 'MB'),
      atMost('peak memory of the worker', megabytes(peaks.worker), 300, 'MB'),
    ],
  }
}
