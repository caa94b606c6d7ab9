// Laws of sort and orderBy: every scalar property of every entity gives a total order, which pages keep.

import { beforeAll, describe, expect, test } from 'bun:test'
import { address, collections, findIds, idOf, type Json, pathOf, readPage, walk } from '../support/collections.ts'
import { compareText, valuesOf } from '../support/evaluate.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { importOddities } from '../support/oddities.ts'
import { importDistrict } from '../support/packages.ts'
import { entities, namesOf } from '../support/schemas.ts'

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
  await importOddities(hub.owner)
}, 60_000)

const filter = "status~''"
const metadata = ['metadata.note', 'metadata.home@id', 'metadata.a.b', 'metadata.nobody']

/** What a sort may name: a scalar of the record. A reference sorts as its .sourcedId does, and all its .type are one. */
const sortable = (schema: string): readonly string[] => [
  ...namesOf(schema)
    .filter(
      ({ name, kind, isList }) =>
        !isList && !['object', 'metadata'].includes(kind) && !/^password$|\.(type|sourcedId)$/.test(name),
    )
    .map(({ name }) => name),
  ...metadata,
]

/** Ascending: an absent value first, then code points; records of one value by their sourcedId. */
function sorted(records: readonly Json[], field: string): readonly Json[] {
  const keyOf = (record: Json): string => valuesOf(record, field)[0] ?? ''
  return [...records].sort((a, b) => compareText(keyOf(a), keyOf(b)) || compareText(idOf(a), idOf(b)))
}

const cases = entities.flatMap((operation) =>
  sortable(operation.schema).map((field) => [operation.id, field, operation] as const),
)

describe.each(cases)('%s by %s', (_, field, { path }) => {
  test('is in one order, absent first and code points after it, and desc is that order backwards', async () => {
    const { records } = await readPage(hub, address(path, { filter, limit: 10_000 }))
    const expected = sorted(records, field).map(idOf)
    const ascending = await readPage(hub, address(path, { filter, limit: 10_000, sort: field }))
    expect(ascending.records.map(idOf)).toEqual(expected)
    const spelt = await readPage(hub, address(path, { filter, limit: 10_000, sort: field, orderBy: 'asc' }))
    expect(spelt.records.map(idOf)).toEqual(expected)
    const descending = await readPage(hub, address(path, { filter, limit: 10_000, sort: field, orderBy: 'desc' }))
    expect(descending.records.map(idOf)).toEqual(expected.reverse())
  })

  test('keeps that order on the pages of a walk and at any offset', async () => {
    for (const orderBy of ['asc', 'desc']) {
      const query = { filter, sort: field, orderBy }
      const { records, total } = await readPage(hub, address(path, { ...query, limit: 10_000 }))
      const limit = Math.ceil(total / 3.5)
      const pages = await walk(hub, address(path, { ...query, limit }))
      expect(pages.flatMap((page) => page.records.map(idOf))).toEqual(records.map(idOf))
      const offset = limit + 1
      const inside = await readPage(hub, address(path, { ...query, limit, offset }))
      expect(inside.records.map(idOf)).toEqual(records.slice(offset, offset + limit).map(idOf))
    }
  })
})

describe('the values to sort by', () => {
  test('tell more than one order, and are absent here and there', async () => {
    const orders = new Map<string, number>()
    for (const { path, schema } of entities) {
      const { records } = await readPage(hub, address(path, { filter, limit: 10_000 }))
      const found = sortable(schema).map((field) => sorted(records, field).map(idOf).join())
      orders.set(path, new Set(found).size)
      expect(sortable(schema).some((field) => records.some((record) => valuesOf(record, field).length === 0))).toBe(
        true,
      )
    }
    expect(Math.min(...orders.values())).toBeGreaterThan(5)
  })
})

describe('a sort that names nothing to sort by', () => {
  test.each([
    'nobody',
    'users',
    'SourcedId',
    'sourcedId ',
    'sourcedId,title',
    'metadata',
    'metadata.',
    '',
    ' ',
    'r.sourced_id',
    "x' or 1=1 --",
    'a\0b',
    '%00',
    '𝔘',
    `x${'0'.repeat(5000)}`,
  ])('is answered 200 in the default order: %#', async (sort) => {
    for (const { path } of entities) {
      const expected = await readPage(hub, address(path, { limit: 4 }))
      const response = await hub.get(address(path, { limit: 4, sort }))
      expect([response.status, Object.values((await response.json()) as object)[0]]).toEqual([200, expected.records])
      const pages = await walk(hub, address(path, { limit: 4, sort }))
      const plain = await walk(hub, address(path, { limit: 4 }))
      expect(pages.map((page) => page.records)).toEqual(plain.map((page) => page.records))
    }
  })

  test('may be a list or an object: there the default order holds too', async () => {
    for (const { path, schema } of entities) {
      const expected = await readPage(hub, address(path, { filter, limit: 4 }))
      for (const { name } of namesOf(schema).filter(({ isList, kind }) => isList || kind === 'metadata')) {
        const found = await readPage(hub, address(path, { filter, limit: 4, sort: name }))
        expect([name, ...found.records]).toEqual([name, ...expected.records])
      }
    }
  })
})

describe('every collection of the registry', () => {
  test('sorts by dateLastModified, desc included, and walks in that order', async () => {
    const district = await openHub()
    await importDistrict(district.owner)
    const ids = await findIds(district)
    for (const operation of collections) {
      const path = pathOf(operation, ids)
      const { records, total } = await readPage(district, address(path, { filter, limit: 10_000 }))
      const expected = sorted(records, 'dateLastModified').map(idOf).reverse()
      const query = { filter, sort: 'dateLastModified', orderBy: 'desc', limit: Math.ceil(total / 2.5) }
      const pages = await walk(district, address(path, query))
      expect([operation.id, ...pages.flatMap((page) => page.records.map(idOf))]).toEqual([operation.id, ...expected])
    }
  }, 60_000)
})
