// One job from claim to end: its package through the importer, its outcome into its row. Knows no queue.

import type { Database } from './database.ts'
import { ImportError, importPackage } from './importer.ts'
import type { Job, JobProgress, JobStatus, WorkerJobs } from './jobs.ts'
import type { RandomAccess } from './zip.ts'

export interface RunOptions {
  readonly unpackedBytesMax: number
  /** Aborted: the job is to be cancelled, or is no longer ours. */
  readonly signal: AbortSignal
  /** Never waited for: embedded, the connection is the transaction's. */
  readonly onProgress: (status: JobStatus, progress: JobProgress) => void
}

/** Runs a claimed job to its end. Throws what the database or the runtime threw where it could not be ended. */
export async function runJob(
  database: Database,
  jobs: WorkerJobs,
  job: Job,
  archive: Blob | RandomAccess,
  options: RunOptions,
): Promise<void> {
  try {
    await importPackage(database, archive, {
      source: job.source,
      assume: job.assume,
      strict: job.onFault === 'reject',
      keepDangling: job.keepDangling,
      takeOver: job.takeOver,
      unpackedBytesMax: options.unpackedBytesMax,
      onProgress: ({ stage, ...progress }) => {
        options.signal.throwIfAborted()
        options.onProgress(stage === 'staging' ? 'staging' : 'checking', progress)
      },
      complete: (transaction, { publishedAt, applied: _, source: __, ...report }) =>
        jobs.complete(transaction, job.id, { revision: null, publishedAt, report, seconds: {} }),
    })
  } catch (thrown) {
    if (!(thrown instanceof ImportError)) throw thrown
    await jobs.end(job.id, { status: 'failed', reason: thrown.message })
  }
}
