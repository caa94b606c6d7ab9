// A package -> the store, in one transaction: manifest, files streamed into staging, checked and written in sets, published.
// Knows no entity: which files there are, and in which order they load, the database says.

import { CsvError, RowScanner } from './csv.ts'
import { type Database, type Transaction, textArray } from './database.ts'
import { fileCountMax, ImportError, type Mode, readManifest } from './manifest.ts'
import { type KnownFile, manifestWarnings, type Plan, planFiles } from './plan.ts'
import type { Fault, ImportReport, Progress, Warning } from './report.ts'
import { Aborted, faultsOf, type Opening, openImport, publish, readFindings } from './steps.ts'
import { type RandomAccess, readZip, ZipError } from './zip.ts'

export type * from './report.ts'
export { ImportError }

export interface ImportOptions extends Partial<Pick<Opening, 'job' | 'onBackend'>> {
  /** The system whose rows these are; default: the manifest's source.systemCode, then its systemName, then "default". */
  readonly source?: string | undefined
  /** For a package without a manifest: what its files are. */
  readonly assume?: Mode | undefined
  /** Refuse the whole package when one row is refused. */
  readonly strict?: boolean
  /** Keep references to records that are in neither the package nor the store. */
  readonly keepDangling?: boolean
  /** Take records over that another source sent. */
  readonly takeOver?: boolean
  readonly unpackedBytesMax: number
  readonly onProgress?: (progress: Progress) => void
  /** Called once, before the transaction ends, with a way to read every fault. */
  readonly onFaults?: (faults: AsyncIterable<Fault>) => Promise<void>
  /** Aborted: the import ends as soon as it can, in the middle of a file too, with Aborted. */
  readonly signal?: AbortSignal
  /** After the files are loaded, before anything is published; what it throws undoes all. */
  readonly loaded?: (transaction: Transaction, report: ImportReport) => Promise<void>
  /** The last step of the transaction, after the change was published; `revision` is that of the rows it wrote. */
  readonly complete?: (transaction: Transaction, report: ImportReport, revision: string) => Promise<void>
}

const faultPage = 5000

class StrictRefusal extends Error {}

const checkAborted = ({ signal }: ImportOptions): void => {
  if (signal?.aborted === true) throw new Aborted('the import was aborted')
}

/** Imports a package. Throws ImportError (package), Aborted, or what the database raised; either way nothing was changed. */
export async function importPackage(
  database: Database,
  archive: Blob | RandomAccess,
  options: ImportOptions,
): Promise<ImportReport> {
  try {
    return await importInto(database, archive, options)
  } catch (thrown) {
    if (options.signal?.aborted === true) throw new Aborted('the import was aborted', { cause: thrown })
    if (thrown instanceof ZipError || thrown instanceof CsvError)
      throw new ImportError(thrown.message, { cause: thrown })
    if ((thrown as { code?: string }).code === 'RH001')
      throw new ImportError((thrown as Error).message, { cause: thrown })
    throw thrown
  }
}

async function importInto(
  database: Database,
  archive: Blob | RandomAccess,
  options: ImportOptions,
): Promise<ImportReport> {
  const files = await readZip(archive, { unpackedBytesMax: options.unpackedBytesMax, fileCountMax })
  const manifest = await readManifest(files, options.assume)
  const source = options.source || manifest.source || 'default'
  let report: Omit<ImportReport, 'applied' | 'publishedAt'> | undefined
  const run = async (transaction: Transaction): Promise<string | null> => {
    const known = await transaction<KnownFile[]>`select file, entity, binding from catalog.csv_files order by position`
    const { keepDangling = false, takeOver = false, job, onBackend } = options
    const opening = { source, version: manifest.version, keepDangling, takeOver, job, onBackend }
    const revision = await openImport(transaction, opening)
    const { plans, warnings } = planFiles(files, manifest, known)
    await warn(transaction, [...manifestWarnings(manifest, known), ...warnings])
    await stageAll(database, transaction, plans, options)
    await loadAll(transaction, known, plans, options)
    report = { source, version: manifest.version, ...(await readFindings(transaction)) }
    await options.onFaults?.(faultsOf(transaction))
    if (options.strict === true && report.faultCount > 0) throw new StrictRefusal()
    await options.loaded?.(transaction, { ...report, publishedAt: null, applied: false })
    checkAborted(options)
    const publishedAt = await publish(transaction)
    await options.complete?.(transaction, { ...report, publishedAt, applied: true }, revision)
    return publishedAt
  }
  try {
    const publishedAt = await database.begin(run)
    return { ...(report as NonNullable<typeof report>), publishedAt, applied: true }
  } catch (thrown) {
    if (thrown instanceof StrictRefusal && report !== undefined) return { ...report, publishedAt: null, applied: false }
    throw thrown
  }
}

/** Tells of what is not as the standard has it, in the report. */
async function warn(transaction: Transaction, warnings: readonly Warning[]): Promise<void> {
  await transaction`select api.import_warnings(${JSON.stringify(warnings)}::text::jsonb)`
}

async function stageAll(
  database: Database,
  transaction: Transaction,
  plans: readonly Plan[],
  options: ImportOptions,
): Promise<void> {
  const totalBytes = plans.reduce((sum, plan) => sum + plan.file.sizeBytes, 0)
  let doneBytes = 0
  for (const plan of plans) {
    await stage(database, transaction, plan, (sizeBytes) => {
      checkAborted(options)
      doneBytes += sizeBytes
      options.onProgress?.({ stage: 'staging', file: plan.file.name, doneBytes, totalBytes })
    })
  }
}

async function stage(
  database: Database,
  transaction: Transaction,
  { file, mode }: Plan,
  onBytes: (sizeBytes: number) => void,
): Promise<void> {
  const scanner = new RowScanner()
  const reader = file.stream().getReader()
  const runs = scan(scanner, reader, onBytes)
  try {
    const first = await runs.next()
    const [row] = await transaction<{ staging: { table: string; columns: string[] } }[]>`
      select api.import_stage(${file.name}, ${mode}, ${textArray(scanner.header)}::text::text[]) as staging`
    const staging = row?.staging as { table: string; columns: string[] }
    await database.copy(transaction, staging.table, staging.columns, resumed(first, runs))
    await warn(transaction, rowWarnings(file.name, mode, scanner))
    // the lines kept back go in behind the rows: the connection was busy copying
    for (let at = 0; at < scanner.kept.length; at += faultPage) {
      await transaction`select api.import_kept_back(${file.name}, ${JSON.stringify(scanner.kept.slice(at, at + faultPage))}::text::jsonb)`
    }
  } catch (thrown) {
    await reader.cancel().catch(() => {})
    throw thrown instanceof CsvError ? new ImportError(`${file.name}: ${thrown.message}`, { cause: thrown }) : thrown
  }
}

/** What the file's rows have otherwise than the standard that only its reader sees. */
function rowWarnings(file: string, mode: Mode, { rowCount, broken }: RowScanner): Warning[] {
  const at = { file, field: null, value: null }
  const none = mode === 'bulk' ? 'the file has no rows; nothing is deleted for it' : 'the file has no rows'
  return [
    ...(rowCount > 0 ? [] : [{ ...at, line: 1, code: 'no_rows', reason: none, rows: 1 }]),
    ...(broken.rows === 0
      ? []
      : [{ ...at, ...broken, code: 'line_break_in_field', reason: 'a cell may not hold a line break; it is kept' }]),
  ]
}

/** Runs of good rows. The first comes as soon as the header is known, empty if need be. */
async function* scan(
  scanner: RowScanner,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onBytes: (sizeBytes: number) => void,
) {
  let isOpen = true
  let isFirst = true
  while (isOpen) {
    const { done, value } = await reader.read()
    isOpen = !done
    if (value !== undefined) onBytes(value.length)
    const runs = value === undefined ? (done ? scanner.end() : []) : scanner.push(value)
    if (isFirst && scanner.header.length > 0) {
      isFirst = false
      yield new Uint8Array(0)
    }
    yield* runs
  }
}

async function* resumed(
  first: IteratorResult<Uint8Array>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done !== true && first.value.length > 0) yield first.value
  yield* rest
}

async function loadAll(
  transaction: Transaction,
  known: readonly KnownFile[],
  plans: readonly Plan[],
  options: ImportOptions,
): Promise<void> {
  const totalBytes = plans.reduce((sum, plan) => sum + plan.file.sizeBytes, 0)
  let doneBytes = 0
  for (const { file, entity } of known) {
    checkAborted(options)
    options.onProgress?.({ stage: 'loading', file, doneBytes, totalBytes })
    await transaction`select api.import_load(${entity})`
    doneBytes += plans.find((plan) => plan.file.name === file)?.file.sizeBytes ?? 0
  }
}
