// Laws of every collection in the registry: pages without repeats, exact totals, links that lead where they say.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { address, collections, findIds, type Ids, idOf, pathOf, readPage, walk } from '../support/collections.ts'
import { compareText } from '../support/evaluate.ts'
import { type Hub, openDistrict } from '../support/hub.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
}, 180_000)

/** The whole collection on one page, and a limit that cuts it into four pages or five. */
async function whole(path: string) {
  const page = await readPage(hub, address(path, { limit: 10_000 }))
  expect(page.records).not.toEqual([])
  return { ...page, limit: Math.ceil(page.total / 4.5) }
}

test('the registry has the operations of four services, and the collections among them', () => {
  const count = (of: typeof operations) =>
    ['rostering', 'gradebook', 'resources', 'v1p1'].map((name) => of.filter(({ service }) => service === name).length)
  expect([count(operations), count(collections)]).toEqual([
    [41, 35, 5, 61],
    [29, 13, 4, 39],
  ])
})

describe.each(collections.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  test('is in the order of the code points of sourcedId, without repeats, as many as X-Total-Count says', async () => {
    const { records, total, links } = await whole(pathOf(operation, ids))
    const found = records.map(idOf)
    expect(found).toEqual([...new Set(found)].sort(compareText))
    expect(total).toBe(found.length)
    expect(Object.keys(links)).toEqual(['first', 'last'])
  })

  test('walked by next gives every record once, in the same order, with the same total on every page', async () => {
    const { records, total, limit } = await whole(pathOf(operation, ids))
    const pages = await walk(hub, address(pathOf(operation, ids), { limit }))
    expect(pages.flatMap((page) => page.records)).toEqual([...records])
    expect(pages.map((page) => page.total)).toEqual(pages.map(() => total))
    expect(pages.slice(0, -1).map((page) => page.records.length)).toEqual(pages.slice(0, -1).map(() => limit))
  })

  test('has prev on every page but the first and next on every page but the last', async () => {
    const { limit } = await whole(pathOf(operation, ids))
    const pages = await walk(hub, address(pathOf(operation, ids), { limit }))
    const last = pages.length - 1
    pages.forEach(({ links }, place) => {
      const expected = ['first', ...(place > 0 ? ['prev'] : []), ...(place < last ? ['next'] : []), 'last']
      expect(Object.keys(links)).toEqual(expected)
    })
  })

  test('is walked back by prev, and first and last lead to the ends from every page', async () => {
    const { limit } = await whole(pathOf(operation, ids))
    const pages = await walk(hub, address(pathOf(operation, ids), { limit }))
    for (const [place, { links }] of pages.entries()) {
      expect((await readPage(hub, links['first'] ?? '')).records).toEqual(pages[0]?.records ?? [])
      expect((await readPage(hub, links['last'] ?? '')).records).toEqual(pages.at(-1)?.records ?? [])
      if (place === 0) continue
      expect((await readPage(hub, links['prev'] ?? '')).records).toEqual(pages[place - 1]?.records ?? [])
    }
  })

  test('gives the same records by offset as by next, and an offset within a page is allowed', async () => {
    const { records, total, limit } = await whole(pathOf(operation, ids))
    for (const offset of [0, 1, limit, limit * 2 + 1, total - 1].filter((each) => each < total)) {
      const page = await readPage(hub, address(pathOf(operation, ids), { limit, offset }))
      expect([page.total, page.records]).toEqual([total, records.slice(offset, offset + limit)])
      expect('next' in page.links).toBe(offset + limit < total)
      expect('prev' in page.links).toBe(offset > 0)
    }
  })

  test('answers [] with the exact total past the end, and prev leads back to records', async () => {
    const { total, limit } = await whole(pathOf(operation, ids))
    for (const offset of [total, total + 1, 2_147_483_647]) {
      const response = await hub.get(address(pathOf(operation, ids), { limit, offset }))
      expect([response.status, await response.text()]).toEqual([200, `{"${operation.envelope}":[]}`])
      const { links, ...page } = await readPage(hub, address(pathOf(operation, ids), { limit, offset }))
      expect([page.total, 'next' in links]).toEqual([total, false])
      expect((await readPage(hub, links['prev'] ?? '')).records).not.toEqual([])
    }
  })

  test('keeps the other parameters in its links', async () => {
    const { records, limit } = await whole(pathOf(operation, ids))
    const query = {
      limit,
      fields: 'sourcedId',
      filter: "status='active' AND sourcedId!='&=+ %20''x'",
      sort: 'sourcedId',
      orderBy: 'desc',
    }
    const pages = await walk(hub, address(pathOf(operation, ids), query))
    expect(pages.flatMap((page) => page.records)).toEqual(
      records.map((record) => ({ sourcedId: idOf(record) })).reverse(),
    )
    for (const { links } of pages) {
      for (const link of Object.values(links)) {
        expect(Object.fromEntries(new URL(link).searchParams)).toMatchObject({ ...query, limit: String(limit) })
      }
    }
  })
})
