// The worker: woken by the queue and by its own look at the database, it claims the jobs of a source one after the other,
// and runs them. Any number of workers run side by side; what one of them holds, its lease in the database says.

import { type Attempt, type AttemptOptions, attemptJob } from './attempt.ts'
import { purgeAudit } from './audit_log.ts'
import type { Config } from './config.ts'
import type { Database } from './database.ts'
import { type Job, Jobs, WorkerJobs } from './jobs.ts'
import type { Tell } from './observe.ts'
import type { ImportQueue, Wake } from './queue.ts'

export interface WorkerOptions {
  /** Acts as the owner. Beside claims, beats and packages, two connections for each import, where `connect` opens none. */
  readonly database: Database
  /** Opens connections for one import alone, two of them; absent, or embedded: `database` has them. */
  readonly connect?: () => Database
  readonly queue: ImportQueue
  readonly config: Pick<
    Config,
    | 'importLeaseMs'
    | 'importConcurrency'
    | 'importKeepDays'
    | 'importMaxUnpackedBytes'
    | 'importMaxDeletePercent'
    | 'importMaxFaultPercent'
    | 'auditKeepDays'
  >
  /** Milliseconds between two looks at what waits in the database; default a fifth of importLeaseMs, at most 5000. */
  readonly sweepMs?: number
  /** Milliseconds that jobs have to end in when the worker closes; then they are handed back. Default 10,000. */
  readonly graceMs?: number
  readonly tell: Tell
  /** Told of each job that this worker ran, as it then stands. */
  readonly onEnd?: (job: Job) => void
}

export interface Worker {
  /** A job has come. */
  readonly wake: (job: Wake) => void
  /** A job is about to be cancelled: where it runs here, it stops at once. */
  readonly cancelled: (id: string) => void
  /** Claims nothing more, and settles when nothing runs. The queue and the database stay open. */
  readonly close: () => Promise<void>
}

/** A lease is shorter than the time within which a job is taken over: the next worker looks every fifth of that. */
const leaseShare = 0.6
const sweepShare = 0.2
const sweepMsMax = 5000
const purgeMs = 3600_000

export function startWorker(options: WorkerOptions): Worker {
  const { database, queue, config, tell, graceMs = 10_000 } = options
  const leaseMs = Math.round(config.importLeaseMs * leaseShare)
  const sweepMs = options.sweepMs ?? Math.min(sweepMsMax, config.importLeaseMs * sweepShare)
  const jobs = new WorkerJobs(database, { holder: crypto.randomUUID(), ms: leaseMs })
  const packages = new Jobs(database.sql)
  const attemptOptions: AttemptOptions = {
    database,
    connect: options.connect,
    jobs,
    packages,
    leaseMs,
    limits: {
      unpackedBytesMax: config.importMaxUnpackedBytes,
      maxDeletePercent: config.importMaxDeletePercent,
      maxFaultPercent: config.importMaxFaultPercent,
    },
    tell,
    onEnd: options.onEnd,
  }
  const attempts = new Map<string, Attempt>()
  const slots = takeTurns(config.importConcurrency)
  const lines = new Map<string, { again: boolean; readonly done: Promise<void> }>()
  let isClosing = false
  const failed = (cause: unknown): void => tell({ event: 'worker_error' }, cause)

  /** Runs the next job of a source; false where there is none that may be claimed. */
  const runNext = async (source: string): Promise<boolean> => {
    const job = isClosing ? undefined : await jobs.claim(source)
    if (job === undefined) return false
    const attempt = attemptJob(job, attemptOptions)
    attempts.set(job.id, attempt)
    if (isClosing) attempt.abort('stopping')
    await attempt.done
    attempts.delete(job.id)
    return true
  }

  /** Runs what a source has, in its order, until there is nothing that may be claimed. Never rejects. */
  const drain = (source: string): Promise<void> => {
    const known = lines.get(source)
    if (known !== undefined) {
      known.again = true
      return known.done
    }
    const run = async (): Promise<void> => {
      try {
        for (let isMore = true; isMore && !isClosing; ) {
          // a turn for each job: a long line keeps no other source waiting for the whole of it
          const leave = await slots.enter()
          try {
            line.again = false
            isMore = (await runNext(source)) || line.again
          } finally {
            leave()
          }
        }
      } catch (cause) {
        failed(cause)
      } finally {
        lines.delete(source)
      }
    }
    const line = { again: false, done: Promise.resolve() }
    lines.set(source, line)
    line.done = run()
    return line.done
  }

  const wake = (job: Wake): void => {
    queue.add(job).catch((cause: unknown) => {
      failed(cause)
      if (!isClosing) void drain(job.source)
    })
  }

  // ids that waited at the last look too: the queue had its chance
  let waited = new Set<string>()
  const sweep = async (): Promise<void> => {
    const due = await jobs.due()
    for (const [source, [head]] of Map.groupBy(due, (job) => job.source)) {
      if (head === undefined || lines.has(source) || isClosing) continue
      if (head.isOrphan || waited.has(head.id)) void drain(source)
      else await queue.add({ id: head.id, source }).catch(() => void drain(source))
    }
    waited = new Set(due.map(({ id }) => id))
    await queue.repair().catch(() => {})
  }
  const sweeps = every(sweepMs, sweep, failed)
  const purge = async (): Promise<void> => {
    await jobs.purge(config.importKeepDays)
    await purgeAudit(database, config.auditKeepDays)
  }
  const purges = every(purgeMs, purge, failed)
  const hands = queue.work(({ source }) => drain(source), config.importConcurrency)

  return {
    wake,
    cancelled: (id) => attempts.get(id)?.abort('asked'),
    close: async () => {
      isClosing = true
      const stopped = Promise.all([hands.close(), sweeps.stop(), purges.stop()])
      const idle = Promise.all([...lines.values()].map(({ done }) => done))
      const grace = after(graceMs)
      await Promise.race([idle, grace.passed])
      grace.cancel()
      for (const attempt of attempts.values()) attempt.abort('stopping')
      await Promise.all([idle, stopped])
    },
  }
}

/** So many at a time; the others wait in their order. */
function takeTurns(count: number): { readonly enter: () => Promise<() => void> } {
  const waiting: (() => void)[] = []
  let free = count
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    enter: async () => {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return leave
    },
  }
}

/** Runs it now and then every `ms`, never twice at a time. */
function every(ms: number, run: () => Promise<void>, onError: (cause: unknown) => void): { stop: () => Promise<void> } {
  let running: Promise<void> | undefined
  const tick = (): void => {
    running ??= run()
      .catch(onError)
      .finally(() => {
        running = undefined
      })
  }
  const timer = setInterval(tick, ms)
  tick()
  return {
    stop: async () => {
      clearInterval(timer)
      await running
    },
  }
}

function after(ms: number): { readonly passed: Promise<void>; readonly cancel: () => void } {
  let cancel = (): void => {}
  const passed = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    cancel = () => clearTimeout(timer)
  })
  return { passed, cancel }
}
