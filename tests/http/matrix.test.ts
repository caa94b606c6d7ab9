// Every operation of every document, by every kind of credential there can be: the answer is the one that the documents and
// docs/access.md promise, worked out from them, with a body as their schema has it. A cell is one request.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { allScopes, createClient, limitClient, revokeClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import { setGrant } from '../../src/grants.ts'
import { revokeKey } from '../../src/keys.ts'
import { sha256 } from '../../src/secrets.ts'
import { keysOf, statusOf } from '../support/collections.ts'
import { type Documented, documented, faultsOfAnswer, successOf } from '../support/documented.ts'
import { type Hidden, hiddenFrom, shownIn } from '../support/hidden.ts'
import type { Hub } from '../support/hub.ts'
import { makeKey } from '../support/keys.ts'
import { key as oauth1Key, signing } from '../support/signed.ts'
import { headerOf, sign } from '../support/signer.ts'
import { type Asking, failuresOf, gateOf, hear, openStage, registered, type Stage } from '../support/stage.ts'
import { askToken, basic, grant, inForm } from '../support/tokens.ts'
import { everything, vendorOf } from '../support/vendors.ts'

type Headers = Readonly<Record<string, string>>
type Credential = (asking: Asking) => Headers

interface State {
  readonly name: string
  readonly credential: Credential
  /** What is answered. */
  readonly status: (operation: Documented) => number
  /** Where it is asked from; absent: from somewhere new each time. */
  readonly from?: string
  /** The hub that is asked; absent: one without limits. */
  readonly hub?: Hub
  /** What must not be shown. */
  readonly hidden?: Hidden
  /** Every list has records. */
  readonly isFull?: boolean
}

const bearer =
  (token: string): Credential =>
  () => ({ authorization: `Bearer ${token}` })
const xApiKey =
  (key: string): Credential =>
  () => ({ 'x-api-key': key })
const signature =
  (by: Parameters<typeof signing>[0]): Credential =>
  ({ method, url }) => {
    const { origin, pathname, searchParams } = new URL(url)
    const signed = sign(signing(by), { httpMethod: method, url: origin + pathname, parameters: [...searchParams] })
    return { authorization: headerOf(signed) }
  }

/** Each package is a new one, and waits for its turn. */
const success = (operation: Documented): number => (operation.id === 'createImport' ? 202 : successOf(operation))
/** Nobody is asked who they are. */
const isOpen = ({ scopes }: Documented): boolean => scopes.length === 0
const isSignable = ({ isSigned }: Documented): boolean => isSigned
const isWrite = (operation: Documented): boolean => registered(operation) !== undefined && operation.method !== 'GET'
/** Of imports and of those who administer: neither is for a client with limits. */
const isManaging = ({ scopes }: Documented): boolean => scopes.some((scope) => /scope\/(import|admin)$/.test(scope))
const refusing =
  (status: number) =>
  (operation: Documented): number =>
    isOpen(operation) ? success(operation) : status

/** They belong to no org, and everybody sees them. */
const shared = new Set([
  'categories',
  'academicSessions',
  'terms',
  'gradingPeriods',
  'resources',
  'term',
  'academicSession',
])

/** For a client that sees the records of these names and no others. */
function statusFor(operation: Documented, sees: (name: string) => boolean, ofPut = 404): number {
  const found = registered(operation)
  if (found === undefined) return isManaging(operation) ? 403 : success(operation)
  const isSeen = keysOf(found).every(sees)
  if (isSeen) return success(operation)
  return found.kind === 'put' ? ofPut : 404
}

let stage: Stage
let states: readonly State[]
let peers = 0
let cells = 0
const byDefault = new Set<string>()

beforeAll(async () => {
  stage = await openStage()
  states = [...(await refusedStates()), ...(await openStates()), ...(await grantedStates()), ...(await limitedStates())]
}, 180_000)
afterAll(() => {
  console.log(`matrix: ${cells} cells of ${documented.length} operations`)
  if (byDefault.size > 0) console.log(`matrix: by the document's default: ${[...byDefault].sort().join(', ')}`)
})

const tokenOf = async (scopes: readonly string[] = allScopes): Promise<string> => stage.token(scopes)

async function refusedStates(): Promise<State[]> {
  const { sql } = stage.owner
  const expired = await tokenOf()
  await sql`update store.tokens set expires_at = now() - interval '1 second' where token_hash = ${await sha256(expired)}`
  const [revoked, ofRevoked, signer] = [await vendorOf(stage), await makeKey(stage), await makeSigner(allScopes)]
  await revokeClient(sql, revoked.clientId)
  await revokeClient(sql, ofRevoked.clientId)
  await revokeClient(sql, signer.clientId)
  const keys = await Promise.all(['expired', 'revoked', 'inactive'].map(() => makeKey(stage, { scopes: allScopes })))
  const [old, ended, off] = keys.map(({ keyId }) => keyId)
  await sql`update store.api_keys set expires_at = now() - interval '1 second' where key_id = ${old ?? ''}`
  await revokeKey(sql, ended ?? '')
  await sql`update store.api_keys set is_active = false where key_id = ${off ?? ''}`
  const [oldKey = '', endedKey = '', offKey = ''] = keys.map(({ key }) => key)
  const [good, goodKey] = [await tokenOf(), await makeKey(stage, { scopes: allScopes })]
  const garbageKey = `rh_aaaaaaaa_${'A'.repeat(43)}`
  const unauthorised: Readonly<Record<string, Credential>> = {
    'no credential': () => ({}),
    'a garbage token': bearer('garbage'),
    'a token nobody gave out': bearer('A'.repeat(43)),
    'a token of another form': () => ({ authorization: `Basic ${btoa('a:b')}` }),
    'a garbage API key': xApiKey('garbage'),
    'a key nobody gave out': xApiKey(garbageKey),
    'a key nobody gave out, as a bearer': bearer(garbageKey),
    'a key with a wrong end': xApiKey(`${goodKey.key.slice(0, -1)}${goodKey.key.endsWith('A') ? 'B' : 'A'}`),
    'an expired token': bearer(expired),
    'an expired key': xApiKey(oldKey),
    'an expired key, as a bearer': bearer(oldKey),
    'a revoked key': xApiKey(endedKey),
    'a key that is switched off': xApiKey(offKey),
    'the token of a revoked client': bearer(revoked.token),
    'the key of a revoked client': xApiKey(ofRevoked.key),
    'a signature of a revoked client': signature(signer),
    'a signature with a wrong secret': signature({ ...(await makeSigner(allScopes)), oauth1Secret: 'wrong' }),
  }
  return [
    ...Object.entries(unauthorised).map(([name, credential]) => ({ name, credential, status: refusing(401) })),
    {
      name: 'two credentials',
      credential: () => ({ authorization: `Bearer ${good}`, 'x-api-key': goodKey.key }),
      status: refusing(400),
    },
  ]
}

const makeSigner = (scopes: readonly string[]) => createClient(stage.owner.sql, 'signer', scopes, undefined, oauth1Key)

/** One token, key and signer for each scope, and for all but those of an operation. */
async function openStates(): Promise<State[]> {
  const made = new Map<string, Promise<[token: string, key: string, signer: Awaited<ReturnType<typeof makeSigner>>]>>()
  const withScopes = (scopes: readonly string[]) => {
    const name = scopes.join(' ')
    const found =
      made.get(name) ??
      Promise.all([tokenOf(scopes), makeKey(stage, { scopes }).then(({ key }) => key), makeSigner(scopes)])
    made.set(name, found)
    return found
  }
  const states: State[] = []
  for (const { id, scopes, isSigned } of documented.filter((one) => !isOpen(one))) {
    const isMine = (operation: Documented): boolean => operation.id === id
    const none = Number.NaN
    const only = (status: (operation: Documented) => number) => (operation: Documented) =>
      isMine(operation) ? status(operation) : none
    for (const scope of scopes) {
      const [token, key, signer] = await withScopes([scope])
      const short = scope.split('/').at(-1)
      states.push({ name: `a token of ${short}`, credential: bearer(token), status: only(success) })
      states.push({ name: `a key of ${short}`, credential: xApiKey(key), status: only(success) })
      states.push({ name: `a key of ${short}, as a bearer`, credential: bearer(key), status: only(success) })
      states.push({
        name: `a signature of ${short}`,
        credential: signature(signer),
        status: only((operation) => (isSignable(operation) ? success(operation) : 401)),
      })
    }
    const [token, key, signer] = await withScopes(allScopes.filter((scope) => !scopes.includes(scope)))
    states.push({ name: 'a token of every other scope', credential: bearer(token), status: only(() => 403) })
    states.push({ name: 'a key of every other scope', credential: xApiKey(key), status: only(() => 403) })
    if (isSigned) {
      const status = only(() => 403)
      states.push({ name: 'a signature of every other scope', credential: signature(signer), status })
    }
  }
  return states
}

const everyEmail = async (): Promise<string[]> =>
  (await stage.owner.sql<{ email: string }[]>`select email from store.users where email is not null`).map(
    ({ email }) => email,
  )

async function grantedStates(): Promise<State[]> {
  const { ids, others } = stage
  const [school = '', other = ''] = [ids['school'], others[0]]
  const granted = async (
    name: string,
    given: Parameters<typeof vendorOf>[1],
    more: Omit<State, 'name' | 'credential'>,
  ) => {
    const { token, clientId } = await vendorOf(stage, given)
    const { key } = await makeKey(stage, { clientId })
    return [
      { name, credential: bearer(token), ...more },
      { name: `${name}, by a key`, credential: xApiKey(key), ...more },
    ]
  }
  const signer = await makeSigner(allScopes)
  await setGrant(stage.owner.sql, signer.clientId, { ...everything, orgs: [other] })
  const [within, without] = [
    await hiddenFrom(stage, { orgs: [school], roles: null }),
    await hiddenFrom(stage, { orgs: [other], roles: null }),
  ]
  // a course of the district keeps its org in a package: the file must have it
  const kept = (hidden: Hidden): Hidden => ({
    ...hidden,
    words: new Set([...hidden.words].filter((word) => word !== 'org-district')),
  })
  const isShared = (name: string): boolean => shared.has(name)
  return [
    ...(await granted(
      'a grant of the school',
      { orgs: [school] },
      {
        status: (operation) => statusFor(operation, () => true),
        hidden: kept(within),
        isFull: true,
      },
    )),
    ...(await granted(
      'a grant of another school',
      { orgs: [other] },
      {
        status: (operation) => statusFor(operation, isShared),
        hidden: kept(without),
      },
    )),
    {
      name: 'a signature of a client with a grant of another school',
      credential: signature(signer),
      status: (operation) =>
        isOpen(operation) ? success(operation) : operation.isSigned ? statusFor(operation, isShared) : 401,
      hidden: kept(without),
    },
    ...(await granted(
      'a grant to read',
      { mayWrite: false },
      {
        status: (operation) => (isWrite(operation) ? 403 : statusFor(operation, () => true)),
        isFull: true,
      },
    )),
    ...(await granted(
      'a grant of students, of any org',
      { roles: ['student'] },
      {
        status: (operation) => statusFor(operation, (name) => !['teacher', 'teachers', 'users'].includes(name)),
        hidden: await hiddenFrom(stage, { orgs: null, roles: ['student'] }),
      },
    )),
    ...(await granted(
      'a grant without a collection and some fields',
      { hidden: ['demographics', 'users.agents', 'users.email', 'results.score'] },
      {
        status: (operation) => statusFor(operation, (name) => name !== 'demographics'),
        hidden: { words: new Set(await everyEmail()), names: [] },
      },
    )),
    ...(await granted(
      'a grant of categories alone',
      { entities: ['categories'] },
      {
        status: (operation) => statusFor(operation, (name) => name === 'categories', 403),
      },
    )),
  ]
}

/** By address and by rate, of the credential and of everybody. */
async function limitedStates(): Promise<State[]> {
  const { sql } = stage.owner
  const addresses = ['192.0.2.0/24', '2001:db8::/32']
  const bound = await vendorOf(stage)
  await limitClient(sql, bound.clientId, { addresses })
  const { key } = await makeKey(stage, { scopes: allScopes, addresses })
  const signer = await makeSigner(allScopes)
  await limitClient(sql, signer.clientId, { addresses })
  const busy = await vendorOf(stage)
  await limitClient(sql, busy.clientId, { perMinute: 1 })
  const busyKey = await makeKey(stage, { scopes: allScopes, perMinute: 1 })
  const busySigner = await makeSigner(allScopes)
  await limitClient(sql, busySigner.clientId, { perMinute: 1 })
  const orgs = documented.find(({ id }) => id === 'v1p1.getAllOrgs') as Documented
  for (const credential of [bearer(busy.token), xApiKey(busyKey.key), signature(busySigner)]) {
    const asking = await stage.asking(orgs, true)
    expect((await hear(stage, asking, credential(asking))).status).toBe(200)
  }
  const good = bearer(await tokenOf())
  const full = stage.behind(gateOf({ addressPerMinute: 1 }))
  for (const path of ['/health', '/health']) await full.fetch(new Request(`http://localhost${path}`), '198.51.100.1')
  const walled = stage.behind(
    gateOf({ allowedAddresses: readConfig({ ALLOWED_ADDRESSES: '192.0.2.0/24' }).allowedAddresses }),
  )
  const isProbe = ({ id }: Documented): boolean => ['getLiveness', 'getReadiness'].includes(id)
  const unlessProbe = (status: number) => (operation: Documented) => (isProbe(operation) ? success(operation) : status)
  const signable = (status: (operation: Documented) => number) => (operation: Documented) =>
    isOpen(operation) ? success(operation) : operation.isSigned ? status(operation) : 401
  return [
    { name: 'a token from its address', credential: bearer(bound.token), from: '192.0.2.9', status: success },
    { name: 'a token from a wrong address', credential: bearer(bound.token), status: refusing(403) },
    { name: 'a key from its address', credential: xApiKey(key), from: '2001:db8::9', status: success },
    { name: 'a key from a wrong address', credential: xApiKey(key), status: refusing(403) },
    { name: 'a signature from a wrong address', credential: signature(signer), status: signable(() => 403) },
    { name: 'a token over its rate', credential: bearer(busy.token), status: refusing(429) },
    { name: 'a key over its rate', credential: xApiKey(busyKey.key), status: refusing(429) },
    { name: 'a signature over its rate', credential: signature(busySigner), status: signable(() => 429) },
    { name: 'an address over its rate', credential: good, from: '198.51.100.1', hub: full, status: unlessProbe(429) },
    {
      name: 'nobody, from an address over its rate',
      credential: () => ({}),
      from: '198.51.100.1',
      hub: full,
      status: unlessProbe(429),
    },
    { name: 'an address that may not ask', credential: good, hub: walled, status: unlessProbe(403) },
    { name: 'an address that may ask', credential: good, from: '192.0.2.200', hub: walled, status: success },
  ]
}

const codes: Readonly<Record<number, string>> = {
  400: 'invaliddata',
  401: 'unauthorisedrequest',
  403: 'forbidden',
  404: 'unknownobject',
  429: 'server_busy',
}

const sentBy = ({ url, body = '' }: Asking): string => `${decodeURIComponent(url)} ${body}`

/** What is wrong in one cell; [] for a good one. */
async function faultsOfCell(operation: Documented, state: State): Promise<string[]> {
  const expected = state.status(operation)
  if (Number.isNaN(expected)) return []
  cells += 1
  peers += 1
  const asking = await stage.asking(operation, expected < 300)
  const from = state.from ?? `10.${(peers >> 16) & 255}.${(peers >> 8) & 255}.${peers & 255}`
  const heard = await hear(state.hub ?? stage, asking, state.credential(asking), from)
  const faults = faultsOfAnswer(operation, asking.url, heard)
  const isPage = registered(operation)?.kind === 'page'
  if (!(String(heard.status) in operation.answers)) byDefault.add(`${heard.status} of ${operation.method}`)
  if (heard.status !== expected) faults.push(`${heard.status}, not ${expected}: ${heard.text.slice(0, 300)}`)
  else if (expected >= 400) {
    const { code } = statusOf(JSON.parse(heard.text))
    if (code !== codes[expected]) faults.push(`${code}, not ${codes[expected]}`)
    if (expected === 429 && !(Number(heard.headers.get('retry-after')) > 0)) faults.push('429 without Retry-After')
    if (expected === 401 && heard.headers.get('www-authenticate') === null) faults.push('401 without a challenge')
  } else if (isPage && state.isFull && heard.headers.get('x-total-count') === '0') faults.push('an empty list')
  // the documents' own examples are of this district
  if (state.hidden !== undefined && !isOpen(operation))
    faults.push(...shownIn(heard.text, state.hidden, sentBy(asking)).map((word) => `shows ${word}`))
  return faults.map((fault) => `${state.name}: ${fault}`)
}

const isToken = ({ id }: Documented): boolean => id === 'createToken'

describe.each(documented.filter((one) => !isToken(one)).map((operation) => [operation.id, operation] as const))(
  '%s',
  (_, operation) => {
    test('answers each credential as documented', async () => {
      const faults: string[] = []
      for (const state of states) faults.push(...(await faultsOfCell(operation, state)))
      expect(faults).toEqual([])
    }, 60_000)
  },
)

describe('createToken', () => {
  test('answers each credential as documented', async () => {
    const operation = documented.find(isToken) as Documented
    const made = await createClient(stage.owner.sql, 'a client', allScopes)
    const revoked = await createClient(stage.owner.sql, 'revoked', allScopes)
    await revokeClient(stage.owner.sql, revoked.clientId)
    const walled = stage.behind(
      gateOf({ allowedAddresses: readConfig({ ALLOWED_ADDRESSES: '192.0.2.0/24' }).allowedAddresses }),
    )
    const full = stage.behind(gateOf({ tokenPerMinute: 1 }))
    await askToken(full, { ...grant, ...inForm(made) })
    const form = { ...grant, ...inForm(made) }
    const tried: readonly [string, number, Promise<Response>][] = [
      ['a secret in the form', 200, askToken(stage, form)],
      ['a secret by Basic', 200, askToken(stage, grant, basic(made))],
      ['no secret', 401, askToken(stage, grant)],
      ['a wrong secret', 401, askToken(stage, { ...form, client_secret: 'wrong' })],
      ['a wrong secret by Basic', 401, askToken(stage, grant, basic({ ...made, clientSecret: 'wrong' }))],
      ['an unknown client', 401, askToken(stage, { ...form, client_id: 'nobody' })],
      ['a revoked client', 401, askToken(stage, { ...grant, ...inForm(revoked) })],
      ['two secrets', 400, askToken(stage, form, basic(made))],
      ['a wrong scope', 400, askToken(stage, { ...form, scope: 'nothing' })],
      ['a token instead', 401, askToken(stage, grant, `Bearer ${await tokenOf()}`)],
      ['an address that may not ask', 403, askToken(walled, form)],
      ['an address over its rate', 429, askToken(full, form)],
    ]
    for (const [name, status, answer] of tried) {
      cells += 1
      const {
        status: found,
        headers,
        ...rest
      } = await answer.then(async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }))
      expect([name, found, faultsOfAnswer(operation, '', { status: found, headers, ...rest })]).toEqual([
        name,
        status,
        [],
      ])
    }
  })
})

test('the hub fails at none of them, and there are more than 1,500 cells', () => {
  expect(failuresOf(stage)).toEqual([])
  expect(cells).toBeGreaterThan(1500)
})
