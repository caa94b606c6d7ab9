// Who is kept out, and how: too many requests from an address or of a client, secrets that are guessed, addresses that may
// not ask. In the words of each binding, and in the headers of every answer.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allScopes, type Credentials, createClient } from '../../src/clients.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { ApiError } from '../../src/errors.ts'
import { type Limiter, localLimiter } from '../../src/limiter.ts'
import { createGate } from '../../src/limits.ts'
import type { Caller } from '../../src/visit.ts'
import { origin, refusal } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath, v1p1Path } from '../support/hub.ts'
import { basic, grant, granted, refused } from '../support/tokens.ts'
import { visitOf } from '../support/visits.ts'

const unlimited = { clientPerMinute: 0, addressPerMinute: 0, tokenPerMinute: 0, allowedAddresses: [] }
type Limits = Partial<Config>

let nowMs = 1_788_220_800_000
const now = (): number => nowMs
const here = '192.0.2.1'
const elsewhere = '198.51.100.1'

let base: Hub
let client: Credentials
let token: string
beforeAll(async () => {
  base = await openHub()
  client = await createClient(base.owner.sql, 'a client', allScopes)
  token = await base.token()
}, 60_000)

/** The app behind limits of its own, asked from an address. */
async function limited(limits: Limits) {
  const gate = createGate({ config: { ...readConfig({}), ...unlimited, ...limits }, now })
  const hub = await openHub(limits, { gate })
  const credentials = await createClient(hub.owner.sql, 'a client', allScopes)
  const ask = (path: string, from = here, init: RequestInit = {}): Promise<Response> =>
    Promise.resolve(hub.fetch(new Request(origin + path, init), from))
  const askToken = (authorization = basic(credentials), from = here): Promise<Response> =>
    ask('/oauth2/token', from, { method: 'POST', headers: { authorization }, body: new URLSearchParams(grant) })
  let bearer: Promise<string> | undefined
  const signed = async (path: string, from = here): Promise<Response> => {
    bearer ??= askToken(basic(credentials), '192.0.2.250').then(async (answer) => (await granted(answer)).access_token)
    return ask(path, from, { headers: { authorization: `Bearer ${await bearer}` } })
  }
  return { hub, gate, credentials, ask, askToken, signed }
}
const orgs = `${rosteringPath}/orgs`
const wrong = { headers: { authorization: `Bearer ${'x'.repeat(43)}` } }
const told = ({ headers }: Response): (string | null)[] =>
  ['limit', 'remaining', 'reset', 'policy'].map((name) => headers.get(`ratelimit-${name}`))

describe('a client', () => {
  test('that asks too often gets a 429 that says when to come again, and then is answered', async () => {
    const { signed, hub } = await limited({ clientPerMinute: 3 })
    const answers = [await signed(orgs), await signed(orgs), await signed(orgs, elsewhere), await signed(orgs)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    expect(answers.map((answer) => told(answer)[1])).toEqual(['2', '1', '0', '0'])
    const last = answers[3] as Response
    const seconds = Number(last.headers.get('retry-after'))
    expect(seconds).toBeWithin(60, 64)
    expect(told(last)).toEqual(['3', '0', String(seconds), '3;w=60'])
    expect(await refusal(last)).toBe(
      `429 server_busy: too many requests: at most 3 a minute of one client; try again in ${seconds} s`,
    )
    expect(hub.observations.at(-1)).toMatchObject({ status: 429, operation: 'getAllOrgs', address: here })
    expect(hub.observations.at(-1)?.client).toBeString()
    nowMs += seconds * 1000
    expect((await signed(orgs)).status).toBe(200)
  })

  test('is told of its limit in every shape', async () => {
    const { signed } = await limited({ clientPerMinute: 1 })
    expect((await signed(`${v1p1Path}/orgs`)).status).toBe(200)
    const older = await signed(`${v1p1Path}/orgs`)
    expect([older.status, await older.json()]).toEqual([
      429,
      {
        statusInfoSet: [
          {
            imsx_codeMajor: 'failure',
            imsx_severity: 'error',
            imsx_codeMinor: 'server_busy',
            imsx_description: expect.stringContaining('too many requests'),
          },
        ],
      },
    ])
    for (const path of ['/imports', '/ims/oneroster/gradebook/v1p2/results', orgs])
      expect(await refusal(await signed(path))).toStartWith('429 server_busy: ')
  })

  test('is not kept out by what others ask from its address without a credential of their own', async () => {
    const { signed, ask } = await limited({ clientPerMinute: 1 })
    for (let at = 0; at < 5; at += 1) expect((await ask(orgs)).status).toBe(401)
    expect((await signed(orgs)).status).toBe(200)
  })

  test('may have a rate and addresses of its own', async () => {
    const gate = createGate({ config: { ...readConfig({}), ...unlimited, clientPerMinute: 1 }, now })
    const visit = (address?: string) => visitOf(new Request(origin), { address })
    const caller: Caller = { client: 'c', scopes: new Set(), key: 'k', perMinute: 2 }
    await gate.admit(visit(here), caller)
    await gate.admit(visit(here), caller)
    await expect(gate.admit(visit(here), caller)).rejects.toThrow('at most 2 a minute')
    // its key has a minute of its own
    await gate.admit(visit(here), { client: 'c', scopes: new Set() })
    await expect(gate.admit(visit(here), { client: 'c', scopes: new Set() })).rejects.toThrow('at most 1 a minute')
    const bound: Caller = { client: 'd', scopes: new Set(), addresses: ['192.0.2.0/24', '2001:db8::/32'] }
    await gate.admit(visit('192.0.2.99'), bound)
    for (const address of [elsewhere, '2001:db9::1', undefined]) {
      const refused = await Promise.resolve(gate.admit(visit(address), bound)).then(
        () => undefined,
        (thrown: Error) => thrown,
      )
      expect(refused).toMatchObject({ status: 403, message: 'this credential may not be used from here' })
    }
    await expect(gate.admit(visit(here), { ...bound, client: 'e', addresses: ['192.0.2.0/99'] })).rejects.toThrow(
      'from here',
    )
  })
})

describe('an address', () => {
  test('that asks too often is kept out on every route but the probes, and no other is', async () => {
    const { ask, signed, hub } = await limited({ addressPerMinute: 4 })
    expect((await signed(orgs)).status).toBe(200)
    expect((await ask('/health')).status).toBe(200)
    expect((await ask(orgs)).status).toBe(401)
    expect((await ask(orgs, here, wrong)).status).toBe(401)
    const before = hub.observations.length
    for (const path of [
      orgs,
      '/health',
      '/nowhere',
      `${v1p1Path}/nowhere`,
      '/imports',
      `${rosteringPath}/discovery/x`,
    ]) {
      const answers = [await ask(path), await signed(path), await ask(path, here, wrong)]
      expect([path, answers.map(({ status }) => status)]).toEqual([path, [429, 429, 429]])
      for (const answer of answers) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await ask('/health', here, { method: 'DELETE' })).status).toBe(429)
    expect(hub.observations.slice(before).every(({ status }) => status === 429)).toBe(true)
    expect((await ask('/health/live')).status).toBe(200)
    expect((await ask('/health/ready')).status).toBe(200)
    expect((await signed(orgs, elsewhere)).status).toBe(200)
  })

  test('that is over its limit is refused without asking whoever counts, until its minute has room', async () => {
    const local = localLimiter(now)
    let asked = 0
    const limiter: Limiter = {
      ask: (asks) => {
        asked += 1
        return local.ask(asks)
      },
    }
    const gate = createGate({ config: { ...readConfig({}), ...unlimited, addressPerMinute: 1 }, limiter, now })
    const enter = async (): Promise<number> => {
      const visit = visitOf(new Request(origin), { address: here })
      return gate.enter(visit).then(
        () => 200,
        (thrown: ApiError) => Number(thrown.headers['retry-after']),
      )
    }
    expect(await enter()).toBe(200)
    const wait = await enter()
    expect([wait > 59, asked]).toEqual([true, 2])
    expect([await enter(), await enter(), asked]).toEqual([wait, wait, 2])
    nowMs += wait * 1000
    expect([await enter(), asked]).toEqual([200, 3])
  })

  test('is one subscriber: of IPv6 the 64 bits before it', async () => {
    const { ask } = await limited({ addressPerMinute: 1 })
    const from = async (address: string): Promise<number> => (await ask('/health', address)).status
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8:0:1::1')]).toEqual([
      200, 429, 200,
    ])
  })

  test('is not what a header says it is', async () => {
    const { ask } = await limited({ addressPerMinute: 2 })
    const forged = async (claimed: string): Promise<number> =>
      (await ask('/health', here, { headers: { 'x-forwarded-for': claimed, forwarded: `for=${claimed}` } })).status
    expect([await forged('1.1.1.1'), await forged('2.2.2.2'), await forged('3.3.3.3')]).toEqual([200, 200, 429])
    const proxied = await limited({ addressPerMinute: 1, trustProxy: readConfig({ TRUST_PROXY: here }).trustProxy })
    const behind = async (header: string): Promise<number> =>
      (await proxied.ask('/health', here, { headers: { 'x-forwarded-for': header } })).status
    expect([await behind('1.1.1.1'), await behind('2.2.2.2'), await behind('3.3.3.3, 2.2.2.2')]).toEqual([
      200, 200, 429,
    ])
  })

  test('of a probe has 600 a minute, whatever the others have', async () => {
    const { ask } = await limited({ addressPerMinute: 1 })
    for (let at = 0; at < 600; at += 1) expect((await ask('/health/live')).status).toBe(200)
    expect((await ask('/health/live')).status).toBe(429)
  })

  test('that may not ask gets a 403 in every shape, and that is all it gets', async () => {
    const { ask, signed, askToken, hub } = await limited({
      allowedAddresses: readConfig({ ALLOWED_ADDRESSES: '192.0.2.0/24 2001:db8::/32' }).allowedAddresses,
    })
    expect((await ask('/health', '2001:db8::7')).status).toBe(200)
    expect((await ask('/health', '::ffff:192.0.2.200')).status).toBe(200)
    const headers = { authorization: `Bearer ${token}` }
    for (const path of ['/health', '/nowhere', orgs, '/imports', '/docs'])
      expect(await refusal(await ask(path, elsewhere, { headers }))).toBe(
        '403 forbidden: this address may not ask here',
      )
    expect((await ask(`${v1p1Path}/orgs`, elsewhere)).status).toBe(403)
    expect(await refused(await askToken(undefined, elsewhere))).toBe('403 access_denied')
    const unknown = await hub.fetch(new Request(`${origin}/health`))
    expect(unknown.status).toBe(403)
    expect((await ask('/health/live', elsewhere)).status).toBe(200)
    expect((await askToken()).status).toBe(200)
    expect((await signed(orgs, elsewhere)).status).toBe(403)
  })
})

describe('the token endpoint', () => {
  const seconds = ({ headers }: Response): number => Number(headers.get('retry-after'))

  test('has a limit by address, and one by client that only right secrets use up', async () => {
    const { askToken } = await limited({ tokenPerMinute: 3 })
    const statuses = async (from: string, authorization?: string): Promise<string> => {
      const answer = await askToken(authorization, from)
      return answer.status === 200 ? '200' : refused(answer)
    }
    expect([await statuses(here), await statuses(here, 'Basic x'), await statuses(here)]).toEqual([
      '200',
      '401 invalid_client',
      '200',
    ])
    expect(await statuses(here)).toBe('429 temporarily_unavailable')
    expect([await statuses(elsewhere), await statuses(elsewhere)]).toEqual(['200', '429 temporarily_unavailable'])
    const answer = await askToken()
    expect([answer.status, seconds(answer) > 0, told(answer)[0]]).toEqual([429, true, '3'])
  })

  test('answers wrong secrets later each time, right ones too, until a right one has come in time', async () => {
    const { askToken, credentials } = await limited({})
    const guess = basic({ ...credentials, clientSecret: 'guess' })
    for (let at = 0; at < 6; at += 1) expect(await refused(await askToken(guess))).toBe('401 invalid_client')
    const waits: number[] = []
    for (let at = 0; at < 4; at += 1) {
      const early = await askToken(guess)
      waits.push(seconds(early))
      expect(await refused(early)).toBe('429 temporarily_unavailable')
      expect((await askToken()).status).toBe(429)
      // another address, and another client from here, are not meant
      expect((await askToken(undefined, elsewhere)).status).toBe(200)
      const other = basic({ ...credentials, clientId: `other ${at}` })
      expect((await askToken(other)).status).toBe(401)
      nowMs += seconds(early) * 1000
      expect(await refused(await askToken(guess))).toBe('401 invalid_client')
    }
    expect(waits).toEqual([1, 2, 4, 8])
    nowMs += 16_000
    await granted(await askToken())
    for (let at = 0; at < 5; at += 1) expect((await askToken(guess)).status).toBe(401)
    await granted(await askToken())
  })
})

describe('wrong tokens, keys and signatures', () => {
  test('from one address are answered later each time, and right ones at once', async () => {
    const { ask, signed } = await limited({})
    const tries = [
      wrong,
      { headers: { authorization: 'OAuth oauth_consumer_key="x"' } },
      { headers: { authorization: 'Basic eA==' } },
    ]
    const garbage = (at: number): Promise<Response> => ask(orgs, here, tries[at % 3])
    for (let at = 0; at < 51; at += 1) expect((await garbage(at)).status).toBe(401)
    const waits: number[] = []
    for (let at = 0; at < 4; at += 1) {
      const answer = await garbage(at)
      const wait = Number(answer.headers.get('retry-after'))
      waits.push(wait)
      expect(await refusal(answer)).toBe(`429 server_busy: too many wrong credentials; try again in ${wait} s`)
      expect((await signed(orgs)).status).toBe(200)
      expect((await ask(orgs, elsewhere, wrong)).status).toBe(401)
      nowMs += wait * 1000
      expect((await garbage(at)).status).toBe(401)
    }
    expect(waits).toEqual([1, 2, 4, 8])
  })

  test('are not counted where none was sent', async () => {
    const { ask } = await limited({})
    for (let at = 0; at < 60; at += 1) expect((await ask(orgs)).status).toBe(401)
  })
})

describe('the headers of an answer', () => {
  test('say how its limits stand: of the nearest one, and which ones hold', async () => {
    const { ask, signed, askToken } = await limited({ clientPerMinute: 50, addressPerMinute: 20, tokenPerMinute: 10 })
    const answers = {
      read: await signed(orgs),
      refused: await ask(orgs, here, wrong),
      anonymous: await ask(orgs),
      missing: await ask('/nowhere'),
      token: await askToken(),
      method: await ask('/health', here, { method: 'DELETE' }),
      probe: await ask('/health/live'),
      discovery: await ask(`${rosteringPath}/discovery/onerosterv1p2rostersservice_openapi3_v1p0.json`),
    }
    const [read, ...others] = Object.values(answers).map(told)
    expect(read).toEqual(['20', '19', expect.stringMatching(/^6[0-3]$/), '20;w=60, 50;w=60'])
    expect(others.map(([limit, remaining, reset, policy]) => [limit, remaining, Number(reset) > 0, policy])).toEqual([
      ['20', '18', true, '20;w=60'],
      ['20', '17', true, '20;w=60'],
      ['20', '16', true, '20;w=60'],
      ['10', '8', true, '20;w=60, 10;w=60'],
      ['20', '14', true, '20;w=60'],
      ['600', '599', true, '600;w=60'],
      ['20', '13', true, '20;w=60'],
    ])
  })

  test('say nothing where nothing is limited', async () => {
    const { ask, signed } = await limited({})
    expect([told(await ask('/health')), told(await signed(orgs))].flat()).toEqual(new Array(8).fill(null))
  })
})

test('what a client typed as its id is in no name that is counted under', async () => {
  const names: string[] = []
  const limiter = {
    ask: (asks: readonly { readonly name: string }[]) => {
      names.push(...asks.map(({ name }) => name))
      return asks.map(() => ({ remaining: 1, waitMs: 0, resetMs: 0 }))
    },
  }
  const gate = createGate({ config: readConfig({}), limiter })
  const hub = await openHub({}, { gate })
  for (const authorization of [basic(client), basic({ clientId: 'my secret', clientSecret: 'x' })])
    await hub.fetch(
      new Request(`${origin}/oauth2/token`, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams(grant),
      }),
      here,
    )
  expect(names.length).toBeGreaterThan(5)
  expect(names.filter((name) => name.includes('secret') || name.includes(client.clientId))).toEqual([])
})
