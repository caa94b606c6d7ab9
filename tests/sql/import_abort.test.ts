// An import that is stopped: in the middle of a file, between two statements, in a statement that takes long, at the very
// end. Nothing is changed, whoever ran it is told by Aborted, and the connection serves the next.

import { beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { connectPostgres, type Database } from '../../src/database.ts'
import { type Job, type JobProgress, type JobStatus, Jobs, type WorkerJobs } from '../../src/jobs.ts'
import { Aborted, type RunOptions, runJob } from '../../src/runner.ts'
import { atEnd } from '../support/cleanup.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { faultsOf, ran, runOptions, send, workerOf } from '../support/engine.ts'
import { emptyStore, gradebook, lines, packageOf, school, versions, waitsOrDone } from '../support/rows.ts'

/** Awaited here: `rejects` waits in the runner, which sleeps while the embedded database works in this very process. */
const refusalOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => 'it ran to its end',
    (thrown: unknown) => thrown,
  )

setDefaultTimeout(60_000)
const onPglite = backend === 'pglite'

let database: TestDatabase
let jobs: Jobs
let worker: WorkerJobs
beforeAll(async () => {
  database = await openTestDatabase()
  jobs = new Jobs(database.app.sql)
  worker = workerOf(database.owner)
})
beforeEach(async () => {
  await emptyStore(database.owner)
  await database.owner.sql`truncate store.imports cascade`
})

const whole = { ...school, ...gradebook }
const changed = { ...whole, users: whole.users.replace('Ada', 'Eve'), categories: whole.categories.replace('40', '50') }
const many = lines(
  'sourcedId,name,type',
  ...Array.from({ length: 30_000 }, (_, n) => `o${n},A school whose name is as long as any,school`),
)

async function claim(): Promise<Job> {
  const job = await worker.claim()
  if (job === undefined) throw new Error('no job waits')
  return job
}

const run = (job: Job, options: Partial<RunOptions>, on: Database = database.owner): Promise<void> =>
  runJob(on, worker, job, jobs.archive(job.id, job.sizeBytes), runOptions(options))

/** Aborts where `at` says; the signal, and what listens to the progress. */
function stopper(at: (status: JobStatus, progress: JobProgress) => boolean) {
  const controller = new AbortController()
  const onProgress = (status: JobStatus, progress: JobProgress): void => {
    if (at(status, progress)) controller.abort()
  }
  return { signal: controller.signal, onProgress }
}

async function expectStopped(job: Job, running: Promise<void>, before: readonly string[]): Promise<void> {
  expect(await refusalOf(running)).toBeInstanceOf(Aborted)
  expect(await versions(database.owner)).toEqual([...before])
  expect(await database.owner.sql`select from store.replaced_rows`).toHaveLength(0)
  expect(await worker.end(job.id, { status: 'cancelled' })).toBe(true)
  // the connection is as good as before
  const next = await ran(database, packageOf('bulk', school), { source: 'another' })
  expect(next.status).not.toBe('staging')
}

describe('an import is aborted', () => {
  test('in the middle of a file that is being copied', async () => {
    await send(database, packageOf('bulk', { orgs: many }))
    const before = await versions(database.owner)
    let steps = 0
    const job = await claim()
    const options = stopper((status, { doneBytes, totalBytes }) => {
      steps += 1
      return status === 'staging' && doneBytes > 0 && doneBytes < totalBytes / 2 && steps > 1
    })
    await expectStopped(job, run(job, options), before)
    expect(steps).toBeGreaterThan(1)
  })

  test.each(['orgs.csv', 'users.csv', 'resultLearningObjectiveIds.csv'])(
    'before the rows of %s are checked',
    async (stop) => {
      await ran(database, packageOf('bulk', whole))
      await send(database, packageOf('bulk', changed))
      const before = await versions(database.owner)
      const job = await claim()
      await expectStopped(
        job,
        run(
          job,
          stopper((status, { file }) => status === 'checking' && file === stop),
        ),
        before,
      )
    },
  )

  test.skipIf(onPglite)(
    'while a statement waits, which is cancelled by its session [needs two sessions: PostgreSQL]',
    async () => {
      await ran(database, packageOf('bulk', whole))
      await send(database, packageOf('bulk', changed))
      const before = await versions(database.owner)
      const job = await claim()
      const other = connectPostgres(database.url as string, { poolSize: 3 })
      atEnd(() => other.close())
      const release = Promise.withResolvers<void>()
      const holds = Promise.withResolvers<void>()
      const holding = other.begin(async (transaction) => {
        await transaction`select from store.users where sourced_id = 'u1' for update`
        holds.resolve()
        await release.promise
      })
      await holds.promise
      const controller = new AbortController()
      const backendPid = Promise.withResolvers<number>()
      const running = run(job, { signal: controller.signal, onBackend: backendPid.resolve })
      running.catch(() => {})
      await waitsOrDone(other, running)
      controller.abort()
      await other.sql`select pg_cancel_backend(${await backendPid.promise}::integer)`
      expect(await refusalOf(running)).toBeInstanceOf(Aborted)
      release.resolve()
      await holding
      expect(await versions(database.owner)).toEqual(before)
    },
  )

  test('at its end, where somebody has asked for it in the meantime', async () => {
    await ran(database, packageOf('bulk', whole))
    await send(database, packageOf('bulk', changed))
    const before = await versions(database.owner)
    const job = await claim()
    await jobs.cancel('a client', job.id)
    await expectStopped(job, run(job, {}), before)
    expect(await jobs.get(job.id)).toMatchObject({ status: 'cancelled', cancelledBy: 'a client' })
  })

  test('where another worker has taken it over, and what a preview found is not kept', async () => {
    await ran(database, packageOf('bulk', whole))
    await send(
      database,
      packageOf('bulk', { ...changed, enrollments: `${whole.enrollments}e9,k9,s1,u1,student\r\n` }),
      { mode: 'preview' },
    )
    const before = await versions(database.owner)
    const job = await claim()
    await database.owner
      .sql`update store.imports set lease_until = now() - interval '1 second' where import_id = ${job.id}`
    const taken = await workerOf(database.owner).claim()
    expect(taken?.id).toBe(job.id)
    expect(await refusalOf(run(job, {}))).toBeInstanceOf(Aborted)
    expect(await versions(database.owner)).toEqual(before)
    expect(await faultsOf(database, job)).toEqual([])
    expect((await jobs.changes(job.id, { limit: 5 })).changes).toEqual([])
  })

  test('when the package is no longer there: that is an error, and no end of the job', async () => {
    await send(database, packageOf('bulk', school))
    const job = await claim()
    await database.owner.sql`delete from store.import_chunks where import_id = ${job.id}`
    expect(String(await refusalOf(run(job, {})))).toContain('the package is no longer there')
    expect((await jobs.get(job.id))?.status).toBe('staging')
  })
})

test('a job tells its stages, with the seconds of each', async () => {
  const told: JobStatus[] = []
  const job = await send(database, packageOf('bulk', whole)).then(claim)
  await run(job, { onProgress: (status) => void told.push(status) })
  expect([...new Set(told)]).toEqual(['staging', 'checking', 'applying'])
  const done = await jobs.get(job.id)
  expect(Object.keys(done?.seconds ?? {})).toEqual(['staging', 'applying', 'checking'])
})

test.skipIf(onPglite)(
  'the statement of a worker that is gone ends by itself [needs a connection to break: PostgreSQL]',
  async () => {
    const [row] = await database.owner.begin(async (transaction) => {
      await transaction`select api.import_begin('s', '1.2', false, false)`
      await transaction`select api.import_log(1)`
      return transaction<{ setting: string }[]>`select current_setting('client_connection_check_interval') as setting`
    })
    expect(row?.setting).toBe('500ms')
  },
)
