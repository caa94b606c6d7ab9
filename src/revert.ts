// An import -> as if it had not been: what it replaced comes back and what it made is marked deleted, as one new change.

import type { Database, Transaction } from './database.ts'
import type { ImportReport } from './report.ts'
import { type Opening, openImport, publish, readFindings, undo } from './steps.ts'

export interface RevertOptions extends Pick<Opening, 'onBackend'> {
  readonly job: string
  /** The import to revert. */
  readonly reverts: string
  readonly source: string
  /** After the rows are written, before anything is published; what it throws undoes all. */
  readonly loaded: (transaction: Transaction, report: ImportReport) => Promise<void>
  /** The last step of the transaction. */
  readonly complete: (transaction: Transaction, report: ImportReport, revision: string) => Promise<void>
}

/** Where records were changed since, `loaded` is given a report with faults, and nothing has been written. */
export async function revertImport(database: Database, options: RevertOptions): Promise<ImportReport> {
  const { source, job, reverts, onBackend } = options
  return database.begin(async (transaction) => {
    const opening = { source, version: '1.2', keepDangling: true, takeOver: true, job, onBackend }
    const revision = await openImport(transaction, opening)
    await undo(transaction, reverts)
    const report = { source, version: '1.2', ...(await readFindings(transaction)) }
    await options.loaded(transaction, { ...report, publishedAt: null, applied: false })
    const publishedAt = await publish(transaction)
    const done = { ...report, publishedAt, applied: true }
    await options.complete(transaction, done, revision)
    return done
  })
}
