// Windows that slide and delays that grow, in the process and in Redis: the same of both, and what becomes of the limits
// while Redis is gone.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import { type Ask, delay, type Limiter, localLimiter, type Told } from '../../src/limiter.ts'
import { connectRedis, type RedisConnection } from '../../src/redis.ts'
import { sharedLimiter } from '../../src/shared_limiter.ts'
import { hasRedis, type OwnRedis, openRedis } from '../support/redis.ts'

setDefaultTimeout(30_000)

let redis: OwnRedis
beforeAll(async () => {
  if (hasRedis) redis = await openRedis()
})
const connections: RedisConnection[] = []
afterAll(() => {
  for (const { close } of connections) close()
})

const nobody: Limiter = {
  ask: () => {
    throw new Error('the process counted by itself')
  },
}
const connect = (answerMs = 5000): RedisConnection => {
  const connection = connectRedis(redis.url, { answerMs })
  connections.push(connection)
  return connection
}

/** 2026-09-01, and a moment in the middle of a bucket. */
const start = 1_788_220_800_000 + 1234

function clock() {
  let ms = start
  return {
    now: () => ms,
    pass: (more: number): void => {
      ms += more
    },
  }
}

const kinds: [string, boolean, (now: () => number) => Limiter][] = [
  ['in the process', true, localLimiter],
  ['in Redis', hasRedis, (now) => sharedLimiter(connect(), { tell: () => {}, local: nobody, now })],
]

let count = 0
const nextName = (): string => `name ${++count}`
const one = async (limiter: Limiter, ask: Ask): Promise<Told> => (await limiter.ask([ask]))[0] as Told
const takeOf = (name: string, limit: number): Ask => ({ kind: 'take', name, limit })

describe.each(kinds)('a limiter %s', (_, isThere, open) => {
  const it = test.skipIf(!isThere)

  it('lets as many through as the limit says, and says how many are left', async () => {
    const { now } = clock()
    const limiter = open(now)
    const ask = takeOf(nextName(), 3)
    const told: Told[] = []
    for (let at = 0; at < 5; at += 1) told.push(await one(limiter, ask))
    expect(told.map(({ remaining, waitMs }) => [remaining, waitMs > 0])).toEqual([
      [2, false],
      [1, false],
      [0, false],
      [0, true],
      [0, true],
    ])
    expect((await one(limiter, takeOf(nextName(), 3))).remaining).toBe(2)
  })

  it('lets the next one through when it said it would, and not a millisecond before', async () => {
    const { now, pass } = clock()
    const limiter = open(now)
    const ask = takeOf(nextName(), 2)
    await one(limiter, ask)
    pass(20_000)
    await one(limiter, ask)
    pass(100)
    const { waitMs, resetMs } = await one(limiter, ask)
    expect([waitMs === resetMs, waitMs > 60_000 - 20_100, waitMs <= 63_000 - 20_100]).toEqual([true, true, true])
    pass(waitMs - 1)
    expect((await one(limiter, ask)).waitMs).toBe(1)
    pass(1)
    expect((await one(limiter, ask)).waitMs).toBe(0)
    expect((await one(limiter, ask)).waitMs).toBeGreaterThan(17_000)
  })

  it('takes several together or none', async () => {
    const { now } = clock()
    const limiter = open(now)
    const [wide, narrow] = [takeOf(nextName(), 10), takeOf(nextName(), 1)]
    await limiter.ask([wide, narrow])
    expect((await limiter.ask([wide, narrow])).map(({ waitMs }) => waitMs > 0)).toEqual([false, true])
    expect((await one(limiter, wide)).remaining).toBe(8)
  })

  it('looks without counting', async () => {
    const { now } = clock()
    const limiter = open(now)
    const name = nextName()
    const peek: Ask = { kind: 'peek', name, limit: 1 }
    expect([(await one(limiter, peek)).waitMs, (await one(limiter, peek)).waitMs]).toEqual([0, 0])
    await one(limiter, takeOf(name, 1))
    expect((await one(limiter, peek)).waitMs).toBeGreaterThan(0)
  })

  it('never lets more than the limit through in any minute, and keeps none out after 63 quiet seconds', async () => {
    const steps = fc.array(fc.oneof(fc.nat(200), fc.nat(70_000)), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 8 }), async (waits, limit) => {
        const { now, pass } = clock()
        const limiter = open(now)
        const ask = takeOf(nextName(), limit)
        const through: number[] = []
        for (const wait of waits) {
          pass(wait)
          const since = (ms: number): number => through.filter((at) => at > now() - ms).length
          const { waitMs } = await one(limiter, ask)
          if (waitMs === 0) through.push(now())
          else expect(since(63_000)).toBeGreaterThanOrEqual(limit)
          expect(since(60_000)).toBeLessThanOrEqual(limit)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('delays from the first wrong secret behind the free ones, each time twice as long, up to a bound', async () => {
    const { now, pass } = clock()
    const limiter = open(now)
    const name = nextName()
    const fail: Ask = { kind: 'fail', name, free: 2, decayMs: 60_000 }
    const delays: number[] = []
    for (let at = 0; at < 14; at += 1) {
      expect((await one(limiter, fail)).waitMs).toBe(0)
      const { waitMs } = await one(limiter, { kind: 'wait', name })
      delays.push(waitMs)
      // too soon: refused, and the delay is no longer for it
      if (waitMs > 0) expect((await one(limiter, fail)).waitMs).toBe(waitMs)
      pass(waitMs)
    }
    expect(delays).toEqual([0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1000))
    expect(delay.longestMs).toBe(300_000)
  })

  it('forgets wrong secrets one after the other, and all of them when it is told to', async () => {
    const { now, pass } = clock()
    const limiter = open(now)
    const name = nextName()
    const fail: Ask = { kind: 'fail', name, free: 2, decayMs: 60_000 }
    const fails = async (): Promise<number> => (await one(limiter, fail)).resetMs
    expect([await fails(), await fails(), await fails()]).toEqual([0, 0, 1000])
    pass(1000 + 119_999)
    expect(await fails()).toBe(1000)
    pass(1000 + 180_000)
    expect([await fails(), await fails(), await fails()]).toEqual([0, 0, 1000])
    await one(limiter, { kind: 'clear', name })
    expect([await fails(), await fails(), await fails()]).toEqual([0, 0, 1000])
  })

  it('lets nothing through while a delay runs, and counts a wrong secret also where there is no room', async () => {
    const { now } = clock()
    const limiter = open(now)
    const [name, full] = [nextName(), takeOf(nextName(), 1)]
    const fail: Ask = { kind: 'fail', name, free: 0, decayMs: 60_000 }
    await one(limiter, full)
    await limiter.ask([full, fail])
    const other = takeOf(nextName(), 5)
    expect((await limiter.ask([other, { kind: 'wait', name }])).map(({ waitMs }) => waitMs)).toEqual([0, 1000])
    expect((await one(limiter, other)).remaining).toBe(4)
  })
})

describe('a limiter in Redis', () => {
  const it = test.skipIf(!hasRedis)

  const names = ['a', 'b']
  const asks: fc.Arbitrary<Ask> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('take' as const, 'peek' as const),
      name: fc.constantFrom(...names),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constantFrom('wait' as const, 'clear' as const), name: fc.constantFrom('c', 'd') }),
    fc.record({
      kind: fc.constant('fail' as const),
      name: fc.constantFrom('c', 'd'),
      free: fc.nat(2),
      decayMs: fc.constant(10_000),
    }),
  )

  it('counts as one in the process does', async () => {
    const steps = fc.array(
      fc.record({ wait: fc.oneof(fc.nat(10), fc.nat(30_000)), asked: fc.array(asks, { minLength: 1, maxLength: 3 }) }),
      { maxLength: 30 },
    )
    const connection = connect()
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { now, pass } = clock()
        const prefix = nextName()
        const [local, shared] = [localLimiter(now), sharedLimiter(connection, { tell: () => {}, local: nobody, now })]
        for (const { wait, asked } of all) {
          pass(wait)
          // a name is asked after once at most
          const once = [...new Map(asked.map((ask) => [ask.name, ask])).values()]
          const named = once.map((ask) => ({ ...ask, name: `${prefix} ${ask.name}` }))
          expect(await shared.ask(named)).toEqual(await local.ask(named))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('lets exactly the limit through, whoever asks and however many at once', async () => {
    const processes = [connect(), connect(), connect()].map((each) =>
      sharedLimiter(each, { tell: () => {}, local: nobody }),
    )
    const ask = takeOf(nextName(), 50)
    const told = await Promise.all(Array.from({ length: 300 }, (_, at) => one(processes[at % 3] as Limiter, ask)))
    const through = told.filter(({ waitMs }) => waitMs === 0)
    expect(through.map(({ remaining }) => remaining).sort((a, b) => b - a)).toEqual([...Array(50).keys()].reverse())
  })

  it('keeps nothing longer than it counts', async () => {
    const { now } = clock()
    const limiter = sharedLimiter(connect(), { tell: () => {}, local: nobody, now })
    const [window, failed] = [nextName(), nextName()]
    await limiter.ask([takeOf(window, 5), { kind: 'fail', name: failed, free: 5, decayMs: 60_000 }])
    const client = redis.client()
    expect(await client.pttl(`rosterhub:limit:${window}`)).toBeWithin(60_000, 63_001)
    expect(await client.pttl(`rosterhub:limit:${failed}`)).toBeWithin(50_000, 60_001)
    const all = await client.keys('rosterhub:limit:*')
    expect((await Promise.all(all.map((key) => client.pttl(key)))).filter((ms) => ms < 0)).toEqual([])
  })

  /** A limiter that tells what becomes of it, and the process it falls back to. */
  function watched(answerMs: number) {
    const told: string[] = []
    const limiter = sharedLimiter(connect(answerMs), {
      tell: ({ event }, cause) => void told.push(cause === undefined ? event : `${event} by an error`),
      local: localLimiter(),
      lookMs: 0,
    })
    const until = async (event: string): Promise<void> => {
      while (told.at(-1) !== event) {
        await limiter.ask([takeOf('until', 1e9)])
        await Bun.sleep(1)
      }
    }
    return { limiter, told, until }
  }

  it('that is stopped limits by itself, tells so once, and shares again when Redis is back', async () => {
    const { limiter, told, until } = watched(100)
    const ask = takeOf(nextName(), 2)
    await one(limiter, ask)
    await redis.stop()
    const statuses: boolean[] = []
    for (let at = 0; at < 10; at += 1) statuses.push((await one(limiter, ask)).waitMs === 0)
    expect(statuses).toEqual([true, true, ...Array(8).fill(false)])
    await until('limits_local by an error')
    await redis.start()
    await until('limits_shared')
    expect(told).toEqual(['limits_local by an error', 'limits_shared'])
    // what it held is gone, and its script too
    expect((await one(limiter, ask)).remaining).toBe(1)
    expect((await one(sharedLimiter(connect(), { tell: () => {}, local: nobody }), ask)).remaining).toBe(0)
  })

  it('that hangs is waited for once, by all who asked in that moment, and by nobody after them', async () => {
    const { limiter, told, until } = watched(100)
    await one(limiter, takeOf(nextName(), 1))
    redis.pause()
    const timed = async (): Promise<number> => {
      const startedAt = performance.now()
      await one(limiter, takeOf(nextName(), 1))
      return performance.now() - startedAt
    }
    const first = await Promise.all(Array.from({ length: 20 }, timed))
    expect(Math.max(...first)).toBeLessThan(1000)
    const later: number[] = []
    for (let at = 0; at < 20; at += 1) later.push(await timed())
    expect(Math.max(...later)).toBeLessThan(50)
    await until('limits_local by an error')
    redis.resume()
    await until('limits_shared')
    expect(told).toEqual(['limits_local by an error', 'limits_shared'])
  })

  it('that was late once is not gone, and nothing is told of it', async () => {
    const { limiter, told } = watched(300)
    const name = nextName()
    const ask = takeOf(name, 9)
    await one(limiter, ask)
    redis.pause()
    await one(limiter, ask)
    redis.resume()
    // counted in Redis again, which had two at most
    const other = sharedLimiter(connect(), { tell: () => {}, local: nobody })
    while ((await one(other, { kind: 'peek', name, limit: 9 })).remaining > 6) await one(limiter, ask)
    expect(told).toEqual([])
  })

  it('that answers but takes no writes is gone too', async () => {
    const { limiter, told, until } = watched(1000)
    const client = redis.client()
    await one(limiter, takeOf(nextName(), 1))
    await client.config('SET', 'maxmemory', '1')
    expect((await one(limiter, takeOf(nextName(), 5))).remaining).toBe(4)
    await until('limits_local by an error')
    await client.config('SET', 'maxmemory', '0')
    await until('limits_shared')
    expect(told).toEqual(['limits_local by an error', 'limits_shared'])
  })

  it('that was never there limits too', async () => {
    const told: string[] = []
    const connection = connectRedis('redis://127.0.0.1:1', { answerMs: 20 })
    connections.push(connection)
    const limiter = sharedLimiter(connection, { tell: ({ event }) => void told.push(event), local: localLimiter() })
    const ask = takeOf(nextName(), 1)
    expect([(await one(limiter, ask)).waitMs === 0, (await one(limiter, ask)).waitMs === 0]).toEqual([true, false])
    while (told.length === 0) await Bun.sleep(1)
    expect(told).toEqual(['limits_local'])
  })
})
