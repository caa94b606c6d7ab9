// Who runs imports: a worker in this process, or, told by the queue or by its own look at the database, one in another.

import type { App, AppOptions } from '../app.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { ApiError, errorResponse, toApiError } from '../errors.ts'
import { secure } from '../headers.ts'
import { Jobs } from '../jobs.ts'
import { localQueue } from '../local_queue.ts'
import { createMetrics, type Metrics } from '../metrics.ts'
import { lineTeller, type Tell } from '../observe.ts'
import { type ImportQueue, redisQueue } from '../queue.ts'
import { startWorker } from '../worker.ts'
import type { Data } from './data.ts'

export type Imports = NonNullable<AppOptions['imports']> & { readonly close: () => Promise<void> }

/** Connections of a worker for claims, beats and packages; and of each import for its transaction and for what outlives it. */
const beatsSize = 4
const attemptSize = 2

/** Without a queue that reaches them, workers of several processes find what waits by looking. */
const aloneSweepMs = 1000

const teller = (config: Config): Tell => lineTeller(config.logLevel, (line) => process.stderr.write(`${line}\n`))

/** Where a worker counts as gone earlier than its lease runs out, its id comes to another only to find that out. */
const queueFor = (config: Config, tell: Tell): ImportQueue | undefined => {
  const onError = (cause: unknown): void => tell({ event: 'queue_error' }, cause)
  const { redisUrl, importLeaseMs: deadMs } = config
  return redisUrl === undefined ? undefined : redisQueue(redisUrl, { deadMs, onError })
}

/** Runs imports in this process, over connections of its own. */
export function startImports(data: Data, config: Config, metrics?: Metrics): Imports {
  const tell = teller(config)
  const shared = data.owner.embedded ? undefined : queueFor(config, tell)
  const queue = shared ?? localQueue()
  const worker = startWorker({
    database: data.worker(beatsSize),
    ...(data.owner.embedded ? {} : { connect: () => data.worker(attemptSize) }),
    queue,
    config,
    tell,
    ...(metrics === undefined ? {} : { onEnd: metrics.importEnded }),
    ...(shared === undefined && !data.owner.embedded ? { sweepMs: aloneSweepMs } : {}),
  })
  return {
    ...worker,
    close: async () => {
      await worker.close()
      await queue.close()
    },
  }
}

/** Runs none, and tells of each that comes: whom the queue does not reach finds it by looking. */
export function announceImports(config: Config): Imports {
  const tell = teller(config)
  const queue = queueFor(config, tell)
  return {
    wake: (job) => void queue?.add(job).catch((cause: unknown) => tell({ event: 'queue_error', id: job.id }, cause)),
    cancelled: () => {},
    close: async () => queue?.close(),
  }
}

/** The numbers of this process; how the line of imports is, is asked of the database. */
export const metricsOf = (database: Database): Metrics => createMetrics(() => new Jobs(database.sql).line())

/** What a worker answers on a port of its own: whether it lives, and its numbers. */
export const workerApp = (metrics: Metrics): App => ({
  fetch: async (request) => secure(await workerAnswer(metrics, request), { publicUrl: undefined }),
})

async function workerAnswer(metrics: Metrics, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  try {
    if (pathname === '/health/live') return Response.json({ status: 'ok' })
    if (pathname === '/metrics')
      return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
  } catch (thrown) {
    return errorResponse(toApiError(thrown))
  }
  return errorResponse(new ApiError('unknownobject', `a worker answers /health/live and /metrics, not ${pathname}`))
}
