// Everything that a package put in must be read again, by every GET of 1.2: each collection page by page for every parent, each
// record on its own, some by fields, filter and sort. What is compared is the whole record.

import { expect } from 'bun:test'
import fc from 'fast-check'
import type { Operation } from '../../src/generated/operations.ts'
import type { Draw } from './arbitrary_cells.ts'
import { secret } from './arbitrary_package.ts'
import { collections, idOf, type Json, singles } from './collections.ts'
import { fileOf, idsIn, members, segmentOf } from './expected_members.ts'
import type { Records, View } from './expected_records.ts'
import { type StrictClient, walkStrictly } from './strict_client.ts'

const isNew = ({ service }: Operation): boolean => service !== 'v1p1'
export const pages = collections.filter(isNew)
export const ones = singles.filter(isNew)

export interface Expected {
  readonly view: View
  /** By file, then by id. */
  readonly records: ReadonlyMap<string, Records>
}

export interface Reading extends Expected {
  readonly draw: Draw
  readonly client: StrictClient
  /** How many records each operation has answered. */
  readonly counts: Map<string, number>
}

const segment = ({ path }: Operation): string =>
  path
    .split('/')
    .filter((part) => !part.startsWith('{'))
    .at(-1) ?? ''

/** A record without what the hub gives: its date, and hrefs, which must end in the id they stand for. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  // JSON has one zero
  if (value === 0) return 0
  if (typeof value !== 'object' || value === null) return value
  const { href, dateLastModified: _, ...rest } = value as Json
  if (typeof href === 'string') expect(decodeURIComponent(href.split('/').at(-1) ?? '')).toBe(String(rest['sourcedId']))
  return Object.fromEntries(
    Object.entries(rest).map(([name, member]) => [name, isSet(name, member) ? sorted(plain(member)) : plain(member)]),
  )
}

/** The roles and profiles of a user and the objectives of a result have no order. */
const isSet = (name: string, value: unknown): boolean =>
  ['roles', 'userProfiles', 'learningObjectiveSet'].includes(name) &&
  Array.isArray(value) &&
  typeof value[0] === 'object'

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).sort((a, b) => Buffer.compare(bytes(a), bytes(b)))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  )
}

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

/** What must be found of a record, by operation and ids, so that a difference tells where it is. */
function sameRecords(
  place: string,
  { records }: Expected,
  file: string,
  found: readonly Json[],
  ids: readonly string[],
): void {
  expect([place, ...found.map(idOf)]).toEqual([place, ...ids])
  const expected = ids.map((id) => plain(records.get(file)?.get(id)))
  expect({ place, records: found.map(plain) }).toEqual({ place, records: expected })
  expect(JSON.stringify(found)).not.toContain(secret)
}

/** Every tuple of ids that the parents of a nested collection have in this package. */
const parentsOf = (view: View, { names }: Operation): string[][] =>
  names.reduce<string[][]>(
    (tuples, name) => tuples.flatMap((tuple) => idsIn(view, segmentOf(name)).map((id) => [...tuple, id])),
    [[]],
  )

/** A few of them, most with something to find: of two parents there are many pairs. */
function someParents({ view, draw }: Reading, operation: Operation): string[][] {
  const tuples = parentsOf(view, operation)
  const isFull = (tuple: readonly string[]): boolean => (members[operation.id]?.(view, ...tuple)?.length ?? 0) > 0
  const few = (found: string[][], most: number): string[][] => {
    const length = Math.min(most, found.length)
    return draw(fc.subarray(found, { minLength: length, maxLength: length }))
  }
  return [
    ...few(tuples.filter(isFull), 3),
    ...few(
      tuples.filter((tuple) => !isFull(tuple)),
      1,
    ),
  ]
}

const idsOfKind = ({ view, records }: Expected, operation: Operation): readonly string[] => {
  const name = segment(operation)
  return name.startsWith('assessment') ? [...(records.get(name)?.keys() ?? [])] : idsIn(view, name)
}

const isLive = ({ records }: Expected, file: string, id: string): boolean =>
  records.get(file)?.get(id)?.['status'] === 'active'

export async function readCollections(reading: Reading): Promise<void> {
  const { draw, client, view, counts } = reading
  for (const operation of pages) {
    const { id, names } = operation
    const file = fileOf(segment(operation))
    const tuples = names.length === 0 ? [[]] : someParents(reading, operation)
    for (const parents of tuples) {
      const place = `${id} ${parents.join(' ')}`
      const limit = draw(fc.constantFrom(1, 2, 3, 4, 100))
      const found = await walkStrictly(client, operation, parents, { limit })
      const expected =
        names.length === 0
          ? idsOfKind(reading, operation).filter((known) => isLive(reading, file, known))
          : members[id]?.(view, ...parents)
      expect([place, found.status]).toEqual([place, expected === undefined ? 404 : 200])
      if (expected === undefined) continue
      const ids = [...new Set(expected)].sort()
      sameRecords(place, reading, file, found.records, ids)
      expect([place, ...found.totals]).toEqual([place, ...found.totals.map(() => ids.length)])
      counts.set(id, (counts.get(id) ?? 0) + ids.length)
    }
  }
}

export async function readSingles(reading: Reading): Promise<void> {
  const { client, counts } = reading
  for (const operation of ones) {
    const file = fileOf(segment(operation))
    for (const id of idsOfKind(reading, operation)) {
      const { status, data } = await client.call(operation, [id])
      const place = `${operation.id} ${id}`
      expect([place, status]).toEqual([place, 200])
      sameRecords(place, reading, file, [data?.[operation.envelope] as Json], [id])
      counts.set(operation.id, (counts.get(operation.id) ?? 0) + 1)
    }
  }
}

/** A required text of each kind of record, to filter and sort by. */
const texts: Readonly<Record<string, string>> = {
  orgs: 'name',
  academicSessions: 'title',
  courses: 'title',
  classes: 'title',
  users: 'givenName',
  enrollments: 'role',
  demographics: 'sourcedId',
  resources: 'vendorResourceId',
  categories: 'title',
  scoreScales: 'type',
  lineItems: 'title',
  results: 'scoreStatus',
  assessmentLineItems: 'title',
  assessmentResults: 'scoreStatus',
}

export async function readByQueries(reading: Reading): Promise<void> {
  const { draw, client, records } = reading
  for (const operation of pages.filter(({ names }) => names.length === 0)) {
    const file = fileOf(segment(operation))
    const name = texts[file] ?? ''
    const text = (id: string): string => String(records.get(file)?.get(id)?.[name])
    const live = idsOfKind(reading, operation).filter((id) => isLive(reading, file, id))
    if (live.length === 0) continue
    const wanted = text(draw(fc.constantFrom(...live)))
    const filter = `${name}='${wanted.replaceAll("'", "''")}'`
    const filtered = await walkStrictly(client, operation, [], { filter, limit: 1 })
    const place = `${operation.id} ${filter}`
    expect([place, filtered.status]).toEqual([place, 200])
    sameRecords(place, reading, file, filtered.records, live.filter((id) => text(id) === wanted).sort())

    const byText = (a: string, b: string): number => Buffer.compare(bytes(text(a)), bytes(text(b))) || (a < b ? -1 : 1)
    const sortedBy = await walkStrictly(client, operation, [], { sort: name, orderBy: 'asc', limit: 2 })
    sameRecords(`${operation.id} sort=${name}`, reading, file, sortedBy.records, [...live].sort(byText))

    const [one = ''] = live
    const known = Object.entries(records.get(file)?.get(one) ?? {}).flatMap(([key, value]) =>
      value === undefined ? [] : [key],
    )
    const fields = draw(fc.subarray(known, { minLength: 1 }))
    const selected = await walkStrictly(client, operation, [], { fields, limit: 3 })
    const cut = [...live]
      .sort()
      .map((id) => plain(Object.fromEntries(fields.map((key) => [key, records.get(file)?.get(id)?.[key]]))))
    expect({ fields, records: selected.records.map(plain) }).toEqual({ fields, records: cut })
  }
}
