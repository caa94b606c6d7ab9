// What a grant costs: a page of 100 users for clients that are granted a part of the district, beside one that sees all of
// it, in turns, over one server. Each page is first checked to be of granted people alone, with their exact total.

import { allScopes, createClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import type { Sql } from '../../src/database.ts'
import { type Grant, setGrant } from '../../src/grants.ts'
import { onDatabase, publicUrl, settle, urlOf } from './databases.ts'
import { generatorName, type Measured, measure, medians } from './load.ts'
import { type Server, startServer } from './processes.ts'
import type { ReadOptions } from './read.ts'
import { prepareReadDatabase, readDatabase } from './read_database.ts'
import { atMost, type Report } from './report.ts'

const everything: Grant = { orgs: null, roles: null, entities: null, hidden: [], mayWrite: true }
const path = '/ims/oneroster/rostering/v1p2/users?limit=100'
const barOfSchools = 1.5

interface Case {
  readonly name: string
  readonly grant: (schools: readonly string[]) => Partial<Grant>
  /** Held against the bar; the others are told. */
  readonly isBar: boolean
}

/** `count` of the schools, as far apart as they go. */
const spread = (schools: readonly string[], count: number): string[] =>
  Array.from({ length: count }, (_, at) => schools[Math.floor((at * schools.length) / count)] as string)

const cases: readonly Case[] = [
  { name: 'everything', grant: () => ({}), isBar: false },
  { name: '50 schools, spread', grant: (schools) => ({ orgs: spread(schools, 50) }), isBar: true },
  { name: '50 schools, the last', grant: (schools) => ({ orgs: schools.slice(-50) }), isBar: true },
  { name: '1 school', grant: (schools) => ({ orgs: schools.slice(-1) }), isBar: false },
  { name: 'the district', grant: () => ({ orgs: ['org-district'] }), isBar: false },
  {
    name: '50 schools, students alone',
    grant: (schools) => ({ orgs: spread(schools, 50), roles: ['student'] }),
    isBar: false,
  },
  { name: 'all but two fields', grant: () => ({ hidden: ['users.email', 'users.phone'] }), isBar: false },
]

export async function benchGrant(options: ReadOptions): Promise<Report> {
  await prepareReadDatabase(options.students, options.isFresh)
  const schools = await onDatabase(readDatabase, schoolsOf)
  const environment = {
    DATABASE_URL: urlOf(readDatabase),
    DATABASE_POOL_SIZE: String(readConfig(process.env).poolSize),
    PUBLIC_URL: publicUrl,
    LOG_LEVEL: 'silent',
  }
  const server = await startServer([process.execPath, 'src/main.ts', 'serve', '--port', '0'], environment)
  try {
    const tokens = new Map<string, string>()
    for (const { name, grant } of cases) tokens.set(name, await tokenOf(server, grant(schools)))
    await onDatabase(readDatabase, (sql) => sql.unsafe('vacuum (analyze) store.audience_users, store.audience_orgs'))
    await settle()
    const totals = new Map<string, number>()
    for (const { name } of cases) totals.set(name, await totalOf(server, tokens.get(name) as string))
    const found = await measured(server, tokens, options)
    const all = found.get('everything') as Measured
    const ratio = (one: Measured): number => all.requestsPerSecond / one.requestsPerSecond
    return {
      tables: [
        {
          title: `GET /users?limit=100 of a district of ${schools.length} schools, ${options.connections} connections, medians of ${options.rounds} rounds of ${options.seconds} s, load by ${generatorName}`,
          header: ['granted', 'users', 'req/s', 'p50 ms', 'p95 ms', 'time, of everything'],
          rows: cases.map(({ name }) => {
            const one = found.get(name) as Measured
            const numbers = [one.requestsPerSecond.toFixed(1), one.p50Ms.toFixed(1), one.p95Ms.toFixed(1)]
            return [name, String(totals.get(name)), ...numbers, ratio(one).toFixed(2)]
          }),
        },
      ],
      bars: cases
        .filter(({ isBar }) => isBar)
        .map(({ name }) =>
          atMost(`${name}: time of a page, of everything's`, ratio(found.get(name) as Measured), barOfSchools),
        ),
    }
  } finally {
    await server.stop()
  }
}

async function schoolsOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select sourced_id as id from store.orgs where type = 'school' and status = 'active' order by 1`
  return rows.map(({ id }) => id)
}

async function tokenOf(server: Server, grant: Partial<Grant>): Promise<string> {
  const { clientId, clientSecret } = await onDatabase(readDatabase, async (sql) => {
    const made = await createClient(sql, 'bench', allScopes)
    if (Object.keys(grant).length > 0) await setGrant(sql, made.clientId, { ...everything, ...grant })
    return made
  })
  const answer = await fetch(`${server.origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

async function totalOf(server: Server, token: string): Promise<number> {
  const answer = await fetch(server.origin + path, { headers: { authorization: `Bearer ${token}` } })
  const { users } = (await answer.json()) as { users: unknown[] }
  const total = Number(answer.headers.get('x-total-count'))
  if (users.length !== Math.min(100, total) || total === 0) throw new Error(`${users.length} users of ${total}`)
  return total
}

/** Medians by case; the cases take turns, so that a busy moment of the machine is everybody's. */
async function measured(
  server: Server,
  tokens: ReadonlyMap<string, string>,
  { rounds, seconds, connections }: ReadOptions,
): Promise<ReadonlyMap<string, Measured>> {
  const found = new Map<string, Measured[]>([...tokens.keys()].map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, token] of tokens) {
      const one = await measure({ url: server.origin + path, token, connections, seconds: round < 0 ? 1 : seconds })
      if (round >= 0) found.get(name)?.push(one)
    }
  }
  return new Map([...found].map(([name, all]) => [name, medians(all)]))
}
