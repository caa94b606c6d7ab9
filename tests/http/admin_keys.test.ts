// Clients and API keys under /admin: what is made, told and ended there, by whom, and that nobody is given more than they hold.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allScopes, type Client, type Credentials, createClient, revokeClient } from '../../src/clients.ts'
import { hubOperations } from '../../src/generated/hub.operations.ts'
import type { IssuedKey, Key } from '../../src/keys.ts'
import { origin } from '../support/collections.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { adminScope, askOrgs, coreScope, makeKey } from '../support/keys.ts'
import { faultsOf, refusalOf } from '../support/schemas.ts'
import { askToken, basic, grant, granted, refused } from '../support/tokens.ts'

const readerScope = `${adminScope}.readonly`
const own = hubOperations.filter(({ path }) => path.startsWith('/admin/'))
const nobody = crypto.randomUUID()

let hub: Hub
/** Holds every scope. */
let admin: string
beforeAll(async () => {
  hub = await openHub({ tokenRecheckMs: 0, oauth1Key: 'k'.repeat(32) })
  admin = `Bearer ${await hub.token()}`
}, 60_000)

async function ask(path: string, body?: unknown, authorization = admin, method = 'POST'): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return hub.fetch(
    new Request(`${origin}/admin/${path}`, {
      method,
      headers: { authorization },
      ...(body === undefined ? {} : { body: text }),
    }),
  )
}
const read = (path: string, authorization = admin): Promise<Response> => ask(path, undefined, authorization, 'GET')
const refusal = async (response: Response | Promise<Response>): Promise<string> =>
  refusalOf({ service: 'hub' }, await response)

/** A body, as its schema says; kept by no cache. */
async function told<Body>(answer: Response | Promise<Response>, schema: string, status = 200): Promise<Body> {
  const response = await answer
  const body: unknown = await response.json()
  expect([body, response.status, faultsOf({ service: 'hub', schema }, body)]).toEqual([body, status, []])
  expect(response.headers.get('cache-control')).toBe('no-store')
  return body as Body
}

const keysOf = async (clientId: string): Promise<Key[]> =>
  (await told<{ keys: Key[] }>(read(`keys?clientId=${clientId}`), 'KeySet')).keys
const clientNow = async (id: string): Promise<Client | undefined> =>
  (await told<{ clients: Client[] }>(read('clients'), 'ClientSet')).clients.find(({ clientId }) => clientId === id)
const statusWith = async (key: string): Promise<number> => (await askOrgs(hub, { 'x-api-key': key })).status

describe('a client', () => {
  test('is made, limited, rotated and revoked, and its secrets are told once', async () => {
    const order = {
      name: 'Reading app',
      scopes: ['roster-core.readonly'],
      addresses: ['192.0.2.7'],
      perMinute: 30,
      oauth1: true,
    }
    const made = await told<Credentials>(ask('clients', order), 'ClientCredentials', 201)
    expect(made.oauth1Secret).toMatch(/^[\w-]{43}$/)
    const now = await clientNow(made.clientId)
    // a name stands for the scope of each version
    expect(now).toMatchObject({ name: 'Reading app', oauth1: true, addresses: ['192.0.2.7/32'], perMinute: 30 })
    expect([now?.scopes.length, now?.scopes.includes(coreScope)]).toEqual([2, true])
    await granted(await askToken(hub, grant, basic(made)))

    const limited = await told<Client>(ask(`clients/${made.clientId}/limits`, { perMinute: 5 }, admin, 'PUT'), 'Client')
    expect([limited.addresses, limited.perMinute]).toEqual([undefined as never, 5])

    const rotated = await told<Credentials>(ask(`clients/${made.clientId}/rotate`), 'ClientCredentials')
    expect(rotated.clientId).toBe(made.clientId)
    expect(rotated.oauth1Secret).not.toBe(made.oauth1Secret as string)
    expect(await refused(await askToken(hub, grant, basic(made)))).toBe('401 invalid_client')
    await granted(await askToken(hub, grant, basic(rotated)))

    const ended = await told<Client>(ask(`clients/${made.clientId}/revoke`), 'Client')
    expect(ended.revokedAt).toBeString()
    expect(await refused(await askToken(hub, grant, basic(rotated)))).toBe('401 invalid_client')
    for (const verb of ['rotate', 'revoke'])
      expect(await refusal(ask(`clients/${made.clientId}/${verb}`))).toStartWith('404 unknownobject: ')
  })

  test('of any id is found by it', async () => {
    const id = 'my client:100% +ü/1'
    await createClient(hub.owner.sql, 'odd', [coreScope], id)
    const ended = await told<Client>(ask(`clients/${encodeURIComponent(id)}/revoke`), 'Client')
    expect(ended.clientId).toBe(id)
    expect(await refusal(ask('clients/%00/revoke'))).toStartWith('404 unknownobject: ')
  })
})

describe('a key', () => {
  test('is issued to a client of its own, extended, rotated and revoked, and told once', async () => {
    const order = {
      name: 'Nightly',
      scopes: [coreScope],
      expiresAt: '2030-01-01T00:00:00+02:00',
      addresses: ['::1'],
      perMinute: 9,
    }
    const made = await told<IssuedKey>(ask('keys', order), 'IssuedKey', 201)
    expect(made).toMatchObject({
      name: 'Nightly',
      scopes: [coreScope],
      status: 'active',
      expiresAt: '2029-12-31T22:00:00.000Z',
      addresses: ['::1/128'],
      perMinute: 9,
    })
    expect([made.key.startsWith(`${made.prefix}_`), await statusWith(made.key)]).toEqual([true, 200])
    expect((await clientNow(made.clientId))?.name).toBe('Nightly')

    const later = await told<Key>(ask(`keys/${made.keyId}/extend`, { expiresAt: '2031-01-01T00:00:00Z' }), 'Key')
    expect(later.expiresAt).toBe('2031-01-01T00:00:00.000Z')

    const next = await told<IssuedKey>(ask(`keys/${made.keyId}/rotate`), 'IssuedKey', 201)
    expect(next.rotatedFrom).toBe(made.keyId)
    expect([await statusWith(made.key), await statusWith(next.key)]).toEqual([200, 200])
    const [old] = await keysOf(made.clientId)
    expect(Math.round((Date.parse(String(old?.expiresAt)) - Date.now()) / 3_600_000)).toBe(24)
    expect(await refusal(ask(`keys/${made.keyId}/rotate`))).toBe(
      '409 invaliddata: the key has been rotated: rotate the one that came of it',
    )
    const last = await told<IssuedKey>(ask(`keys/${next.keyId}/rotate`, { overlapSeconds: 0 }), 'IssuedKey', 201)
    expect([await statusWith(next.key), await statusWith(last.key)]).toEqual([401, 200])

    expect((await told<Key>(ask(`keys/${last.keyId}/revoke`), 'Key')).status).toBe('revoked')
    expect(await statusWith(last.key)).toBe(401)
    const texts = JSON.stringify(await keysOf(made.clientId))
    for (const { key } of [made, next, last]) expect(texts).not.toContain(key)
  })

  test('of a client has its scopes or some of them', async () => {
    const { clientId } = await createClient(hub.owner.sql, 'a client', [coreScope])
    const made = await told<IssuedKey>(ask('keys', { name: 'x', clientId }), 'IssuedKey', 201)
    expect([made.clientId, made.scopes]).toEqual([clientId, [coreScope]])
    expect(await refusal(ask('keys', { name: 'x', clientId, scopes: ['import'] }))).toBe(
      '422 invaliddata: /scopes: the client has no urn:rosterhub:scope/import',
    )
    expect(await refusal(ask('keys', { name: 'x', clientId: 'nobody' }))).toStartWith('404 unknownobject: ')
  })

  test('that there is not, or not any more, is 404', async () => {
    const ended = await makeKey(hub)
    await revokeClient(hub.owner.sql, ended.clientId)
    for (const id of [nobody, 'x', '%00', encodeURIComponent("' or 1=1"), ended.keyId]) {
      for (const verb of ['rotate', 'revoke', 'extend']) {
        if (id === ended.keyId && verb === 'revoke') continue
        const body = verb === 'extend' ? { expiresAt: new Date(Date.now() + 1e6).toISOString() } : undefined
        expect([id, await refusal(ask(`keys/${id}/${verb}`, body))]).toEqual([
          id,
          expect.stringMatching(/^404 unknownobject: /) as never,
        ])
      }
    }
  })
})

describe('a body', () => {
  test.each([
    ['clients', '', '/: a JSON body is wanted'],
    ['clients', '{', '/: the body is not JSON'],
    ['clients', '[]', '/: Expected object'],
    ['clients', '{}', '/name: Expected required property'],
    ['clients', { name: 'x', scopes: [] }, '/scopes: Expected array length'],
    ['clients', { name: 'x', scopes: ['everything'] }, '/scopes/0: no scope "everything"'],
    ['clients', { name: 'x', scopes: ['import'], scope: 'y' }, '/scope: Unexpected property'],
    ['clients', '{"name":"x","scopes":["import"],"__proto__":{}}', '/__proto__: no member may have this name'],
    ['clients', { name: '', scopes: ['import'] }, '/name: Expected string length'],
    ['clients', { name: 'a\0b', scopes: ['import'] }, '/name: a text may hold neither a NUL character'],
    ['clients', { name: 'x', scopes: ['import'], perMinute: 0 }, '/perMinute: Expected integer'],
    ['clients', { name: 'x', scopes: ['import'], perMinute: 1.5 }, '/perMinute: Expected integer'],
    ['clients', { name: 'x', scopes: ['import'], perMinute: null }, '/perMinute: Expected integer'],
    [
      'clients',
      { name: 'x', scopes: ['import'], addresses: ['::/0', '10.0.0.1/8'] },
      '/addresses/1: "10.0.0.1/8" is no',
    ],
    ['keys', { name: 'x' }, '/scopes: are wanted where no client is named'],
    ['keys', { name: 'x', scopes: ['import'], expiresAt: '2030-01-01' }, '/expiresAt: Expected string to match'],
    ['keys', { name: 'x', scopes: ['import'], expiresAt: '2030-13-01T00:00:00Z' }, '/expiresAt: no such moment'],
    [
      'keys',
      { name: 'x', scopes: ['import'], expiresAt: '2020-01-01T00:00:00Z' },
      '/expiresAt: a key may be good until',
    ],
    [
      'keys',
      { name: 'x', scopes: ['import'], expiresAt: '9999-01-01T00:00:00Z' },
      '/expiresAt: a key may be good until',
    ],
    [`keys/${nobody}/extend`, {}, '/expiresAt: Expected required property'],
    [`keys/${nobody}/rotate`, { overlapSeconds: -1 }, '/overlapSeconds: Expected integer'],
  ])('of %s as %j is 422 with the path of the fault', async (path, body, message) => {
    const answer = await refusal(ask(path, body))
    expect(answer).toStartWith(`422 invaliddata: ${message}`)
  })

  test('that is too large is 413', async () => {
    expect(await refusal(ask('clients', { name: 'x'.repeat(70_000), scopes: ['import'] }))).toStartWith(
      '413 invaliddata: ',
    )
  })
})

describe('who administers', () => {
  const tokenOf = async (...scopes: string[]): Promise<string> => `Bearer ${await hub.token(scopes)}`

  test('has the scope admin, or for reading admin.readonly; no other scope opens it', async () => {
    const others = await tokenOf(...allScopes.filter((scope) => !scope.startsWith(adminScope)))
    const [reader, writer] = [await tokenOf(readerScope), await tokenOf(adminScope)]
    expect(own.length).toBe(14)
    for (const { method, path, id } of own) {
      const at = path.slice('/admin/'.length).replace(/\{\w+\}/, nobody)
      const status = async (token: string): Promise<number> =>
        (await ask(at, method === 'GET' ? undefined : '{"x":1}', token, method)).status
      expect([id, await status(others)]).toEqual([id, 403])
      const isOfOne = path.includes('{')
      expect([id, await status(reader)]).toEqual([id, method !== 'GET' ? 403 : isOfOne ? 404 : 200])
      expect([id, [200, 404, 422].includes(await status(writer))]).toEqual([id, true])
    }
  })

  test('may do it by a key', async () => {
    const { key } = await makeKey(hub, { scopes: [adminScope, coreScope] })
    await told(ask('keys', { name: 'x', scopes: [coreScope] }, `Bearer ${key}`), 'IssuedKey', 201)
  })

  test('gives nobody a scope that it does not hold itself, by its token or key', async () => {
    const beyond = '403 forbidden: you do not hold what this would give: urn:rosterhub:scope/export.readonly'
    const scopes = [coreScope, 'export.readonly']
    // the client may have more than its token was asked for
    const client = await createClient(hub.owner.sql, 'admin', allScopes)
    const asked = { ...grant, scope: `${adminScope} ${coreScope}` }
    const small = `Bearer ${(await granted(await askToken(hub, asked, basic(client)))).access_token}`
    const key = `Bearer ${(await makeKey(hub, { clientId: client.clientId, scopes: [adminScope, coreScope] })).key}`
    const rich = await createClient(hub.owner.sql, 'rich', [coreScope, 'urn:rosterhub:scope/export.readonly'])
    const richKey = await makeKey(hub, { clientId: rich.clientId })
    for (const authorization of [small, key]) {
      for (const [path, body] of [
        ['clients', { name: 'beyond', scopes }],
        ['keys', { name: 'beyond', scopes }],
        ['keys', { name: 'beyond', clientId: rich.clientId }],
        ['keys', { name: 'beyond', clientId: rich.clientId, scopes: ['export.readonly'] }],
        [`clients/${rich.clientId}/rotate`, undefined],
        [`keys/${richKey.keyId}/rotate`, undefined],
      ] as const)
        expect([path, await refusal(ask(path, body, authorization))]).toEqual([path, beyond])
      await told(ask('keys', { name: 'x', scopes: [coreScope, adminScope] }, authorization), 'IssuedKey', 201)
      await told(
        ask('keys', { name: 'x', clientId: rich.clientId, scopes: [coreScope] }, authorization),
        'IssuedKey',
        201,
      )
    }
    // what was refused has changed nothing
    await granted(await askToken(hub, grant, basic(rich)))
    expect([await statusWith(richKey.key), (await keysOf(rich.clientId)).map(({ name }) => name)]).toEqual([
      200,
      ['a tool', 'x', 'x'],
    ])
    const { clients } = await told<{ clients: Client[] }>(read('clients'), 'ClientSet')
    expect(clients.filter(({ name }) => name === 'beyond')).toEqual([])
  })

  test('ends what is not its own to give, too', async () => {
    const small = await tokenOf(adminScope)
    const made = await makeKey(hub, { scopes: ['urn:rosterhub:scope/import'] })
    await told(ask(`keys/${made.keyId}/revoke`, undefined, small), 'Key')
    await told(ask(`clients/${made.clientId}/revoke`, undefined, small), 'Client')
  })
})
