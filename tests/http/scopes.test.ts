// Who may do what: every operation with no token, a bad one, and one of each scope.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allScopes } from '../../src/clients.ts'
import { exportScope } from '../../src/exports.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import { findIds, type Ids, origin, pathOf, statusOf } from '../support/collections.ts'
import { type Hub, openDistrict } from '../support/hub.ts'
import { readScope, runScope } from '../support/imports.ts'
import { adminScope } from '../support/keys.ts'
import { statusFaultsOf } from '../support/schemas.ts'

const [v1p2, v1p1] = ['v1p2', 'v1p1'].map((version) => `https://purl.imsglobal.org/spec/or/${version}/scope/`)
/** What the standard says: in how many operations each scope is good. */
const counts: Readonly<Record<string, number>> = {
  [`${v1p2}roster-core.readonly`]: 22,
  [`${v1p2}roster.readonly`]: 39,
  [`${v1p2}roster-demographics.readonly`]: 2,
  [`${v1p2}gradebook-core.readonly`]: 8,
  [`${v1p2}gradebook.readonly`]: 15,
  [`${v1p2}gradebook.createput`]: 4,
  [`${v1p2}gradebook.createpost`]: 4,
  [`${v1p2}gradebook.delete`]: 4,
  [`${v1p2}assessment.readonly`]: 4,
  [`${v1p2}assessment.createput`]: 2,
  [`${v1p2}assessment.delete`]: 2,
  [`${v1p2}resource-core.readonly`]: 2,
  [`${v1p2}resource.readonly`]: 5,
  [`${v1p1}roster-core.readonly`]: 22,
  [`${v1p1}roster.readonly`]: 39,
  [`${v1p1}roster-demographics.readonly`]: 2,
  [`${v1p1}gradebook-core.readonly`]: 6,
  [`${v1p1}gradebook.readonly`]: 10,
  [`${v1p1}gradebook.createput`]: 3,
  [`${v1p1}gradebook.delete`]: 3,
  [`${v1p1}resource-core.readonly`]: 2,
  [`${v1p1}resource.readonly`]: 4,
}

let hub: Hub
let ids: Ids
const tokens: Record<string, string> = {}
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
  for (const scope of allScopes) tokens[scope] = await hub.token([scope])
  tokens['all'] = await hub.token()
  tokens['all but demographics'] = await hub.token(allScopes.filter((scope) => !scope.includes('demographics')))
}, 180_000)

/** A write that cannot be read, or of a record that is not there: nothing is changed, whoever may. */
async function ask(operation: Operation, authorization?: string, query = ''): Promise<Response> {
  const { method } = operation
  const path = pathOf(operation, method === 'DELETE' ? nobody : ids)
  const headers: HeadersInit = authorization === undefined ? {} : { authorization }
  const body = method === 'PUT' || method === 'POST' ? { body: '{' } : {}
  return hub.fetch(new Request(origin + path + query, { method, headers, ...body }))
}
const nobody: Ids = new Proxy({}, { get: () => 'nobody' })

/** What an operation answers to a client that may. */
const granted = ({ kind }: Operation): number => ({ page: 200, one: 200, put: 422, post: 422, remove: 404 })[kind]

/** Checks the status object and gives its code. */
async function codeOf(operation: Operation, response: Response): Promise<unknown> {
  const body: unknown = await response.json()
  expect(statusFaultsOf(operation, body)).toEqual([])
  return statusOf(body).code
}

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  test('is 401 without a token, with a malformed header, and with a token nobody gave out', async () => {
    const unknown = 'A'.repeat(43)
    const challenge = 'Bearer realm="oneroster"'
    const isSigned = operation.signed
    for (const [header, expected] of [
      [undefined, isSigned ? `${challenge}, OAuth realm="oneroster"` : challenge],
      ['', `${challenge}, error="invalid_request"`],
      ['Bearer', `${challenge}, error="invalid_request"`],
      ['Bearer a b', `${challenge}, error="invalid_request"`],
      [`Basic ${btoa('a:b')}`, `${challenge}, error="invalid_request"`],
      [tokens['all'], `${challenge}, error="invalid_request"`],
      ['Bearer x', `${challenge}, error="invalid_token"`],
      [`Bearer ${unknown}`, `${challenge}, error="invalid_token"`],
      [`Bearer ${tokens['all']}x`, `${challenge}, error="invalid_token"`],
      [`Bearer ${tokens['all']?.toLowerCase()}`, `${challenge}, error="invalid_token"`],
    ] as const) {
      const response = await ask(operation, header)
      expect([header, response.status, response.headers.get('www-authenticate')]).toEqual([header, 401, expected])
      expect(await codeOf(operation, response)).toBe('unauthorisedrequest')
    }
  })

  test('is 401 for a token in the query: it belongs into the header', async () => {
    const response = await ask(operation, undefined, `?access_token=${tokens['all']}`)
    expect([response.status, await codeOf(operation, response)]).toEqual([401, 'unauthorisedrequest'])
  })

  test('opens to any one scope it lists, to no other, and says in 403 which it wants', async () => {
    expect(operation.scopes.length).toBeGreaterThan(0)
    for (const scope of allScopes) {
      const response = await ask(operation, `Bearer ${tokens[scope]}`)
      const listed = operation.scopes.includes(scope)
      expect([scope, response.status]).toEqual([scope, listed ? granted(operation) : 403])
      if (listed) continue
      expect(await codeOf(operation, response)).toBe('forbidden')
      expect(response.headers.get('www-authenticate')).toBe(
        `Bearer realm="oneroster", error="insufficient_scope", scope="${operation.scopes.join(' ')}"`,
      )
    }
    expect((await ask(operation, `bearer  ${tokens['all']}`)).status).toBe(granted(operation))
  })

  test('is about demographics just where only that scope opens it', async () => {
    const isDemographics = /Demographics/.test(id)
    const status = (await ask(operation, `Bearer ${tokens['all but demographics']}`)).status
    expect(status).toBe(isDemographics ? 403 : granted(operation))
    expect(operation.scopes.some((scope) => scope.includes('demographics'))).toBe(isDemographics)
  })
})

test('the scopes are the standard’s, each good for as many operations as the standard says', () => {
  const count = (scope: string) => operations.filter(({ scopes }) => scopes.includes(scope)).length
  const ofStandard = allScopes.filter((scope) => scope.startsWith('https:'))
  expect(Object.fromEntries(ofStandard.map((scope) => [scope, count(scope)]))).toEqual(counts)
  // the hub's own open nothing of the standard's
  expect(allScopes.filter((scope) => count(scope) === 0)).toEqual([
    adminScope,
    `${adminScope}.readonly`,
    exportScope,
    runScope,
    readScope,
  ])
})

test('no token is asked for before a path is known to be one: what is not there is 404 to everybody', async () => {
  expect((await hub.fetch(new Request(`${origin}/nobody`))).status).toBe(404)
})
