// What a person is told of an import: a table of what became of its files, warnings, faults. And the import without a job that
// brings the demo.

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { importPackage } from '../importer.ts'
import type { Fault, ImportReport } from '../report.ts'
import { refreshStatistics } from '../statistics.ts'
import { terminalBar } from './bar.ts'
import { CommandError } from './data.ts'

/** Faults told on the terminal; the file has them all. */
export const toldMax = 20

/** A package of the hub's own into an empty store, without a job: what the demo is made by. */
export async function runImport(database: Database, archive: Blob, config: Config): Promise<ImportReport> {
  const bar = terminalBar()
  const report = await importPackage(database, archive, {
    unpackedBytesMax: config.importMaxUnpackedBytes,
    ...(bar === undefined ? {} : { onProgress: bar.show }),
  }).finally(() => bar?.end())
  if (report.publishedAt !== null) await refreshStatistics(database, report.files)
  return report
}

/** Opens the file before the import begins: a path that cannot be written must not cost a transaction. */
export async function openFaults(path: string): Promise<WriteStream> {
  const file = createWriteStream(path)
  await once(file, 'open').catch((cause: Error) => {
    throw new CommandError(`--faults ${path}: ${cause.message}`)
  })
  return file
}

/** What a person reads at the end. */
export const reportText = (report: ImportReport): string => `${tableText(report, [])}\n${outcome(report)}`

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

const outcome = ({ source, publishedAt }: ImportReport): string =>
  publishedAt === null ? `source ${source}: nothing had changed` : `source ${source}: published at ${publishedAt}`
