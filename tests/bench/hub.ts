// A hub as it is run: the API and a worker as processes of their own over one database of the bench and a queue on Redis,
// and a client that sends packages and reads.

import { allScopes, createClient } from '../../src/clients.ts'
import type { Job } from '../../src/jobs.ts'
import { onDatabase, publicUrl, urlOf } from './databases.ts'
import { type Server, startServer } from './processes.ts'
import { quantile } from './statistics.ts'

const redisUrl = process.env['BENCH_REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const pollMs = 100
/** Reads while something else goes on: a page every so often, as clients come, however long the last one took. */
const readEveryMs = 20
const paths = ['students', 'enrollments', 'classes', 'users', 'demographics']

export interface Sent {
  readonly job: Job
  /** From the first byte sent to the job's end. */
  readonly seconds: number
}

export interface Reads {
  /** Ends the reading; milliseconds. */
  readonly stop: () => Promise<{ count: number; p50Ms: number; p95Ms: number; failureCount: number }>
}

export class BenchHub {
  private constructor(
    readonly api: Server,
    readonly worker: Server,
    private readonly token: string,
  ) {}

  static async start(database: string): Promise<BenchHub> {
    const environment = {
      DATABASE_URL: urlOf(database),
      REDIS_URL: redisUrl,
      PUBLIC_URL: publicUrl,
      LOG_LEVEL: 'silent',
    }
    const main = [process.execPath, 'src/main.ts']
    const api = await startServer([...main, 'serve', '--port', '0'], environment)
    const worker = await startServer([...main, 'work', '--port', '0'], environment)
    const { clientId, clientSecret } = await onDatabase(database, (sql) => createClient(sql, 'bench', allScopes))
    const answer = await fetch(`${api.origin}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return new BenchHub(api, worker, ((await answer.json()) as { access_token: string }).access_token)
  }

  /** Sends a package and waits for its end. Throws where that is not `completed`, or with faults. */
  async send(file: string, query = ''): Promise<Sent> {
    const startedAt = performance.now()
    const answer = await this.request(`/imports${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: Bun.file(file),
    })
    let job = (await answer.json()) as Job
    while (!['completed', 'failed', 'held', 'cancelled'].includes(job.status)) {
      if (job.id === undefined) throw new Error(`${file} was refused: ${JSON.stringify(job)}`)
      await Bun.sleep(pollMs)
      job = (await (await this.request(`/imports/${job.id}`)).json()) as Job
    }
    if (job.status !== 'completed' || (job.faultCount ?? 0) > 0)
      throw new Error(`${file} ended as ${job.status}, ${job.faultCount} faults: ${job.reason}`)
    return { job, seconds: (performance.now() - startedAt) / 1000 }
  }

  /** Reads pages of 100 at a steady pace until stopped. */
  read(): Reads {
    const tookMs: number[] = []
    const pending = new Set<Promise<void>>()
    let failureCount = 0
    let turn = 0
    const timer = setInterval(() => {
      const path = paths[turn++ % paths.length]
      const startedAt = performance.now()
      const one = this.request(`/ims/oneroster/rostering/v1p2/${path}?limit=100`)
        .then(async (answer) => {
          await answer.arrayBuffer()
          tookMs.push(performance.now() - startedAt)
          if (!answer.ok) failureCount += 1
        })
        .catch(() => {
          failureCount += 1
        })
        .finally(() => pending.delete(one))
      pending.add(one)
    }, readEveryMs)
    return {
      stop: async () => {
        clearInterval(timer)
        await Promise.all(pending)
        return { count: tookMs.length, p50Ms: quantile(tookMs, 0.5), p95Ms: quantile(tookMs, 0.95), failureCount }
      },
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.api.stop(), this.worker.stop()])
  }

  private request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${this.token}` }
    return fetch(this.api.origin + path, { ...init, headers })
  }
}
