// Requests signed by OAuth 1.0a, as a client that is not ours signs them: which are answered, which are refused and with
// what reason, and that none is answered twice, by whichever process.

import { beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { type Credentials, createClient, revokeClient } from '../../src/clients.ts'
import { operations } from '../../src/generated/operations.ts'
import { findIds, type Ids, linksOf, origin, pathOf, reads, refusal } from '../support/collections.ts'
import { openDistrict, rosteringPath, scopeBase } from '../support/hub.ts'
import {
  core,
  encoded,
  key,
  nowSeconds,
  openSignedHub,
  type Pairs,
  type SignedHub,
  signed,
  signing,
  users,
} from '../support/signed.ts'
import { headerOf, sign } from '../support/signer.ts'
import { visitOf } from '../support/visits.ts'

let hub: SignedHub
let client: Credentials
let outcome: SignedHub['outcome']
let authorise: SignedHub['authorise']
beforeAll(async () => {
  hub = await openSignedHub()
  client = await hub.make()
  ;({ outcome, authorise } = hub)
}, 180_000)

describe('a signed request', () => {
  test.each(['HMAC-SHA1', 'HMAC-SHA256'] as const)('speaks for its client and its scopes, by %s', async (method) => {
    const caller = await authorise(signed(signing(client, { method }), users, [['limit', '3']]))
    expect(caller).toEqual({ client: client.clientId, scopes: new Set([core]) })
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

  test('with the hash of its body says which body it is', async () => {
    for (const [method, algorithm] of [
      ['HMAC-SHA1', 'sha1'],
      ['HMAC-SHA256', 'sha256'],
    ] as const) {
      const hash = createHash(algorithm).update('{"a":1}').digest('base64')
      const put = (body: string): Request => {
        const parameters: Pairs = [['oauth_body_hash', hash]]
        const own = sign(signing(client, { method }), { httpMethod: 'PUT', url: users, parameters })
        const authorization = headerOf({ ...own, oauth_body_hash: hash })
        return new Request(users, { method: 'PUT', headers: { authorization }, body })
      }
      const request = put('{"a":1}')
      expect([await outcome(request), await request.text()]).toEqual(['200', '{"a":1}'])
      expect(await outcome(put('{"a":2}'))).toBe('401 oauth_body_hash: does not fit the body')
    }
  })

  test('with a body that is no form is signed without it', async () => {
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
    const proxied = hub.auth({ publicUrl: 'https://sis.example/hub' })
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
    const poor = await hub.make([`${scopeBase}roster-demographics.readonly`])
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
    const gone = await hub.make()
    expect(await outcome(signed(signing(gone)))).toBe('200')
    await revokeClient(hub.owner.sql, gone.clientId)
    expect(await outcome(signed(signing(gone)))).toBe(reason)
  })

  test('where no key is set, and where the operation takes none', async () => {
    const off = hub.auth({ oauth1Key: undefined })
    expect(await outcome(signed(signing(client)), off)).toContain('OAUTH1_KEY')
    const elsewhere = hub.auth({ oauth1Key: `${key}!` })
    expect(await outcome(signed(signing(client)), elsewhere)).toStartWith('401 oauth_signature: ')
    await expect(hub.auth().authorise(visitOf(signed(signing(client))), [core])).rejects.toMatchObject({
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
    const wide = hub.auth({ oauth1WindowSeconds: 1000 })
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

describe('an operation', () => {
  const all = {
    take: reads.filter((operation) => operation.signed),
    refuse: reads.filter((operation) => !operation.signed),
  }
  let hub: SignedHub
  let ids: Ids
  beforeAll(async () => {
    hub = await openSignedHub(openDistrict)
    ids = await findIds(hub)
  }, 180_000)

  test('of another standard than OneRoster 1.1 refuses a signature', async () => {
    const everything = await hub.make([...new Set(operations.flatMap(({ scopes }) => scopes))])
    for (const operation of all.refuse) {
      const response = await hub.fetch(signed(signing(everything), origin + pathOf(operation, ids)))
      expect([operation.id, response.status]).toEqual([operation.id, 401])
    }
  }, 60_000)

  test('of OneRoster 1.1 takes a signature, once, and its links carry nothing of it', async () => {
    const everything = await hub.make([...new Set(operations.flatMap(({ scopes }) => scopes))])
    const nobody = await hub.make([])
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
  }, 120_000)
})
