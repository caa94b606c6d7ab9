// One job from claim to end: its package through the importer, or the import it reverts undone; what became of it into its
// row. Everything is done for real, in one transaction: a preview, and what the guard holds, is undone at its end, and only
// what it found is kept. Knows no queue.

import { keepAside } from './aside.ts'
import type { Database, Transaction } from './database.ts'
import { ImportError, importPackage } from './importer.ts'
import type { Job, JobProgress, JobStatus, WorkerJobs } from './jobs.ts'
import type { Fault, ImportReport } from './report.ts'
import { revertImport } from './revert.ts'
import { Aborted, faultsOf, type GuardLimits, guard, keepFaults } from './steps.ts'
import type { RandomAccess } from './zip.ts'

export { Aborted }

export interface RunOptions extends GuardLimits {
  readonly unpackedBytesMax: number
  /** Aborted: the job is to be cancelled, or is no longer ours. */
  readonly signal: AbortSignal
  /** Never waited for: embedded, the connection is the transaction's. */
  readonly onProgress: (status: JobStatus, progress: JobProgress) => void
  /** The session of the transaction: to cancel what it is doing when `signal` is aborted. Not called where there is one session. */
  readonly onBackend?: (pid: number) => void
}

/** How a job ends that changes nothing. */
interface Outcome {
  readonly status: 'completed' | 'held' | 'failed'
  readonly reason?: string | undefined
  readonly wouldHold?: string | undefined
  readonly wouldFail?: string | undefined
}

/** Ends the transaction, for a reason that is no error. */
class Undone extends Error {
  constructor(readonly afterwards: () => Promise<void>) {
    super('undone')
  }
}

/**
 * Runs a claimed job to its end. Throws Aborted where the signal was, or the job is no longer ours; and what the database or
 * the runtime threw, where the job could not be ended. Whatever it throws, nothing was changed.
 */
export async function runJob(
  database: Database,
  jobs: WorkerJobs,
  job: Job,
  archive: Blob | RandomAccess,
  options: RunOptions,
): Promise<void> {
  const clock = new Stages()
  const loaded = async (transaction: Transaction, report: ImportReport): Promise<void> => {
    const outcome = await outcomeOf(transaction, job, report, options)
    if (outcome === undefined) {
      await keepFaults(transaction, job.id)
      onProgress('applying', { file: '', doneBytes: 1, totalBytes: 1 })
      return
    }
    const { status, reason, ...would } = outcome
    const ended = { status, reason, report: { ...reportOf(report), ...would }, seconds: clock.seconds() }
    throw new Undone(await keepAside(database, transaction, jobs, job.id, ended))
  }
  const complete = async (transaction: Transaction, report: ImportReport, revision: string): Promise<void> => {
    const { publishedAt } = report
    const done = { revision, publishedAt, report: reportOf(report), seconds: clock.seconds() }
    await jobs.complete(transaction, job.id, done)
  }
  const onProgress = (status: JobStatus, progress: JobProgress): void => {
    clock.enter(status)
    options.onProgress(status, progress)
  }
  const hooks = { loaded, complete, ...(database.embedded ? {} : { onBackend: options.onBackend }) }
  try {
    await (job.mode === 'revert'
      ? revert(database, job, { ...hooks, onProgress })
      : apply(database, job, archive, { ...hooks, onProgress, ...limitsOf(options) }))
  } catch (thrown) {
    if (thrown instanceof Undone) return await thrown.afterwards()
    if (options.signal.aborted || (thrown as { code?: string }).code === 'RH002')
      throw thrown instanceof Aborted ? thrown : new Aborted('the import was aborted', { cause: thrown })
    if (!(thrown instanceof ImportError)) throw thrown
    await jobs.end(job.id, { status: 'failed', reason: thrown.message, seconds: clock.seconds() })
  }
}

interface Hooks {
  readonly loaded: (transaction: Transaction, report: ImportReport) => Promise<void>
  readonly complete: (transaction: Transaction, report: ImportReport, revision: string) => Promise<void>
  readonly onBackend?: ((pid: number) => void) | undefined
  readonly onProgress: (status: JobStatus, progress: JobProgress) => void
}

type Limits = Pick<RunOptions, 'unpackedBytesMax' | 'signal'>

const limitsOf = ({ unpackedBytesMax, signal }: RunOptions): Limits => ({ unpackedBytesMax, signal })

async function apply(
  database: Database,
  job: Job,
  archive: Blob | RandomAccess,
  { onProgress, ...rest }: Hooks & Limits,
): Promise<void> {
  // on the one session nothing else can be read while the transaction runs
  const source = database.embedded ? await wholeOf(archive) : archive
  const { watched, failure } = watch(source)
  await importPackage(database, watched, {
    ...rest,
    job: job.id,
    source: job.source,
    assume: job.assume,
    keepDangling: job.keepDangling,
    takeOver: job.takeOver,
    onProgress: ({ stage, ...progress }) => onProgress(stage === 'staging' ? 'staging' : 'checking', progress),
  }).catch((thrown: unknown) => {
    throw failure() ?? thrown
  })
}

/** An archive that could not be read is no broken package: what was thrown is found behind what the reader made of it. */
function watch(archive: Blob | RandomAccess): { watched: Blob | RandomAccess; failure: () => unknown } {
  if (archive instanceof Blob) return { watched: archive, failure: () => undefined }
  let failed: unknown
  const read: RandomAccess['read'] = (offset, length) =>
    archive.read(offset, length).catch((thrown: unknown) => {
      failed = thrown
      throw thrown
    })
  return { watched: { sizeBytes: archive.sizeBytes, read }, failure: () => failed }
}

async function wholeOf(archive: Blob | RandomAccess): Promise<Blob> {
  if (archive instanceof Blob) return archive
  return new Blob([(await archive.read(0, archive.sizeBytes)) as Uint8Array<ArrayBuffer>])
}

async function revert(database: Database, job: Job, { onProgress, ...hooks }: Hooks): Promise<void> {
  onProgress('checking', { file: '', doneBytes: 0, totalBytes: 0 })
  const options = { ...hooks, job: job.id, reverts: String(job.reverts), source: job.source ?? 'default' }
  try {
    await revertImport(database, options)
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== 'RH001') throw thrown
    throw new ImportError((thrown as Error).message, { cause: thrown })
  }
}

/** Why what is loaded is to be undone; undefined where it is to stay. */
async function outcomeOf(
  transaction: Transaction,
  job: Job,
  report: ImportReport,
  limits: GuardLimits,
): Promise<Outcome | undefined> {
  if (job.mode === 'revert') return report.faultCount === 0 ? undefined : touched(transaction, job, report)
  const fails =
    job.onFault === 'reject' && report.faultCount > 0
      ? `the package has ${report.faultCount} faults, and onFault is reject`
      : undefined
  const holds = job.releasedBy === undefined ? await guard(transaction, limits) : undefined
  if (job.mode === 'preview') return { status: 'completed', wouldFail: fails, wouldHold: holds }
  if (fails !== undefined) return { status: 'failed', reason: fails }
  if (holds !== undefined) return { status: 'held', reason: holds }
  return undefined
}

/** Records that a reason names; the faults have them all. */
const namedMax = 5

async function touched(transaction: Transaction, job: Job, { faultCount }: ImportReport): Promise<Outcome> {
  const named: Fault[] = []
  for await (const fault of faultsOf(transaction, namedMax)) {
    named.push(fault)
    if (named.length === namedMax) break
  }
  const list = named.map(({ file, value, reason }) =>
    value === null ? `${file}: ${reason}` : `${file} ${value} (${reason})`,
  )
  const more = faultCount > named.length ? `; and ${faultCount - named.length} more` : ''
  return {
    status: 'failed',
    reason: `import ${job.reverts} cannot be reverted: ${faultCount} records were changed since: ${list.join('; ')}${more}`,
  }
}

const reportOf = ({ source: _, applied: __, publishedAt: ___, ...report }: ImportReport) => report

/** Seconds spent in each stage, to the millisecond. */
class Stages {
  private readonly spent = new Map<string, number>()
  private stage = 'staging'
  private since = performance.now()

  enter(stage: string): void {
    const now = performance.now()
    this.spent.set(this.stage, (this.spent.get(this.stage) ?? 0) + now - this.since)
    this.stage = stage
    this.since = now
  }

  seconds(): Record<string, number> {
    this.enter(this.stage)
    return Object.fromEntries([...this.spent].map(([stage, spent]) => [stage, Math.round(spent) / 1000]))
  }
}
