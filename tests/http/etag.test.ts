// Entity tags of every GET: strong, known again by If-None-Match, and another one whenever the answer is another one.

import { beforeAll, describe, expect, test } from 'bun:test'
import { collections, findIds, type Ids, origin, pathOf, reads } from '../support/collections.ts'
import { type Hub, openDistrict } from '../support/hub.ts'
import { active, delta, lines } from '../support/rows.ts'
import { refusalOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
let authorization: string
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
  authorization = `Bearer ${await hub.token()}`
}, 180_000)

const get = (path: string, known?: string): Promise<Response> =>
  hub.get(origin + path, { authorization, ...(known === undefined ? {} : { 'if-none-match': known }) })

/** The tag of an answer that must be 200. */
async function tagOf(path: string): Promise<string> {
  const response = await get(path)
  expect([path, response.status]).toEqual([path, 200])
  return response.headers.get('etag') ?? ''
}

describe.each(reads.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const path = () => `${pathOf(operation, ids)}?fields=sourcedId`

  test('has a strong tag, the same while nothing changes, and may be kept by its client alone', async () => {
    const [first, again] = [await get(path()), await get(path())]
    expect(first.headers.get('etag')).toMatch(/^"[\w-]+"$/)
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
    expect([first.headers.get('cache-control'), first.headers.get('vary')]).toEqual([
      'private, no-cache',
      'authorization, x-api-key',
    ])
  })

  test('is 304 with that tag and no body for If-None-Match that names it, whole, weakened, in a list, or by *', async () => {
    const tag = await tagOf(path())
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, `"a,b",W/"y" , W/${tag}`, '*']) {
      const response = await get(path(), known)
      const { status, headers } = response
      expect([known, status, headers.get('etag'), await response.text()]).toEqual([known, 304, tag, ''])
      expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([null, 'private, no-cache'])
    }
  })

  test('is 200 for If-None-Match that names others, or nothing that is a tag', async () => {
    const tag = await tagOf(path())
    for (const known of ['"x"', 'W/"x"', '', tag.slice(1, -1), `"x${tag.slice(1)}`, `${tag.slice(0, -1)}x"`]) {
      expect([known, (await get(path(), known)).status]).toEqual([known, 200])
    }
  })

  test('is refused as without If-None-Match, * included, where there is nothing to have a version of', async () => {
    const nobody = `${pathOf(operation, { ...ids, [operation.names[0] ?? '']: 'nobody' })}?fields=`
    const expected = await refusalOf(operation, await get(nobody))
    expect(expected).toStartWith('400 ')
    expect(await refusalOf(operation, await get(nobody, '*'))).toBe(expected)
  })
})

test('an unknown parent is 404 also to a client that asks for any version', async () => {
  const nested = collections.filter(({ pathParameters }) => pathParameters.length > 0)
  for (const operation of nested) {
    const path = pathOf(operation, { ...ids, [operation.names[0] ?? '']: 'nobody' })
    expect(await refusalOf(operation, await get(path, '*'))).toStartWith('404 unknownobject')
  }
})

test('the tag of one page is none of another address: what is refused there is refused with it too', async () => {
  const nested = collections.filter(({ pathParameters }) => pathParameters.length > 0)
  for (const operation of nested) {
    const tag = await tagOf(pathOf(operation, ids))
    const path = pathOf(operation, { ...ids, [operation.names[0] ?? '']: 'nobody' })
    expect([path, await refusalOf(operation, await get(path, tag))]).toEqual([path, expect.stringMatching(/^404 /)])
  }
  for (const operation of collections) {
    const path = pathOf(operation, ids)
    const tag = await tagOf(path)
    expect([path, (await get(`${path}?filter=nothing='x'`, tag)).status]).toEqual([path, 400])
    for (const query of ['limit=1', 'offset=1', 'sort=sourcedId', 'orderBy=desc', "filter=sourcedId='x'"])
      expect([path, query, (await get(`${path}?${query}`, tag)).status]).toEqual([path, query, 200])
    expect([path, (await get(path, tag)).status]).toEqual([path, 304])
  }
})

test('a page that a client has is not built: the database answers 304 while it can build none', async () => {
  const paths = collections.map((operation) => pathOf(operation, ids))
  const tags = await Promise.all(paths.map(tagOf))
  const [built] = await hub.owner.sql<{ text: string }[]>`
    select pg_get_functiondef(oid) as text from pg_proc where pronamespace = 'api'::regnamespace and proname = 'page'`
  const broken = String(built?.text).replace(
    /AS \$function\$.*\$function\$/s,
    "AS $$$$ begin raise 'a page is built'; end $$$$",
  )
  await hub.owner.sql.unsafe(broken)
  try {
    for (const [place, path] of paths.entries()) {
      expect([path, (await get(path, tags[place])).status]).toEqual([path, 304])
      expect([path, (await get(path, '"x"')).status]).toEqual([path, 500])
    }
  } finally {
    await hub.owner.sql.unsafe(String(built?.text))
  }
  expect((await get(paths[0] ?? '', '"x"')).status).toBe(200)
})

interface Shown {
  readonly tag: string
  readonly told: string
}

/** What every read shows now, by its operation. */
async function everything(): Promise<ReadonlyMap<string, Shown>> {
  const shown = new Map<string, Shown>()
  for (const operation of reads) {
    const response = await get(`${pathOf(operation, ids)}${operation.kind === 'page' ? '?limit=10000' : ''}`)
    const told = `${response.headers.get('x-total-count')} ${await response.text()}`
    shown.set(operation.id, { tag: String(response.headers.get('etag')), told })
  }
  return shown
}

describe('a change', () => {
  const put = async (collection: string, envelope: string, record: object): Promise<number> => {
    const { sourcedId } = record as { sourcedId: string }
    const path = `${origin}/ims/oneroster/gradebook/v1p2/${collection}/${sourcedId}`
    const headers = { authorization, 'content-type': 'application/json' }
    return (
      await hub.fetch(new Request(path, { method: 'PUT', headers, body: JSON.stringify({ [envelope]: record }) }))
    ).status
  }
  const importSchool = async (): Promise<number> => {
    const row = `etag-school,${active},New,school,,`
    const header = 'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId'
    const { faults } = await delta(hub.owner, { orgs: lines(header, row) })
    return faults.length === 0 ? 201 : 422
  }
  const ref = (name: string) => ({ sourcedId: ids[name] ?? '' })
  const result = () => ({
    ...{ sourcedId: ids['results'] ?? '', lineItem: ref('lineItem'), student: ref('student'), score: 41 },
    ...{ scoreStatus: 'fully graded', scoreDate: '2026-09-12' },
  })

  test.each([
    ['of a category', /Categor/, () => put('categories', 'category', { ...ref('categories'), title: 'Renamed' })],
    [
      'that makes a category',
      /AllCategories|CategoriesForClass/,
      () => put('categories', 'category', { sourcedId: 'etag-1', title: 'New' }),
    ],
    ['that imports a school', /Org|School/, () => importSchool()],
    ['of a result', /Result/, () => put('results', 'result', result())],
  ] as const)(
    '%s gives another tag wherever the answer is another, and leaves other entities theirs',
    async (_, named, change) => {
      const before = await everything()
      expect([200, 201]).toContain(await change())
      const after = await everything()
      const changed = (of: 'tag' | 'told') => reads.filter(({ id }) => before.get(id)?.[of] !== after.get(id)?.[of])
      const told = changed('told').map(({ id }) => id)
      const tagged = changed('tag').map(({ id }) => id)
      expect(told.length).toBeGreaterThan(1)
      expect(told.filter((id) => !tagged.includes(id))).toEqual([])
      expect(tagged.filter((id) => !named.test(id))).toEqual([])
    },
  )

  test('of one record leaves another one its tag, and a write that changes nothing leaves all of them', async () => {
    const path = '/ims/oneroster/gradebook/v1p2/categories/etag-2'
    expect(await put('categories', 'category', { sourcedId: 'etag-2', title: 'Two' })).toBe(201)
    const tag = await tagOf(path)
    expect(await put('categories', 'category', { ...ref('categories'), title: 'Renamed again' })).toBe(200)
    expect(await tagOf(path)).toBe(tag)
    const before = await everything()
    expect(await put('categories', 'category', { sourcedId: 'etag-2', title: 'Two' })).toBe(200)
    expect(await everything()).toEqual(before)
  })
})
