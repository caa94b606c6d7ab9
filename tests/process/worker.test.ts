// Workers as processes: side by side, killed at any moment, without their Redis, and what readers see meanwhile.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { redisQueue } from '../../src/queue.ts'
import { atEnd } from '../support/cleanup.ts'
import { openPlace } from '../support/command.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { districtZip, fingerprint, holdUp, holdUps, isEnd, jobOf, send, untilHeldUp } from '../support/importing.ts'
import { hasRedis, type OwnRedis, openRedis } from '../support/redis.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker_process.ts'

setDefaultTimeout(180_000)

const onPglite = backend === 'pglite'
const needs = '[needs several sessions: PostgreSQL, and redis-server]'
const it = test.skipIf(onPglite || !hasRedis)
/** Kills at random moments; a whole run wants 20. */
const killCount = Number(process.env['TEST_KILLS'] ?? 3)
const leaseMs = 2000

let room: TestDatabase
let redis: OwnRedis
let settings: Record<string, string>
beforeAll(async () => {
  if (onPglite || !hasRedis) return
  room = await openTestDatabase()
  redis = await openRedis()
  settings = {
    DATABASE_URL: String(room.url),
    REDIS_URL: redis.url,
    IMPORT_LEASE_MS: String(leaseMs),
    DATABASE_POOL_SIZE: '2',
    // the smaller district lacks more of the larger one than the guard lets pass
    IMPORT_MAX_DELETE_PERCENT: '100',
  }
})

/** As the server that received a package does. */
async function sendAndWake(bytes: Uint8Array, source: string): Promise<string> {
  // the districts share their ids
  const id = await send(room, bytes, source, { takeOver: true })
  await wake(id, source)
  return id
}

async function wake(id: string, source: string): Promise<void> {
  const queue = redisQueue(redis.url)
  await queue.add({ id, source }).catch(() => {})
  await queue.close()
}

/** Settles when an import has ended, whoever ran it. */
async function untilEnded(id: string): Promise<string> {
  for (;;) {
    const { status } = await jobOf(room, id)
    if (['completed', 'held', 'failed', 'cancelled'].includes(status)) return status
    await Bun.sleep(20)
  }
}

const start = (more: Record<string, string> = {}): Promise<WorkerProcess> =>
  startWorkerProcess({ ...settings, ...more })

/** Reads without a pause: every pair of counts that readers saw. */
function startReader() {
  const seen = new Set<string>()
  let isStopped = false
  const read = async (): Promise<void> => {
    while (!isStopped) {
      const [row] = await room.owner.sql<{ users: string; enrollments: string }[]>`
        select (select count(*) from store.users where status = 'active') as users,
          (select count(*) from store.enrollments where status = 'active') as enrollments`
      seen.add(`${row?.users} ${row?.enrollments}`)
    }
  }
  const done = read()
  return {
    stop: async (): Promise<string[]> => {
      isStopped = true
      await done
      return [...seen].sort()
    },
  }
}

describe('a worker that is killed', () => {
  it(
    `at a random moment: another takes over in time, and the end is as if nothing had been ${needs}`,
    async () => {
      const packages = [await districtZip({ students: 150, seed: 1 }), await districtZip({ students: 180, seed: 2 })]
      const running = [await start(), await start()]
      // undisturbed: what comes out, and how long it takes
      const expected: string[] = []
      let seconds = 0
      for (const turn of [0, 1, 0, 1]) {
        const id = await sendAndWake(packages[turn] as Uint8Array, 'killed')
        expect(await untilEnded(id)).toBe('completed')
        const { startedAt = '', endedAt = '' } = await jobOf(room, id)
        seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
        expected[turn] = await fingerprint(room)
      }
      expect(expected[0]).not.toBe(expected[1] as string)

      const reader = startReader()
      const takenOver: number[] = []
      const longest: number[] = []
      for (let kill = 0; kill < killCount; kill += 1) {
        const turn = kill % 2
        const id = await sendAndWake(packages[turn] as Uint8Array, 'killed')
        const isStart = (h: { event: string; id?: unknown }): boolean => h.event === 'import_start' && h.id === id
        const victim = await Promise.race(running.map((worker) => worker.heard.until(isStart).then(() => worker)))
        await Bun.sleep(Math.random() * seconds * 1000)
        const killedAt = Date.now()
        await victim.kill('SIGKILL')
        running.splice(running.indexOf(victim), 1)
        const status = await untilEnded(id)
        const again = running[0]?.heard.heard.find(isStart)
        if (again !== undefined) {
          takenOver.push(kill)
          longest.push(Date.parse(String(again['time'])) - killedAt)
        }
        expect([status, await fingerprint(room)]).toEqual(['completed', expected[turn] as string])
        running.push(await start())
      }
      const seen = await reader.stop()
      console.log(`kills ${killCount}, taken over ${takenOver.length}, after ${longest.join(', ')} ms of ${leaseMs}`)
      expect(seen.length).toBeLessThanOrEqual(2)
      for (const ms of longest) expect(ms).toBeLessThan(leaseMs)
      await Promise.all(running.map((worker) => worker.kill('SIGTERM')))
    },
    60_000 + killCount * 30_000,
  )

  it(`while the server still carries out its statement: that is ended, and the lease is all that is waited for ${needs}`, async () => {
    const bytes = await districtZip({ students: 30, seed: 4 })
    const lock = await holdUp(String(room.url), holdUps.applying)
    const [first, second] = [await start(), await start()]
    const id = await sendAndWake(bytes, 'held')
    await untilHeldUp(room.owner, id)
    const isStart = (h: { event: string; id?: unknown }): boolean => h.event === 'import_start' && h.id === id
    const [victim, other] = first.heard.heard.some(isStart) ? [first, second] : [second, first]
    const killedAt = performance.now()
    await victim.kill('SIGKILL')
    await other.heard.until(isStart)
    expect(performance.now() - killedAt).toBeLessThan(leaseMs)
    await lock.letGo()
    expect(await untilEnded(id)).toBe('completed')
    expect((await jobOf(room, id)).attempts).toBe(2)
    await other.kill('SIGTERM')
  })
})

describe('workers in two processes', () => {
  it(`run one import of a source at a time, in order, and those of two sources side by side ${needs}`, async () => {
    const bytes = await districtZip({ students: 30, seed: 5 })
    const workers = await Promise.all([start({ IMPORT_CONCURRENCY: '1' }), start({ IMPORT_CONCURRENCY: '1' })])
    const lock = await holdUp(String(room.url), holdUps.staging)
    const held = [
      await sendAndWake(bytes, 'held'),
      await sendAndWake(await districtZip({ students: 31, seed: 5 }), 'held'),
    ]
    await untilHeldUp(room.owner, String(held[0]))
    const beside = await sendAndWake(bytes, 'beside')
    expect(await untilEnded(beside)).toBe('completed')
    expect((await jobOf(room, String(held[1]))).status).toBe('received')
    await lock.letGo()
    for (const id of held) expect(await untilEnded(id)).toBe('completed')
    const [one, two] = await Promise.all(held.map((id) => jobOf(room, id)))
    expect(Date.parse(two?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(one?.endedAt ?? ''))
    expect(await Promise.all(workers.map((worker) => worker.kill('SIGTERM')))).toEqual([0, 0])
  })

  it(`run what comes while Redis is gone, and what comes when it is back ${needs}`, async () => {
    const worker = await start()
    await redis.stop()
    const without = await sendAndWake(await districtZip({ students: 30, seed: 6 }), 'no redis')
    expect(await untilEnded(without)).toBe('completed')
    await redis.start()
    const queue = redisQueue(redis.url)
    atEnd(() => queue.close())
    const again = await send(room, await districtZip({ students: 31, seed: 6 }), 'no redis', { takeOver: true })
    await queue.add({ id: again, source: 'no redis' })
    expect(await untilEnded(again)).toBe('completed')
    while ((await queue.counts()).waiting > 0) await Bun.sleep(20)
    expect(await worker.kill('SIGTERM')).toBe(0)
  })

  it(`find what waits though there is no Redis at all ${needs}`, async () => {
    const worker = await start({ REDIS_URL: '' })
    const id = await send(room, await districtZip({ students: 30, seed: 7 }), 'never redis', { takeOver: true })
    await worker.heard.until(isEnd(id))
    expect((await jobOf(room, id)).status).toBe('completed')
    expect(await worker.kill('SIGTERM')).toBe(0)
  })
})

describe('the command work', () => {
  test('without DATABASE_URL says who runs imports then', async () => {
    const place = await openPlace()
    const { code, stderr } = await place.run(['work'], { DATABASE_URL: '' })
    expect([code, stderr]).toEqual([1, expect.stringContaining('work wants DATABASE_URL') as never])
  })
})
