// Requests signed by OAuth 1.0a, as a client that is not ours signs them: which are answered, which are refused and with
// what reason, and that none is answered twice, by whichever process.

import { beforeAll, describe, expect, test } from 'bun:test'
import { Auth } from '../../src/auth.ts'
import { type Credentials, createClient, listClients, revokeClient, rotateClient } from '../../src/clients.ts'
import type { Caller } from '../../src/consumers.ts'
import type { ApiError } from '../../src/errors.ts'
import { operations } from '../../src/generated/operations.ts'
import { Store } from '../../src/store.ts'
import { findIds, linksOf, origin, pathOf, refusal } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath, scopeBase } from '../support/hub.ts'
import { importDistrict } from '../support/packages.ts'
import { headerOf, type Signing, sign } from '../support/signer.ts'

const key = 'the key of a hub in a test, 32 characters or more'
const core = `${scopeBase}roster-core.readonly`
const users = `${origin}${rosteringPath}/users`
const nowSeconds = (): number => Math.floor(Date.now() / 1000)

let hub: Hub
let auth: Auth
let client: Credentials
beforeAll(async () => {
  hub = await openHub({ oauth1Key: key, tokenRecheckMs: 0 })
  auth = authOf()
  client = await make()
}, 60_000)

const authOf = (more: Partial<ConstructorParameters<typeof Auth>[1]> = {}): Auth =>
  new Auth(new Store(hub.app.sql), { tokenSeconds: 60, recheckMs: 0, oauth1Key: key, ...more })
const make = (scopes: readonly string[] = [core]): Promise<Credentials> =>
  createClient(hub.owner.sql, 'signer', scopes, undefined, key)
const signing = ({ clientId, oauth1Secret = '' }: Credentials, more: Partial<Signing> = {}): Signing => ({
  key: clientId,
  secret: oauth1Secret,
  ...more,
})

type Pairs = readonly (readonly [string, string])[]
const encoded = (pairs: Pairs): string => new URLSearchParams(pairs.map((pair) => [...pair])).toString()

/** A GET with its signature in the header. */
function signed(by: Signing, url = users, parameters: Pairs = [], query = encoded(parameters)): Request {
  const authorization = headerOf(sign(by, { url, parameters }), 'hub')
  return new Request(query === '' ? url : `${url}?${query}`, { headers: { authorization } })
}

const authorise = (request: Request, by = auth): Promise<Caller> => by.authorise(request, [core], { signed: true })

/** `200`, or status and reason; a refusal for the signature must challenge for one. */
async function outcome(request: Request, by = auth): Promise<string> {
  try {
    await authorise(request, by)
    return '200'
  } catch (thrown) {
    const { status, codeMinor, message, headers } = thrown as ApiError
    if (status === 401)
      expect([codeMinor, headers['www-authenticate']]).toEqual(['unauthorisedrequest', 'OAuth realm="oneroster"'])
    return `${status} ${message}`
  }
}

describe('a signed request', () => {
  test.each(['HMAC-SHA1', 'HMAC-SHA256'] as const)('speaks for its client and its scopes, by %s', async (method) => {
    const caller = await authorise(signed(signing(client, { method }), users, [['limit', '3']]))
    expect([caller.client, [...caller.scopes]]).toEqual([client.clientId, [core]])
  })

  test('may have its signature in the query, or in a form', async () => {
    const inQuery = new URLSearchParams({
      ...sign(signing(client), { url: users, parameters: [['limit', '3']] }),
      limit: '3',
    })
    expect(await outcome(new Request(`${users}?${inQuery}`))).toBe('200')
    for (const httpMethod of ['POST', 'GET']) {
      const url = `${users}?limit=3`
      const parameters: Pairs = [
        ['limit', '3'],
        ['a', 'b c'],
      ]
      const own = sign(signing(client), { httpMethod, url: users, parameters })
      const body = new URLSearchParams({ a: 'b c', ...own })
      expect([httpMethod, await outcome(new Request(url, { method: httpMethod, body }))]).toEqual([httpMethod, '200'])
    }
  })

  test('with a form leaves the form to who reads it next, signed by header or by form', async () => {
    const own = sign(signing(client), { httpMethod: 'POST', url: users, parameters: [['a', 'b']] })
    for (const [headers, form] of [
      [{ authorization: headerOf(own) }, { a: 'b' }],
      [{}, { ...sign(signing(client), { httpMethod: 'POST', url: users, parameters: [['a', 'b']] }), a: 'b' }],
    ] as [Record<string, string>, Record<string, string>][]) {
      const body = new URLSearchParams(form)
      const request = new Request(users, { method: 'POST', headers, body })
      expect([await outcome(request), await request.text()]).toEqual(['200', body.toString()])
    }
  })

  test('with a form of another type is signed without it', async () => {
    const authorization = headerOf(sign(signing(client), { httpMethod: 'PUT', url: users }))
    const headers = { authorization, 'content-type': 'application/json' }
    const request = new Request(users, { method: 'PUT', headers, body: '{"a":1}' })
    expect([await outcome(request), await request.text()]).toEqual(['200', '{"a":1}'])
  })

  test('with a form too large to be one is refused before it is read to its end', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const request = new Request(users, { method: 'POST', headers, body: `a=${'b'.repeat(70_000)}` })
    expect(await outcome(request)).toStartWith('413 ')
  })

  test('is understood however its address is written', async () => {
    const path = `${users}/a%2Fb%20c`
    expect(await outcome(signed(signing(client), path))).toBe('200')
    const filter = `familyName~'O''Brien +x' AND status!="100%"`
    const pairs: Pairs = [
      ['filter', filter],
      ['fields', 'a,b'],
      ['fields', ''],
    ]
    expect(await outcome(signed(signing(client), users, pairs))).toBe('200')
    const bare = `fields=&filter=${encodeURIComponent(filter)}&&fields=a%2cb`
    expect(await outcome(signed(signing(client), users, pairs, bare))).toBe('200')
    expect(await outcome(signed(signing(client), users, pairs, bare.replaceAll('%20', '+')))).toBe('200')
    // a bare plus is a space, for the filter and for the signature alike
    expect(await outcome(signed(signing(client), users, pairs, bare.replaceAll('%2B', '+')))).toStartWith(
      '401 oauth_signature: ',
    )
  })

  test('is signed for the public address where there is one, else for its own', async () => {
    const proxied = authOf({ publicUrl: 'https://sis.example/hub' })
    const outside = `https://sis.example/hub${rosteringPath}/users`
    const forwarded = (url: string): Request =>
      new Request(users, { headers: { authorization: headerOf(sign(signing(client), { url })) } })
    expect(await outcome(forwarded(outside), proxied)).toBe('200')
    expect(await outcome(forwarded(users), proxied)).toBe(
      `401 oauth_signature: does not fit GET ${outside}, its parameters and the consumer's secret`,
    )
    expect(await outcome(forwarded(outside))).toStartWith('401 oauth_signature: ')
    const odd = signed(signing(client), users)
    expect(await outcome(new Request(users.replace('http://localhost', 'HTTP://LocalHost:80'), odd))).toBe('200')
  })

  test('without the scope is forbidden, and has used its nonce', async () => {
    const poor = await make([`${scopeBase}roster-demographics.readonly`])
    const nonce = crypto.randomUUID()
    const request = (): Request => signed(signing(poor, { nonce, timestamp: nowSeconds() }))
    expect(await outcome(request())).toBe(`403 the client lacks a scope: any of ${core}`)
    expect(await outcome(request())).toStartWith('401 oauth_nonce: ')
  })
})

describe('a signed request is refused', () => {
  test('with a wrong secret, a secret of the other kind, another method, or anything altered', async () => {
    const good = signing(client)
    const other = sign(good, { url: users, parameters: [['limit', '3']] })
    const header = headerOf(other)
    const wrong: [string, Request][] = [
      ['secret', signed({ ...good, secret: `${good.secret}x` })],
      ['secret of OAuth 2', signed({ ...good, secret: client.clientSecret })],
      ['no secret', signed({ ...good, secret: '' })],
      ['method', new Request(`${users}?limit=3`, { method: 'HEAD', headers: { authorization: header } })],
      ['value', new Request(`${users}?limit=4`, { headers: { authorization: header } })],
      ['name', new Request(`${users}?Limit=3`, { headers: { authorization: header } })],
      ['one more', new Request(`${users}?limit=3&limit=3`, { headers: { authorization: header } })],
      ['path', new Request(`${users}/?limit=3`, { headers: { authorization: header } })],
      [
        'nonce',
        new Request(`${users}?limit=3`, { headers: { authorization: headerOf({ ...other, oauth_nonce: 'n' }) } }),
      ],
    ]
    for (const [what, request] of wrong)
      expect([what, await outcome(request)]).toEqual([
        what,
        expect.stringMatching(/^401 oauth_signature: does not fit /) as never,
      ])
  })

  test('with a signature in two places, or a parameter of the protocol twice', async () => {
    const own = sign(signing(client), { url: users })
    const query = new URLSearchParams(own)
    const both = new Request(`${users}?${query}`, { headers: { authorization: headerOf(own) } })
    expect(await outcome(both)).toContain('header and query')
    expect(await outcome(new Request(`${users}?${query}&oauth_timestamp=1`))).toBe(
      '401 oauth_timestamp: is given twice',
    )
  })

  test('with a name of a method that is none of ours', async () => {
    const own = { ...sign(signing(client), { url: users }), oauth_signature_method: 'RSA-SHA1' }
    const request = new Request(users, { headers: { authorization: headerOf(own) } })
    expect(await outcome(request)).toBe('401 oauth_signature_method: must be HMAC-SHA1 or HMAC-SHA256, not "RSA-SHA1"')
  })

  test('from a client that is unknown, may not sign, or is revoked', async () => {
    const plain = await createClient(hub.owner.sql, 'plain', [core])
    const reason = '401 oauth_consumer_key: is unknown, revoked or may not sign'
    expect(await outcome(signed({ key: 'nobody', secret: 'x' }))).toBe(reason)
    expect(await outcome(signed({ key: plain.clientId, secret: plain.clientSecret }))).toBe(reason)
    const gone = await make()
    expect(await outcome(signed(signing(gone)))).toBe('200')
    await revokeClient(hub.owner.sql, gone.clientId)
    expect(await outcome(signed(signing(gone)))).toBe(reason)
  })

  test('where no key is set, and where the operation takes none', async () => {
    const off = authOf({ oauth1Key: undefined })
    expect(await outcome(signed(signing(client)), off)).toContain('OAUTH1_KEY')
    const elsewhere = authOf({ oauth1Key: `${key}!` })
    expect(await outcome(signed(signing(client)), elsewhere)).toStartWith('401 oauth_signature: ')
    await expect(auth.authorise(signed(signing(client)), [core])).rejects.toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="oneroster", error="invalid_request"' },
    })
  })

  test.each([-310, -86_400, 310, 86_400])('when its timestamp is %p seconds off', async (seconds) => {
    const timestamp = nowSeconds() + seconds
    expect(await outcome(signed(signing(client, { timestamp })))).toBe(
      `401 oauth_timestamp: ${timestamp} is not within 300 seconds of the hub's clock`,
    )
  })

  test('outside a window of another size only', async () => {
    const wide = authOf({ oauth1WindowSeconds: 1000 })
    for (const [seconds, status] of [
      [-290, '200'],
      [290, '200'],
    ] as const)
      expect(await outcome(signed(signing(client, { timestamp: nowSeconds() + seconds })))).toBe(status)
    expect(await outcome(signed(signing(client, { timestamp: nowSeconds() - 900 })), wide)).toBe('200')
  })
})

describe('a request that is not signed', () => {
  test('is told both ways to come in where both are taken, and comes in with a token', async () => {
    await expect(authorise(new Request(users))).rejects.toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="oneroster", OAuth realm="oneroster"' },
    })
    const bearer = { authorization: `Bearer ${await hub.token(['roster-core.readonly'])}` }
    expect([...(await authorise(new Request(`${users}?oauth_nonce=1`, { headers: bearer }))).scopes]).toEqual([core])
  })
})

describe('a nonce', () => {
  const replayed = '401 oauth_nonce: was used before; every request wants its own'

  test('is good once: the same request again is refused, by another process too', async () => {
    const once = { nonce: crypto.randomUUID(), timestamp: nowSeconds() }
    const request = (): Request => signed(signing(client, once))
    const other = authOf()
    expect([await outcome(request()), await outcome(request()), await outcome(request(), other)]).toEqual([
      '200',
      replayed,
      replayed,
    ])
  })

  test('is good once, however many ask at the same moment', async () => {
    const once = { nonce: crypto.randomUUID(), timestamp: nowSeconds() }
    const all = [auth, authOf(), authOf()].flatMap((by) =>
      Array.from({ length: 5 }, () => outcome(signed(signing(client, once)), by)),
    )
    expect((await Promise.all(all)).sort()).toEqual(['200', ...Array.from({ length: 14 }, () => replayed)])
  })

  test('is good again at another second, and for another client', async () => {
    const other = await make()
    const nonce = crypto.randomUUID()
    const timestamp = nowSeconds()
    const requests = [
      signed(signing(client, { nonce, timestamp })),
      signed(signing(client, { nonce, timestamp: timestamp - 1 })),
      signed(signing(other, { nonce, timestamp })),
    ]
    expect(await Promise.all(requests.map((request) => outcome(request)))).toEqual(['200', '200', '200'])
  })

  test('is not used up by a request whose signature does not fit', async () => {
    const once = { nonce: crypto.randomUUID(), timestamp: nowSeconds() }
    expect(await outcome(signed(signing(client, { ...once, secret: 'wrong' })))).toStartWith('401 oauth_signature: ')
    expect(await outcome(signed(signing(client, once)))).toBe('200')
  })

  test('is forgotten when its timestamp is refused by age, and not before', async () => {
    await hub.owner.sql`delete from store.nonces`
    const timestamp = nowSeconds()
    expect(await outcome(signed(signing(client, { nonce: 'kept', timestamp })))).toBe('200')
    await hub.owner.sql`insert into store.nonces
      select ${client.clientId}, ${timestamp - 400}, 'old ' || i, now() - interval '1 second' from generate_series(1, 150) as i`
    const left = async (): Promise<number> => {
      const [row] = await hub.owner.sql<{ count: number }[]>`select count(*)::integer as count from store.nonces`
      return row?.count ?? 0
    }
    expect([await outcome(signed(signing(client))), await left()]).toEqual(['200', 52])
    expect([await outcome(signed(signing(client))), await left()]).toEqual(['200', 3])
    expect(await outcome(signed(signing(client, { nonce: 'kept', timestamp })))).toBe(replayed)
    const [row] = await hub.owner.sql<{ seconds: number }[]>`
      select extract(epoch from expires_at)::integer - timestamp::integer as seconds from store.nonces where nonce = 'kept'`
    expect(row?.seconds).toBeGreaterThan(300)
  })
})

describe('a consumer', () => {
  test('is believed within the bound, then asked after again: a revocation is seen by then', async () => {
    let nowMs = Date.now()
    const slow = authOf({ recheckMs: 5000, now: () => nowMs })
    const made = await make()
    expect(await outcome(signed(signing(made)), slow)).toBe('200')
    await revokeClient(hub.owner.sql, made.clientId)
    nowMs += 4999
    expect(await outcome(signed(signing(made)), slow)).toBe('200')
    nowMs += 1
    expect(await outcome(signed(signing(made)), slow)).toStartWith('401 oauth_consumer_key: ')
  })

  test('that is given a new secret may use it at once, and the old one within the bound no longer', async () => {
    let nowMs = Date.now()
    const slow = authOf({ recheckMs: 5000, now: () => nowMs })
    const made = await make()
    expect(await outcome(signed(signing(made)), slow)).toBe('200')
    const rotated = await rotateClient(hub.owner.sql, made.clientId, key)
    if (rotated === undefined) throw new Error('not rotated')
    expect(rotated.oauth1Secret).not.toBe(made.oauth1Secret)
    expect(await outcome(signed(signing(rotated)), slow)).toBe('200')
    nowMs += 5000
    expect(await outcome(signed(signing(made)), slow)).toStartWith('401 oauth_signature: ')
    expect(await outcome(signed(signing(rotated)), slow)).toBe('200')
  })

  test('that may sign is not rotated without the key, and nothing of it changes', async () => {
    const made = await make()
    await expect(rotateClient(hub.owner.sql, made.clientId)).rejects.toThrow('OAUTH1_KEY')
    expect(await outcome(signed(signing(made)))).toBe('200')
    const listed = (await listClients(hub.owner.sql)).find(({ clientId }) => clientId === made.clientId)
    expect([listed?.oauth1, listed?.rotatedAt]).toEqual([true, null])
  })

  test('keeps no secret in the database', async () => {
    const [row] = await hub.owner.sql<{ text: string }[]>`
      select concat((select string_agg(c::text, '') from store.clients as c), (select string_agg(n::text, '') from store.nonces as n)) as text`
    expect(row?.text).toContain(client.clientId)
    expect(row?.text).not.toContain(String(client.oauth1Secret))
  })
})

describe('an operation', () => {
  const isSigned = (operation: object): boolean => 'signed' in operation && operation.signed === true
  const all = { take: operations.filter(isSigned), refuse: operations.filter((operation) => !isSigned(operation)) }

  test('of another standard than OneRoster 1.1 refuses a signature', async () => {
    await importDistrict(hub.owner)
    const ids = await findIds(hub)
    const everything = await make([...new Set(operations.flatMap(({ scopes }) => scopes))])
    for (const operation of all.refuse) {
      const response = await hub.fetch(signed(signing(everything), origin + pathOf(operation, ids)))
      expect([operation.id, response.status]).toEqual([operation.id, 401])
    }
  }, 60_000)

  test.skipIf(all.take.length === 0)(
    'of OneRoster 1.1 takes a signature, once, and its links carry nothing of it [needs an operation that is signed]',
    async () => {
      await importDistrict(hub.owner)
      const ids = await findIds(hub)
      const everything = await make([...new Set(operations.flatMap(({ scopes }) => scopes))])
      const nobody = await make([])
      for (const operation of all.take) {
        const url = origin + pathOf(operation, ids)
        const own = sign(signing(everything), { url, parameters: [['limit', '1']] })
        const address = `${url}?${encoded([...Object.entries(own), ['limit', '1']])}`
        const [first, again] = [await hub.fetch(new Request(address)), await hub.fetch(new Request(address))]
        expect([operation.id, first.status, again.status]).toEqual([operation.id, 200, 401])
        expect(Object.values(linksOf(first)).filter((link) => link.includes('oauth_'))).toEqual([])
        expect(await refusal(again)).toContain('oauth_nonce: ')
        const poor = await hub.fetch(signed(signing(nobody), url))
        expect([operation.id, poor.status]).toEqual([operation.id, 403])
      }
    },
    120_000,
  )
})
