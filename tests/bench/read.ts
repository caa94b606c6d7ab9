// Reading: pages of 100 and of 10,000 users under load, ours and the floor in turns, and a walk to offset 190,000.

import { allScopes, createClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import { onDatabase, publicUrl, settle, urlOf } from './databases.ts'
import { generatorName, type Measured, measure, medians } from './load.ts'
import { resetPeak } from './machine.ts'
import { type Server, startServer } from './processes.ts'
import { prepareReadDatabase, readDatabase } from './read_database.ts'
import { atLeast, atMost, megabytes, type Report, type Table } from './report.ts'
import { median, quantile } from './statistics.ts'
import { walk } from './walk.ts'

export interface ReadOptions {
  readonly students: number
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly isFresh: boolean
}

interface Pair {
  readonly ours: Server
  readonly floor: Server
  readonly token: string
}

interface Compared {
  readonly limit: number
  readonly connections: number
  readonly ours: Measured
  readonly floor: Measured
  /** Our throughput by the floor's, of each round: how far they lie apart tells how noisy the machine was. */
  readonly ratios: readonly number[]
  readonly peakBytes: number
}

const walkOffset = 190_000
const walkLimit = 100
const windowPages = 50
const fewConnections = 4
const path = (limit: number): string => `/ims/oneroster/rostering/v1p2/users?limit=${limit}&filter=status%3D'active'`

export async function benchRead(options: ReadOptions): Promise<Report> {
  const activeCount = await prepareReadDatabase(options.students, options.isFresh)
  await settle()
  const poolSize = readConfig(process.env).poolSize
  const environment = {
    DATABASE_URL: urlOf(readDatabase),
    DATABASE_POOL_SIZE: String(poolSize),
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: 'silent',
  }
  const floor = await startServer([process.execPath, 'tests/bench/floor_server.ts'], environment)
  const ours = await startServer([process.execPath, 'src/main.ts', 'serve', '--port', '0'], environment)
  try {
    const pair = { ours, floor, token: await tokenFor(ours) }
    const compared: Compared[] = []
    // few connections before many: memory once taken is seldom given back
    const cases = [
      [walkLimit, options.connections],
      [10_000, fewConnections],
      [10_000, options.connections],
    ] as const
    for (const [limit, connections] of cases) {
      await checkSame(pair, limit, activeCount)
      compared.push(await compare(pair, { limit, connections }, options))
    }
    const walked = await measureWalk(pair, Math.min(walkOffset, activeCount - walkLimit))
    return {
      tables: [loadTable(compared, { poolSize, activeCount, ...options }), walked.table],
      bars: [...compared.flatMap(loadBars), walked.bar],
    }
  } finally {
    await Promise.all([ours.stop(), floor.stop()])
  }
}

async function tokenFor(ours: Server): Promise<string> {
  const { clientId, clientSecret } = await onDatabase(readDatabase, (sql) => createClient(sql, 'bench', allScopes))
  const answer = await fetch(`${ours.origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!answer.ok) throw new Error(`no token: ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}

/** Both must answer with the same rows, ours with the exact total: a floor that does less is none. */
async function checkSame({ ours, floor, token }: Pair, limit: number, activeCount: number): Promise<void> {
  const answer = await fetch(ours.origin + path(limit), { headers: { authorization: `Bearer ${token}` } })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`limit=${limit} answered ${answer.status}: ${text}`)
  const total = Number(answer.headers.get('x-total-count'))
  if (total !== activeCount) throw new Error(`X-Total-Count is ${total}; count(*) is ${activeCount}`)
  const least = await (await fetch(floor.origin + path(limit))).text()
  if (text.replaceAll(/\{"dateLastModified":"[^"]*",/g, '') !== `{"users":[${least}]}`)
    throw new Error(`limit=${limit}: the floor answers with other rows`)
}

async function compare(
  { ours, floor, token }: Pair,
  { limit, connections }: Pick<Compared, 'limit' | 'connections'>,
  { rounds, seconds }: ReadOptions,
): Promise<Compared> {
  const once = (server: Server, duration = seconds): Promise<Measured> =>
    measure({ url: server.origin + path(limit), token, connections, seconds: duration })
  await once(floor, 1)
  await once(ours, 1)
  resetPeak(ours.pid)
  const found: { ours: Measured[]; floor: Measured[] } = { ours: [], floor: [] }
  for (let round = 0; round < rounds; round += 1) {
    found.floor.push(await once(floor))
    found.ours.push(await once(ours))
  }
  const peakBytes = ours.memory()?.peakBytes ?? Number.NaN
  const ratios = found.ours.map(
    (round, index) => round.requestsPerSecond / (found.floor[index]?.requestsPerSecond ?? Number.NaN),
  )
  return { limit, connections, ours: medians(found.ours), floor: medians(found.floor), ratios, peakBytes }
}

function loadTable(
  compared: readonly Compared[],
  { rounds, seconds, poolSize, activeCount }: ReadOptions & { poolSize: number; activeCount: number },
): Table {
  const row = (
    name: string,
    { limit, connections, ratios }: Compared,
    measured: Measured,
    peakBytes?: number,
  ): string[] => [
    name,
    String(limit),
    String(connections),
    measured.requestsPerSecond.toFixed(1),
    measured.p50Ms.toFixed(1),
    measured.p95Ms.toFixed(1),
    measured.p99Ms.toFixed(1),
    peakBytes === undefined ? '' : megabytes(peakBytes).toFixed(0),
    peakBytes === undefined ? '' : `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  ]
  return {
    title: `GET /users?filter=status='active': medians of ${rounds} rounds of ${seconds} s, pool of ${poolSize}, ${activeCount} active users, load by ${generatorName}`,
    header: ['', 'limit', 'connections', 'req/s', 'p50 ms', 'p95 ms', 'p99 ms', 'peak MB', 'ratio of the rounds'],
    rows: compared.flatMap((found) => [
      row('floor', found, found.floor),
      row('ours', found, found.ours, found.peakBytes),
    ]),
  }
}

function loadBars({ limit, connections, ours, floor, peakBytes }: Compared): Report['bars'] {
  const name = `limit=${limit}, ${connections} connections`
  const throughput = atLeast(
    `${name}: throughput, of the floor's`,
    ours.requestsPerSecond / floor.requestsPerSecond,
    0.8,
  )
  return limit === walkLimit
    ? [throughput]
    : [throughput, atMost(`${name}: peak memory of the server`, megabytes(peakBytes), 300, 'MB')]
}

async function measureWalk(
  { ours, token }: Pair,
  lastOffset: number,
): Promise<{ table: Table; bar: Report['bars'][0] }> {
  const options = { origin: ours.origin, path: path(walkLimit), token }
  await walk({ ...options, lastOffset: Math.min(lastOffset, windowPages * walkLimit) })
  const { latenciesMs, offset } = await walk({ ...options, lastOffset })
  const pages = Math.min(windowPages, latenciesMs.length >> 1)
  const windows = { first: latenciesMs.slice(0, pages), last: latenciesMs.slice(-pages) }
  const row = (name: string, window: readonly number[]): string[] => [
    name,
    String(window.length),
    ...[0.5, 0.95, 0.99].map((share) => quantile(window, share).toFixed(2)),
  ]
  return {
    table: {
      title: `Following next to offset ${offset}, limit=${walkLimit}, one request at a time; every id after the last`,
      header: ['pages', 'count', 'p50 ms', 'p95 ms', 'p99 ms'],
      rows: [row('first', windows.first), row('last', windows.last), row('all', latenciesMs)],
    },
    bar: atMost(
      `the walk: median of the last ${pages} pages, of the first ${pages}`,
      median(windows.last) / median(windows.first),
      1.3,
    ),
  }
}
