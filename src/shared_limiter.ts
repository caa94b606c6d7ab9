// The limiter of all processes together, in Redis: each question is one script, so that nothing comes between looking and
// counting. Where Redis is gone the process goes on by itself, with the same numbers, and asks nobody to wait for it.

import { type Ask, delay, type Limiter, type Told, window } from './limiter.ts'
import type { Tell } from './observe.ts'
import type { RedisConnection } from './redis.ts'

export interface SharedOptions {
  readonly tell: Tell
  /** What counts while Redis is gone. */
  readonly local: Limiter
  /** Milliseconds since 1970; absent: Redis's own clock, which is the same for all processes. */
  readonly now?: () => number
  /** Milliseconds between two looks whether Redis is back; default 500. */
  readonly lookMs?: number
}

/** Keys are rosterhub:limit:*, and go by themselves when what they count is forgotten. */
const prefix = 'rosterhub:limit:'

/**
 * `redis` should answer within some 100 ms: a request waits that long once, and from then on nobody does until Redis has
 * answered again. It is told once when it goes, and once when it is back.
 */
export function sharedLimiter(connection: RedisConnection, options: SharedOptions): Limiter {
  const { local, tell, now, lookMs = 500 } = options
  const { redis } = connection
  let hash: string | undefined
  let state: 'shared' | 'doubted' | 'gone' = 'shared'
  let looking = false
  let lookedAtMs = Number.NEGATIVE_INFINITY

  const run = async (asks: readonly Ask[]): Promise<readonly Told[]> => {
    await connection.untilReady()
    hash ??= String(await redis.script('LOAD', script))
    const keys = asks.map(({ name }) => prefix + name)
    const args = asks.flatMap((ask) => [
      ask.kind,
      'limit' in ask ? ask.limit : 'free' in ask ? ask.free : 0,
      'decayMs' in ask ? ask.decayMs : 0,
    ])
    const rows = (await redis.evalsha(hash, keys.length, ...keys, now?.() ?? 0, ...args)) as number[][]
    return rows.map(([remaining = 0, waitMs = 0, resetMs = 0]) => ({ remaining, waitMs, resetMs }))
  }
  /** By the script itself: one that answers but cannot write is gone too. */
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    lookedAtMs = performance.now()
    try {
      await run([{ kind: 'take', name: 'look', limit: Number.MAX_SAFE_INTEGER }])
      if (state === 'gone') tell({ event: 'limits_shared' })
      state = 'shared'
    } catch (cause) {
      if (state === 'doubted') tell({ event: 'limits_local' }, cause)
      state = 'gone'
    } finally {
      looking = false
    }
  }
  return {
    ask: async (asks) => {
      if (state === 'shared') {
        try {
          return await run(asks)
        } catch {
          // one answer may be late because this process was busy: it takes a second one for Redis to be gone
          if (state === 'shared') {
            state = 'doubted'
            void look()
          }
        }
      } else if (performance.now() - lookedAtMs >= lookMs) void look()
      return local.ask(asks)
    },
  }
}

const script = `
  local now = tonumber(ARGV[1])
  if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  local bucketMs, buckets = ${window.bucketMs}, ${window.buckets}
  local current = math.floor(now / bucketMs)
  local told, isRoom = {}, true
  for i, key in ipairs(KEYS) do
    local kind, limit = ARGV[3 * i - 1], tonumber(ARGV[3 * i])
    local waitMs, resetMs, remaining = 0, 0, 0
    if kind == 'take' or kind == 'peek' then
      local all, counts, used = redis.call('HGETALL', key), {}, 0
      for at = 1, #all, 2 do
        local bucket, count = tonumber(all[at]), tonumber(all[at + 1])
        if bucket <= current - buckets then
          redis.call('HDEL', key, all[at])
        else
          used = used + count
          counts[#counts + 1] = { bucket, count }
        end
      end
      table.sort(counts, function(one, other) return one[1] < other[1] end)
      resetMs = ((counts[1] and counts[1][1] or current) + buckets) * bucketMs - now
      local over = used - limit + 1
      for _, each in ipairs(counts) do
        if over > 0 then waitMs = (each[1] + buckets) * bucketMs - now end
        over = over - each[2]
      end
      remaining = math.max(0, limit - used)
    elseif kind == 'wait' then
      waitMs = math.max(0, (tonumber(redis.call('HGET', key, 'ends')) or 0) - now)
      resetMs = waitMs
    end
    if waitMs > 0 then isRoom = false end
    told[i] = { remaining, waitMs, resetMs }
  end
  for i, key in ipairs(KEYS) do
    local kind = ARGV[3 * i - 1]
    if kind == 'take' and isRoom then
      redis.call('HINCRBY', key, string.format('%d', current), 1)
      redis.call('PEXPIRE', key, buckets * bucketMs)
      told[i][1] = told[i][1] - 1
    elseif kind == 'clear' then
      redis.call('DEL', key)
    elseif kind == 'fail' then
      local free, decayMs = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
      local before = redis.call('HMGET', key, 'count', 'ends')
      local count, ends = tonumber(before[1]) or 0, tonumber(before[2]) or now
      if now < ends then
        told[i] = { 0, ends - now, ends - now }
      else
        count = math.max(0, count - math.floor((now - ends) / decayMs))
        count = math.min(count + 1, free + ${delay.levels})
        local lastsMs = 0
        if count > free then lastsMs = math.min(${delay.firstMs} * 2 ^ (count - free - 1), ${delay.longestMs}) end
        redis.call('HSET', key, 'count', count, 'ends', string.format('%d', now + lastsMs))
        redis.call('PEXPIRE', key, lastsMs + count * decayMs)
        told[i] = { 0, 0, lastsMs }
      end
    end
  end
  return told`
