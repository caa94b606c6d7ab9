// `import FILE.zip`: a package into the store, with a progress bar, a table of what happened, and the faults as CSV.

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { type Fault, type ImportOptions, type ImportReport, importPackage } from '../importer.ts'
import { terminalBar } from './bar.ts'
import { CommandError } from './data.ts'

export type ImportFlags = Pick<ImportOptions, 'source' | 'assume' | 'strict' | 'keepDangling' | 'takeOver'> & {
  readonly faultsFile?: string | undefined
}

/** Faults told on the terminal; the file has them all. */
export const toldMax = 20

export interface ImportResult {
  readonly report: ImportReport
  readonly firstFaults: readonly Fault[]
}

export async function runImport(
  database: Database,
  archive: Blob,
  flags: ImportFlags,
  config: Config,
): Promise<ImportResult> {
  const firstFaults: Fault[] = []
  const file = flags.faultsFile === undefined ? undefined : await openFaults(flags.faultsFile)
  const bar = terminalBar()
  const report = await importPackage(database, archive, {
    ...flags,
    unpackedBytesMax: config.importMaxUnpackedBytes,
    ...(bar === undefined ? {} : { onProgress: bar.show }),
    onFaults: async (faults) => {
      file?.write('file,line,field,value,code,reason\r\n')
      for await (const fault of faults) {
        if (firstFaults.length < toldMax) firstFaults.push(fault)
        else if (file === undefined) break
        if (file?.write(csvLine(fault)) === false) await once(file, 'drain')
      }
      if (file !== undefined) await finished(file.end())
    },
  }).finally(() => bar?.end())
  if (report.publishedAt !== null) await refreshStatistics(database, report)
  return { report, firstFaults }
}

/** Opens the file before the import begins: a path that cannot be written must not cost a transaction. */
export async function openFaults(path: string): Promise<WriteStream> {
  const file = createWriteStream(path)
  await once(file, 'open').catch((cause: Error) => {
    throw new CommandError(`--faults ${path}: ${cause.message}`)
  })
  return file
}

const csvLine = ({ file, line, field, value, code, reason }: Fault): string =>
  `${[file, String(line), field ?? '', value ?? '', code, reason].map(cell).join(',')}\r\n`

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** After a change of more than a fifth of a file's rows the planner must not go by what it knew before. */
async function refreshStatistics(database: Database, report: ImportReport): Promise<void> {
  const files = report.files.filter((file) => (file.created + file.updated + file.deleted) * 5 > file.rows)
  for (const { file } of files) {
    const [row] = await database.sql<{ entity: string }[]>`select entity from catalog.csv_files where file = ${file}`
    // embedded, no autovacuum comes by later
    if (row !== undefined)
      await database.sql.unsafe(`${database.embedded ? 'vacuum (analyze)' : 'analyze'} store.${row.entity}`)
  }
}

/** What a person reads at the end. */
export const reportText = ({ report, firstFaults }: ImportResult): string =>
  `${tableText(report, firstFaults)}\n${outcome(report)}`

/** What became of each file, the warnings, and the first faults. */
export function tableText(
  report: Pick<ImportReport, 'files' | 'warnings' | 'faultCount'>,
  firstFaults: readonly Fault[],
): string {
  const header = ['file', 'mode', 'rows', 'created', 'updated', 'unchanged', 'deleted', 'refused']
  const rows = report.files.map((f) =>
    [f.file, f.mode, f.rows, f.created, f.updated, f.unchanged, f.deleted, f.refused].map(String),
  )
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const format = (row: string[]): string =>
    row
      .map((text, column) => (column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  ')
  const warnings = report.warnings.map(
    (w) => `warning: ${place(w)}: ${w.reason} [${w.code}]${w.rows > 1 ? `, ${w.rows} rows` : ''}`,
  )
  const faults = firstFaults.map(
    (f) => `refused: ${place(f)}: ${f.reason} [${f.code}]${f.value === null ? '' : ` "${f.value}"`}`,
  )
  const more = report.faultCount - firstFaults.length
  return [
    [header, ...rows].map(format).join('\n'),
    ...warnings,
    ...faults,
    ...(more > 0 ? [`… and ${more} more faults; --faults FILE writes them all`] : []),
  ].join('\n')
}

const place = ({ file, line, field }: { file: string; line: number | null; field: string | null }): string =>
  [file, line === null ? undefined : `line ${line}`, field ?? undefined].filter((part) => part !== undefined).join(', ')

function outcome(report: ImportReport): string {
  if (!report.applied)
    return `nothing was changed: ${report.faultCount} faults, and --strict refuses a package with any`
  return report.publishedAt === null
    ? `source ${report.source}: nothing had changed`
    : `source ${report.source}: published at ${report.publishedAt}`
}
