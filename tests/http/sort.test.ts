// Laws of sort and orderBy: every scalar property of every entity gives a total order, which pages keep. A sort that names
// nothing is passed over, by 1.1 with a warning.

import { beforeAll, describe, expect, test } from 'bun:test'
import type { Operation } from '../../src/generated/operations.ts'
import {
  address,
  collections,
  findIds,
  idOf,
  type Json,
  pathOf,
  readPage,
  walk,
  warning,
} from '../support/collections.ts'
import { sorted, valuesOf } from '../support/evaluate.ts'
import { type Hub, openDistrict, openHub } from '../support/hub.ts'
import { importOddities } from '../support/oddities.ts'
import { entities, faultsOf, type Name, namesOf } from '../support/schemas.ts'

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
  await importOddities(hub)
}, 180_000)

const filter = "status~''"
const metadata = ['metadata.note', 'metadata.home@id', 'metadata.a.b', 'metadata.nobody'].map(
  (name): Name => ({ name, kind: 'text', isList: false }),
)

/** What a sort may name: a scalar of the record. A reference sorts as its .sourcedId does, and all its .type are one. */
const sortable = (operation: Operation): readonly Name[] => [
  ...namesOf(operation).filter(
    ({ name, kind, isList }) =>
      !isList && !['object', 'metadata'].includes(kind) && !/^password$|\.(type|sourcedId)$/.test(name),
  ),
  ...metadata,
]

const cases = entities.flatMap((operation) =>
  sortable(operation).map((field) => [operation.id, field.name, field, operation] as const),
)

describe.each(cases)('%s by %s', (_, field, name, { path, service }) => {
  // its columns are those of 1.2, and walks by what it works out from them are in v1p1.test.ts
  const isWalked = service !== 'v1p1'

  test('is in one order, absent first, and desc is that order backwards; the pages of a walk keep it', async () => {
    const { records, total } = await readPage(hub, address(path, { filter, limit: 10_000 }))
    const expected = sorted(records, name).map(idOf)
    const limit = Math.ceil(total / 2.5)
    const offset = limit - 1
    for (const order of [{}, { orderBy: 'desc' }]) {
      const query = { filter, sort: field, ...order }
      const found = await readPage(hub, address(path, { ...query, limit: 10_000 }))
      expect(found.records.map(idOf)).toEqual(expected)
      const pages = isWalked ? await walk(hub, address(path, { ...query, limit })) : [found]
      expect(pages.flatMap((page) => page.records.map(idOf))).toEqual(expected)
      const inside = await readPage(hub, address(path, { ...query, limit, offset }))
      expect(inside.records.map(idOf)).toEqual(expected.slice(offset, offset + limit))
      expected.reverse()
    }
  })
})

test('orderBy=asc is the order that holds where none is said', async () => {
  for (const { path } of entities) {
    const plain = await readPage(hub, address(path, { filter, sort: 'dateLastModified' }))
    const spelt = await readPage(hub, address(path, { filter, sort: 'dateLastModified', orderBy: 'asc' }))
    expect(spelt.records).toEqual([...plain.records])
  }
})

describe('the values to sort by', () => {
  test('tell more than one order, and are absent here and there', async () => {
    const orders = new Map<string, number>()
    for (const operation of entities) {
      const { records } = await readPage(hub, address(operation.path, { filter, limit: 10_000 }))
      const names = sortable(operation)
      orders.set(operation.id, new Set(names.map((name) => sorted(records, name).map(idOf).join())).size)
      expect(names.some(({ name }) => records.some((record) => valuesOf(record, name).length === 0))).toBe(true)
    }
    expect(Math.min(...orders.values())).toBeGreaterThan(3)
  })

  test('are numbers and times too, in an order that their texts do not have', async () => {
    for (const kind of ['number', 'time'] as const) {
      const found = entities.flatMap((operation) =>
        sortable(operation)
          .filter((name) => name.kind === kind)
          .map((name) => [operation, name] as const),
      )
      expect(found.length).toBeGreaterThan(3)
      for (const [{ path }, name] of found) {
        const { records } = await readPage(hub, address(path, { filter, limit: 10_000 }))
        const asText = sorted(records, { ...name, kind: 'text' }).map(idOf)
        const values = new Set(records.flatMap((record) => valuesOf(record, name.name)))
        expect([path, name.name, values.size > 2]).toEqual([path, name.name, true])
        if (kind === 'number')
          expect([path, name.name, ...sorted(records, name).map(idOf)]).not.toEqual([path, name.name, ...asText])
      }
    }
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
  ])('is answered 200 in the default order, by 1.1 with a warning: %#', async (sort) => {
    for (const operation of entities) {
      const { path, envelope, service } = operation
      const plain = await hub.get(address(path, { limit: 4 }))
      const response = await hub.get(address(path, { limit: 4, sort }))
      const body = (await response.json()) as Json
      const { statusInfoSet, ...rest } = body
      expect([response.status, rest, faultsOf(operation, body)]).toEqual([200, (await plain.json()) as Json, []])
      expect([envelope, statusInfoSet]).toEqual([envelope, service === 'v1p1' ? unsorted : undefined])
      expect(response.headers.get('x-total-count')).toBe(plain.headers.get('x-total-count'))
    }
  })

  test('is passed over on every page of a walk', async () => {
    for (const { path } of entities) {
      const pages = await walk(hub, address(path, { limit: 4, sort: 'nobody' }))
      const plain = await walk(hub, address(path, { limit: 4 }))
      expect(pages.map((page) => page.records)).toEqual(plain.map((page) => page.records))
    }
  })

  test('may be a list or an object: there the default order holds too', async () => {
    for (const operation of entities) {
      const expected = await readPage(hub, address(operation.path, { filter, limit: 4 }))
      for (const { name } of namesOf(operation).filter(({ isList, kind }) => isList || kind === 'metadata')) {
        const found = await readPage(hub, address(operation.path, { filter, limit: 4, sort: name }))
        expect([name, ...found.records]).toEqual([name, ...expected.records])
      }
    }
  })
})

/** What 1.1 says of it. */
const unsorted = [warning('invalid_sort_field', expect.stringMatching(/^sort: ".*is nothing to sort by/s) as never)]

describe('every collection of 1.2, whose rows are those of 1.1 too', () => {
  test('sorts by dateLastModified, desc included, and walks in that order', async () => {
    const district = await openDistrict()
    const ids = await findIds(district)
    for (const operation of collections.filter(({ service }) => service !== 'v1p1')) {
      const path = pathOf(operation, ids)
      const { records, total } = await readPage(district, address(path, { filter, limit: 10_000 }))
      const expected = sorted(records, { name: 'dateLastModified', kind: 'instant', isList: false }).map(idOf).reverse()
      const query = { filter, sort: 'dateLastModified', orderBy: 'desc', limit: Math.ceil(total / 2.5) }
      const pages = await walk(district, address(path, query))
      expect([operation.id, ...pages.flatMap((page) => page.records.map(idOf))]).toEqual([operation.id, ...expected])
    }
  }, 60_000)
})
