// A worker in this process: what it runs and in which order, how it stops, and what becomes of what goes wrong.

import { afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readConfig } from '../../src/config.ts'
import { connectPostgres, type Database } from '../../src/database.ts'
import { type JobOptions, Jobs, WorkerJobs } from '../../src/jobs.ts'
import { localQueue } from '../../src/local_queue.ts'
import { type ImportQueue, redisQueue } from '../../src/queue.ts'
import { startWorker, type Worker, type WorkerOptions } from '../../src/worker.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  chunkCount,
  districtZip,
  fingerprint,
  hearing,
  holdUp,
  holdUps,
  isEnd,
  jobOf,
  send,
  untilHeldUp,
} from '../support/importing.ts'

setDefaultTimeout(60_000)

const onPglite = backend === 'pglite'
const needs = '[needs several sessions: PostgreSQL]'

let room: TestDatabase
let jobs: Jobs
let small: Uint8Array
let medium: Uint8Array
let large: Uint8Array
beforeAll(async () => {
  room = await openTestDatabase()
  jobs = new Jobs(room.app.sql)
  small = await districtZip({ students: 20, seed: 3 })
  medium = await districtZip({ students: 1000, seed: 3 })
  large = await districtZip({ students: onPglite ? 300 : 5000, seed: 3 })
})

interface Heard extends Worker {
  readonly heard: ReturnType<typeof hearing>
}

const workers: Worker[] = []
const databases: Database[] = []
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close()
  // the connections of all of these tests are more than a server has
  for (const database of databases.splice(0)) await database.close()
})

const ofWorker = (): Database => {
  if (room.url === undefined) return room.owner
  const database = connectPostgres(room.url, { poolSize: 4 })
  databases.push(database)
  return database
}

function start(options: Partial<WorkerOptions> = {}, leaseMs = 30_000): Heard {
  const heard = hearing()
  const config = readConfig({ IMPORT_LEASE_MS: String(leaseMs) })
  const worker = startWorker({ database: ofWorker(), queue: localQueue(), config, tell: heard.tell, ...options })
  workers.push(worker)
  return { ...worker, heard }
}

/** Sources of these tests have the same district: each takes it over, or the guard would hold what others' ids refuse. */
const sent = (bytes: Uint8Array, source: string, options: Partial<JobOptions> = {}): Promise<string> =>
  send(room, bytes, source, { takeOver: true, ...options })

const events = ({ heard }: Heard, ...sources: string[]): string[] =>
  heard.heard
    .filter(({ event, source }) => event !== 'import_error' && sources.includes(String(source)))
    .map(({ event, id }) => `${event} ${id}`)

describe('a worker', () => {
  test('runs the imports of a source one after the other, in their order', async () => {
    const worker = start()
    const ids = [await sent(small, 'line'), await sent(small, 'line', { force: true })]
    ids.push(await sent(small, 'line', { force: true }))
    // woken in the wrong order, and of one not at all
    worker.wake({ id: String(ids[1]), source: 'line' })
    worker.wake({ id: String(ids[0]), source: 'line' })
    await worker.heard.until(isEnd(String(ids[2])))
    expect(events(worker, 'line')).toEqual(ids.flatMap((id) => [`import_start ${id}`, `import_end ${id}`]))
    for (const id of ids) expect(await jobOf(room, id)).toMatchObject({ status: 'completed', attempts: 1 })
    expect(await chunkCount(room, String(ids[0]))).toBe(0)
    const [, end] = worker.heard.heard
    expect(end).toMatchObject({ event: 'import_end', source: 'line', status: 'completed' })
    expect(worker.heard.causes).toEqual([])
    expect(Number(end?.['rows'])).toBeGreaterThan(100)
  })

  test('finds what waits though nobody told it', async () => {
    const id = await sent(small, 'untold')
    const worker = start({ sweepMs: 20 })
    await worker.heard.until(isEnd(id))
    expect((await jobOf(room, id)).status).toBe('completed')
  })

  test('runs what comes while the queue is gone', async () => {
    const worker = start({ queue: redisQueue('redis://127.0.0.1:1', { answerMs: 50 }) })
    const id = await sent(small, 'gone')
    worker.wake({ id, source: 'gone' })
    await worker.heard.until(isEnd(id))
    expect((await jobOf(room, id)).status).toBe('completed')
  })

  test('runs what the queue has taken and never hands out', async () => {
    const lost: ImportQueue = { ...localQueue(), work: () => ({ close: async () => {} }) }
    const worker = start({ queue: lost, sweepMs: 20 })
    const id = await sent(small, 'silent')
    worker.wake({ id, source: 'silent' })
    await worker.heard.until(isEnd(id))
    expect((await jobOf(room, id)).status).toBe('completed')
  })

  test('fails an import whose package is none, with the reason, and runs the next', async () => {
    const worker = start()
    const bad = await sent(new TextEncoder().encode('no zip'), 'bad')
    const good = await sent(small, 'bad')
    worker.wake({ id: bad, source: 'bad' })
    await worker.heard.until(isEnd(good))
    expect(await jobOf(room, bad)).toMatchObject({ status: 'failed', reason: expect.stringContaining('zip') })
    expect((await jobOf(room, good)).status).toBe('completed')
    expect(await chunkCount(room, bad)).toBe(0)
  })

  test('fails an import that an error of its own ended, without its words, which are told', async () => {
    const id = await sent(small, 'broken')
    const copy = async (): Promise<void> => {
      throw new Error('of the test')
    }
    const worker = start({ database: { ...ofWorker(), copy } })
    worker.wake({ id, source: 'broken' })
    await worker.heard.until(isEnd(id))
    expect(await jobOf(room, id)).toMatchObject({ status: 'failed', reason: expect.stringContaining('its log') })
    expect(worker.heard.causes.map(String)).toEqual(['Error: of the test'])
  })

  test('gives an import up that has cost five workers', async () => {
    const id = await sent(small, 'deadly')
    await room.owner.begin(
      (sql) => sql`update store.imports set status = 'checking', attempts = 5, lease_holder = 'dead',
        lease_until = clock_timestamp() where import_id = ${id}`,
    )
    const worker = start({ sweepMs: 20 })
    await worker.heard.until(isEnd(id))
    expect(await jobOf(room, id)).toMatchObject({ status: 'failed', reason: expect.stringContaining('given up') })
  })

  test.skipIf(onPglite)(`runs imports of different sources side by side ${needs}`, async () => {
    const lock = await holdUp(String(room.url), holdUps.staging)
    const worker = start()
    const held = await sent(small, 'held')
    worker.wake({ id: held, source: 'held' })
    await untilHeldUp(room.owner, held)
    const free = await sent(small, 'free')
    worker.wake({ id: free, source: 'free' })
    await worker.heard.until(isEnd(free))
    await lock.letGo()
    await worker.heard.until(isEnd(held))
    expect(events(worker, 'held', 'free')).toEqual([
      `import_start ${held}`,
      `import_start ${free}`,
      `import_end ${free}`,
      `import_end ${held}`,
    ])
  })
})

describe('an import that is cancelled', () => {
  let before: string
  beforeAll(async () => {
    before = await fingerprint(room)
  })

  const isUndone = async (id: string): Promise<void> => {
    expect(await jobOf(room, id)).toMatchObject({ status: 'cancelled', cancelledBy: 'someone' })
    expect(await chunkCount(room, id)).toBe(0)
    expect(await fingerprint(room)).toBe(before)
  }

  test('while its files are read is undone within two seconds', async () => {
    const database = ofWorker()
    const reached = Promise.withResolvers<void>()
    const copy: Database['copy'] = async (transaction, table, ...rest) => {
      if (table.includes('enrollments')) reached.resolve()
      await database.copy(transaction, table, ...rest)
    }
    const worker = start({ database: { ...database, copy } })
    const id = await sent(large, 'cancelled')
    worker.wake({ id, source: 'cancelled' })
    await reached.promise
    const askedAt = performance.now()
    worker.cancelled(id)
    await jobs.cancel('someone', id)
    await worker.heard.until(isEnd(id))
    expect(performance.now() - askedAt).toBeLessThan(2000)
    await isUndone(id)
  })

  test.skipIf(onPglite).each(Object.entries(holdUps))(
    `in a statement that does not end, at %s, is undone within two seconds ${needs}`,
    async (_stage, statement) => {
      for (const isHere of [true, false]) {
        const lock = await holdUp(String(room.url), statement)
        const worker = start()
        const id = await sent(medium, 'held')
        worker.wake({ id, source: 'held' })
        await untilHeldUp(room.owner, id)
        const askedAt = performance.now()
        // told by this process, or found out by the beat
        if (isHere) worker.cancelled(id)
        await jobs.cancel('someone', id)
        await worker.heard.until(isEnd(id))
        expect(performance.now() - askedAt).toBeLessThan(2000)
        await lock.letGo()
        await isUndone(id)
      }
    },
  )

  test.skipIf(onPglite)(`is not waited for, whatever its own transaction holds ${needs}`, async () => {
    const id = await sent(small, 'held', { force: true })
    await room.owner.begin(async (sql) => {
      await sql`insert into store.import_faults values (${id}, 1, 'users.csv', 2, null, null, 'code', 'message')`
      expect(await jobs.cancel('someone', id)).toMatchObject({ status: 'cancelled' })
    })
  })

  test('is not, where nobody wrote it down: it is run again', async () => {
    const worker = start({ sweepMs: 20 })
    const id = await sent(small, 'line', { force: true })
    await Promise.all([
      worker.heard
        .until(({ event, id: started }) => event === 'import_start' && started === id)
        .then(() => worker.cancelled(id)),
      worker.heard.until(
        ({ event, id: ended, status }) => event === 'import_end' && ended === id && status === 'completed',
      ),
    ])
    expect(await jobOf(room, id)).toMatchObject({ status: 'completed', attempts: 1 })
  })
})

describe('a worker that closes', () => {
  test.skipIf(onPglite)(`lets an import end that ends soon ${needs}`, async () => {
    const lock = await holdUp(String(room.url), holdUps.staging)
    const worker = start()
    const id = await sent(small, 'held', { force: true })
    worker.wake({ id, source: 'held' })
    await untilHeldUp(room.owner, id)
    const closed = worker.close()
    await lock.letGo()
    await closed
    expect((await jobOf(room, id)).status).toBe('completed')
  })

  test.skipIf(onPglite)(`hands back one that does not, and another takes it at once ${needs}`, async () => {
    const lock = await holdUp(String(room.url), holdUps.staging)
    const worker = start({ graceMs: 10 })
    const id = await sent(small, 'held', { force: true })
    worker.wake({ id, source: 'held' })
    await untilHeldUp(room.owner, id)
    await worker.close()
    expect(await jobOf(room, id)).toMatchObject({ status: 'received', attempts: 0 })
    await lock.letGo()
    const next = start()
    next.wake({ id, source: 'held' })
    await next.heard.until(isEnd(id))
    expect(await jobOf(room, id)).toMatchObject({ status: 'completed', attempts: 1 })
  })
})

describe('an import whose worker lost it', () => {
  test.skipIf(onPglite)(`to another is left to that one, and broken off ${needs}`, async () => {
    const lock = await holdUp(String(room.url), holdUps.staging)
    const worker = start()
    const id = await sent(small, 'held', { force: true })
    worker.wake({ id, source: 'held' })
    await untilHeldUp(room.owner, id)
    await room.owner.sql`update store.imports set lease_holder = 'another' where import_id = ${id}`
    await worker.heard.until(isEnd(id))
    expect((await jobOf(room, id)).status).toBe('staging')
    await lock.letGo()
    const other = new WorkerJobs(room.owner, { holder: 'another', ms: 1000 })
    expect(await other.end(id, { status: 'failed', reason: 'test' })).toBe(true)
  })

  test.skipIf(onPglite)(`with its connection is tried again when its lease has run out ${needs}`, async () => {
    const lock = await holdUp(String(room.url), holdUps.staging)
    const worker = start({}, 1000)
    const id = await sent(small, 'held', { force: true })
    worker.wake({ id, source: 'held' })
    await untilHeldUp(room.owner, id)
    await room.owner
      .sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${`rosterhub import ${id}`}`
    await worker.heard.until(isEnd(id))
    await lock.letGo()
    await worker.heard.until(isEnd(id), 2)
    expect(await jobOf(room, id)).toMatchObject({ status: 'completed', attempts: 2 })
  })
})
