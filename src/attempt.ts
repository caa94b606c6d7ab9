// One attempt at a job under its lease: the job is run, the lease prolonged by beats beside it, and the attempt broken off
// where the job is to be cancelled, is no longer ours, or the worker stops. Whatever happens, the job has an outcome in the
// database, or runs out of its lease there.

import type { Database, Sql, Transaction } from './database.ts'
import { isEnded, type Job, type JobProgress, type JobStatus, type Jobs, type WorkerJobs } from './jobs.ts'
import type { Tell } from './observe.ts'
import { type RunOptions, runJob } from './runner.ts'
import { refreshStatistics } from './statistics.ts'
import { Aborted } from './steps.ts'
import type { RandomAccess } from './zip.ts'

export interface AttemptOptions {
  readonly database: Database
  /**
   * Opens the connections of one attempt: its transaction's, and one for what outlives that. A pool whose connection was lost in
   * the middle of a statement may answer a later one with that loss, so none is used again. Absent: `database`.
   */
  readonly connect?: (() => Database) | undefined
  readonly jobs: WorkerJobs
  readonly packages: Jobs
  readonly leaseMs: number
  readonly limits: Omit<RunOptions, 'signal' | 'onProgress' | 'onBackend'>
  readonly tell: Tell
  /** Told of the job as it stands when the attempt is over. */
  readonly onEnd?: ((job: Job) => void) | undefined
}

/** asked: by memory, not yet on record; cancel: on record; lost: another's, or ended; stopping: this worker ends. */
export type Why = 'asked' | 'cancel' | 'lost' | 'stopping'

export interface Attempt {
  readonly id: string
  /** Breaks it off: at its next statement, or in the one that runs. The first reason given counts. */
  readonly abort: (why: Why) => void
  /** Settles when the job has its outcome, or is left to its lease. Never rejects. */
  readonly done: Promise<void>
}

/** A job that took its worker with it this often is given up. */
const attemptsMax = 5
/** A cancellation is seen within this time, by another process too. */
const beatMsMax = 500
/** A statement that does not end by being cancelled ends with its connection, after this time. */
const patienceMs = 1000

export function attemptJob(job: Job, options: AttemptOptions): Attempt {
  const { database, jobs, packages, tell } = options
  const { id } = job
  const controller = new AbortController()
  const own = options.connect?.() ?? database
  const backend = watchBackend(own, database.sql, `rosterhub import ${id}`, controller.signal)
  let why: Why | undefined
  let isOver = false
  const abort = (reason: Why): void => {
    if (isOver || why !== undefined) return
    why = reason
    controller.abort(new Aborted(reason))
    backend.stop(() => isOver).catch((cause: unknown) => tell({ event: 'import_error', id }, cause))
  }
  const beats = startBeats(options, id, abort)

  const run = async (): Promise<void> => {
    if (job.attempts > attemptsMax) {
      const reason = `given up: none of ${attemptsMax} attempts came to its end; the logs of their workers have the causes`
      await jobs.end(id, { status: 'failed', reason })
      return
    }
    // its last worker is gone, but the server may not have noticed, and holds the lock of the source for it
    if (job.attempts > 1) await backend.endOthers()
    const archive = await archiveOf(job)
    const { signal } = controller
    await runJob(backend.database, jobs, job, archive, { ...options.limits, signal, onProgress: beats.progress })
    if (signal.aborted) throw signal.reason
  }

  /** Embedded there is one connection, the transaction's: the package is read before that begins. */
  const archiveOf = async (of: Job): Promise<Blob | RandomAccess> => {
    const archive = packages.archive(id, of.sizeBytes)
    return database.embedded ? new Blob([(await archive.read(0, of.sizeBytes)) as Uint8Array<ArrayBuffer>]) : archive
  }

  const settle = async (thrown: unknown): Promise<void> => {
    if (why === 'lost') return
    if (why === 'stopping') return void (await jobs.handBack(id))
    const answer = why === 'asked' ? await untilRecorded(jobs, id) : await jobs.beat(id)
    if (answer === 'lost') return
    if (answer === 'cancel') return void (await jobs.end(id, { status: 'cancelled' }))
    // nobody asked on record
    if (why === 'asked') return void (await jobs.handBack(id))
    tell({ event: 'import_error', id, source: job.source }, thrown)
    // it is tried again when the lease has run out
    if (isPassing(thrown)) return
    const reason = 'an error of this hub, not of the package: its log has the cause. Nothing was changed'
    await jobs.end(id, { status: 'failed', reason })
  }

  const startedAt = performance.now()
  tell({ event: 'import_start', id, source: job.source, attempt: job.attempts })
  const done = run()
    .catch(settle)
    .finally(async () => {
      isOver = true
      beats.stop()
      if (own !== database) await own.close()
    })
    .then(async () => {
      const after = await packages.get(id)
      const rows = after?.files?.reduce((sum, file) => sum + file.rows, 0)
      const seconds = Math.round(performance.now() - startedAt) / 1000
      // what is another worker's by now, or waits again, has not ended here
      if (why === 'lost' || after === undefined || !isEnded(after))
        return tell({ event: 'import_left', id, source: job.source, seconds })
      tell({ event: 'import_end', id, source: job.source, status: after.status, seconds, rows })
      options.onEnd?.(after)
      if (after.publishedAt !== undefined) await refreshStatistics(database, after.files ?? [])
    })
    .catch((cause: unknown) => tell({ event: 'import_error', id, source: job.source }, cause))
  return { id, abort, done }
}

/** The request that cancels has said so before it wrote it down: a moment later it is on record, or never. */
async function untilRecorded(jobs: WorkerJobs, id: string): Promise<'go' | 'cancel' | 'lost'> {
  const endAt = performance.now() + 1000
  for (;;) {
    const answer = await jobs.beat(id)
    if (answer !== 'go' || performance.now() > endAt) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Beats on a connection of their own; embedded they wait for the transaction, and nobody waits for them. */
function startBeats({ database, jobs, leaseMs, tell }: AttemptOptions, id: string, abort: (why: Why) => void) {
  let told: { status?: JobStatus; progress?: JobProgress } = {}
  let isBeating = false
  let isStopped = false
  let heldUntil = performance.now() + leaseMs
  const beat = async (): Promise<void> => {
    if (isBeating) return
    isBeating = true
    const now = told
    told = {}
    const at = performance.now()
    try {
      const answer = await jobs.beat(id, now)
      heldUntil = at + leaseMs
      if (!isStopped && answer !== 'go') abort(answer)
    } catch (cause) {
      if (isStopped) return
      tell({ event: 'import_error', id }, cause)
      if (!database.embedded && performance.now() > heldUntil) abort('lost')
    } finally {
      isBeating = false
    }
  }
  const timer = setInterval(() => void beat(), Math.min(beatMsMax, leaseMs / 4))
  let stage: JobStatus | undefined
  return {
    progress: (status: JobStatus, progress: JobProgress): void => {
      told = { status, progress }
      if (status !== stage) void beat()
      stage = status
    },
    stop: (): void => {
      isStopped = true
      clearInterval(timer)
    },
  }
}

/** A database whose transactions bear a name, by which what runs in them can be ended from outside. */
function watchBackend(database: Database, sql: Sql, name: string, signal: AbortSignal) {
  const pids = new Set<number>()
  const watched: Database = {
    ...database,
    begin: (run) => {
      let pid = 0
      const begun = database.begin(async (transaction: Transaction) => {
        const [row] = await transaction<{ pid: number }[]>`
          select pg_backend_pid() as pid, set_config('application_name', ${name}, true)`
        pid = Number(row?.pid)
        pids.add(pid)
        signal.throwIfAborted()
        return run(transaction)
      })
      return begun.finally(() => pids.delete(pid))
    },
  }
  // by the name too: the moment a transaction has ended its connection serves another
  const end = (how: 'pg_cancel_backend' | 'pg_terminate_backend'): Promise<unknown> => {
    const own = [...pids].join(',')
    return how === 'pg_cancel_backend'
      ? sql`select pg_cancel_backend(pid) from pg_stat_activity
          where pid = any(string_to_array(${own}, ',')::integer[]) and application_name = ${name}`
      : sql`select pg_terminate_backend(pid) from pg_stat_activity
          where pid = any(string_to_array(${own}, ',')::integer[]) and application_name = ${name}`
  }
  return {
    database: watched,
    /** Cancels the statements that run, and ends their connections where that does not help. */
    stop: async (isOver: () => boolean): Promise<void> => {
      const endAt = performance.now() + patienceMs
      while (!database.embedded && !isOver()) {
        if (pids.size > 0) await end(performance.now() < endAt ? 'pg_cancel_backend' : 'pg_terminate_backend')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    },
    /** Ends what the job's last worker has left behind. */
    endOthers: async (): Promise<void> => {
      if (database.embedded) return
      await sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and application_name = ${name}`
    },
  }
}

/** What the database or the way to it had, and may not have the next time; by SQLSTATE, or the client's own codes. */
function isPassing(thrown: unknown): boolean {
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: unknown }
  if (/^(08|40|53|57P|CONNECTION_|CONNECT_|ECONN|EPIPE|ETIMEDOUT)/.test(String(code))) return true
  return cause instanceof Error && isPassing(cause)
}
