// Writing: PUT of results under load, ours and the floor in turns, records that are new and records that change; and what
// was acknowledged, looked for in the store.

import { allScopes, createClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import { createDatabase, dropDatabase, onDatabase, publicUrl, settle, urlOf } from './databases.ts'
import { generatorName, type Measured, measure, medians } from './load.ts'
import { type Server, startServer } from './processes.ts'
import { atLeast, atMost, type Report, type Table } from './report.ts'

export interface WriteOptions {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
}

type Mode = 'create' | 'replace'

interface Compared {
  readonly mode: Mode
  readonly ours: Measured
  readonly floor: Measured
  readonly ratios: readonly number[]
}

const database = 'write'
const path = '/ims/oneroster/gradebook/v1p2/results'

export async function benchWrite(options: WriteOptions): Promise<Report> {
  await prepare()
  const poolSize = readConfig(process.env).poolSize
  const environment = {
    DATABASE_URL: urlOf(database),
    DATABASE_POOL_SIZE: String(poolSize),
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: 'silent',
  }
  const floor = await startServer([process.execPath, 'tests/bench/floor_write_server.ts'], environment)
  const ours = await startServer([process.execPath, 'src/main.ts', 'serve', '--port', '0'], environment)
  try {
    const token = await tokenFor(ours)
    const compared = [
      await compare({ ours, floor, token }, 'create', options),
      await compare({ ours, floor, token }, 'replace', options),
    ]
    const lost = await countLost(ours, token, options.connections)
    return {
      tables: [table(compared, options, poolSize)],
      bars: [
        ...compared.map(({ mode, ours: own, floor: least }) =>
          atLeast(`${mode}: throughput, of the floor's`, own.requestsPerSecond / least.requestsPerSecond, 0.6),
        ),
        atMost('writes acknowledged and not found', lost, 0, 'rows'),
      ],
    }
  } finally {
    await Promise.all([ours.stop(), floor.stop()])
    await dropDatabase(database)
  }
}

/** What a result refers to, and the floor's own table: like ours, indexes and all. */
async function prepare(): Promise<void> {
  await createDatabase(database)
  await onDatabase(database, async (sql) => {
    const shared = `'active', 1, 'bench'`
    await sql.unsafe(`
      insert into store.users (sourced_id, status, revision, source_system, enabled_user, given_name, family_name, roles, document)
        values ('u1', ${shared}, true, 'Ada', 'Byron', '[{"role": "student"}]', '');
      insert into store.line_items (sourced_id, status, revision, source_system, title, assign_date, due_date, class_sourced_id,
        school_sourced_id, category_sourced_id, document) values ('li1', ${shared}, 'Quiz', now(), now(), 'k1', 's1', 'c1', '');
      create schema floor;
      create table floor.results (like store.results including all);
      grant usage on schema floor to public`)
  })
}

async function tokenFor(ours: Server): Promise<string> {
  const { clientId, clientSecret } = await onDatabase(database, (sql) => createClient(sql, 'bench', allScopes))
  const answer = await fetch(`${ours.origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!answer.ok) throw new Error(`no token: ${await answer.text()}`)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function compare(
  { ours, floor, token }: { ours: Server; floor: Server; token: string },
  mode: Mode,
  { rounds, seconds, connections }: WriteOptions,
): Promise<Compared> {
  const once = (server: Server, prefix: string, duration = seconds): Promise<Measured> =>
    measure({ url: server.origin + path, token, connections, seconds: duration, put: { mode, prefix } })
  await once(floor, 'warm', 1)
  await once(ours, 'warm', 1)
  const found: { ours: Measured[]; floor: Measured[] } = { ours: [], floor: [] }
  for (let round = 0; round < rounds; round += 1) {
    await settle()
    found.floor.push(await once(floor, `${mode}${round}-`))
    await settle()
    found.ours.push(await once(ours, `${mode}${round}-`))
  }
  const ratios = found.ours.map(
    (round, index) => round.requestsPerSecond / (found.floor[index]?.requestsPerSecond ?? Number.NaN),
  )
  return { mode, ours: medians(found.ours), floor: medians(found.floor), ratios }
}

const writesEach = 200

/** Every connection writes records of its own, new ones and changes; then each must have the score acknowledged last. */
async function countLost(ours: Server, token: string, connections: number): Promise<number> {
  const acknowledged = new Map<string, number>()
  const write = async (connection: number): Promise<void> => {
    for (let number = 0; number < writesEach; number += 1) {
      const sourcedId = `lost-${connection}-${number % 20}`
      const score = connection * writesEach + number
      const answer = await fetch(`${ours.origin}${path}/${sourcedId}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({
          result: {
            sourcedId,
            lineItem: { sourcedId: 'li1' },
            student: { sourcedId: 'u1' },
            scoreStatus: 'submitted',
            score,
            scoreDate: '2026-09-14',
          },
        }),
      })
      if (!answer.ok) throw new Error(`PUT ${sourcedId}: ${answer.status} ${await answer.text()}`)
      acknowledged.set(sourcedId, score)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, connection) => write(connection)))
  const rows = await onDatabase(
    database,
    (sql) => sql<{ id: string; score: number; shown: number }[]>`
      select sourced_id as id, score, (('{' || document)::jsonb ->> 'score')::float8 as shown
      from store.results where sourced_id like 'lost-%'`,
  )
  const found = new Map(rows.map(({ id, score, shown }) => [id, score === shown ? score : Number.NaN]))
  return [...acknowledged].filter(([id, score]) => found.get(id) !== score).length
}

function table(compared: readonly Compared[], { rounds, seconds, connections }: WriteOptions, poolSize: number): Table {
  const row = (name: string, mode: Mode, measured: Measured, ratios?: readonly number[]): string[] => [
    name,
    mode,
    measured.requestsPerSecond.toFixed(0),
    measured.p50Ms.toFixed(1),
    measured.p95Ms.toFixed(1),
    measured.p99Ms.toFixed(1),
    ratios === undefined ? '' : `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  ]
  return {
    title: `PUT /results/{id}: medians of ${rounds} rounds of ${seconds} s, ${connections} connections, pool of ${poolSize}, load by ${generatorName}`,
    header: ['', 'mode', 'req/s', 'p50 ms', 'p95 ms', 'p99 ms', 'ratio of the rounds'],
    rows: compared.flatMap(({ mode, ours, floor, ratios }) => [
      row('floor', mode, floor),
      row('ours', mode, ours, ratios),
    ]),
  }
}
