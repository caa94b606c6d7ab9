// Grants under /admin and on the command line: set, told, and previewed as the client itself would see it.

import { beforeAll, describe, expect, test } from 'bun:test'
import { clientsCommand } from '../../src/cli/clients.ts'
import { allScopes } from '../../src/clients.ts'
import type { Granted } from '../../src/grants.ts'
import { collections, origin } from '../support/collections.ts'
import { type Hub, openDistrict, scopeBase } from '../support/hub.ts'
import { faultsOf, refusalOf } from '../support/schemas.ts'
import { type Vendor, vendorOf } from '../support/vendors.ts'

interface Preview extends Granted {
  readonly collections: readonly {
    readonly collection: string
    readonly operation: string
    readonly total?: number
    readonly records?: readonly object[]
    readonly isWithheld?: boolean
  }[]
}

let hub: Hub
let admin: string
let school: string
beforeAll(async () => {
  hub = await openDistrict({ tokenRecheckMs: 0 })
  admin = await hub.token()
  const [row] = await hub.owner.sql<
    { id: string }[]
  >`select min(sourced_id) as id from store.orgs where type = 'school'`
  school = row?.id ?? ''
}, 180_000)

const ask = async (path: string, token = admin, method = 'GET', body?: object): Promise<Response> =>
  hub.fetch(
    new Request(origin + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
const refusal = async (response: Promise<Response>): Promise<string> => refusalOf({ service: 'hub' }, await response)
async function told<Body>(answer: Promise<Response>, schema: string): Promise<Body> {
  const response = await answer
  const body: unknown = await response.json()
  expect([body, response.status, faultsOf({ service: 'hub', schema }, body)]).toEqual([body, 200, []])
  return body as Body
}
const grantPath = ({ clientId }: Vendor): string => `/admin/clients/${clientId}/grant`
const preview = (vendor: Vendor, query = '', token = admin): Promise<Preview> =>
  told(ask(`/admin/clients/${vendor.clientId}/preview${query}`, token), 'Preview')
const totalOf = async (token: string, path: string): Promise<number> =>
  Number((await ask(`${path}?limit=1`, token)).headers.get('x-total-count'))

describe('a grant', () => {
  test('is told, set, and lifted; the next request is answered by it', async () => {
    const vendor = await vendorOf(hub)
    const before = await told<Granted>(ask(grantPath(vendor)), 'Granted')
    expect([before.grant, before.scopes]).toEqual([undefined as never, [...allScopes]])
    const users = '/ims/oneroster/rostering/v1p2/users'
    const all = await totalOf(vendor.token, users)
    const order = { orgs: [school], roles: ['student'], hidden: ['users.email', 'demographics'], mayWrite: false }
    const set = await told<Granted>(ask(grantPath(vendor), admin, 'PUT', order), 'Granted')
    expect(set.grant).toMatchObject(order)
    expect(set.scopes.filter((scope) => /:scope\/(import|admin)/.test(scope))).toEqual([])
    const some = await totalOf(vendor.token, users)
    expect([some > 0, some < all]).toEqual([true, true])
    await told(ask(grantPath(vendor), admin, 'PUT', {}), 'Granted')
    expect(await totalOf(vendor.token, users)).toBe(all)
  })

  test.each([
    [{ orgs: ['nowhere'] }, '422 invaliddata: org: no org "nowhere"'],
    [{ roles: ['wizard'] }, '422 invaliddata: role: no role "wizard"'],
    [{ entities: ['people'] }, '422 invaliddata: entity: no entity "people"'],
    [{ hidden: ['users.shoeSize'] }, '422 invaliddata: hide: "users.shoeSize" is neither a field'],
    [{ hidden: ['users.givenName'] }, '422 invaliddata: hide: every record must have users.givenName'],
    [{ hidden: ['users.sourcedId'] }, '422 invaliddata: hide: every record must have users.sourcedId'],
    [{ org: ['x'] }, '422 invaliddata: /org'],
    [{ orgs: [] }, '422 invaliddata: /orgs'],
  ])('of %p is refused by its place, and nothing changes', async (order, words) => {
    const vendor = await vendorOf(hub, { hidden: ['users.sms'] })
    expect(await refusal(ask(grantPath(vendor), admin, 'PUT', order))).toStartWith(words)
    expect((await told<Granted>(ask(grantPath(vendor)), 'Granted')).grant?.hidden).toEqual(['users.sms'])
  })

  test('is set by who administers, and neither by a reader nor by a client with limits', async () => {
    const vendor = await vendorOf(hub, { orgs: [school] })
    const reader = await hub.token(['urn:rosterhub:scope/admin.readonly'])
    expect((await ask(grantPath(vendor), reader)).status).toBe(200)
    expect(await refusal(ask(grantPath(vendor), reader, 'PUT', {}))).toStartWith('403 forbidden')
    // its scopes say admin; its grant does not leave it
    expect(await refusal(ask(grantPath(vendor), vendor.token, 'PUT', {}))).toStartWith('403 forbidden')
    expect(await refusal(ask(grantPath({ clientId: 'nobody', token: '' })))).toStartWith('404 unknownobject')
    expect(await refusal(ask(grantPath({ clientId: 'nobody', token: '' }), admin, 'PUT', {}))).toStartWith(
      '404 unknownobject',
    )
  })

  test('is set and told by the command line', async () => {
    const { clientId } = await vendorOf(hub)
    const flags = { name: undefined, scopes: [], oauth1: false, oauth1Key: undefined, cidr: [], perMinute: undefined }
    const run = (grant: object, json = false): Promise<string> =>
      clientsCommand(hub.owner.sql, 'grant', clientId, { ...flags, json, grant })
    expect(await run({})).toContain('sees what its scopes open')
    const set = await run({ orgs: [school], roles: ['student'], hide: ['users.email'], readOnly: true })
    expect(set).toContain(`orgs      ${school}, and all below`)
    expect(set).toContain('hidden    users.email')
    expect(JSON.parse(await run({}, true))).toMatchObject({ orgs: [school], mayWrite: false })
    await expect(run({ orgs: ['nowhere'] })).rejects.toThrow('org: no org "nowhere"')
    await expect(run({ all: true, readOnly: true })).rejects.toThrow('--all')
    expect(JSON.parse(await run({ all: true }, true))).toMatchObject({ orgs: null, mayWrite: true })
  })
})

describe('a preview', () => {
  test('has the totals and the first records that the client itself is given', async () => {
    const vendor = await vendorOf(hub, { orgs: [school], roles: ['student'], hidden: ['demographics', 'users.email'] })
    const seen = await preview(vendor, '?sample=2')
    expect(seen.collections.length).toBeGreaterThan(10)
    for (const { operation, collection, total, records } of seen.collections) {
      const path = collections.find(({ id }) => id === operation)?.path ?? ''
      const answer = await ask(`${path}?limit=2`, vendor.token)
      const own = ((await answer.json()) as Record<string, object[]>)[collection]
      expect([operation, total, records]).toEqual([operation, Number(answer.headers.get('x-total-count')), own])
    }
    expect(seen.collections.find(({ collection }) => collection === 'demographics')).toMatchObject({ total: 0 })
  })

  test('has collections that the client has a scope for, and withholds what the asker has none for', async () => {
    const vendor = await vendorOf(hub, {}, [`${scopeBase}roster-core.readonly`])
    const open = (await preview(vendor, '?sample=0')).collections
    expect(open.map(({ collection }) => collection).sort()).toEqual([
      'academicSessions',
      'classes',
      'courses',
      'enrollments',
      'orgs',
      'users',
    ])
    expect(open.every(({ records }) => records?.length === 0)).toBe(true)
    const reader = await hub.token(['urn:rosterhub:scope/admin.readonly'])
    const withheld = (await preview(vendor, '', reader)).collections
    expect(withheld.every(({ isWithheld, total, records }) => isWithheld && total === undefined && !records)).toBe(true)
  })
})
