// The queue of imports, in the process and on Redis: the same of both, and what groupmq alone would get wrong.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { localQueue } from '../../src/local_queue.ts'
import { type ImportQueue, type QueueError, redisQueue, type Wake } from '../../src/queue.ts'
import { atEnd } from '../support/cleanup.ts'
import { hasRedis, type OwnRedis, openRedis } from '../support/redis.ts'

setDefaultTimeout(30_000)

let redis: OwnRedis
beforeAll(async () => {
  if (hasRedis) redis = await openRedis()
})

const opened: ImportQueue[] = []
afterAll(async () => {
  for (const queue of opened) await queue.close()
})

let count = 0
const nextName = (): string => `queue-${++count}`

function onRedis(name = nextName(), onError: QueueError = () => {}): ImportQueue {
  const queue = redisQueue(redis.url, { name, deadMs: 3000, onError })
  opened.push(queue)
  return queue
}

/** A handler whose ids come out of `next` as they are handed out, and that holds each until it is let go. */
function holding() {
  const handed: Wake[] = []
  const holds = new Map<string, () => void>()
  let told = (): void => {}
  const when = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      told = () => isSo() && resolve()
      told()
    })
  return {
    handle: (wake: Wake): Promise<void> => {
      handed.push(wake)
      const held = new Promise<void>((resolve) => holds.set(wake.id, resolve))
      told()
      return held
    },
    handed: (): string[] => handed.map(({ id }) => id),
    sources: (): string[] => handed.map(({ source }) => source),
    /** Settles when so many were handed out. */
    until: (total: number): Promise<void> => when(() => handed.length >= total),
    untilId: (wanted: string): Promise<void> => when(() => handed.some(({ id }) => id === wanted)),
    letGo: (id: string): void => holds.get(id)?.(),
  }
}

const kinds: [string, boolean, (onError?: QueueError) => ImportQueue][] = [
  ['in the process', true, (onError) => localQueue(onError)],
  ['on Redis', hasRedis, (onError) => onRedis(nextName(), onError)],
]

describe.each(kinds)('a queue %s', (_name, isThere, open) => {
  const it = test.skipIf(!isThere)

  it('hands out the ids of a source in their order, one at a time', async () => {
    const queue = open()
    for (const id of ['1', '2', '3']) await queue.add({ id, source: 'a' })
    const hands = holding()
    const worker = queue.work(hands.handle, 3)
    for (const [at, id] of ['1', '2', '3'].entries()) {
      await hands.untilId(id)
      // another source goes through meanwhile, and nothing of this one
      await queue.add({ id: `9${id}`, source: `other ${id}` })
      await hands.untilId(`9${id}`)
      expect(hands.handed().filter((handed) => handed.length === 1)).toEqual(['1', '2', '3'].slice(0, at + 1))
      hands.letGo(`9${id}`)
      hands.letGo(id)
    }
    await worker.close()
  })

  it('hands out those of different sources side by side', async () => {
    const queue = open()
    const hands = holding()
    const worker = queue.work(hands.handle, 2)
    await queue.add({ id: '1', source: 'a' })
    await queue.add({ id: '2', source: 'b' })
    await hands.until(2)
    expect(await queue.counts()).toEqual({ waiting: 0, active: 2 })
    for (const id of ['1', '2']) hands.letGo(id)
    await worker.close()
  })

  it('hands out no more at a time than a worker wants', async () => {
    const queue = open()
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    await queue.add({ id: '1', source: 'a' })
    await hands.until(1)
    await queue.add({ id: '2', source: 'b' })
    expect(await queue.counts()).toEqual({ waiting: 1, active: 1 })
    hands.letGo('1')
    await hands.until(2)
    hands.letGo('2')
    await worker.close()
  })

  it('has an id in line once, however often it is added', async () => {
    const queue = open()
    for (const id of ['1', '1', '2', '1']) await queue.add({ id, source: 'a' })
    expect(await queue.counts()).toEqual({ waiting: 2, active: 0 })
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    await hands.until(1)
    hands.letGo('1')
    await hands.until(2)
    hands.letGo('2')
    await worker.close()
    expect(hands.handed()).toEqual(['1', '2'])
  })

  it('takes an id that was done before again', async () => {
    const queue = open()
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    await queue.add({ id: '1', source: 'a' })
    await hands.until(1)
    hands.letGo('1')
    await queue.add({ id: '2', source: 'a' })
    await hands.until(2)
    await queue.add({ id: '1', source: 'a' })
    hands.letGo('2')
    await hands.until(3)
    hands.letGo('1')
    await worker.close()
    expect(hands.handed()).toEqual(['1', '2', '1'])
  })

  it('knows a source by whatever characters it has', async () => {
    const queue = open()
    const sources = ['a|||b', 'ünïcode: *?[]', '%7C', 'x:active']
    const hands = holding()
    const worker = queue.work(hands.handle, 4)
    for (const [at, source] of sources.entries()) await queue.add({ id: String(at), source })
    await hands.until(4)
    expect(hands.sources().sort()).toEqual([...sources].sort())
    for (const at of sources.keys()) hands.letGo(String(at))
    await worker.close()
  })

  it('lets an id go whose handler fails, and says so', async () => {
    const errors: unknown[] = []
    const queue = open((cause) => errors.push(cause))
    const second = Promise.withResolvers<void>()
    const worker = queue.work(async ({ id }) => {
      if (id === '1') throw new Error('of the handler')
      second.resolve()
    }, 1)
    await queue.add({ id: '1', source: 'a' })
    await queue.add({ id: '2', source: 'a' })
    await second.promise
    await worker.close()
    expect(errors.map(String)).toEqual(['Error: of the handler'])
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 })
  })

  it('closes a worker when its handlers are done, and hands out nothing more', async () => {
    const queue = open()
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    for (const id of ['1', '2']) await queue.add({ id, source: 'a' })
    await hands.until(1)
    let isClosed = false
    const closed = worker.close().then(() => {
      isClosed = true
    })
    expect((await queue.counts()).active).toBe(1)
    expect(isClosed).toBe(false)
    hands.letGo('1')
    await closed
    expect(hands.handed()).toEqual(['1'])
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0 })
  })
})

describe('a queue on Redis', () => {
  const it = test.skipIf(!hasRedis)

  it('keeps nothing of what is done', async () => {
    const name = nextName()
    const queue = onRedis(name)
    const worker = queue.work(async () => {}, 1)
    for (const id of ['1', '2', '3']) await queue.add({ id, source: 'a' })
    const client = redis.client()
    const keys = (): Promise<string[]> => client.keys(`groupmq:${name}:*`)
    while ((await queue.counts()).waiting > 0) await Bun.sleep(5)
    await worker.close()
    expect((await keys()).filter((key) => /:(job|unique|g|processing|completed|failed|groups)\b/.test(key))).toEqual([])
  })

  it('frees the line of a worker that was killed, and not that of one that lives', async () => {
    const name = nextName()
    const path = new URL('../support/queue_worker.ts', import.meta.url).pathname
    const child = Bun.spawn([process.execPath, path, redis.url, name], { stdout: 'pipe', stderr: 'inherit' })
    atEnd(() => child.kill('SIGKILL'))
    const queue = onRedis(name)
    for (const id of ['1', '2']) await queue.add({ id, source: 'a' })
    const { value } = await child.stdout.getReader().read()
    expect(new TextDecoder().decode(value)).toBe('1\n')

    const client = redis.client()
    const deadline = async (): Promise<number> => Number(await client.zscore(`groupmq:${name}:processing`, '1'))
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    const first = await deadline()
    while ((await deadline()) < first + 1000 || Date.now() < first) {
      await queue.repair()
      await Bun.sleep(50)
    }
    expect(hands.handed()).toEqual([])

    child.kill('SIGKILL')
    // the worker here looks on: by itself groupmq puts the id back in line, and keeps the line closed behind it
    while ((await client.zcard(`groupmq:${name}:processing`)) > 0) await Bun.sleep(50)
    expect(await client.lrange(`groupmq:${name}:g:a:active`, 0, -1)).toEqual(['1'])
    await queue.repair()
    await hands.until(1)
    hands.letGo('1')
    await hands.until(2)
    hands.letGo('2')
    await worker.close()
    expect(hands.handed()).toEqual(['1', '2'])
  })

  it('fails no id, however often its worker was killed', async () => {
    const name = nextName()
    const queue = onRedis(name)
    const client = redis.client()
    await queue.add({ id: '1', source: 'a' })
    const hands = holding()
    for (let death = 1; death <= 5; death += 1) {
      // this worker is as good as dead: its deadline is over
      const other = onRedis(name)
      void other.work(hands.handle, 1)
      await hands.until(death)
      await other.close()
      await client.zadd(`groupmq:${name}:processing`, 1, '1')
      await queue.repair()
    }
    expect(await queue.counts()).toEqual({ waiting: 1, active: 0 })
  })

  it('works on when Redis has lost its scripts', async () => {
    const name = nextName()
    const queue = onRedis(name)
    await queue.add({ id: '1', source: 'a' })
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    await hands.until(1)
    await redis.client().script('FLUSH')
    await queue.add({ id: '2', source: 'a' })
    hands.letGo('1')
    await hands.until(2)
    await redis.client().script('FLUSH')
    hands.letGo('2')
    await worker.close()
    expect(await queue.counts()).toEqual({ waiting: 0, active: 0 })
  })

  it('refuses an id within two seconds while Redis hangs or is gone, and takes it when Redis is back', async () => {
    const errors: unknown[] = []
    const told = Promise.withResolvers<void>()
    const queue = onRedis(nextName(), (cause) => {
      errors.push(cause)
      told.resolve()
    })
    await queue.add({ id: '1', source: 'a' })
    const hands = holding()
    const worker = queue.work(hands.handle, 1)
    await hands.until(1)
    hands.letGo('1')

    const refused = async (): Promise<number> => {
      const startedAt = performance.now()
      await expect(queue.add({ id: '2', source: 'a' })).rejects.toThrow()
      return performance.now() - startedAt
    }
    redis.pause()
    expect(await refused()).toBeLessThan(2000)
    redis.resume()
    await redis.stop()
    expect(await refused()).toBeLessThan(2000)
    // the loss may be refused sooner than it is told
    await told.promise

    await redis.start()
    while (
      !(await queue.add({ id: '3', source: 'a' }).then(
        () => true,
        () => false,
      ))
    )
      await Bun.sleep(20)
    await hands.until(2)
    hands.letGo(hands.handed()[1] ?? '')
    await worker.close()
    expect(hands.handed()[1]).toMatch(/^[23]$/)
    expect(errors.length).toBe(1)
  })

  it('that was never there refuses too', async () => {
    const errors: unknown[] = []
    const queue = redisQueue('redis://127.0.0.1:1', { onError: (cause) => errors.push(cause) })
    await expect(queue.add({ id: '1', source: 'a' })).rejects.toThrow('Redis does not answer')
    expect(errors.length).toBe(1)
    await queue.close()
  })
})
