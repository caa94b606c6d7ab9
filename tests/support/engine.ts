// Jobs as a worker runs them, without a queue: a package sent in chunks, claimed, run to its end. And the store as bytes.

import type { Database } from '../../src/database.ts'
import { chunkBytes, type Job, type JobFault, type JobOptions, Jobs, WorkerJobs } from '../../src/jobs.ts'
import { type RunOptions, runJob } from '../../src/runner.ts'
import type { TestDatabase } from './database.ts'
import { type Files, zipOf } from './packages.ts'

const asSent: JobOptions = { mode: 'apply', onFault: 'skip', takeOver: false, keepDangling: false, force: true }

/** A package as a job that waits for its worker. */
export async function send({ app }: TestDatabase, files: Files, options: Partial<JobOptions> = {}): Promise<Job> {
  const jobs = new Jobs(app.sql)
  const id = await jobs.open('a client', { ...asSent, ...options })
  const bytes = new Uint8Array(await (await zipOf(files)).arrayBuffer())
  for (let at = 0; at < bytes.length; at += chunkBytes)
    await jobs.write(id, at / chunkBytes, bytes.subarray(at, at + chunkBytes))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return jobs.received(id, { source: options.source ?? 'test-sis', sizeBytes: bytes.length, hash })
}

/** No import of a test is held unless it asks for it. */
export const runOptions = (options: Partial<RunOptions>): RunOptions => ({
  unpackedBytesMax: 1e9,
  maxDeletePercent: 100,
  maxFaultPercent: 100,
  signal: new AbortController().signal,
  onProgress: () => {},
  ...options,
})

export const workerOf = (owner: Database): WorkerJobs =>
  new WorkerJobs(owner, { holder: crypto.randomUUID(), ms: 600_000 })

/** The next job of a source, run to its end; as it is read afterwards. */
export async function runNext(
  { owner, app }: TestDatabase,
  options: Partial<RunOptions> = {},
  source?: string,
): Promise<Job> {
  const worker = workerOf(owner)
  const job = await worker.claim(source)
  if (job === undefined) throw new Error('no job waits')
  const jobs = new Jobs(app.sql)
  await runJob(owner, worker, job, jobs.archive(job.id, job.sizeBytes), runOptions(options))
  return (await jobs.get(job.id)) as Job
}

/** A package sent and run. */
export async function ran(
  database: TestDatabase,
  files: Files,
  options: Partial<JobOptions> = {},
  run: Partial<RunOptions> = {},
): Promise<Job> {
  const { source } = await send(database, files, options)
  return runNext(database, run, source)
}

/** An import reverted; the revert as it ended. */
export async function reverted(database: TestDatabase, id: string): Promise<Job> {
  const { source } = await new Jobs(database.app.sql).revert('a client', id)
  return runNext(database, {}, source)
}

export const faultsOf = ({ app }: TestDatabase, { id }: Job): Promise<readonly JobFault[]> =>
  new Jobs(app.sql).faults(id, 0, 1000)

/** All changes of a job in short: `users.csv u1 updated`. */
export async function changesOf({ app }: TestDatabase, { id }: Job, pageSize = 1000): Promise<string[]> {
  const jobs = new Jobs(app.sql)
  const found: string[] = []
  let after: string | undefined
  do {
    const page = await jobs.changes(id, { after, limit: pageSize })
    found.push(...page.changes.map(({ file, sourcedId, action }) => `${file} ${sourcedId} ${action}`))
    after = page.after
  } while (after !== undefined)
  return found
}

const tables = `orgs,academic_sessions,courses,classes,users,enrollments,demographics,resources,categories,score_scales,
line_items,results,assessment_line_items,assessment_results`.split(/,\s*/)
const undocumented = `user_profiles,roles,class_resources,course_resources,user_resources,line_item_score_scales,
line_item_learning_objective_ids,result_score_scales,result_learning_objective_ids`.split(/,\s*/)

/**
 * Each record by table and id: its document but for dateLastModified, or, of a table without documents, its row; with the
 * source it is of. What a package was last told of it, its hash and its sender's date, is not in it.
 */
export async function contents({ owner }: TestDatabase): Promise<Map<string, string>> {
  const of = (table: string, text: string) =>
    `select '${table} ' || sourced_id as key, source_system || ' ' || ${text} as text from store.${table} as t`
  const row = `(to_jsonb(t) - '{revision,row_hash,source_modified_at}'::text[])::text`
  const rows = await owner.sql.unsafe<{ key: string; text: string }[]>(
    [
      // a column that no document shows is the record's all the same
      ...tables.map((table) =>
        of(table, `document || (to_jsonb(t) - '{revision,row_hash,source_modified_at}'::text[])::text`),
      ),
      ...undocumented.map((table) => of(table, row)),
    ].join(' union all '),
  )
  return new Map(rows.map(({ key, text }) => [key, text]))
}
