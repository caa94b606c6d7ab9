// Filters and sorting of clients with grants: both are about what is shown, so that no hidden value can be probed, whether
// it is a field that is hidden, a reference to what is hidden, or a role at another school.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { Clause, Filter } from '../../src/call.ts'
import { address, idOf, type Json, readPage } from '../support/collections.ts'
import { matches, sorted, textOf, valuesOf } from '../support/evaluate.ts'
import { collectionOf, type Grant, grantedOf, openClient, readWorld, type World } from '../support/granted.ts'
import { openWorld } from '../support/granted_world.ts'
import type { Hub } from '../support/hub.ts'
import { entities, type Name, namesOf } from '../support/schemas.ts'

setDefaultTimeout(60_000)

let hub: Hub
let world: World
beforeAll(async () => {
  hub = await openWorld()
  world = await readWorld(hub)
}, 180_000)

const hidden =
  'users.email users.metadata users.userIds users.agents users.userProfiles results.score results.class demographics.sex lineItems.academicSession classes.resources'.split(
    ' ',
  )
const grants: Readonly<Record<string, Grant>> = {
  'a school, and no field of some': { orgs: ['s1'], hidden },
  'the students and guardians of a district': { orgs: ['d1'], roles: ['student', 'guardian'] },
  'people and results without orgs and sessions': {
    entities: ['users', 'results', 'lineItems', 'enrollments', 'classes', 'courses'],
    hidden: ['users.identifier', 'users.username', 'courses.resources'],
  },
}

const names = (operation: (typeof entities)[number]): readonly Name[] => [
  ...namesOf(operation).filter(({ kind }) => kind !== 'object' && kind !== 'metadata'),
  { name: 'metadata.house', kind: 'text', isList: false },
  { name: 'metadata.note', kind: 'text', isList: false },
]

const kindsOfMoment = ['date', 'time', 'instant']
const operatorsFor = ({ kind }: Name): readonly Clause['operator'][] =>
  kindsOfMoment.includes(kind) || kind === 'number' ? ['=', '!=', '>', '<='] : ['=', '!=', '>', '<', '~']

/** Values that some record has, hidden ones among them. */
const valuesIn = (records: readonly Json[], { name }: Name): string[] => [
  ...new Set(records.flatMap((record) => valuesOf(record, name))),
]

describe.each(Object.entries(grants))('%s', (_, grant) => {
  test.each(entities.map((operation) => [operation.path, operation] as const))('%s', async (path, operation) => {
    const client = await openClient(hub, grant)
    const all = world.documents.get((operation.service === 'v1p1' ? '1.1 ' : '') + collectionOf(operation)) ?? []
    const shown = grantedOf(world, grant)
      .records(operation.service, collectionOf(operation))
      // 1.1 writes an absent name as an empty one; to filters it is absent
      .map((record) => (record['username'] === '' ? { ...record, username: undefined } : record))
      .map((record): Json => JSON.parse(JSON.stringify(record)))
    const known = names(operation)
    const byName = new Map(known.map((name) => [name.name, name]))
    const expectFound = async (filter: Filter): Promise<void> => {
      const sent = textOf(filter)
      const found = await readPage(client, address(path, { limit: 1000, filter: sent, fields: 'sourcedId' }))
      const expected = shown.filter((record) => matches(record, filter, byName)).map(idOf)
      expect([sent, found.total, ...found.records.map(idOf)]).toEqual([sent, expected.length, ...expected])
    }

    // names with a value that the grant takes away, each asked for that value
    for (const name of known) {
      const left = valuesIn(shown, name)
      const gone = valuesIn(all, name).find((value) => !left.includes(value))
      if (gone === undefined) continue
      for (const operator of operatorsFor(name)) {
        await expectFound([[{ field: name.name, operator, value: gone, position: 1 }]])
      }
    }
    const clause = fc.constantFrom(...known.filter((name) => valuesIn(all, name).length > 0)).chain((name) =>
      fc.record({
        field: fc.constant(name.name),
        operator: fc.constantFrom(...operatorsFor(name)),
        value: fc.constantFrom(...valuesIn(all, name)),
        position: fc.constant(1),
      }),
    )
    const some = fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
    await fc.assert(fc.asyncProperty(some, expectFound), { numRuns: operation.service === 'v1p1' ? 4 : 8, seed: 7 })

    const scalars = known.filter(({ isList, name }) => !isList && !name.endsWith('.type') && !name.endsWith('.href'))
    const active = shown.filter(({ status }) => status === 'active')
    for (const name of operation.service === 'v1p1' ? scalars.filter((_, i) => i % 3 === 0) : scalars) {
      const sort = name.name
      const expected = sorted(active, name).map(idOf)
      const found = await readPage(client, address(path, { limit: 1000, sort, fields: 'sourcedId' }))
      expect([sort, ...found.records.map(idOf)]).toEqual([sort, ...expected])
    }
  })
})
