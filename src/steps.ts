// The steps of an import's transaction that packages and reverts share, as calls of the database.

import type { Transaction } from './database.ts'
import type { Fault, ImportReport } from './report.ts'

/** The job is to be cancelled, or is no longer its worker's: nothing was changed. */
export class Aborted extends Error {
  override name = 'Aborted'
}

export interface Opening {
  readonly source: string
  readonly version: string
  readonly keepDangling: boolean
  readonly takeOver: boolean
  /** The job this is: what it replaces is kept under its id. */
  readonly job?: string | undefined
  /** Told the session of the transaction, by which a long statement can be cancelled. */
  readonly onBackend?: ((pid: number) => void) | undefined
}

export type Findings = Pick<ImportReport, 'files' | 'faultCount' | 'warnings'>

/** Begins an import in the transaction; answers the revision of what it writes. */
export async function openImport(transaction: Transaction, opening: Opening): Promise<string> {
  const { source, version, keepDangling, takeOver, job, onBackend } = opening
  if (onBackend !== undefined) {
    const [row] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`
    onBackend(Number(row?.pid))
  }
  const [row] = await transaction<{ revision: string }[]>`
    select api.import_begin(${source}, ${version}, ${keepDangling}, ${takeOver})::text as revision`
  if (job !== undefined) await transaction`select api.import_log(${job})`
  return String(row?.revision)
}

export async function readFindings(transaction: Transaction): Promise<Findings> {
  const [row] = await transaction<{ report: Findings }[]>`select api.import_report() as report`
  return row?.report as Findings
}

/** Makes the change visible at the commit; answers its date, or null where nothing was changed. */
export async function publish(transaction: Transaction): Promise<string | null> {
  const [row] = await transaction<{ published_at: Date | null }[]>`select api.import_publish() as published_at`
  return row?.published_at ? new Date(row.published_at).toISOString() : null
}

export interface GuardLimits {
  /** Of the rows of a file that were active before, those that may be deleted. */
  readonly maxDeletePercent: number
  /** Of the rows of a file, those that may be refused. */
  readonly maxFaultPercent: number
}

/** Why the import is to be held; undefined where it may pass. */
export async function guard(
  transaction: Transaction,
  { maxDeletePercent, maxFaultPercent }: GuardLimits,
): Promise<string | undefined> {
  const [row] = await transaction<{ reasons: string[] }[]>`
    select api.import_guard(${maxDeletePercent}, ${maxFaultPercent}) as reasons`
  return row?.reasons.join('; ') || undefined
}

/** The faults into the job's, in the transaction itself. */
export async function keepFaults(transaction: Transaction, job: string): Promise<void> {
  await transaction`select api.import_keep_faults(${job})`
}

/** The queries of what outlives a transaction that is undone. */
export async function queriesToKeep(
  transaction: Transaction,
  job: string,
): Promise<{ faults: string; changes: string }> {
  const [row] = await transaction<{ faults: string; changes: string }[]>`
    select api.import_faults_query(${job}) as faults, api.import_changes_query(${job}) as changes`
  return row as { faults: string; changes: string }
}

/** Reverts an import; where records were changed since, there are faults and nothing is changed. */
export async function undo(transaction: Transaction, reverted: string): Promise<void> {
  await transaction`select api.import_undo(${reverted})`
}

const faultPage = 5000

/** The faults in the order of files and lines. */
export async function* faultsOf(transaction: Transaction, pageSize: number = faultPage): AsyncGenerator<Fault> {
  for (let after = 0; ; after += pageSize) {
    const rows = await transaction<
      Fault[]
    >`select file, line::float8 as line, field, value, code, reason from api.import_faults(${after}, ${pageSize})`
    yield* rows
    if (rows.length < pageSize) return
  }
}
