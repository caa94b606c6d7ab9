// What keeps a signed request from being answered twice, by whichever process; and how soon a client that signed is seen
// to be revoked, or to have another secret.

import { beforeAll, describe, expect, test } from 'bun:test'
import { type Credentials, listClients, revokeClient, rotateClient } from '../../src/clients.ts'
import { key, nowSeconds, openSignedHub, type SignedHub, signed, signing } from '../support/signed.ts'

let hub: SignedHub
let client: Credentials
let outcome: SignedHub['outcome']
beforeAll(async () => {
  hub = await openSignedHub()
  client = await hub.make()
  outcome = hub.outcome
}, 60_000)

describe('a nonce', () => {
  const replayed = '401 oauth_nonce: was used before; every request wants its own'

  test('is good once: the same request again is refused, by another process too', async () => {
    const once = { nonce: crypto.randomUUID(), timestamp: nowSeconds() }
    const request = (): Request => signed(signing(client, once))
    const other = hub.auth()
    expect([await outcome(request()), await outcome(request()), await outcome(request(), other)]).toEqual([
      '200',
      replayed,
      replayed,
    ])
  })

  test('is good once, however many ask at the same moment', async () => {
    const once = { nonce: crypto.randomUUID(), timestamp: nowSeconds() }
    const all = [hub.auth(), hub.auth(), hub.auth()].flatMap((by) =>
      Array.from({ length: 5 }, () => outcome(signed(signing(client, once)), by)),
    )
    expect((await Promise.all(all)).sort()).toEqual(['200', ...Array.from({ length: 14 }, () => replayed)])
  })

  test('is good again at another second, and for another client', async () => {
    const other = await hub.make()
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
    const slow = hub.auth({ recheckMs: 5000, now: () => nowMs })
    const made = await hub.make()
    expect(await outcome(signed(signing(made)), slow)).toBe('200')
    await revokeClient(hub.owner.sql, made.clientId)
    nowMs += 4999
    expect(await outcome(signed(signing(made)), slow)).toBe('200')
    nowMs += 1
    expect(await outcome(signed(signing(made)), slow)).toStartWith('401 oauth_consumer_key: ')
  })

  test('that is given a new secret may use it at once, and the old one within the bound no longer', async () => {
    let nowMs = Date.now()
    const slow = hub.auth({ recheckMs: 5000, now: () => nowMs })
    const made = await hub.make()
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
    const made = await hub.make()
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
