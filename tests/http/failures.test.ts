// What clients are told when the hub fails: that it failed, and nothing of how. The database is gone, slow, or answers what
// nobody foresaw; no answer holds SQL, a state, a table or a frame of a stack.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { appRole, connectPostgres, type Database } from '../../src/database.ts'
import { exportScope } from '../../src/exports.ts'
import { hubOperations } from '../../src/generated/hub.operations.ts'
import { operations } from '../../src/generated/operations.ts'
import { backend } from '../support/database.ts'
import { filesIn } from '../support/exports.ts'
import { type Hub, openDistrict, openHub, rosteringPath } from '../support/hub.ts'
import { methods, openRoutes } from '../support/routes.ts'

/** What only the inside knows. */
const inside =
  /\b(select|insert|where|relation|column|schema|does not exist|permission denied|plpgsql|postgres|hunter2)\b|\b(store|api|source|shape|load|catalog)\.\w|\b(\d\d[A-Z0-9]{3})\b(?!Z)|ECONN|\bat \S+:\d+|node_modules|\.ts\b|\.sql\b/i

/** A request to every operation, with a body where one is taken. */
function requests(authorization: string): Request[] {
  return [...operations, ...hubOperations].map(({ method, path, ...operation }) => {
    const url = `http://localhost${path.replaceAll(/\{\w+\}/g, '1')}`
    const envelope = 'envelope' in operation ? operation.envelope : undefined
    const record = { sourcedId: '1', title: 'A' }
    const body = { [String(envelope)]: 'kind' in operation && operation.kind === 'post' ? [record] : record }
    const type = path === '/oauth2/token' ? 'application/x-www-form-urlencoded' : 'application/json'
    const form = 'grant_type=client_credentials&client_id=a&client_secret=b'
    return new Request(url, {
      method,
      headers: { ...(path === '/oauth2/token' ? {} : { authorization }), 'content-type': type },
      ...(['POST', 'PUT'].includes(method)
        ? { body: path === '/oauth2/token' ? form : envelope === undefined ? '' : JSON.stringify(body) }
        : {}),
    })
  })
}

/** Asks every operation; answers the statuses, having looked at each answer. */
async function askAll({ fetch, token }: Pick<Hub, 'fetch' | 'token'> | { fetch: Hub['fetch']; token: string }) {
  const bearer = typeof token === 'string' ? token : await token()
  const statuses = new Map<number, number>()
  const asked = requests(`Bearer ${bearer}`).map(async (request) => {
    const answer = await fetch(request)
    const { status } = answer
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    answer.headers.delete('x-request-id')
    const text = [...answer.headers].flat().join(' ') + (await answer.text())
    const { method, url } = request
    if (status >= 400) expect([method, url, inside.exec(text)?.[0]]).toEqual([method, url, undefined])
  })
  await Promise.all(asked)
  return statuses
}

describe('a database that is gone', () => {
  test('is a 503 of every operation, and of every method of every path no more than that', async () => {
    const { sql, close } = connectPostgres('postgres://user:hunter2@127.0.0.1:1/nothing', { poolSize: 16 })
    const routes = await openRoutes({}, sql)
    const statuses = await askAll({ fetch: routes.fetch, token: 'a'.repeat(43) })
    // what asks no database, and what this app has not, as exports
    expect([...statuses.keys()].sort()).toEqual([200, 404, 503])
    expect(statuses.get(503)).toBeGreaterThan(150)
    const headers = { authorization: `Bearer ${'a'.repeat(43)}` }
    const asked = routes.paths.flatMap((path) =>
      methods.map(async (method) => {
        const answer = await routes.fetch(new Request(`http://localhost${path}`, { method, headers }))
        const text = answer.status >= 400 ? await answer.text() : ''
        expect([path, method, inside.exec(text)?.[0]]).toEqual([path, method, undefined])
      }),
    )
    await Promise.all(asked)
    await close()
  }, 60_000)
})

describe('a database that answers what nobody foresaw', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await openHub()
  }, 60_000)

  test('is a 500 of every operation that asks it, and its words are in the log alone', async () => {
    const bearer = await hub.token()
    await hub.fetch(
      new Request(`http://localhost${rosteringPath}/users`, { headers: { authorization: `Bearer ${bearer}` } }),
    )
    await hub.owner.sql.unsafe('alter schema store rename to gone')
    try {
      const before = hub.observations.length
      const statuses = await askAll({ fetch: hub.fetch, token: bearer })
      expect(statuses.get(500)).toBeGreaterThan(140)
      expect([...statuses.keys()].filter((status) => ![500, 200, 404, 415, 422, 400].includes(status))).toEqual([])
      const causes = hub.observations.slice(before).map(({ cause }) => String((cause as Error | undefined)?.message))
      expect(causes.filter((cause) => cause.includes('store')).length).toBeGreaterThan(120)
    } finally {
      await hub.owner.sql.unsafe('alter schema gone rename to store')
    }
  }, 60_000)

  test.each(['XX000', '22012', '23505', '42P01', 'P0001', 'RH999', '57014', '40001'])(
    'by a trigger with SQLSTATE %s keeps its words to itself',
    async (state) => {
      await hub.owner.sql.unsafe(`
        create function store.break() returns trigger language plpgsql as $$
        begin raise exception 'relation store.users: select hunter2 from store.users'
          using errcode = '${state}', detail = 'select hunter2', hint = 'hunter2'; end $$;
        create trigger break before insert or update on store.categories for each row execute function store.break()`)
      try {
        const answer = await hub.fetch(
          new Request('http://localhost/ims/oneroster/gradebook/v1p2/categories/c1', {
            method: 'PUT',
            headers: { authorization: `Bearer ${await hub.token()}` },
            body: JSON.stringify({ category: { sourcedId: 'c1', title: 'A' } }),
          }),
        )
        const text = await answer.text()
        expect([answer.status, inside.exec(text)?.[0]]).toEqual([expect.any(Number), undefined])
        expect([422, 500, 503]).toContain(answer.status)
      } finally {
        await hub.owner.sql.unsafe('drop function store.break() cascade')
      }
    },
  )
})

describe.skipIf(backend === 'pglite')(
  'a statement that takes too long [needs PostgreSQL: PGlite cancels nothing]',
  () => {
    let hub: Hub
    let limited: Database
    let fetch: Hub['fetch']
    let authorization: string
    beforeAll(async () => {
      hub = await openDistrict()
      limited = connectPostgres(String(hub.url), { poolSize: 2, role: appRole, statementTimeoutMs: 200 })
      fetch = createApp({
        sql: limited.sql,
        exports: limited,
        config: readConfig({}),
        observe: (observation) => void hub.observations.push(observation),
        sqlHashes: {},
        version: 'test',
      }).fetch
      authorization = `Bearer ${await hub.token()}`
    }, 180_000)
    afterAll(() => limited.close())

    const ask = (path: string): Promise<Response> =>
      Promise.resolve(fetch(new Request(`http://localhost${path}`, { headers: { authorization } })))

    /** Holds what every reader of users waits for, until what is done meanwhile is done. */
    const held = <Result>(meanwhile: () => Promise<Result>): Promise<Result> =>
      hub.owner.begin(async (transaction) => {
        await transaction.unsafe('lock table store.users in access exclusive mode')
        return meanwhile()
      })

    test('is a 503 that says to try again, and leaves its connection as it was', async () => {
      const answers = await held(() => Promise.all(Array.from({ length: 6 }, () => ask(`${rosteringPath}/users`))))
      for (const answer of answers) {
        expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
        expect(inside.exec(await answer.text())).toBe(null)
      }
      const causes = hub.observations.slice(-6).map(({ cause }) => (cause as { code?: string }).code)
      expect(causes).toEqual(Array(6).fill('57014'))
      expect((await ask(`${rosteringPath}/users`)).status).toBe(200)
    })

    test('in an export is none: it lasts as long as it takes', async () => {
      const token = await hub.token([exportScope])
      const asked = await held(async () => {
        const answer = Promise.resolve(
          fetch(
            new Request('http://localhost/exports/oneroster.zip', { headers: { authorization: `Bearer ${token}` } }),
          ),
        )
        // a page that began later has been cut meanwhile
        expect((await ask(`${rosteringPath}/users`)).status).toBe(503)
        return { answer }
      })
      const answer = await asked.answer
      expect(answer.status).toBe(200)
      expect(Object.keys(await filesIn(await answer.blob()))).toContain('users.csv')
    })
  },
)
