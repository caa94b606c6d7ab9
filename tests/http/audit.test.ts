// The audit as requests make it: each answer and each refusal is there, with who asked and what came of it, and nothing of
// whom it was about; and GET /admin/audit, which reads it.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Audit, startAudit } from '../../src/audit.ts'
import type { AuditEntry } from '../../src/audit_log.ts'
import { createClient } from '../../src/clients.ts'
import { ApiError } from '../../src/errors.ts'
import type { Observation } from '../../src/observe.ts'
import { openGate } from '../../src/visit.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { bulk, school } from '../support/rows.ts'
import { faultsOf } from '../support/schemas.ts'

setDefaultTimeout(60_000)

let audit: Audit
let hub: Hub
let reader: string
let admin: string
/** Observations of before the audit was opened. */
let early: Observation[] | undefined = []

beforeAll(async () => {
  // a caller from this address asks too much, an hour long
  const gate = {
    ...openGate,
    enter: async ({ address }: { address: string | undefined }) => {
      if (address === '192.0.2.9') throw new ApiError('server_busy', 'too many requests', { status: 429 })
    },
  }
  hub = await openHub({}, { gate, observe: (one) => (early === undefined ? audit.observe(one) : void early.push(one)) })
  audit = startAudit(hub.app.sql)
  early = undefined
  await bulk(hub.owner, school)
  reader = await hub.token(['roster.readonly'])
  admin = await hub.token(['urn:rosterhub:scope/admin.readonly'])
}, 60_000)

let asked = 0
/** A request with an id of its own; answers the id and the response. */
async function ask(path: string, init: { token?: string; method?: string; peer?: string; body?: string } = {}) {
  asked += 1
  const id = `ask-${asked}`
  const { token, method = 'GET', peer = '198.51.100.4', body } = init
  const headers = { 'x-request-id': id, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  const request = new Request(`http://localhost${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  const response = await hub.fetch(request, peer)
  await response.arrayBuffer()
  return { id, status: response.status }
}

async function read(query: string, token = admin): Promise<{ entries: AuditEntry[]; response: Response }> {
  await audit.flush()
  const response = await hub.fetch(
    new Request(`http://localhost/admin/audit?${query}`, { headers: { authorization: `Bearer ${token}` } }),
  )
  const body = (await response.clone().json()) as { audit: AuditEntry[] }
  return { entries: body.audit, response }
}

const users = `${rosteringPath}/users`
const clientOf = async (token: string): Promise<string> => {
  const { id } = await ask('/imports', { token })
  const { entries } = await read(`requestId=${id}`)
  return String(entries[0]?.clientId)
}

describe('each request is in the audit', () => {
  test.each([
    [
      'an answer',
      `${users}/u1`,
      {},
      200,
      { operation: 'getUser', path: `${users}/{sourcedId}`, rows: 1, subjects: ['u1'] },
    ],
    [
      'a list',
      `${users}?filter=familyName='Byron'&limit=1`,
      {},
      200,
      { operation: 'getAllUsers', path: users, rows: 1 },
    ],
    [
      'a person who is not there',
      `${users}/secret-name`,
      {},
      404,
      { operation: 'getUser', path: `${users}/{sourcedId}` },
    ],
    ['a scope that is not there', '/imports', {}, 403, { operation: 'listImports', path: '/imports' }],
    ['a bad parameter', `${users}?limit=x`, {}, 400, { operation: 'getAllUsers', path: users }],
    ['another method', users, { method: 'DELETE' }, 405, { operation: 'none', path: users, method: 'DELETE' }],
    ['a path that is not there', '/nowhere/Ada', {}, 404, { operation: 'none', path: '/*' }],
  ] as const)('%s', async (_, path, init, status, expected) => {
    const client = await clientOf(reader)
    const made = await ask(path, { token: reader, ...init })
    expect(made.status).toBe(status)
    const { entries } = await read(`requestId=${made.id}`)
    // before the operation is known nobody has looked at who asks
    const known = expected.operation === 'none' ? {} : { clientId: client }
    const common = { method: 'GET', status, address: '198.51.100.4', requestId: made.id, ...known }
    expect(entries).toEqual([{ ...common, ...expected, id: entries[0]?.id, at: entries[0]?.at } as AuditEntry])
    expect(Math.abs(Date.parse(String(entries[0]?.at)) - Date.now())).toBeLessThan(60_000)
  })

  test('that nobody is known to have sent: without a token, with a false one, one too many', async () => {
    const made = [
      await ask(`${users}/u1`),
      await ask(`${users}/u1`, { token: 'false'.repeat(9).slice(0, 43) }),
      await ask(`${users}/u1`, { token: reader, peer: '192.0.2.9' }),
      await ask('/oauth2/token', { method: 'POST', body: 'grant_type=client_credentials&client_id=c&client_secret=s' }),
    ]
    expect(made.map(({ status }) => status).slice(0, 3)).toEqual([401, 401, 429])
    for (const { id, status } of made) {
      const { entries } = await read(`requestId=${id}`)
      expect(entries.map((entry) => [entry.status, entry.clientId])).toEqual([[status, undefined]])
    }
    const [last] = (await read(`requestId=${made[2]?.id}`)).entries
    expect([last?.address, last?.subjects]).toEqual(['192.0.2.9', undefined])
  })

  test('but probes and numbers that went well', async () => {
    for (const path of ['/health', '/health/live', '/health/ready']) {
      const { id, status } = await ask(path)
      expect([path, status, (await read(`requestId=${id}`)).entries]).toEqual([path, 200, []])
    }
  })

  test('with a 304, the API key, and a person whom a 404 was about', async () => {
    const row = { operation: 'getUser', method: 'GET', path: `${users}/{sourcedId}`, durationMs: 1, client: 'c9' }
    audit.observe({ ...row, arguments: ['u1'], status: 304, requestId: 'key-1', key: 'k9' })
    audit.observe({ ...row, arguments: ['u2'], status: 404, requestId: 'key-2', key: 'k9' })
    audit.observe({ ...row, arguments: ['n\0l'], status: 200, requestId: 'key-3', key: 'k9' })
    const { entries } = await read('key=k9')
    expect(entries.map(({ requestId, keyId, subjects }) => [requestId, keyId, subjects])).toEqual([
      ['key-3', 'k9', undefined],
      ['key-2', 'k9', ['u2']],
      ['key-1', 'k9', ['u1']],
    ])
  })

  test('and no table of it says a name, an id, a query or a secret', async () => {
    const { clientId, clientSecret } = await createClient(hub.owner.sql, 'x', [])
    await ask(`/oauth2/token?client_secret=${clientSecret}`, {
      method: 'POST',
      body: `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`,
    })
    await ask(`${users}/Ada%20Byron`, { token: reader })
    await audit.flush()
    const [row] = await hub.owner.sql<{ text: string }[]>`
      select concat((select string_agg(r::text, '') from store.api_key_audit_logs as r), (select string_agg(b::text, '') from store.audit_batches as b),
        (select string_agg(p::text, '') from store.audit_processes as p)) as text`
    const text = String(row?.text)
    expect(text.length).toBeGreaterThan(3000)
    for (const word of [reader, admin, clientSecret, 'Ada', 'Byron', 'secret-name', 'limit=', '/u1', 'u1,', '?'])
      expect([word, text.includes(word)]).toEqual([word, false])
    const ids = await hub.owner.sql<{ id: string }[]>`select sourced_id as id from store.audit_subjects order by 1`
    expect(ids.map(({ id }) => id)).toEqual(['u1', 'u2'])
  })
})

describe('GET /admin/audit', () => {
  test('is for clients that may administer the hub, or read of it', async () => {
    const { response } = await read('', reader)
    expect(response.status).toBe(403)
    const other = await hub.token(['urn:rosterhub:scope/admin'])
    expect((await read('', other)).response.status).toBe(200)
    const nobody = await hub.fetch(new Request('http://localhost/admin/audit'))
    expect(nobody.status).toBe(401)
  })

  test('finds rows by what they are, and pages are as the document says', async () => {
    const { entries: all, response } = await read('limit=1000')
    expect(faultsOf({ service: 'hub', schema: 'AuditPage' }, await response.json())).toEqual([])
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a))
    const of = async (query: string) =>
      (await read(`limit=1000&${query}`)).entries.filter(({ id }) => id <= Number(all[0]?.id))
    const same = (fits: (entry: AuditEntry) => boolean): AuditEntry[] => all.filter(fits)
    const client = await clientOf(reader)
    expect(await of(`client=${client}`)).toEqual(same((entry) => entry.clientId === client))
    expect(await of('status=404')).toEqual(same((entry) => entry.status === 404))
    expect(await of('operation=getUser')).toEqual(same((entry) => entry.operation === 'getUser'))
    expect(await of('subject=u2')).toEqual(same((entry) => entry.subjects?.includes('u2') ?? false))
    expect(await of('subject=no-such-id')).toEqual([])
    const middle = String(all[10]?.at)
    const from = await of(`from=${middle}`)
    const to = await of(`to=${middle}`)
    expect([from.length > 0, to.length > 0, from.length + to.length]).toEqual([true, true, all.length])
  })

  test('leads from page to page, and no row comes twice or is passed over', async () => {
    const { entries: all } = await read('status=401&limit=1000')
    expect(all.length).toBeGreaterThan(1)
    const walked: AuditEntry[] = []
    for (let query: string | undefined = 'status=401&limit=1'; query !== undefined; ) {
      const { entries, response }: { entries: AuditEntry[]; response: Response } = await read(query)
      walked.push(...entries)
      query = /\?([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
    }
    expect(walked).toEqual(all)
  })

  test.each(['from=yesterday', 'limit=0', 'status=99', 'before=0', 'who=me', 'subject='])(
    'refuses %s',
    async (query) => {
      const { response } = await read(query)
      expect([response.status, (await response.json()).imsx_description]).toEqual([
        400,
        expect.stringContaining(query.split('=')[0] ?? ''),
      ])
    },
  )
})
