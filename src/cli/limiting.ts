// The gate of a server: its limits shared with all processes by Redis, where that is set, and its own where it is not.

import type { Config } from '../config.ts'
import { localLimiter } from '../limiter.ts'
import { createGate } from '../limits.ts'
import { lineTeller } from '../observe.ts'
import { connectRedis } from '../redis.ts'
import { sharedLimiter } from '../shared_limiter.ts'
import type { Gate } from '../visit.ts'

/** What a request waits for Redis, once: from then on it counts as gone until it answers. */
const answerMs = 100

export interface ServerGate {
  readonly gate: Gate
  readonly close: () => void
}

export function serverGate(config: Config): ServerGate {
  if (config.redisUrl === undefined) return { gate: createGate({ config }), close: () => {} }
  const tell = lineTeller(config.logLevel, (line) => process.stderr.write(`${line}\n`))
  const redis = connectRedis(config.redisUrl, { answerMs })
  const limiter = sharedLimiter(redis, { tell, local: localLimiter() })
  return { gate: createGate({ config, limiter }), close: redis.close }
}
