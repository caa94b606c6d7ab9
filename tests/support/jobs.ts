// A worker for tests, in this process: runs what waits, one import after the other, until nothing does.

import { Jobs, WorkerJobs } from '../../src/jobs.ts'
import { runJob } from '../../src/runner.ts'
import type { TestDatabase } from './database.ts'

const lease = { holder: 'a test', ms: 60_000 }

/** Holds nothing. */
const unguarded = { maxDeletePercent: 100, maxFaultPercent: 100 }

/** Runs every import that waits to its end; answers their ids. */
export async function runAll({ owner }: Pick<TestDatabase, 'owner'>, limits = unguarded): Promise<readonly string[]> {
  const [jobs, worker] = [new Jobs(owner.sql), new WorkerJobs(owner, lease)]
  const ran: string[] = []
  for (let job = await worker.claim(); job !== undefined; job = await worker.claim()) {
    await runJob(owner, worker, job, jobs.archive(job.id, job.sizeBytes), {
      ...limits,
      unpackedBytesMax: 1e9,
      signal: new AbortController().signal,
      onProgress: () => {},
    })
    ran.push(job.id)
  }
  return ran
}

/** Claims the import that is next, and leaves it running. */
export async function claimNext({ owner }: Pick<TestDatabase, 'owner'>) {
  const worker = new WorkerJobs(owner, lease)
  const job = await worker.claim()
  if (job === undefined) throw new Error('no import waits')
  return { worker, job }
}
