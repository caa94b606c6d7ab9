// The token endpoint, RFC 6749: how a client names itself, what it is granted, how it is refused.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allowScopes, allScopes, type Credentials, createClient, revokeClient } from '../../src/clients.ts'
import { sha256 } from '../../src/secrets.ts'
import { type Hub, openHub, scopeBase } from '../support/hub.ts'
import { askToken, basic, grant, granted, inForm, postToken, refused } from '../support/tokens.ts'

const [core, roster, demographics] = ['roster-core', 'roster', 'roster-demographics'].map(
  (name) => `${scopeBase}${name}.readonly`,
)

let hub: Hub
let client: Credentials
beforeAll(async () => {
  hub = await openHub({ tokenRecheckMs: 0, tokenSeconds: 1234 })
  client = await createClient(hub.owner.sql, 'a client', allScopes)
}, 60_000)

const post = (body: BodyInit, headers: Record<string, string> = {}): Promise<Response> => postToken(hub, body, headers)
const ask = (form: Record<string, string>, authorization?: string): Promise<Response> =>
  askToken(hub, form, authorization)

const statusWith = async (token: string): Promise<number> =>
  (await hub.get('/orgs', { authorization: `Bearer ${token}` })).status

describe('a client', () => {
  test('names itself by Basic or in the form, and gets a token that opens the hub', async () => {
    for (const response of [await ask(grant, basic(client)), await ask({ ...grant, ...inForm(client) })]) {
      const { access_token, expires_in } = await granted(response)
      expect([expires_in, await statusWith(access_token)]).toEqual([1234, 200])
    }
  })

  test('may percent-encode id and secret in Basic, as RFC 6749 section 2.3.1 has it', async () => {
    const odd = await createClient(hub.owner.sql, 'odd', allScopes, 'my client:100% +ü/1')
    const encoded = (text: string) => new URLSearchParams({ x: text }).toString().slice(2)
    const everything = (text: string) =>
      [...new TextEncoder().encode(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    for (const encode of [encoded, encodeURIComponent, everything]) {
      const header = `Basic ${btoa(`${encode(odd.clientId)}:${encode(odd.clientSecret)}`)}`
      await granted(await ask(grant, header))
    }
    await granted(await ask({ ...grant, ...inForm(odd) }))
  })

  test('may not name itself twice', async () => {
    expect(await refused(await ask({ ...grant, ...inForm(client) }, basic(client)))).toBe('400 invalid_request')
  })

  test('gets a new token every time, of 256 bits, and the hub stores only its hash', async () => {
    const tokens = [await granted(await ask(grant, basic(client))), await granted(await ask(grant, basic(client)))]
    const [one = '', two = ''] = tokens.map(({ access_token }) => access_token)
    expect(one).not.toBe(two)
    expect(one).toMatch(/^[\w-]{43}$/)
    const stored = await hub.owner.sql<{ text: string }[]>`
      select t::text || c::text as text from store.tokens as t join store.clients as c using (client_id)`
    const hash = Buffer.from(await sha256(one)).toString('hex')
    expect(stored.filter(({ text }) => text.includes(hash)).length).toBe(1)
    for (const { text } of stored)
      for (const secret of [one, two, client.clientSecret]) expect(text).not.toContain(secret)
  })
})

describe('a client is refused', () => {
  test.each([
    ['by a wrong secret', () => ({ ...client, clientSecret: 'A'.repeat(43) })],
    ['by an empty secret', () => ({ ...client, clientSecret: '' })],
    ['by an unknown id', () => ({ ...client, clientId: 'nobody' })],
    ['by an id in another case', () => ({ ...client, clientId: client.clientId.toUpperCase() })],
  ])('%s: 401 invalid_client, with a challenge where it came by Basic', async (_, credentials) => {
    const byBasic = await ask(grant, basic(credentials()))
    expect(byBasic.headers.get('www-authenticate')).toBe('Basic realm="oneroster"')
    expect(await refused(byBasic)).toBe('401 invalid_client')
    expect(await refused(await ask({ ...grant, ...inForm(credentials()) }))).toBe('401 invalid_client')
  })

  test('for a header that is not of the form Basic id:secret: 401 invalid_client with a challenge', async () => {
    for (const header of [
      'Basic',
      'Basic !',
      `Basic ${btoa('no colon')}`,
      `Basic ${btoa(':x')}`,
      `Basic ${btoa('%zz:%zz')}`,
      `Basic ${btoa('a%00b:x')}`,
      'Bearer x',
      'Digest x',
      '',
    ]) {
      const response = await ask(grant, header)
      expect([header, response.headers.get('www-authenticate')]).toEqual([header, 'Basic realm="oneroster"'])
      expect([header, await refused(response)]).toEqual([header, '401 invalid_client'])
    }
  })

  test('that does not name itself, or only half: 401 invalid_client', async () => {
    expect(await refused(await ask(grant))).toBe('401 invalid_client')
    expect(await refused(await ask({ ...grant, client_id: client.clientId }))).toBe('401 invalid_client')
    expect(await refused(await ask({ ...grant, client_secret: client.clientSecret }))).toBe('401 invalid_client')
  })

  test('for a grant that is missing, or another than client_credentials', async () => {
    expect(await refused(await ask({}, basic(client)))).toBe('400 invalid_request')
    for (const grant_type of [
      'password',
      'authorization_code',
      'refresh_token',
      '',
      'Client_Credentials',
      'client_credentials ',
    ]) {
      expect(await refused(await ask({ grant_type }, basic(client)))).toBe('400 unsupported_grant_type')
    }
  })

  test('for a body that is no form, says a thing twice, is huge or holds a NUL: 400 invalid_request', async () => {
    const authorization = basic(client)
    const type = 'application/x-www-form-urlencoded'
    for (const [contentType, body] of [
      ['application/json', JSON.stringify(grant)],
      ['text/plain', 'grant_type=client_credentials'],
      [type, 'grant_type=client_credentials&grant_type=client_credentials'],
      [type, `grant_type=client_credentials&scope=${core}&scope=${roster}`],
      [type, `grant_type=client_credentials&x=${'x'.repeat(17_000)}`],
      [type, 'grant_type=client_credentials&scope=a%00b'],
      [type, 'grant_type=client_credentials&scope=a\0b'],
      [type, `grant_type=client_credentials&x=${'€'.repeat(6000)}`],
    ] as const) {
      const answer = await refused(await post(body, { authorization, 'content-type': contentType }))
      expect([body.slice(0, 80), answer]).toEqual([body.slice(0, 80), '400 invalid_request'])
    }
    await granted(
      await post('grant_type=client_credentials', {
        authorization,
        'content-type': `${type.toUpperCase()}; charset=UTF-8`,
      }),
    )
  })
})

describe('a scope', () => {
  const scopesOf = async (of: Credentials, scope?: string): Promise<string[]> => {
    const form = scope === undefined ? grant : { ...grant, scope }
    return (await granted(await ask(form, basic(of)))).scope.split(' ')
  }

  test('is granted as asked for, and all of the client’s where none is', async () => {
    expect((await scopesOf(client)).sort()).toEqual([...allScopes].sort())
    expect((await scopesOf(client, ' ')).sort()).toEqual([...allScopes].sort())
    expect(await scopesOf(client, core)).toEqual([core ?? ''])
    expect(await scopesOf(client, `${demographics} ${core}`)).toEqual([demographics ?? '', core ?? ''])
    expect(await scopesOf(client, `${core}  ${core}`)).toEqual([core ?? ''])
  })

  test('that the client may not have is left out, and invalid_scope says that none is left', async () => {
    const small = await createClient(hub.owner.sql, 'small', [core ?? ''])
    expect(await scopesOf(small)).toEqual([core ?? ''])
    expect(await scopesOf(small, `${roster} ${core} nonsense`)).toEqual([core ?? ''])
    for (const scope of [roster ?? '', 'nonsense', 'roster-core.readonly', `${core}x`, (core ?? '').toUpperCase()]) {
      expect(await refused(await ask({ ...grant, scope }, basic(small)))).toBe('400 invalid_scope')
    }
  })

  test('that a client is allowed later is granted with its next token, once, and to none that is revoked', async () => {
    const older = await createClient(hub.owner.sql, 'older', [core ?? ''])
    expect(await allowScopes(hub.owner.sql, older.clientId, [roster ?? '', core ?? ''])).toBe(true)
    expect(await allowScopes(hub.owner.sql, older.clientId, [roster ?? ''])).toBe(true)
    expect(await scopesOf(older)).toEqual([core ?? '', roster ?? ''])
    await revokeClient(hub.owner.sql, older.clientId)
    expect(await allowScopes(hub.owner.sql, older.clientId, allScopes)).toBe(false)
    expect(await allowScopes(hub.owner.sql, 'nobody', allScopes)).toBe(false)
  })

  test('that was not asked for does not open anything, though the client may have it', async () => {
    const { access_token } = await granted(await ask({ ...grant, scope: demographics ?? '' }, basic(client)))
    expect([
      await statusWith(access_token),
      (await hub.get('/demographics', { authorization: `Bearer ${access_token}` })).status,
    ]).toEqual([403, 200])
  })
})
