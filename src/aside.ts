// What an import that is undone leaves behind: its faults, and what it would have changed. On PostgreSQL they go from the
// transaction into their tables by a second connection, while the first still has them; embedded, where there is one
// session, they are read before the transaction is rolled back and written after.

import type { Database, Transaction } from './database.ts'
import type { WorkerJobs } from './jobs.ts'
import { Aborted, queriesToKeep } from './steps.ts'

export type Ended = Parameters<WorkerJobs['end']>[1]

const faultColumns = ['import_id', 'number', 'file', 'line', 'field', 'value', 'code', 'message']
const changeColumns = ['import_id', 'number', 'file', 'sourced_id', 'action', 'old', 'new']

interface Kept {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: AsyncIterable<Uint8Array>
}

/**
 * Keeps what the transaction found and ends the job; the transaction is to be rolled back then, and `afterwards`, which this
 * answers, to be called. Throws Aborted where the job is no longer ours.
 */
export async function keepAside(
  database: Database,
  transaction: Transaction,
  jobs: WorkerJobs,
  job: string,
  ended: Ended,
): Promise<() => Promise<void>> {
  const { faults, changes } = await queriesToKeep(transaction, job)
  const found = [
    { table: 'store.import_faults', columns: faultColumns, query: faults },
    // of an import that has failed there is nothing to be applied
    ...(ended.status === 'failed'
      ? []
      : [{ table: 'store.previewed_changes', columns: changeColumns, query: changes }]),
  ]
  const write = (kept: readonly Kept[]) =>
    database.begin(async (other) => {
      for (const { table, columns, rows } of kept) await database.copy(other, table, columns, rows)
      if (!(await jobs.end(job, ended, other))) throw new Aborted('the import is no longer ours')
    })
  if (!database.embedded) {
    await write(found.map((one) => ({ ...one, rows: database.copyOut(transaction, one.query) })))
    return async () => {}
  }
  const kept: Kept[] = []
  for (const { query, ...one } of found) {
    const blocks = await Array.fromAsync(database.copyOut(transaction, query))
    kept.push({ ...one, rows: each(blocks) })
  }
  return () => write(kept)
}

async function* each(blocks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* blocks
}
