// Who may read what: every operation with no token, a bad one, and one of each scope.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allScopes } from '../../src/clients.ts'
import { operations } from '../../src/generated/operations.ts'
import { findIds, type Ids, origin, pathOf } from '../support/collections.ts'
import { type Hub, openHub, scopeBase } from '../support/hub.ts'
import { importDistrict } from '../support/packages.ts'
import { faultsOf } from '../support/schemas.ts'

const core = 'roster-core.readonly'
const roster = 'roster.readonly'
const demographics = 'roster-demographics.readonly'

let hub: Hub
let ids: Ids
const tokens: Record<string, string> = {}
beforeAll(async () => {
  hub = await openHub()
  await importDistrict(hub.owner)
  ids = await findIds(hub)
  for (const scope of [core, roster, demographics]) tokens[scope] = await hub.token([scope])
  tokens['all'] = await hub.token()
  tokens['all but demographics'] = await hub.token([core, roster])
}, 60_000)

async function ask(operation: (typeof operations)[number], authorization?: string): Promise<Response> {
  const headers: HeadersInit = authorization === undefined ? {} : { authorization }
  return hub.fetch(new Request(origin + pathOf(operation, ids), { headers }))
}

/** Checks the imsx object and gives its code. */
async function codeOf(response: Response): Promise<unknown> {
  const body = (await response.json()) as {
    imsx_CodeMinor: { imsx_codeMinorField: [{ imsx_codeMinorFieldValue: string }] }
  }
  expect(faultsOf('imsx_StatusInfoDType', body)).toEqual([])
  return body.imsx_CodeMinor.imsx_codeMinorField[0].imsx_codeMinorFieldValue
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
      expect(await codeOf(response)).toBe('unauthorisedrequest')
    }
  })

  test('is 401 for a token in the query: it belongs into the header', async () => {
    const response = await hub.fetch(new Request(`${origin}${pathOf(operation, ids)}?access_token=${tokens['all']}`))
    expect([response.status, await codeOf(response)]).toEqual([401, 'unauthorisedrequest'])
  })

  test('opens to any one scope it lists, to no other, and says in 403 which it wants', async () => {
    expect(operation.scopes.length).toBeGreaterThan(0)
    for (const scope of allScopes) {
      const response = await ask(operation, `Bearer ${tokens[scope.slice(scopeBase.length)]}`)
      const listed = operation.scopes.includes(scope)
      expect([scope, response.status]).toEqual([scope, listed ? 200 : 403])
      if (listed) continue
      expect(await codeOf(response)).toBe('forbidden')
      expect(response.headers.get('www-authenticate')).toBe(
        `Bearer realm="oneroster", error="insufficient_scope", scope="${operation.scopes.join(' ')}"`,
      )
    }
    expect((await ask(operation, `bearer  ${tokens['all']}`)).status).toBe(200)
  })

  test('is about demographics just where only that scope opens it', async () => {
    const isDemographics = /Demographics/.test(id)
    expect((await ask(operation, `Bearer ${tokens['all but demographics']}`)).status).toBe(isDemographics ? 403 : 200)
    expect((await ask(operation, `Bearer ${tokens[demographics]}`)).status).toBe(isDemographics ? 200 : 403)
  })
})

test('the scopes are the standard’s: 22 core operations, 39 of roster, 2 of demographics', () => {
  const count = (scope: string) => operations.filter(({ scopes }) => scopes.includes(scopeBase + scope)).length
  expect([core, roster, demographics].map(count)).toEqual([22, 39, 2])
  expect([...allScopes]).toEqual([core, demographics, roster].map((scope) => scopeBase + scope).sort())
})

test('no token is asked for before a path is known to be one: what is not there is 404 to everybody', async () => {
  expect((await hub.fetch(new Request(`${origin}/nobody`))).status).toBe(404)
})
