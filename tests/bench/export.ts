// Exporting: the whole district as a package by our command, and the same rows by psql, \copy of the same queries into files,
// in turns, out of one database.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createDatabase, dropDatabase, onDatabase, settle, urlOf } from './databases.ts'
import { archiveOf, packagesOf } from './packages.ts'
import { type Finished, timed } from './processes.ts'
import { atLeast, atMost, megabytes, type Report } from './report.ts'
import { median } from './statistics.ts'

export interface ExportOptions {
  readonly students: number
  readonly rounds: number
}

interface Opened {
  readonly files: readonly { readonly file: string; readonly query?: string }[]
}

/** Of one file or of all. */
interface Size {
  readonly rows: number
  readonly bytes: number
}

export async function benchExport({ students, rounds }: ExportOptions): Promise<Report> {
  if (Bun.which('psql') === null) throw new Error('the floor is a psql script, and there is no psql on the PATH')
  const directory = mkdtempSync(`${tmpdir()}/rosterhub_bench_`)
  try {
    await fill(directory, students)
    const files = await writeFloor(directory)
    const [ours, floor]: [Finished[], Finished[]] = [[], []]
    const runs = {
      floor: async () => void floor.push(await floorInto(directory)),
      ours: async () => void ours.push(await exportInto(`${directory}/out.zip`)),
    }
    // both read it once before: what the first finds cold the second has warm
    for (const run of [runs.floor, runs.ours]) await run()
    for (const found of [ours, floor]) found.length = 0
    for (let round = 0; round < rounds; round += 1) {
      process.stderr.write(`round ${round + 1}\n`)
      for (const run of round % 2 === 0 ? [runs.floor, runs.ours] : [runs.ours, runs.floor]) await run()
    }
    return reportOf(ours, floor, await sizeOf(directory, files), statSync(`${directory}/out.zip`).size)
  } finally {
    await dropDatabase('export')
    rmSync(directory, { recursive: true })
  }
}

async function fill(directory: string, students: number): Promise<void> {
  process.stderr.write(`importing a district of ${students} students\n`)
  await Bun.write(`${directory}/whole.zip`, archiveOf(packagesOf(students).whole))
  await createDatabase('export')
  await timed([process.execPath, 'src/main.ts', 'import', `${directory}/whole.zip`], environment())
  await onDatabase('export', (sql) => sql.unsafe('vacuum (analyze)'))
}

const environment = () => ({ DATABASE_URL: urlOf('export'), LOG_LEVEL: 'silent' })

/** The script: the queries of an export, in one transaction of the same kind, each \copied into a file. */
async function writeFloor(directory: string): Promise<string[]> {
  const [row] = await onDatabase(
    'export',
    (sql) => sql<{ opened: Opened }[]>`select api.export_open('bench', null) as opened`,
  )
  const copies = (row?.opened.files ?? []).flatMap(({ file, query }) => (query === undefined ? [] : [{ file, query }]))
  const lines = copies.map(({ file, query }) => `\\copy (${query}) to '${directory}/${file}' with (format csv)`)
  const settings = "set local datestyle = 'ISO, YMD';\nset local jit = off;"
  const script = ['begin isolation level repeatable read, read only;', settings, ...lines, 'commit;', ''].join('\n')
  writeFileSync(`${directory}/floor.sql`, script)
  return copies.map(({ file }) => file)
}

async function floorInto(directory: string): Promise<Finished> {
  await settle()
  const flags = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', `${directory}/floor.sql`]
  return timed(['psql', ...flags, urlOf('export')])
}

/** The command as an operator runs it, start of the process included. */
async function exportInto(file: string): Promise<Finished> {
  await settle()
  return timed([process.execPath, 'src/main.ts', 'export', file, '--json'], environment())
}

/** What the floor wrote. No cell of the district has a line break. */
async function sizeOf(directory: string, files: readonly string[]): Promise<Size> {
  let [rows, bytes] = [0, 0]
  for (const file of files) {
    for await (const chunk of Bun.file(`${directory}/${file}`).stream() as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) rows += 1
    }
  }
  return { rows, bytes }
}

function reportOf(
  ours: readonly Finished[],
  floor: readonly Finished[],
  { rows, bytes }: Size,
  zipBytes: number,
): Report {
  const seconds = (runs: readonly Finished[]): number[] => runs.map((run) => run.seconds)
  const line = (name: string, runs: readonly Finished[]): string[] => [
    name,
    String(rows),
    median(seconds(runs)).toFixed(2),
    Math.min(...seconds(runs)).toFixed(2),
    (rows / median(seconds(runs))).toFixed(0),
    (megabytes(bytes) / median(seconds(runs))).toFixed(0),
    megabytes(Math.max(...runs.map((run) => run.peakBytes))).toFixed(0),
  ]
  return {
    tables: [
      {
        title: `Exporting ${megabytes(bytes).toFixed(0)} MB of CSV, start to end of the process; the archive has ${megabytes(zipBytes).toFixed(0)} MB`,
        header: ['', 'rows', 'median s', 'least s', 'rows/s', 'MB/s', 'peak MB'],
        rows: [line('floor: \\copy of the same rows by psql', floor), line('ours: a zip archive', ours)],
      },
    ],
    bars: [
      atLeast("speed, of the floor's (medians)", median(seconds(floor)) / median(seconds(ours)), 0.7),
      atLeast("speed, of the floor's (minima)", Math.min(...seconds(floor)) / Math.min(...seconds(ours)), 0.7),
      atMost('peak memory of the export', megabytes(Math.max(...ours.map((run) => run.peakBytes))), 300, 'MB'),
    ],
  }
}
