// What the size of a page and a next link hold on to: limits up to 10,000, walks and totals while the data changes, and
// cursors that nobody gave out.

import { beforeAll, describe, expect, test } from 'bun:test'
import { address, idOf, readPage, walk } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { importFiles, manifest } from '../support/packages.ts'

const orgs = `${rosteringPath}/orgs`
const sessions = `${rosteringPath}/academicSessions`
const orgCount = 10_050

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
  const rows = Array.from({ length: orgCount }, (_, place) => `o${place},,,Org ${place},school\r\n`)
  const text = `sourcedId,status,dateLastModified,name,type\r\n${rows.join('')}`
  await importFiles(hub.owner, { 'manifest.csv': manifest({ orgs: 'bulk' }), 'orgs.csv': text })
}, 60_000)

const days = ['2026-01-01', '2026-02-01', '2026-03-01']
/** A bulk package: these sessions and no others are active afterwards; each begins on one of three days. */
async function keepSessions(prefix: string, numbers: readonly number[]): Promise<void> {
  const rows = numbers.map((n) => `${prefix}${n},,,Title ${n},term,${days[n % 3]},2026-12-31,,2027\r\n`)
  const text = `sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\r\n${rows.join('')}`
  const properties = { 'source.systemCode': prefix }
  const { faults } = await importFiles(hub.owner, {
    'manifest.csv': manifest({ academicSessions: 'bulk' }, properties),
    'academicSessions.csv': text,
  })
  expect(faults).toEqual([])
}

describe('limit', () => {
  test('is 100 where none is asked for', async () => {
    expect((await readPage(hub, address(orgs))).records.length).toBe(100)
  })

  test('of 10,000 is honoured, and next leads to the rest', async () => {
    const pages = await walk(hub, address(orgs, { limit: 10_000, fields: 'sourcedId' }))
    expect(pages.map((page) => [page.records.length, page.total])).toEqual([
      [10_000, orgCount],
      [50, orgCount],
    ])
  })

  test('beyond the largest page gives the largest page, and next leads through all the rest', async () => {
    const pages = await walk(hub, address(orgs, { limit: 2_147_483_647, fields: 'sourcedId' }))
    expect(pages.map((page) => page.records.length)).toEqual([10_000, 50])
    expect(new Set(pages.flatMap((page) => page.records.map(idOf))).size).toBe(orgCount)
  })

  test('that the records fill exactly leaves no next, by next and by offset alike', async () => {
    const pages = await walk(hub, address(orgs, { limit: orgCount / 5, fields: 'sourcedId' }))
    expect(pages.map((page) => page.records.length)).toEqual(Array(5).fill(orgCount / 5))
    const last = await readPage(hub, address(orgs, { limit: orgCount / 5, offset: (orgCount / 5) * 4 }))
    expect(Object.keys(last.links)).toEqual(['first', 'prev', 'last'])
  })
})

describe.each([
  ['the default order', {}],
  ['the order of a date', { sort: 'startDate' }],
  ['the order of a text', { sort: 'title', orderBy: 'desc' }],
])('a walk in %s', (name, order) => {
  const prefix = `${name.replace(/\W/g, '')}-`
  const query = { ...order, filter: `sourcedId~'${prefix}' AND type='term'`, limit: 3 }
  const numbers = Array.from({ length: 9 }, (_, n) => n + 1)

  test('misses nobody and repeats nobody when records it has passed are deleted or come back', async () => {
    await keepSessions(prefix, numbers)
    const all = (await readPage(hub, address(sessions, { ...query, limit: 100 }))).records.map(idOf)
    const first = await readPage(hub, address(sessions, query))
    const passed = first.records.map(idOf)
    await keepSessions(
      prefix,
      numbers.filter((n) => !passed.slice(0, 2).includes(`${prefix}${n}`)),
    )
    const rest = await walk(hub, first.links['next'] ?? '')
    expect([...passed, ...rest.flatMap((page) => page.records.map(idOf))]).toEqual(all)
    await keepSessions(prefix, numbers)
    const again = await walk(hub, first.links['next'] ?? '')
    expect([...passed, ...again.flatMap((page) => page.records.map(idOf))]).toEqual(all)
  })

  test('ends where the records behind a next link are gone', async () => {
    await keepSessions(prefix, numbers)
    const first = await readPage(hub, address(sessions, query))
    const passed = first.records.map(idOf)
    await keepSessions(
      prefix,
      numbers.filter((n) => passed.includes(`${prefix}${n}`)),
    )
    const next = await readPage(hub, first.links['next'] ?? '')
    expect([next.records, next.total, 'next' in next.links]).toEqual([[], 3, false])
  })

  test('tells the exact total on every page after an import', async () => {
    await keepSessions(prefix, numbers)
    const first = await readPage(hub, address(sessions, query))
    const third = address(sessions, { ...query, offset: 6 })
    expect([first.total, (await readPage(hub, third)).total]).toEqual([9, 9])
    await keepSessions(prefix, numbers.slice(0, 8))
    const next = await readPage(hub, first.links['next'] ?? '')
    expect([next.total, (await readPage(hub, third)).total]).toEqual([8, 8])
    expect((await readPage(hub, address(sessions, query))).total).toBe(8)
  })
})

describe('a cursor that nobody gave out', () => {
  const encode = (value: unknown): string =>
    btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  const decode = (cursor: string): unknown[] => JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')))
  const filter = "sourcedId~'forged-'"

  /** The cursor of the next link of this order. */
  async function cursorOf(order: Readonly<Record<string, string>>): Promise<unknown[]> {
    const { links } = await readPage(hub, address(sessions, { ...order, filter, limit: 2 }))
    return decode(new URL(links['next'] ?? '').searchParams.get('cursor') ?? '')
  }

  beforeAll(() => keepSessions('forged-', [1, 2, 3, 4, 5, 6, 7]))

  test.each([
    ['the default order', {}],
    ['a date', { sort: 'startDate' }],
    ['an instant', { sort: 'dateLastModified' }],
    ['a text', { sort: 'title' }],
    ['a reference', { sort: 'parent', orderBy: 'desc' }],
  ])('is no cursor in the order of %s: the offset beside it holds', async (_, order: Record<string, string>) => {
    const query = { ...order, filter, limit: 2, offset: 3 }
    const expected = await readPage(hub, address(sessions, query))
    const [signature, key, sourcedId] = await cursorOf(order)
    const forged = [
      '',
      'x',
      'not base64 !',
      btoa('not JSON'),
      btoa('\xff\xfe'),
      ...[null, {}, 'x', [], [signature], [signature, key], [signature, key, sourcedId, 1]].map(encode),
      ...[
        [signature, key, 7],
        [signature, key, null],
        [signature, 7, sourcedId],
        ['other+', key, sourcedId],
      ].map(encode),
      encode([signature, key, 'a\0b']),
      encode([signature, 'a\0b', sourcedId]),
      ...(key === null ? [] : [encode([signature, null, sourcedId])]),
      ...(/Date|date/.test(order['sort'] ?? '') ? ['', 'abc', '2026-13-45'] : []).map((odd) =>
        encode([signature, odd, sourcedId]),
      ),
    ]
    const wrong: string[] = []
    for (const cursor of forged) {
      const response = await hub.get(address(sessions, { ...query, cursor }))
      const body = (await response.json()) as { academicSessions?: unknown }
      if (Bun.deepEquals(body.academicSessions, expected.records)) continue
      wrong.push(`${response.status} with ${cursor}`)
    }
    expect(wrong).toEqual([])
  })

  test('is none of those that a next link gives for sort=sourcedId: that order is kept by its cursor', async () => {
    const first = await hub.get(address(orgs, { sort: 'sourcedId', limit: 3 }))
    const next = new URL(/<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '')
    const expected = await (await hub.get(next.href)).json()
    next.searchParams.set('offset', '500')
    expect(await (await hub.get(next.href)).json()).toEqual(expected)
  })

  test('is a cursor of another order or direction too', async () => {
    const title = new URL(
      (await readPage(hub, address(sessions, { sort: 'title', filter, limit: 2 }))).links['next'] ?? '',
    )
    const cursor = title.searchParams.get('cursor') ?? ''
    for (const order of [{ sort: 'schoolYear' }, { sort: 'title', orderBy: 'desc' }, {}]) {
      const query = { ...order, filter, limit: 2, offset: 3 }
      const expected = await readPage(hub, address(sessions, query))
      expect((await readPage(hub, address(sessions, { ...query, cursor }))).records).toEqual([...expected.records])
    }
  })
})
