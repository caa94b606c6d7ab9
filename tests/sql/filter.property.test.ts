// The SQL of filters against a plain reading of the same records: random filters over awkward values find the same ids
// in the same order, and no text whatever makes the hub fail. A failure prints the seed that repeats it.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Clause, Filter } from '../../src/call.ts'
import type { Operation } from '../../src/generated/operations.ts'
import { address, idOf, type Json, readPage, statusOf } from '../support/collections.ts'
import { matches, textOf, valuesOf } from '../support/evaluate.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { importOddities } from '../support/oddities.ts'
import { entities, faultsOf, type Name, namesOf, statusFaultsOf } from '../support/schemas.ts'

let hub: Hub
const recordsOf = new Map<string, readonly Json[]>()
beforeAll(async () => {
  hub = await openHub()
  await importOddities(hub)
  for (const { id, path } of entities) {
    recordsOf.set(id, (await readPage(hub, address(path, { limit: 10_000, filter: "status~''" }))).records)
  }
}, 180_000)

const operators = ['=', '!=', '>', '>=', '<', '<=', '~'] as const
/** The columns of 1.1 are those of 1.2: there these tell whether a name leads to the right one. */
const few = ['=', '>', '~'] as const
const metadata = ['metadata.note', 'metadata.a.b', 'metadata.nobody'].map(
  (name): Name => ({ name, kind: 'text', isList: false }),
)

const namesFor = (operation: Operation): readonly Name[] => [
  ...namesOf(operation).filter(({ kind }) => kind !== 'object' && kind !== 'metadata'),
  ...metadata,
]

const day = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const zone = fc.constantFrom('', 'Z', '+02:00', '-0500', '+05', '+05:30', '-00:00')
const time = fc.constantFrom(
  '00:00',
  '00:00:00',
  '00:00:00.000',
  '02:00:00',
  '23:59:59.999',
  '19:00:00',
  '05:30:00.5',
  '00:00:00.001',
)

/** A moment in every spelling the filter knows, often near a moment that some record has. */
const moment = (known: readonly string[]): fc.Arbitrary<string> => {
  const near = fc.oneof(day, fc.constantFrom(...known.map((found) => found.slice(0, 10)), '2026-08-24'))
  const spelt = fc.tuple(near, fc.constantFrom('T', ' '), time, zone).map((parts) => parts.join(''))
  return fc.oneof(near, { weight: 3, arbitrary: spelt }, fc.constantFrom(...known, '2026-08-24'))
}

/** A text, often one that some record has: whole, a part of it, in another case, in a list with others. */
const text = (known: readonly string[]): fc.Arbitrary<string> => {
  const one = known.length > 0 ? fc.constantFrom(...known) : fc.constant('x')
  const part = fc
    .tuple(one, fc.nat(12), fc.nat(12))
    .map(([whole, from, count]) => [...whole].slice(from, from + count + 1).join(''))
  return fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 3, arbitrary: part },
    { weight: 1, arbitrary: one.map((whole) => whole.toUpperCase()) },
    {
      weight: 2,
      arbitrary: fc.tuple(one, one, fc.constantFrom(',', ', ', ' , ', ',,')).map(([a, b, comma]) => a + comma + b),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        ' ',
        ',',
        '%',
        '_',
        '\\',
        "'",
        '{}',
        '"',
        'null',
        'true',
        'false',
        'active',
        'tobedeleted',
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
  )
}

/** A number in the spellings the filter knows, often one that some record has; of a list, several. */
const number = (known: readonly string[], isList: boolean): fc.Arbitrary<string> => {
  const near = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known, '10') },
    { weight: 2, arbitrary: fc.constantFrom('1e1', '+10', '010', '10.0', '.1', '9.', ' 9 ', '-0', '1e400', '-1e-400') },
    { weight: 1, arbitrary: fc.integer({ min: -5, max: 120 }).map(String) },
  )
  return isList
    ? fc.oneof(
        near,
        fc.tuple(near, near).map((both) => both.join(',')),
      )
    : near
}

function sentValue(
  kind: Name['kind'],
  isList: boolean,
  operator: (typeof operators)[number],
  known: readonly string[],
): fc.Arbitrary<string> {
  const isOrdered = !['=', '!=', '~'].includes(operator)
  if (kind === 'number' && (isList || operator !== '~')) return number(known, isList && !isOrdered)
  const isMoment = kind === 'date' || kind === 'time' || kind === 'instant'
  return isMoment && !isList && operator !== '~' ? moment(known) : text(known)
}

function clause(names: readonly Name[], records: readonly Json[]): fc.Arbitrary<Clause> {
  return fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...operators))
    .chain(([{ name, kind, isList }, operator]) => {
      const known = [...new Set(records.flatMap((record) => valuesOf(record, name)))]
      return sentValue(kind, isList, operator, known).map((value) => ({ field: name, operator, value, position: 1 }))
    })
}

const example = (kind: Name['kind'], isList: boolean): string =>
  kind === 'number' ? '10' : !isList && ['date', 'time'].includes(kind) ? '2026-08-24' : 'x'

const filterOf = (names: readonly Name[], records: readonly Json[]): fc.Arbitrary<Filter> => {
  const alternative = fc.array(clause(names, records), { minLength: 1, maxLength: 3 })
  return fc.array(alternative, { minLength: 1, maxLength: 3 })
}

describe.each(entities.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  const { path } = operation
  const names = namesFor(operation)
  const byName = new Map(names.map((name) => [name.name, name]))

  test('finds what a plain reading of the records finds, for any filter', async () => {
    const records = recordsOf.get(id) ?? []
    let hitCount = 0
    const check = async (filter: Filter): Promise<void> => {
      const sent = textOf(filter)
      const found = await readPage(hub, address(path, { limit: 10_000, filter: sent }))
      const expected = records.filter((record) => matches(record, filter, byName)).map(idOf)
      if (expected.length > 0 && expected.length < records.length) hitCount += 1
      expect({ sent, ids: found.records.map(idOf), total: found.total }).toEqual({
        sent,
        ids: expected,
        total: expected.length,
      })
    }
    const numRuns = operation.service === 'v1p1' ? 50 : 120
    await fc.assert(fc.asyncProperty(filterOf(names, records), check), { numRuns })
    // filters that find all or nothing prove little
    expect(hitCount).toBeGreaterThan(numRuns / 20)
  }, 60_000)

  test('finds what a plain reading finds for every name, every operator', async () => {
    const records = recordsOf.get(id) ?? []
    for (const { name, kind, isList } of names) {
      const known = [...new Set(records.flatMap((record) => valuesOf(record, name)))].slice(0, 1)
      for (const value of known.length > 0 ? known : [example(kind, isList)]) {
        for (const operator of operation.service === 'v1p1' ? few : operators) {
          const filter: Filter = [[{ field: name, operator, value, position: 1 }]]
          const found = await readPage(hub, address(path, { limit: 10_000, filter: textOf(filter) }))
          const expected = records.filter((record) => matches(record, filter, byName)).map(idOf)
          expect([textOf(filter), ...found.records.map(idOf)]).toEqual([textOf(filter), ...expected])
        }
      }
    }
  }, 60_000)
})

describe('text sent as a filter', () => {
  const words = [
    'status',
    'familyName',
    'roles.role',
    'metadata.x',
    'dateLastModified',
    'grades',
    'birthDate',
    'score',
    'dueDate',
    'orgs.sourcedId',
    '=',
    '!=',
    '>',
    '>=',
    '<',
    '<=',
    '~',
    "'",
    "''",
    "'active'",
    "'2026-09-01'",
    ' ',
    ' AND ',
    ' OR ',
    'AND',
    ',',
    '(',
    ')',
    '%',
    '_',
    '\\',
    '\0',
    '"',
    '{',
    '$1',
    '--',
    ';',
    '😀',
    '.',
  ]
  const arbitrary = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((parts) => parts.join('')),
    fc
      .tuple(
        fc.constantFrom(
          'familyName',
          'grades',
          'roles.role',
          'dateLastModified',
          'metadata.x',
          'enabledUser',
          'agents',
          'userIds.type',
          'score',
          'assignDate',
          'learningObjectiveSet.learningObjectiveResults.score',
          'role',
        ),
        fc.constantFrom(...operators),
        fc.string({ unit: 'binary', maxLength: 30 }),
      )
      .map(([field, operator, value]) => `${field}${operator}'${value.replaceAll("'", "''")}'`),
  )

  test('is answered 200 or 400 with the imsx object, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...entities), arbitrary, async (operation, filter) => {
        const response = await hub.get(address(operation.path, { limit: 2, filter }))
        const body: unknown = await response.json()
        if (response.status === 200) return expect(faultsOf(operation, body)).toEqual([])
        expect([filter, response.status]).toEqual([filter, 400])
        expect([statusFaultsOf(operation, body), statusOf(body).code]).toEqual([[], 'invalid_filter_field'])
      }),
      { numRuns: 600 },
    )
    expect(hub.observations.filter(({ status }) => status >= 500)).toEqual([])
  }, 60_000)

  test('is answered 200 or 400 also where its bytes are no percent-encoded UTF-8', async () => {
    const bytes = fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 })
      .map((list) => list.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''))
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('', "familyName='", "familyName~'"), async (value, before) => {
        const response = await hub.get(`/users?limit=1&filter=${before}${value}${before === '' ? '' : "'"}`)
        expect([value, [200, 400].includes(response.status)]).toEqual([value, true])
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})
