// How long a token is good for: until it expires, its client is revoked or gets a new secret, seen within the bound.

import { beforeAll, describe, expect, test } from 'bun:test'
import { Auth } from '../../src/auth.ts'
import {
  allScopes,
  type Credentials,
  createClient,
  listClients,
  revokeClient,
  rotateClient,
} from '../../src/clients.ts'
import { CredentialStore } from '../../src/credentials.ts'
import { sha256 } from '../../src/secrets.ts'
import { origin } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath, scopeBase } from '../support/hub.ts'
import { askToken, basic, grant, granted, refused } from '../support/tokens.ts'
import { visitOf } from '../support/visits.ts'

const core = `${scopeBase}roster-core.readonly`

let hub: Hub
beforeAll(async () => {
  // a token is asked after at every request: what ends it is seen at once
  hub = await openHub({ tokenRecheckMs: 0, tokenSeconds: 1234 })
}, 60_000)

const statusWith = async (token: string): Promise<number> =>
  (await hub.get('/orgs', { authorization: `Bearer ${token}` })).status

describe('a token ends', () => {
  const fresh = async (): Promise<[Credentials, string]> => {
    const made = await createClient(hub.owner.sql, 'for a while', allScopes)
    return [made, (await granted(await askToken(hub, grant, basic(made)))).access_token]
  }
  const expire = (token: string) =>
    sha256(token).then(
      (hash) =>
        hub.owner.sql`update store.tokens set expires_at = now() - interval '1 second' where token_hash = ${hash}`,
    )

  test('when it expires', async () => {
    const [, token] = await fresh()
    expect(await statusWith(token)).toBe(200)
    await expire(token)
    const response = await hub.get('/orgs', { authorization: `Bearer ${token}` })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="oneroster", error="invalid_token"',
    ])
  })

  test('when its client is revoked, and the client gets no other', async () => {
    const [made, token] = await fresh()
    expect([await revokeClient(hub.owner.sql, made.clientId), await statusWith(token)]).toEqual([true, 401])
    expect(await refused(await askToken(hub, grant, basic(made)))).toBe('401 invalid_client')
    expect(await revokeClient(hub.owner.sql, made.clientId)).toBe(false)
    expect(await rotateClient(hub.owner.sql, made.clientId)).toBeUndefined()
    const told = (await listClients(hub.owner.sql)).find(({ clientId }) => clientId === made.clientId)
    expect([told?.revokedAt !== null, told?.name]).toEqual([true, 'for a while'])
  })

  test('when its client is given a new secret: the old one ends too, the new one works', async () => {
    const [made, token] = await fresh()
    const [, other] = await fresh()
    const rotated = await rotateClient(hub.owner.sql, made.clientId)
    expect([await statusWith(token), await statusWith(other)]).toEqual([401, 200])
    expect(await refused(await askToken(hub, grant, basic(made)))).toBe('401 invalid_client')
    expect(rotated?.clientSecret).not.toBe(made.clientSecret)
    const { access_token } = await granted(await askToken(hub, grant, basic(rotated ?? made)))
    expect(await statusWith(access_token)).toBe(200)
  })

  test('within the bound: until then a checked token is believed, after it the database is asked again', async () => {
    let nowMs = Date.now()
    const auth = new Auth(new CredentialStore(hub.app.sql), {
      tokenSeconds: 1234,
      recheckMs: 5000,
      bodyMaxBytes: 1024,
      now: () => nowMs,
    })
    const [made, token] = await fresh()
    const headers = { authorization: `Bearer ${token}` }
    const status = () =>
      auth.authorise(visitOf(new Request(`${origin}${rosteringPath}/orgs`, { headers })), [core]).then(
        () => 200,
        (error: { status: number }) => error.status,
      )
    expect(await status()).toBe(200)
    await revokeClient(hub.owner.sql, made.clientId)
    nowMs += 4999
    expect(await status()).toBe(200)
    nowMs += 1
    expect(await status()).toBe(401)
  })

  test('at its own time, however long a check would be believed', async () => {
    let nowMs = Date.now()
    const auth = new Auth(new CredentialStore(hub.app.sql), {
      tokenSeconds: 1234,
      recheckMs: 1e9,
      bodyMaxBytes: 1024,
      now: () => nowMs,
    })
    const [, token] = await fresh()
    const request = () => new Request(origin, { headers: { authorization: `Bearer ${token}` } })
    await auth.authorise(visitOf(request()), [core])
    await expire(token)
    nowMs += 1_230_000
    await auth.authorise(visitOf(request()), [core])
    nowMs += 5000
    await expect(auth.authorise(visitOf(request()), [core])).rejects.toMatchObject({ status: 401 })
  })
})
