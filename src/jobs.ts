// Imports as jobs in the database: what clients ask of them, and what a worker does with them. The only file that names
// api.import_open and its kin; the steps inside an import's transaction are the importer's.

import { chunkBytes, chunked } from './chunks.ts'
import type { Database, Sql, Transaction } from './database.ts'
import type { Job, JobChange, JobFault, JobOptions, JobProgress, JobStatus } from './job.ts'
import type { ImportLine } from './report.ts'
import type { RandomAccess } from './zip.ts'

export {
  isEnded,
  type Job,
  type JobChange,
  type JobFault,
  type JobOptions,
  type JobProgress,
  type JobStatus,
} from './job.ts'
export { chunkBytes }

/** What clients may do; every call is one function the application's role may execute. */
export class Jobs {
  constructor(private readonly sql: Sql) {}

  async open(client: string, options: JobOptions): Promise<string> {
    const { mode, onFault, source = null, takeOver, keepDangling, force, assume = null } = options
    const [row] = await this.sql<{ id: string }[]>`
      select api.import_open(${client}, ${mode}, ${onFault}, ${source}, ${takeOver}, ${keepDangling}, ${force}, ${assume}) as id`
    return String(row?.id)
  }

  async write(id: string, position: number, bytes: Uint8Array): Promise<void> {
    await this.sql`select api.import_write(${id}, ${position}, ${bytes})`
  }

  /** The bytes are all there. `refusal`: why this is no package; the job has then failed. */
  async received(
    id: string,
    found: { source?: string | undefined; sizeBytes: number; hash: Uint8Array; refusal?: string | undefined },
  ): Promise<Job> {
    return this
      .job`select api.import_received(${id}, ${found.source ?? null}, ${found.sizeBytes}, ${found.hash}, ${found.refusal ?? null}) as job`
  }

  /** The upload broke off. */
  async drop(id: string): Promise<void> {
    await this.sql`select api.import_drop(${id})`
  }

  async get(id: string): Promise<Job | undefined> {
    const [row] = await this.sql<{ job: Job | null }[]>`select api.import_job(${id}) as job`
    return row?.job ?? undefined
  }

  async list(
    asked: { status?: string; source?: string; before?: string; limit?: number } = {},
  ): Promise<readonly Job[]> {
    const { status = null, source = null, before = null, limit = 100 } = asked
    const [row] = await this.sql<{ jobs: Job[] }[]>`
      select api.import_jobs(${status}, ${source}, ${before}, ${limit}) as jobs`
    return row?.jobs ?? []
  }

  async faults(id: string, after: number, limit: number): Promise<readonly JobFault[]> {
    return this.sql<JobFault[]>`
      select number::float8 as number, file, line::float8 as line, field, value, code, message from api.import_fault_page(${id}, ${after}, ${limit})`
  }

  /** How long the line is, and how many are held. */
  async line(): Promise<ImportLine> {
    const [row] = await this.sql<{ line: ImportLine }[]>`select api.import_metrics() as line`
    return row?.line as ImportLine
  }

  /** A page of what the import changed, or would; `after` is where the next begins, absent behind the last. */
  async changes(
    id: string,
    asked: { file?: string | undefined; action?: string | undefined; after?: string | undefined; limit: number },
  ): Promise<{ changes: readonly JobChange[]; after?: string }> {
    const { file = null, action = null, after = null, limit } = asked
    const rows = await this.sql<(JobChange & { after: string })[]>`
      select file, sourced_id as "sourcedId", action, old, new, overwritten, after
      from api.import_change_page(${id}, ${file}, ${action}, ${after}, ${limit + 1})`
    const changes = rows.slice(0, limit).map(({ after: _, ...change }) => change)
    const last = rows[limit - 1]
    return rows.length > limit && last !== undefined ? { changes, after: last.after } : { changes }
  }

  async cancel(client: string, id: string): Promise<Job> {
    return this.job`select api.import_cancel(${client}, ${id}) as job`
  }

  async release(client: string, id: string, note?: string): Promise<Job> {
    return this.job`select api.import_release(${client}, ${id}, ${note ?? null}) as job`
  }

  async revert(client: string, id: string, note?: string): Promise<Job> {
    return this.job`select api.import_revert(${client}, ${id}, ${note ?? null}) as job`
  }

  /** The package's bytes, read a chunk at a time. */
  archive(id: string, sizeBytes: number): RandomAccess {
    return chunked(sizeBytes, async (position) => {
      const [row] = await this.sql<{ bytes: Uint8Array | null }[]>`select api.import_read(${id}, ${position}) as bytes`
      if (!row?.bytes) throw new Error(`import ${id}: the package is no longer there`)
      return row.bytes
    })
  }

  private async job(text: TemplateStringsArray, ...values: (string | number | boolean | Uint8Array | null)[]) {
    const [row] = await this.sql<{ job: Job }[]>(text, ...values)
    return row?.job as Job
  }
}

/** What the worker that holds a job does with it; acts as the owner. */
export class WorkerJobs {
  constructor(
    private readonly database: Database,
    private readonly lease: { readonly holder: string; readonly ms: number },
  ) {}

  /** The next job that may run, now held; undefined where there is none. */
  async claim(source?: string): Promise<Job | undefined> {
    const { holder, ms } = this.lease
    const [row] = await this.database.begin(
      (sql) => sql<{ job: Job | null }[]>`select api.import_claim(${holder}, ${ms}, ${source ?? null}) as job`,
    )
    return row?.job ?? undefined
  }

  async beat(id: string, told: { status?: JobStatus; progress?: JobProgress } = {}): Promise<'go' | 'cancel' | 'lost'> {
    const { holder, ms } = this.lease
    const progress = told.progress === undefined ? null : JSON.stringify(told.progress)
    const [row] = await this.database.begin(
      (sql) =>
        sql<
          { answer: 'go' | 'cancel' | 'lost' }[]
        >`select api.import_beat(${id}, ${holder}, ${ms}, ${told.status ?? null}, ${progress}::text::jsonb) as answer`,
    )
    return row?.answer ?? 'lost'
  }

  /** Ends a job that changed nothing, in its own transaction unless one is given. False where it is no longer ours. */
  async end(
    id: string,
    ended: {
      status: 'held' | 'failed' | 'cancelled' | 'completed'
      reason?: string | undefined
      report?: object | undefined
      seconds?: object | undefined
    },
    transaction?: Transaction,
  ): Promise<boolean> {
    const { status, reason = null, report, seconds } = ended
    const json = (value: object | undefined): string | null => (value === undefined ? null : JSON.stringify(value))
    const run = (sql: Transaction) => sql<{ ended: boolean }[]>`
      select api.import_end(${id}, ${this.lease.holder}, ${status}, ${reason}, ${json(report)}::text::jsonb, ${json(seconds)}::text::jsonb) as ended`
    const [row] = await (transaction === undefined ? this.database.begin(run) : run(transaction))
    return row?.ended ?? false
  }

  /** Leaves a job that changed nothing to the next worker, at once. False where it is no longer ours. */
  async handBack(id: string): Promise<boolean> {
    const [row] = await this.database.begin(
      (sql) => sql<{ done: boolean }[]>`select api.import_hand_back(${id}, ${this.lease.holder}) as done`,
    )
    return row?.done ?? false
  }

  /** The last step of the transaction that applies; fails with RH002 where the job is no longer ours, or to be cancelled. */
  async complete(
    transaction: Transaction,
    id: string,
    done: { revision: string | null; publishedAt: string | null; report: object; seconds: object },
  ): Promise<void> {
    await transaction`select api.import_complete(${id}, ${this.lease.holder}, ${done.revision}, ${done.publishedAt}::text::timestamptz,
      ${JSON.stringify(done.report)}::text::jsonb, ${JSON.stringify(done.seconds)}::text::jsonb)`
  }

  /** Jobs that wait for a worker, first come first; orphans are those whose worker is gone. */
  async due(): Promise<readonly { id: string; source: string; isOrphan: boolean }[]> {
    return this.database.begin(
      (sql) =>
        sql<
          { id: string; source: string; isOrphan: boolean }[]
        >`select import_id::text as id, source, is_orphan as "isOrphan" from api.import_due()`,
    )
  }

  async purge(keepDays: number): Promise<void> {
    await this.database.begin((sql) => sql`select api.import_purge(${keepDays})`)
  }
}
