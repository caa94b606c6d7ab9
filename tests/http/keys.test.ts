// API keys: how one is sent, what it opens, and what ends it, seen within the bound.

import { beforeAll, describe, expect, test } from 'bun:test'
import { Auth } from '../../src/auth.ts'
import { allScopes, createClient, limitClient, revokeClient } from '../../src/clients.ts'
import { CredentialStore } from '../../src/credentials.ts'
import { extendKey, type IssuedKey, issueKey, listKeys, revokeKey, rotateKey } from '../../src/keys.ts'
import { openGate } from '../../src/visit.ts'
import { origin } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath, scopeBase } from '../support/hub.ts'
import { askOrgs, coreScope, makeKey } from '../support/keys.ts'
import { refusalOf } from '../support/schemas.ts'
import { askToken, basic, grant, granted } from '../support/tokens.ts'
import { visitOf } from '../support/visits.ts'

const rosterScope = `${scopeBase}roster.readonly`
const rostering = { service: 'rostering' } as const

let hub: Hub
beforeAll(async () => {
  // a key is asked after at every request: what ends it is seen at once
  hub = await openHub({ tokenRecheckMs: 0 })
}, 60_000)

const byHeader = ({ key }: Pick<IssuedKey, 'key'>): Record<string, string> => ({ 'x-api-key': key })
const statusWith = async (key: Pick<IssuedKey, 'key'>): Promise<number> => (await askOrgs(hub, byHeader(key))).status
const refusalWith = async (headers: Record<string, string>): Promise<string> =>
  refusalOf(rostering, await askOrgs(hub, headers))
const gone = '401 unauthorisedrequest: the API key is unknown, expired or revoked'
const owned = (scopes: readonly string[] = allScopes) => createClient(hub.owner.sql, 'a client', scopes)

describe('a key', () => {
  test('opens what it may by X-API-Key and as a bearer, and is told of with its client', async () => {
    const made = await makeKey(hub)
    expect(made.key).toMatch(/^rh_[a-z0-9]{8}_[\w-]{43}$/)
    for (const headers of [
      byHeader(made),
      { authorization: `Bearer ${made.key}` },
      { authorization: `bearer  ${made.key}`, 'x-api-key': made.key },
    ]) {
      expect((await askOrgs(hub, headers)).status).toBe(200)
      expect(hub.observations.at(-1)).toMatchObject({ client: made.clientId, key: made.keyId })
    }
  })

  test('that is wrong, of another form, or beside another credential is refused in words', async () => {
    const [made, other] = [await makeKey(hub), await makeKey(hub)]
    const wrong = made.key.slice(0, 12) + other.key.slice(12)
    expect(await refusalWith({ 'x-api-key': wrong })).toBe(gone)
    expect(await refusalWith({ authorization: `Bearer ${wrong}` })).toBe(gone)
    expect(await refusalWith({ 'x-api-key': `rh_aaaaaaaa_${'A'.repeat(43)}` })).toBe(gone)
    for (const text of ['', 'x', `${made.key}x`, made.key.toUpperCase(), `${made.key}, ${made.key}`])
      expect(await refusalWith({ 'x-api-key': text })).toBe(
        '401 unauthorisedrequest: X-API-Key: is not of the form of a key',
      )
    for (const authorization of [`Bearer ${other.key}`, `Bearer ${await hub.token()}`, 'Basic YTpi', 'OAuth realm="x"'])
      expect(await refusalWith({ ...byHeader(made), authorization })).toBe(
        '400 invaliddata: X-API-Key and Authorization name two credentials: send one',
      )
    const refused = await askOrgs(hub, { 'x-api-key': wrong })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="oneroster", error="invalid_token"')
  })

  test('stands nowhere in the database: its prefix and its hash alone do', async () => {
    const made = await makeKey(hub)
    expect(await statusWith(made)).toBe(200)
    const secret = made.key.slice(made.prefix.length + 1)
    const holding = async (text: string): Promise<string[]> => {
      const columns = await hub.owner.sql<{ place: string; query: string }[]>`
        select format('%I.%I', table_name, column_name) as place, format(
          'select count(*)::integer as count from %I.%I where strpos(%I::text, $1) > 0', table_schema, table_name, column_name) as query
        from information_schema.columns join information_schema.tables using (table_schema, table_name)
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
      expect(columns.length).toBeGreaterThan(100)
      const found: string[] = []
      for (const { place, query } of columns) {
        const [row] = await hub.owner.sql.unsafe<{ count: number }[]>(query, [text])
        if (row?.count) found.push(place)
      }
      return found
    }
    expect(await holding(made.prefix)).toEqual(['api_keys.prefix'])
    expect(await holding(made.keyId)).toEqual(['api_keys.key_id'])
    for (const text of [made.key, secret, Buffer.from(made.key).toString('hex'), Buffer.from(secret).toString('hex')])
      expect(await holding(text)).toEqual([])
  })
})

describe('the scopes of a key', () => {
  test('are some of its client’s, or all of them, and no other', async () => {
    const { clientId } = await owned([coreScope, rosterScope])
    expect((await makeKey(hub, { clientId })).scopes).toEqual([coreScope, rosterScope])
    expect((await makeKey(hub, { clientId, scopes: [rosterScope] })).scopes).toEqual([rosterScope])
    await expect(makeKey(hub, { clientId, scopes: [coreScope, 'urn:x'] })).rejects.toThrow(
      '/scopes: the client has no urn:x',
    )
    expect(await issueKey(hub.owner.sql, { name: 'x', clientId: 'nobody' })).toBeUndefined()
  })

  test('in effect are those its client still has', async () => {
    const { clientId } = await owned([coreScope, rosterScope])
    const made = await makeKey(hub, { clientId })
    const users = async (): Promise<Response> =>
      hub.fetch(new Request(`${origin}${rosteringPath}/users?fields=sourcedId`, { headers: byHeader(made) }))
    expect((await users()).status).toBe(200)
    await hub.owner
      .sql`update store.clients set scopes = ${`{${coreScope}}`}::text::text[] where client_id = ${clientId}`
    expect(await statusWith(made)).toBe(200)
    const demographics = await hub.fetch(
      new Request(`${origin}${rosteringPath}/demographics`, { headers: byHeader(made) }),
    )
    expect(demographics.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
    expect(await refusalOf(rostering, demographics)).toStartWith('403 forbidden: the key lacks a scope: any of ')
    await hub.owner.sql`update store.clients set scopes = '{urn:x}' where client_id = ${clientId}`
    expect(await statusWith(made)).toBe(403)
  })
})

describe('a key ends', () => {
  test('when it is revoked, for good', async () => {
    const made = await makeKey(hub)
    expect((await revokeKey(hub.owner.sql, made.keyId))?.status).toBe('revoked')
    expect(await refusalWith(byHeader(made))).toBe(gone)
    expect(await revokeKey(hub.owner.sql, made.keyId)).toBeUndefined()
    expect(await rotateKey(hub.owner.sql, made.keyId, 60)).toBeUndefined()
    expect(await extendKey(hub.owner.sql, made.keyId, new Date(Date.now() + 1e6))).toBeUndefined()
  })

  test('while it is not active', async () => {
    const made = await makeKey(hub)
    await hub.owner.sql`update store.api_keys set is_active = false where key_id = ${made.keyId}`
    expect(await refusalWith(byHeader(made))).toBe(gone)
    await hub.owner.sql`update store.api_keys set is_active = true where key_id = ${made.keyId}`
    expect(await statusWith(made)).toBe(200)
  })

  test('when its client is revoked', async () => {
    const { clientId } = await owned()
    const made = await makeKey(hub, { clientId })
    expect(await statusWith(made)).toBe(200)
    await revokeClient(hub.owner.sql, clientId)
    expect(await refusalWith(byHeader(made))).toBe(gone)
    expect((await listKeys(hub.owner.sql, clientId)).map(({ status }) => status)).toEqual(['revoked'])
    expect(await rotateKey(hub.owner.sql, made.keyId, 60)).toBeUndefined()
    expect(await issueKey(hub.owner.sql, { name: 'x', clientId })).toBeUndefined()
  })

  test('when it expires, until it is extended', async () => {
    const made = await makeKey(hub)
    expect(Math.round((Date.parse(made.expiresAt) - Date.now()) / 86_400_000)).toBe(365)
    await hub.owner.sql`update store.api_keys set expires_at = now() where key_id = ${made.keyId}`
    expect(await refusalWith(byHeader(made))).toBe(gone)
    const until = new Date(Date.now() + 86_400_000)
    expect(await extendKey(hub.owner.sql, made.keyId, until)).toMatchObject({
      status: 'active',
      expiresAt: until.toISOString(),
    })
    expect(await statusWith(made)).toBe(200)
    for (const days of [-1, 3651])
      await expect(extendKey(hub.owner.sql, made.keyId, new Date(Date.now() + days * 86_400_000))).rejects.toThrow(
        '/expiresAt: ',
      )
  })

  test('by rotation, once the overlap is over: until then both are good', async () => {
    const old = await makeKey(hub, { addresses: ['192.0.2.0/24'], perMinute: 7 })
    const made = await rotateKey(hub.owner.sql, old.keyId, 3600)
    const { name, clientId, scopes, addresses, perMinute } = old
    expect(made).toMatchObject({
      name,
      clientId,
      scopes,
      addresses,
      perMinute,
      rotatedFrom: old.keyId,
      status: 'active',
    })
    expect(Math.round((Date.parse(String(made?.expiresAt)) - Date.now()) / 86_400_000)).toBe(365)
    expect([await statusWith(old), await statusWith(made as IssuedKey)]).toEqual([200, 200])
    const [told] = await listKeys(hub.owner.sql, clientId)
    expect(Math.round((Date.parse(String(told?.expiresAt)) - Date.now()) / 60_000)).toBe(60)
    await expect(rotateKey(hub.owner.sql, old.keyId, 0)).rejects.toThrow('rotate the one that came of it')
    const third = await rotateKey(hub.owner.sql, String(made?.keyId), 0)
    expect([await statusWith(made as IssuedKey), await statusWith(third as IssuedKey)]).toEqual([401, 200])
  })

  test('by rotation no later than it would have', async () => {
    const soon = new Date(Date.now() + 60_000)
    const old = await makeKey(hub, { expiresAt: soon })
    await rotateKey(hub.owner.sql, old.keyId, 3600)
    const [told] = await listKeys(hub.owner.sql, old.clientId)
    expect(told?.expiresAt).toBe(soon.toISOString())
  })

  test('within the bound: until then a checked key is believed, and never beyond its own time', async () => {
    let nowMs = Date.now()
    const options = { tokenSeconds: 60, recheckMs: 5000, bodyMaxBytes: 1024, now: () => nowMs }
    const auth = new Auth(new CredentialStore(hub.app.sql), options)
    const status = (made: IssuedKey): Promise<number> =>
      auth.authorise(visitOf(new Request(origin, { headers: byHeader(made) })), [coreScope]).then(
        () => 200,
        (error: { status: number }) => error.status,
      )
    const made = await makeKey(hub)
    expect(await status(made)).toBe(200)
    await revokeKey(hub.owner.sql, made.keyId)
    nowMs += 4999
    expect(await status(made)).toBe(200)
    nowMs += 1
    expect(await status(made)).toBe(401)
    const short = await makeKey(hub, { expiresAt: new Date(nowMs + 3000) })
    expect(await status(short)).toBe(200)
    nowMs += 3000
    await hub.owner.sql`update store.api_keys set expires_at = now() where key_id = ${short.keyId}`
    expect(await status(short)).toBe(401)
  })
})

describe('of a key is kept', () => {
  const lastUse = async ({ clientId }: IssuedKey): Promise<string | null | undefined> =>
    (await listKeys(hub.owner.sql, clientId))[0]?.lastUsedAt

  test('when it was last used, once a minute and process, and behind the answer', async () => {
    let nowMs = Date.now()
    const touches: Promise<void>[] = []
    class Counting extends CredentialStore {
      override touchKey(id: string): Promise<void> {
        const touch = super.touchKey(id)
        touches.push(touch)
        return touch
      }
    }
    const options = { tokenSeconds: 60, recheckMs: 0, bodyMaxBytes: 1024, now: () => nowMs }
    const auth = new Auth(new Counting(hub.app.sql), options)
    const made = await makeKey(hub)
    const ask = () => auth.authorise(visitOf(new Request(origin, { headers: byHeader(made) })), [coreScope])
    expect(await lastUse(made)).toBeNull()
    await ask()
    await touches[0]
    const first = await lastUse(made)
    expect(Date.now() - Date.parse(String(first))).toBeLessThan(60_000)
    for (let turn = 0; turn < 5; turn += 1) await ask()
    nowMs += 59_999
    await ask()
    expect(touches.length).toBe(1)
    nowMs += 1
    await ask()
    expect(touches.length).toBe(2)
    await touches[1]
    // the database has its own minute, which all processes share
    expect(await lastUse(made)).toBe(first as string)
    await hub.owner
      .sql`update store.api_keys set last_used_at = now() - interval '61 seconds' where key_id = ${made.keyId}`
    await new CredentialStore(hub.app.sql).touchKey(made.keyId)
    expect(Date.now() - Date.parse(String(await lastUse(made)))).toBeLessThan(60_000)
  })

  test('no use where the gate keeps its bearer out', async () => {
    let touches = 0
    class Counting extends CredentialStore {
      override async touchKey(): Promise<void> {
        touches += 1
      }
    }
    const gate = { ...openGate, admit: () => Promise.reject(new Error('out')) }
    const auth = new Auth(new Counting(hub.app.sql), { tokenSeconds: 60, recheckMs: 0, bodyMaxBytes: 1024, gate })
    const made = await makeKey(hub)
    const visit = visitOf(new Request(origin, { headers: byHeader(made) }))
    await expect(auth.authorise(visit, [coreScope])).rejects.toThrow('out')
    expect([touches, visit.client, visit.key]).toEqual([0, made.clientId, made.keyId])
  })
})

describe('a caller', () => {
  const callerOf = (headers: Record<string, string>) =>
    new Auth(new CredentialStore(hub.app.sql), { tokenSeconds: 60, recheckMs: 0, bodyMaxBytes: 1024 }).authorise(
      visitOf(new Request(origin, { headers })),
      [coreScope],
    )

  test('by a key has the key’s addresses and rate, else its client’s, else none', async () => {
    const client = await createClient(hub.owner.sql, 'limited', [coreScope], undefined, undefined, {
      addresses: ['10.0.0.0/8'],
      perMinute: 60,
    })
    const { clientId } = client
    const [plain, own] = [
      await makeKey(hub, { clientId }),
      await makeKey(hub, { clientId, addresses: ['2001:DB8::/32', '192.0.2.7'], perMinute: 5 }),
    ]
    expect(await callerOf(byHeader(plain))).toMatchObject({
      client: clientId,
      key: plain.keyId,
      addresses: ['10.0.0.0/8'],
      perMinute: 60,
    })
    // written as the database writes them
    expect(await callerOf(byHeader(own))).toMatchObject({ addresses: ['2001:db8::/32', '192.0.2.7/32'], perMinute: 5 })
    await limitClient(hub.owner.sql, clientId, {})
    const caller = await callerOf(byHeader(plain))
    expect([caller.addresses, caller.perMinute]).toEqual([undefined, undefined])
  })

  test('by a token has its client’s', async () => {
    const client = await createClient(hub.owner.sql, 'limited', [coreScope], undefined, undefined, {
      addresses: ['::1/128'],
      perMinute: 9,
    })
    const { access_token } = await granted(await askToken(hub, grant, basic(client)))
    const caller = await callerOf({ authorization: `Bearer ${access_token}` })
    expect(caller).toMatchObject({ client: client.clientId, addresses: ['::1/128'], perMinute: 9 })
    expect(caller.key).toBeUndefined()
  })

  test.each(['10.0.0.1/8', '10/8', '10.0.0.0/33', 'localhost', '', '::/129', '1.2.3.4.5', '10.0.0.0/8\n', ':::'])(
    'is never held to %p, which is no CIDR block',
    async (block) => {
      await expect(makeKey(hub, { addresses: ['::/0', block] })).rejects.toThrow(
        `/addresses/1: "${block}" is no CIDR block`,
      )
      const { clientId } = await owned()
      await expect(limitClient(hub.owner.sql, clientId, { addresses: [block] })).rejects.toThrow('/addresses/0: ')
    },
  )

  test('is held to blocks by the table itself, whoever writes it', async () => {
    const { clientId } = await owned()
    const codeOf = (addresses: string): Promise<string> =>
      hub.owner.sql`update store.clients set addresses = ${addresses}::text::text[] where client_id = ${clientId}`.then(
        () => 'done',
        ({ code }: { code: string }) => code,
      )
    const tried = ['{10.0.0.0/8,::/0}', '{10.0.0.1/8}', '{localhost}', '{}', '{null}']
    expect(await Promise.all(tried.map(codeOf))).toEqual(['done', '22P02', '22P02', '23514', '23514'])
  })
})
