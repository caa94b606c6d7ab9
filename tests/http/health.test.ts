// Live, ready and health: what they say when all is well, when the database is behind, and when it is not there; and
// what the other endpoints say then.

import { beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { createClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import { connectPostgres, type Sql } from '../../src/database.ts'
import { readSqlFiles } from '../../src/migrate.ts'
import { atEnd } from '../support/cleanup.ts'
import { origin } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { faultsOf, statusFaultsOf } from '../support/schemas.ts'

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
}, 60_000)

type Fetch = Hub['fetch']
interface Health {
  readonly status: string
  readonly version?: string
  readonly uptimeSeconds?: number
  readonly checks: Readonly<Record<string, { status: string; detail?: string }>>
}

async function read(fetch: Fetch, path: string): Promise<[number, Health]> {
  const response = await fetch(new Request(origin + path))
  const body = (await response.json()) as Health
  expect(faultsOf({ service: 'hub', schema: path === '/health/live' ? 'Liveness' : 'Health' }, body)).toEqual([])
  expect(response.headers.get('content-type')).toStartWith('application/json')
  return [response.status, body]
}

/** The app over this database, which should have these files beside its own. */
function appOver(sql: Sql, more: Readonly<Record<string, string>> = {}): Fetch {
  const files = readSqlFiles()
  const hashes = Object.fromEntries([...files.migrations, ...files.repeatable].map(({ name, hash }) => [name, hash]))
  const sqlHashes = { ...hashes, ...more }
  return createApp({ sql, config: readConfig({}), observe: () => {}, sqlHashes, version: '1.2.3' }).fetch
}

/** The app over a database that nobody listens for. */
function appOverNothing(): Fetch {
  const { sql, close } = connectPostgres('postgres://nobody@127.0.0.1:1/nothing', { poolSize: 1 })
  atEnd(close)
  return appOver(sql)
}

describe('a hub that is well', () => {
  test('is live, ready and healthy, without a token, and says its version and how long it is up', async () => {
    expect(await read(hub.fetch, '/health/live')).toEqual([200, { status: 'ok' } as Health])
    const [readyStatus, ready] = await read(hub.fetch, '/health/ready')
    expect([readyStatus, ready.status]).toEqual([200, 'ok'])
    const checks = Object.entries(ready.checks).map(([name, check]) => [name, check.status])
    expect(checks).toEqual([
      ['database', 'ok'],
      ['migrations', 'ok'],
    ])
    const [status, health] = await read(hub.fetch, '/health')
    expect([status, health.status, health.version]).toEqual([200, 'ok', 'test'])
    expect(health.uptimeSeconds).toBeGreaterThanOrEqual(0)
    expect(Object.keys(health.checks)).toEqual(['database', 'migrations'])
  })

  test('forbids that ready and health are kept in a cache', async () => {
    for (const path of ['/health', '/health/ready']) {
      expect((await hub.fetch(new Request(origin + path))).headers.get('cache-control')).toBe('no-store')
    }
  })
})

describe('a hub whose database is behind', () => {
  test('is live, not ready, and names the files that are missing or differ', async () => {
    const [first = ''] = readSqlFiles().migrations.map(({ name }) => name)
    const fetch = appOver(hub.app.sql, { '9999_new.sql': 'x', [first]: 'edited' })
    expect((await read(fetch, '/health/live'))[0]).toBe(200)
    for (const path of ['/health', '/health/ready']) {
      const [status, { checks, ...body }] = await read(fetch, path)
      expect([status, body.status, checks['database']?.status, checks['migrations']?.status]).toEqual([
        503,
        'failing',
        'ok',
        'failing',
      ])
      expect(checks['migrations']?.detail).toContain('9999_new.sql')
      expect(checks['migrations']?.detail).toContain(first)
    }
  })
})

describe('a hub whose database is away', () => {
  test('is live, not ready, and tells nothing of the connection', async () => {
    const fetch = appOverNothing()
    expect((await read(fetch, '/health/live'))[0]).toBe(200)
    for (const path of ['/health', '/health/ready']) {
      const [status, body] = await read(fetch, path)
      expect([status, body.status, body.checks['database']?.status]).toEqual([503, 'failing', 'failing'])
      expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|nobody|ECONN/)
    }
  })

  test('asks clients to come again: 503, Retry-After, and the imsx object', async () => {
    const headers = { authorization: `Bearer ${'A'.repeat(43)}` }
    const response = await appOverNothing()(new Request(`${origin}${rosteringPath}/users`, { headers }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    const body = await response.json()
    expect(statusFaultsOf({ service: 'rostering' }, body)).toEqual([])
    expect(JSON.stringify(body)).toContain('server_busy')
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|nobody|ECONN/)
  })

  test('gives no token: 503 temporarily_unavailable', async () => {
    const { clientId, clientSecret } = await createClient(hub.owner.sql, 'away', [])
    const response = await appOverNothing()(
      new Request(`${origin}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      }),
    )
    const body = (await response.json()) as { error: string }
    expect([response.status, body.error]).toEqual([503, 'temporarily_unavailable'])
    expect(faultsOf({ service: 'hub', schema: 'TokenError' }, body)).toEqual([])
  })
})
