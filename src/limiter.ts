// How many requests there were in the last minute, and how often a secret was wrong: questions in, numbers out, and the
// answer of one process. shared_limiter.ts has that of all processes together, by the same rules.

/**
 * `take`: one request more under a name, of at most `limit` a minute. `peek`: the same without counting it. `wait`: whether
 * a delay runs. `fail`: a secret that was wrong; from the one after `free` on, each starts a delay, twice as long as the last.
 * A failure is forgotten after each `decayMs` without one, delays apart. `clear`: forgets them all.
 */
export type Ask =
  | { readonly kind: 'take' | 'peek'; readonly name: string; readonly limit: number }
  | { readonly kind: 'wait' | 'clear'; readonly name: string }
  | { readonly kind: 'fail'; readonly name: string; readonly free: number; readonly decayMs: number }

export interface Told {
  /** Requests left of the minute, the one that was taken not among them. */
  readonly remaining: number
  /** 0: there was room, or no delay runs. Else milliseconds until there is. */
  readonly waitMs: number
  /** Until the oldest of the requests counted is forgotten, or the delay is over. */
  readonly resetMs: number
}

export interface Limiter {
  /**
   * Answers in the order of the questions. All of what is to be taken is, or, where one of them, of those that peek or of
   * those that wait has to wait, nothing is. Failures and clearings count in any case.
   */
  ask(asks: readonly Ask[]): Promise<readonly Told[]> | readonly Told[]
}

/**
 * A window of a minute that slides in steps of 3 s: a request is counted for 60 s at least and for 63 at most. So there are
 * never more than the limit in any 60 s, and a name needs 21 numbers, however large its limit.
 */
export const window = { bucketMs: 3000, buckets: 21 }
/** The first delay and the longest one; failures are counted no further than to `levels` behind the free ones. */
export const delay = { firstMs: 1000, longestMs: 300_000, levels: 10 }

interface Window {
  readonly counts: Uint32Array
  /** The bucket of the last request. */
  last: number
}

interface Failures {
  readonly count: number
  /** When the delay is over; where there is none, when the last failure was. */
  readonly endsMs: number
}

/** Names remembered at most, of each kind; the one not asked for the longest goes first. */
const namesMax = 50_000

function touch<Value>(all: Map<string, Value>, name: string, value: Value): void {
  all.delete(name)
  all.set(name, value)
  if (all.size > namesMax) all.delete(all.keys().next().value as string)
}

/** `now`: milliseconds since 1970. */
export function localLimiter(now: () => number = Date.now): Limiter {
  const windows = new Map<string, Window>()
  const failures = new Map<string, Failures>()

  const windowOf = (name: string, current: number): Window => {
    const found = windows.get(name) ?? { counts: new Uint32Array(window.buckets), last: current }
    const stale = Math.min(window.buckets, current - found.last)
    for (let step = 0; step < stale; step += 1) found.counts[(current - step) % window.buckets] = 0
    found.last = Math.max(current, found.last)
    touch(windows, name, found)
    return found
  }
  const look = (name: string, limit: number, nowMs: number): Told => {
    const current = Math.floor(nowMs / window.bucketMs)
    const { counts, last } = windowOf(name, current)
    let [used, waitMs, resetMs] = [0, 0, 0]
    for (const count of counts) used += count
    let over = used - limit + 1
    for (let bucket = last - window.buckets + 1; bucket <= last; bucket += 1) {
      const count = counts[bucket % window.buckets] ?? 0
      if (count === 0) continue
      const forgottenMs = (bucket + window.buckets) * window.bucketMs - nowMs
      if (resetMs === 0) resetMs = forgottenMs
      if (over > 0) waitMs = forgottenMs
      over -= count
    }
    if (resetMs === 0) resetMs = (last + window.buckets) * window.bucketMs - nowMs
    return { remaining: Math.max(0, limit - used), waitMs, resetMs }
  }
  const take = (name: string, told: Told): Told => {
    const { counts, last } = windows.get(name) as Window
    const place = last % window.buckets
    counts[place] = (counts[place] ?? 0) + 1
    return { ...told, remaining: told.remaining - 1 }
  }
  const fail = ({ name, free, decayMs }: Ask & { kind: 'fail' }, nowMs: number): Told => {
    const { count: before, endsMs } = failures.get(name) ?? { count: 0, endsMs: nowMs }
    if (nowMs < endsMs) return { remaining: 0, waitMs: endsMs - nowMs, resetMs: endsMs - nowMs }
    const kept = Math.max(0, before - Math.floor((nowMs - endsMs) / decayMs))
    const count = Math.min(kept + 1, free + delay.levels)
    const lastsMs = count > free ? Math.min(delay.firstMs * 2 ** (count - free - 1), delay.longestMs) : 0
    touch(failures, name, { count, endsMs: nowMs + lastsMs })
    return { remaining: 0, waitMs: 0, resetMs: lastsMs }
  }
  return {
    ask: (asks) => {
      const nowMs = now()
      const told = asks.map((ask): Told => {
        if (ask.kind === 'take' || ask.kind === 'peek') return look(ask.name, ask.limit, nowMs)
        const waitMs = ask.kind === 'wait' ? Math.max(0, (failures.get(ask.name)?.endsMs ?? 0) - nowMs) : 0
        return { remaining: 0, waitMs, resetMs: waitMs }
      })
      const isRoom = told.every(({ waitMs }) => waitMs === 0)
      return asks.map((ask, place) => {
        const one = told[place] as Told
        if (ask.kind === 'fail') return fail(ask, nowMs)
        if (ask.kind === 'clear') failures.delete(ask.name)
        return ask.kind === 'take' && isRoom ? take(ask.name, one) : one
      })
    },
  }
}
