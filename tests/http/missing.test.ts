// What is not there: unknown ids, parents, subsets, paths and methods. Always JSON, always the status object of the service.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import {
  address,
  collections,
  findIds,
  type Ids,
  origin,
  pathOf,
  readPage,
  reads,
  singles,
} from '../support/collections.ts'
import { type Hub, openDistrict, rosteringPath, v1p1Path } from '../support/hub.ts'
import { refusalOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
}, 180_000)

/** The form that refusals below a path have. */
const bindingOf = (path: string) => ({ service: /^\/ims\/oneroster\/v1p1(\/|$)/.test(path) ? 'v1p1' : 'rostering' })
const unknown = expect.stringMatching(/^404 unknownobject: Unknown Object: /s) as never

describe.each(singles.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  test.each(
    ['nobody', "o'brien", 'a/b', 'ünï 😀', '%', '..%2f', 'a\0b', 'x'.repeat(3000)].map(
      (id, place) => [place, id] as const,
    ),
  )('answers 404 for an id that names nothing (%i)', async (_place, id) => {
    const path = operation.path.replace(/\{\w+\}/, encodeURIComponent(id))
    expect(await refusalOf(operation, await hub.get(address(path)))).toEqual(unknown)
    expect(await refusalOf(operation, await hub.get(address(path, { fields: 'sourcedId' })))).toEqual(unknown)
  })

  test('answers 404 for an id whose percent-encoding is broken', async () => {
    for (const id of ['%', '%zz', '%E0%A4%A', '%ff', '%C0%AF']) {
      const path = operation.path.replace(/\{\w+\}/, id)
      expect(await refusalOf(operation, await hub.get(origin + path))).toEqual(unknown)
    }
  })
})

describe.each(
  collections
    .filter(({ pathParameters }) => pathParameters.length > 0)
    .map((operation) => [operation.id, operation] as const),
)('%s', (_, operation) => {
  test('answers 404 for each parent that names nothing, and says which', async () => {
    for (const name of operation.names) {
      const response = await hub.get(address(pathOf(operation, { ...ids, [name]: "no'body/x" })))
      expect(await refusalOf(operation, response)).toStartWith(
        `404 unknownobject: Unknown Object: no ${name} "no'body/x"`,
      )
    }
  })

  test('answers 404 for an unknown parent whatever is asked of its page', async () => {
    const path = pathOf(operation, { ...ids, [operation.names[0] ?? '']: 'nobody' })
    for (const query of [{ offset: 5 }, { limit: 1, filter: "status='active'" }, { sort: 'dateLastModified' }]) {
      expect(await refusalOf(operation, await hub.get(address(path, query)))).toEqual(unknown)
    }
  })
})

test('a class of another school, and a line item or a student of another class, is none in this one', async () => {
  const { school = '', class: classId = '' } = ids
  const [other] = await hub.owner.sql<Record<string, string>[]>`
    select c.sourced_id as class,
      (select min(sourced_id) from store.line_items where class_sourced_id <> ${classId}) as "lineItem",
      (select min(user_sourced_id) from store.enrollments where role = 'student' and user_sourced_id not in (
        select user_sourced_id from store.enrollments where class_sourced_id = ${classId})) as student
    from store.classes as c where school_sourced_id <> ${school} limit 1`
  const nested = collections.filter(({ pathParameters }) => pathParameters.length === 2)
  expect(nested.length).toBe(10)
  for (const operation of nested) {
    const [outer = '', inner = ''] = operation.names
    const response = await hub.get(address(pathOf(operation, { ...ids, [inner]: other?.[inner] ?? '' })))
    expect(await refusalOf(operation, response)).toBe(
      `404 unknownobject: Unknown Object: no ${inner} "${other?.[inner]}" in ${outer} "${ids[outer]}"`,
    )
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
    for (const base of [rosteringPath, v1p1Path]) {
      for (const path of outside) {
        const response = await hub.get(`${origin}${base}/${path}`)
        expect([path, await refusalOf(bindingOf(base), response)]).toEqual([path, unknown])
      }
    }
    const inside = [
      `users/${teacher}`,
      `users/${student}`,
      `orgs/${district}`,
      `academicSessions/${encodeURIComponent(period)}`,
    ]
    for (const base of [rosteringPath, v1p1Path])
      for (const path of inside) expect([path, (await hub.get(`${origin}${base}/${path}`)).status]).toEqual([path, 200])
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
    v1p1Path,
    `${v1p1Path}/nobody`,
    `${v1p1Path}/Users`,
    `${v1p1Path}/users/x/y`,
    `${v1p1Path}/scoreScales`,
    '/ims/oneroster/v1p10/users',
    '/ims/oneroster/gradebook/v1p2/users',
    '/ims/oneroster/resources/v1p2/nobody',
    `${rosteringPath}/nobody`,
    `${rosteringPath}/Users`,
    `${rosteringPath}/users/x/y`,
    '/ims/oneroster/rostering/v1p1/users',
    `${rosteringPath}/discovery/nobody.json`,
    '/oauth2',
    '/%',
    '/ims/oneroster/rostering/v1p2/users/%/classes/x',
  ])('is answered 404 with the status of its binding, by any method: %s', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const response = await hub.fetch(new Request(origin + path, { method }))
      expect(await refusalOf(bindingOf(path), response)).toEqual(unknown)
    }
  })
})

/** A path without the names of its parameters: operations of one path may call them otherwise. */
const shapeOf = ({ path }: (typeof operations)[number]): string => path.replace(/\{\w+\}/g, '{}')

describe('a known path', () => {
  test('refuses other methods with 405, Allow and its status object, with a token or without', async () => {
    for (const operation of operations) {
      const path = pathOf(operation, ids)
      const known = operations.filter((other) => shapeOf(other) === shapeOf(operation)).map(({ method }) => method)
      const allowed = known.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort()
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        if (known.includes(method)) continue
        const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { body: '{' } : {}
        const response = await hub.fetch(new Request(origin + path, { method, ...body }))
        const allow = response.headers.get('allow')?.split(', ').sort()
        expect([operation.id, method, allow]).toEqual([operation.id, method, allowed])
        expect(await refusalOf(operation, response)).toStartWith(`405 invaliddata: ${method} is not a method`)
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

  /** HEAD says what GET says, and nothing of the body but its length. */
  async function compareHead(path: string, given: Record<string, string>): Promise<number> {
    const headers = { 'x-request-id': 'one', ...given }
    const got = await hub.fetch(new Request(origin + path, { headers }))
    const head = await hub.fetch(new Request(origin + path, { method: 'HEAD', headers }))
    const { 'content-length': length, ...told } = Object.fromEntries(head.headers)
    expect([path, head.status, told]).toEqual([path, got.status, Object.fromEntries(got.headers)])
    const sizeBytes = String((await got.bytes()).length)
    expect([path, length, await head.text()]).toEqual([path, sizeBytes, ''])
    return head.status
  }

  test('answers HEAD as it answers GET, without a body', async () => {
    const headers = { authorization: `Bearer ${await hub.token()}` }
    for (const operation of reads) expect(await compareHead(pathOf(operation, ids), headers)).toBe(200)
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
