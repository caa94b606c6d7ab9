// A URL -> one connection to Redis that nobody ever waits for long, and that comes back by itself when Redis does. What is
// sent while it is gone fails at once. The only importer of ioredis.

import { Redis } from 'ioredis'

export type { Redis }

export interface RedisOptions {
  /** Milliseconds after which Redis counts as gone; default 1000. */
  readonly answerMs?: number
  /** Told once each time the connection is lost. */
  readonly onError?: (cause: unknown) => void
}

export interface RedisConnection {
  readonly redis: Redis
  /** Settles when Redis takes commands. Rejects where it does not within `answerMs`. */
  readonly untilReady: () => Promise<void>
  readonly close: () => void
}

/** Never throws: where Redis is not there, it is tried again without an end. */
export function connectRedis(url: string, { answerMs = 1000, onError = () => {} }: RedisOptions = {}): RedisConnection {
  const redis = new Redis(url, {
    connectTimeout: Math.max(answerMs, 1000),
    commandTimeout: answerMs,
    // nobody waits for a Redis that is gone: what it is asked can be done without it
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) => Math.min(50 * attempt, 1000),
  })
  let isGone = false
  redis.on('ready', () => {
    isGone = false
  })
  redis.on('error', (cause) => {
    if (!isGone) onError(cause)
    isGone = true
  })
  keepScripts(redis)
  let waiting: Promise<void> | undefined
  return {
    redis,
    untilReady: () => {
      // all wait together
      waiting ??= untilReady(redis, answerMs).finally(() => {
        waiting = undefined
      })
      return waiting
    },
    close: () => redis.disconnect(),
  }
}

/**
 * Scripts are known to Redis by their hash until it restarts or is told to forget them, and whoever uses them loads each
 * only once: one that Redis has forgotten is sent again with its text.
 */
function keepScripts(redis: Redis): void {
  type Command = (...all: readonly unknown[]) => Promise<unknown>
  const texts = new Map<unknown, unknown>()
  const commands = redis as unknown as Record<'script' | 'evalsha' | 'eval', Command>
  const script = commands.script.bind(redis)
  const evalsha = commands.evalsha.bind(redis)
  commands.script = async (verb, text) => {
    const hash = await script(verb, text)
    if (String(verb).toLowerCase() === 'load') texts.set(hash, text)
    return hash
  }
  commands.evalsha = (hash, ...rest) =>
    evalsha(hash, ...rest).catch((thrown: unknown) => {
      if (!texts.has(hash) || !String(thrown).includes('NOSCRIPT')) throw thrown
      return commands.eval(texts.get(hash), ...rest)
    })
}

function untilReady(redis: Redis, ms: number): Promise<void> {
  if (redis.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer)
      redis.off('ready', ready)
      if (error === undefined) resolve()
      else reject(error)
    }
    const ready = (): void => settle()
    const timer = setTimeout(() => settle(new Error('Redis does not answer')), ms)
    redis.once('ready', ready)
  })
}
