// What is not there: unknown ids, parents, subsets, paths and methods. Always JSON, always the imsx object.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { address, collections, findIds, type Ids, origin, pathOf, readPage, singles } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { importDistrict } from '../support/packages.ts'
import { faultsOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openHub()
  await importDistrict(hub.owner)
  ids = await findIds(hub)
}, 60_000)

/** Status, code and description of an imsx object, checked against its schema. */
async function imsx(response: Response): Promise<readonly [number, unknown, string]> {
  expect(response.headers.get('content-type')).toStartWith('application/json')
  const body = (await response.json()) as {
    imsx_codeMajor: string
    imsx_severity: string
    imsx_description: string
    imsx_CodeMinor: { imsx_codeMinorField: unknown[] }
  }
  expect(faultsOf('imsx_StatusInfoDType', body)).toEqual([])
  expect([body.imsx_codeMajor, body.imsx_severity]).toEqual(['failure', 'error'])
  return [response.status, body.imsx_CodeMinor.imsx_codeMinorField[0], body.imsx_description]
}

const minor = (imsx_codeMinorFieldValue: string) => ({
  imsx_codeMinorFieldName: 'TargetEndSystem',
  imsx_codeMinorFieldValue,
})
const unknown = [404, minor('unknownobject'), expect.stringContaining('Unknown Object')]

describe.each(singles.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  test.each(
    ['nobody', "o'brien", 'a/b', 'ünï 😀', '%', '..%2f', 'a\0b', 'x'.repeat(3000)].map(
      (id, place) => [place, id] as const,
    ),
  )('answers 404 for an id that names nothing (%i)', async (_place, id) => {
    const path = operation.path.replace('{sourcedId}', encodeURIComponent(id))
    expect(await imsx(await hub.get(address(path)))).toEqual(unknown as never)
    expect(await imsx(await hub.get(address(path, { fields: 'sourcedId' })))).toEqual(unknown as never)
  })

  test('answers 404 for an id whose percent-encoding is broken', async () => {
    for (const id of ['%', '%zz', '%E0%A4%A', '%ff', '%C0%AF']) {
      expect(await imsx(await hub.get(origin + operation.path.replace('{sourcedId}', id)))).toEqual(unknown as never)
    }
  })
})

describe.each(
  collections
    .filter(({ pathParameters }) => pathParameters.length > 0)
    .map((operation) => [operation.id, operation] as const),
)('%s', (_, operation) => {
  test('answers 404 for each parent that names nothing, and says which', async () => {
    for (const parameter of operation.pathParameters) {
      const name = parameter.replace(/SourcedId$/, '')
      const response = await hub.get(address(pathOf(operation, { ...ids, [name]: "no'body/x" })))
      const [status, code, description] = await imsx(response)
      expect([status, code]).toEqual([404, minor('unknownobject')])
      expect(description).toContain(`no ${name} "no'body/x"`)
    }
  })

  test('answers 404 for an unknown parent whatever is asked of its page', async () => {
    const [parameter = ''] = operation.pathParameters
    const path = pathOf(operation, { ...ids, [parameter.replace(/SourcedId$/, '')]: 'nobody' })
    for (const query of [{ offset: 5 }, { limit: 1, filter: "status='active'" }, { sort: 'dateLastModified' }]) {
      expect(await imsx(await hub.get(address(path, query)))).toEqual(unknown as never)
    }
  })
})

test('a class of another school is no class in this one', async () => {
  const [other] = await hub.owner.sql<{ id: string }[]>`
    select sourced_id as id from store.classes where school_sourced_id <> ${ids['school'] ?? ''} limit 1`
  const nested = collections.filter(({ pathParameters }) => pathParameters.length === 2)
  expect(nested.length).toBe(3)
  for (const operation of nested) {
    const [status, code, description] = await imsx(
      await hub.get(address(pathOf(operation, { ...ids, class: other?.id ?? '' }))),
    )
    expect([status, code]).toEqual([404, minor('unknownobject')])
    expect(description).toContain(`no class "${other?.id}" in school "${ids['school']}"`)
  }
})

describe('a record outside the subset of the path', () => {
  test('is unknown there, alone and as a parent, and known under the path of its entity', async () => {
    const { teacher = '', student = '', gradingPeriods: period = '', term = '' } = ids
    const district = 'org-district'
    const outside = [
      `students/${teacher}`,
      `teachers/${student}`,
      `schools/${district}`,
      `terms/${encodeURIComponent(period)}`,
      `gradingPeriods/${term}`,
      'terms/ay-2027',
      `students/${teacher}/classes`,
      `teachers/${student}/classes`,
      `schools/${district}/classes`,
      `schools/${district}/students`,
      `terms/${encodeURIComponent(period)}/gradingPeriods`,
    ]
    for (const path of outside)
      expect([path, ...(await imsx(await hub.get(`/${path}`)))]).toEqual([path, ...unknown] as never)
    const inside = [
      `users/${teacher}`,
      `users/${student}`,
      `orgs/${district}`,
      `academicSessions/${encodeURIComponent(period)}`,
    ]
    for (const path of inside) expect([path, (await hub.get(`/${path}`)).status]).toEqual([path, 200])
  })

  test('is in no page of the subset: each subset is the part of its entity that the standard says', async () => {
    const all = async (path: string, filter: string) =>
      (
        await readPage(
          hub,
          address(`${rosteringPath}/${path}`, { limit: 10_000, filter: `status='active' AND ${filter}` }),
        )
      ).records
    const any = "sourcedId!=''"
    expect(await all('students', any)).toEqual([...(await all('users', "roles.role='student'"))])
    expect(await all('teachers', any)).toEqual([...(await all('users', "roles.role='teacher'"))])
    expect(await all('schools', any)).toEqual([...(await all('orgs', "type='school'"))])
    expect(await all('terms', any)).toEqual([...(await all('academicSessions', "type='term'"))])
    expect(await all('gradingPeriods', any)).toEqual([...(await all('academicSessions', "type='gradingPeriod'"))])
  })
})

describe('a path nobody serves', () => {
  test.each([
    '/',
    '/nobody',
    rosteringPath,
    `${rosteringPath}/nobody`,
    `${rosteringPath}/Users`,
    `${rosteringPath}/users/x/y`,
    '/ims/oneroster/rostering/v1p1/users',
    `${rosteringPath}/discovery/nobody.json`,
    '/oauth2',
    '/%',
    '/ims/oneroster/rostering/v1p2/users/%/classes/x',
  ])('is answered 404 with the imsx object, by any method: %s', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      expect(await imsx(await hub.fetch(new Request(origin + path, { method })))).toEqual(unknown as never)
    }
  })
})

describe('a known path', () => {
  test('refuses other methods with 405, Allow and the imsx object, with a token or without', async () => {
    for (const operation of operations) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: '{' } : {}
        const response = await hub.fetch(new Request(origin + pathOf(operation, ids), { method, ...body }))
        expect([operation.id, method, response.headers.get('allow')]).toEqual([operation.id, method, 'GET, HEAD'])
        expect((await imsx(response)).slice(0, 2)).toEqual([405, minor('invaliddata')])
      }
    }
    for (const [path, allow] of [
      ['/oauth2/token', 'POST'],
      ['/health', 'GET, HEAD'],
      ['/health/live', 'GET, HEAD'],
      ['/health/ready', 'GET, HEAD'],
    ]) {
      const response = await hub.fetch(new Request(origin + path, { method: 'PUT' }))
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, allow])
    }
  })

  /** HEAD says what GET says, and nothing of the body but its length, if it tells one. */
  async function compareHead(path: string, headers: HeadersInit): Promise<number> {
    const got = await hub.fetch(new Request(origin + path, { headers }))
    const head = await hub.fetch(new Request(origin + path, { method: 'HEAD', headers }))
    const { 'content-length': length, ...told } = Object.fromEntries(head.headers)
    expect([path, head.status, told]).toEqual([path, got.status, Object.fromEntries(got.headers)])
    const sizeBytes = String((await got.bytes()).length)
    expect([path, length ?? sizeBytes, await head.text()]).toEqual([path, sizeBytes, ''])
    return head.status
  }

  test('answers HEAD as it answers GET, without a body', async () => {
    const headers = { authorization: `Bearer ${await hub.token()}` }
    for (const operation of operations) expect(await compareHead(pathOf(operation, ids), headers)).toBe(200)
  })

  test.each([
    ['without a token', 401, `${rosteringPath}/users`],
    ['of an unknown record', 404, `${rosteringPath}/users/nobody`],
    ['with a bad parameter', 400, `${rosteringPath}/users?limit=0`],
    ['of an unknown path', 404, '/nobody'],
  ])('answers HEAD %s as it answers GET, without a body', async (_, status, path) => {
    const headers: Record<string, string> = status === 401 ? {} : { authorization: `Bearer ${await hub.token()}` }
    expect(await compareHead(path, headers)).toBe(status)
  })
})
