// Ids of imports on their way to a worker: first in, first out within a source, sources side by side.
// The interface, and the queue on Redis by groupmq; local_queue.ts has the one in a process. An id is a wake-up and no more:
// what is to be done, the database says, so one that is lost costs time and nothing else. The only importer of groupmq.

import { Queue } from 'groupmq'
import { connectRedis } from './redis.ts'

export interface Wake {
  /** Of the import: digits. */
  readonly id: string
  readonly source: string
}

export interface QueueCounts {
  readonly waiting: number
  readonly active: number
}

export interface ImportQueue {
  /** Puts an id in the line of its source; one that is in it already stays where it is. Rejects where the queue is gone. */
  add(wake: Wake): Promise<void>
  /** Hands ids out, one of a source at a time. What a handler throws is told to onError, and the id is let go. */
  work(handle: (wake: Wake) => Promise<void>, concurrency: number): { close(): Promise<void> }
  /** Frees the lines that wait for a worker that is gone. */
  repair(): Promise<void>
  counts(): Promise<QueueCounts>
  close(): Promise<void>
}

export type QueueError = (cause: unknown) => void

export interface RedisQueueOptions {
  /** Default csv-import: the keys are groupmq:csv-import:*. */
  readonly name?: string
  /** Milliseconds after which Redis counts as gone; default 1000. */
  readonly answerMs?: number
  /** Milliseconds after which a worker that does not answer counts as gone, at least 3000; default 10,000. */
  readonly deadMs?: number
  readonly onError?: QueueError
}

/** A worker looks this often: four small calls a second, and an id waits an eighth of a second on average. */
const lookMs = 250

/**
 * A queue on Redis. Comes back by itself when Redis does. groupmq's own Worker is not used: one that runs several jobs asks
 * Redis without a pause while the first of them runs, and one that has been idle sleeps up to 5 s between two looks.
 */
export function redisQueue(url: string, options: RedisQueueOptions = {}): ImportQueue {
  const { name = 'csv-import', answerMs = 1000, deadMs = 10_000, onError = () => {} } = options
  const { redis, untilReady, close } = connectRedis(url, { answerMs, onError })
  const queue = new Queue<Wake>({ redis, namespace: name, jobTimeoutMs: Math.max(3000, deadMs), keepFailed: 0 })
  // its answers are joined by '|||': a source may hold that
  const pack = ({ id, source }: Wake): Wake => ({ id, source: encodeURIComponent(source) })
  const unpack = ({ id, source }: Wake): Wake => ({ id, source: decodeURIComponent(source) })
  const repair = async (): Promise<void> => {
    await redis.eval(repairScript, 1, queue.namespace)
  }
  return {
    add: async (wake) => {
      await untilReady()
      const data = pack(wake)
      await queue.add({ groupId: data.source, jobId: wake.id, data })
    },
    work: (handle, concurrency) => runWorker(queue, (wake) => handle(unpack(wake)), concurrency, onError),
    repair,
    counts: async () => {
      const { waiting, active } = await queue.getJobCounts()
      return { waiting, active }
    },
    close: async () => close(),
  }
}

function runWorker(
  queue: Queue<Wake>,
  handle: (wake: Wake) => Promise<void>,
  concurrency: number,
  onError: QueueError,
): { close(): Promise<void> } {
  type Reserved = NonNullable<Awaited<ReturnType<typeof queue.reserve>>>
  const running = new Set<Promise<void>>()
  let isClosed = false
  let looking: Promise<void> | undefined
  const run = async (job: Reserved): Promise<void> => {
    const processedOn = Date.now()
    const beat = setInterval(() => void queue.heartbeat(job).catch(() => {}), Math.floor(queue.jobTimeoutMs / 3))
    await handle(job.data).catch(onError)
    clearInterval(beat)
    const { attempts, maxAttempts } = job
    // where Redis is gone, repair lets the id go
    await queue
      .completeWithMetadata(job, null, { processedOn, finishedOn: Date.now(), attempts, maxAttempts })
      .catch(() => {})
  }
  const look = async (): Promise<void> => {
    while (!isClosed && running.size < concurrency) {
      const job = await queue.reserve()
      if (job === null) return
      const one = run(job).finally(() => {
        running.delete(one)
        pump()
      })
      running.add(one)
    }
  }
  const pump = (): void => {
    looking ??= look()
      // said once, when the connection was lost
      .catch(() => {})
      .finally(() => {
        looking = undefined
      })
  }
  const timer = setInterval(pump, lookMs)
  pump()
  return {
    close: async () => {
      isClosed = true
      clearInterval(timer)
      await looking
      await Promise.all(running)
    },
  }
}

/**
 * groupmq keeps what a group runs in its list `active`, and the deadlines of all in `processing`. When the deadline of a
 * killed worker's job is over, its next reserve takes the job out of `processing` and puts it back in line, but leaves it
 * in `active`, behind which nothing of the group runs any more (Openpanel-dev/groupmq, issues 12 and 14). So: what is
 * active without a deadline, or long past it, is put back in line and taken out of `active`. A job of a living worker has a
 * deadline ahead of it. One script, so that nothing comes between; it fails nothing, however often its worker was killed.
 */
const repairScript = `
  local ns = KEYS[1]
  local now = tonumber(redis.call('TIME')[1]) * 1000
  for _, group in ipairs(redis.call('SMEMBERS', ns .. ':groups')) do
    local line = ns .. ':g:' .. group
    for _, id in ipairs(redis.call('LRANGE', line .. ':active', 0, -1)) do
      local deadline = redis.call('ZSCORE', ns .. ':processing', id)
      if not deadline or tonumber(deadline) < now - 1000 then
        redis.call('LREM', line .. ':active', 0, id)
        redis.call('ZREM', ns .. ':processing', id)
        redis.call('DEL', ns .. ':processing:' .. id)
        local score = redis.call('HGET', ns .. ':job:' .. id, 'score')
        if score then
          redis.call('HSET', ns .. ':job:' .. id, 'status', 'waiting')
          redis.call('ZADD', line, score, id)
        end
      end
    end
    local head = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')
    if head[2] and redis.call('LLEN', line .. ':active') == 0 then
      redis.call('ZADD', ns .. ':ready', head[2], group)
    end
  end`
