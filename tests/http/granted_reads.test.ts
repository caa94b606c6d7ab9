// Grants on reads: for every operation and a number of grants, what a client is answered is what a plain reading of the
// documents of a client without a grant leaves it; and what is hidden is answered as what is not there.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Operation } from '../../src/generated/operations.ts'
import {
  address,
  collections,
  idOf,
  type Json,
  keysOf,
  readPage,
  refusal,
  singles,
  walk,
} from '../support/collections.ts'
import { compareText } from '../support/evaluate.ts'
import { idsIn, members, segmentOf } from '../support/expected_members.ts'
import {
  collectionOf,
  type Grant,
  type Granted,
  grantedOf,
  openClient,
  readWorld,
  viewOf,
  type World,
} from '../support/granted.ts'
import { openWorld } from '../support/granted_world.ts'
import type { Hub } from '../support/hub.ts'
import { entities } from '../support/schemas.ts'

setDefaultTimeout(60_000)

let hub: Hub
let world: World
beforeAll(async () => {
  hub = await openWorld()
  world = await readWorld(hub)
}, 180_000)

const grants: Readonly<Record<string, Grant>> = {
  'one school': { orgs: ['s1'] },
  'two schools': { orgs: ['s2', 's4'] },
  'a district': { orgs: ['d1'] },
  'the students of a school': { orgs: ['s1'], roles: ['student'] },
  'teachers everywhere': { roles: ['teacher'] },
  'an extension role and guardians in a district': { orgs: ['d1'], roles: ['ext:coach', 'guardian'] },
  'users and orgs only': { entities: ['users', 'orgs'] },
  'a school without people': { orgs: ['s2'], hidden: ['users', 'enrollments', 'resources', 'academicSessions'] },
  'hidden fields': {
    hidden:
      'users.metadata users.sms users.email users.username users.primaryOrg users.agents demographics results.class results.score lineItems.scoreScale lineItems.gradingPeriod courses.org orgs.parent orgs.children classes.resources'.split(
        ' ',
      ),
  },
  'hidden fields in a school': {
    orgs: ['s1'],
    hidden: [
      'users.email',
      'users.userIds',
      'users.userProfiles',
      'results.scoreScale',
      'scoreScales',
      'orgs.children',
    ],
  },
  nothing: { orgs: ['s3'], roles: ['proctor'], entities: ['users'] },
}

/** A client with the grant of this name, and what it must see. */
async function opened(name: string) {
  const grant = grants[name] as Grant
  const granted = grantedOf(world, grant)
  const view = viewOf(granted)
  const of = (operation: Operation): readonly Json[] => granted.records(operation.service, collectionOf(operation))
  /** The records of a collection without parents, deleted ones too. */
  const whole = (operation: Operation): readonly Json[] => {
    const ids = idsIn(view, operation.path.split('/').at(-1) ?? '')
    return of(operation).filter((record) => ids.includes(idOf(record)))
  }
  return { client: await openClient(hub, grant), granted, view, of, whole }
}

describe.each(Object.keys(grants))('%s', (name) => {
  test('lists, and their totals', async () => {
    const { client, whole } = await opened(name)
    for (const operation of collections.filter(({ names }) => names.length === 0)) {
      for (const filter of ['', "status~''"]) {
        const { records, total } = await readPage(
          client,
          address(operation.path, { limit: 1000, ...(filter === '' ? {} : { filter }) }),
        )
        const expected = whole(operation).filter(({ status }) => filter !== '' || status === 'active')
        expect([operation.path, filter, records]).toEqual([operation.path, filter, expected])
        expect([operation.path, total]).toEqual([operation.path, expected.length])
      }
    }
  })

  test('records by every id, and 404 for what is hidden in the words for what is not there', async () => {
    const { client, of, view } = await opened(name)
    for (const operation of singles) {
      const kind = operation.path.split('/').at(-2) ?? ''
      const shown = new Map(
        of(operation)
          .filter((each) => idsIn(view, kind).includes(idOf(each)))
          .map((each) => [idOf(each), each]),
      )
      const ids = (world.documents.get(collectionOf(operation)) ?? []).map(idOf)
      for (const id of [...ids, 'nobody']) {
        const response = await client.get(address(operation.path.replace(/\{\w+\}/, id)))
        const found =
          response.status === 200 ? ((await response.json()) as Json)[operation.envelope] : await refusal(response)
        const words = `404 unknownobject: Unknown Object: no ${operation.envelope} "${id}"`
        expect([operation.path, id, found]).toEqual([operation.path, id, shown.get(id) ?? words])
      }
    }
  })

  test('nested collections of every parent, shown, hidden and unknown', async () => {
    const { client, granted, view } = await opened(name)
    for (const operation of collections.filter(({ names }) => names.length > 0)) {
      for (const parents of parentsOf(operation, world, Object.keys(grants).indexOf(name))) {
        const path = operation.path
          .replace(/\{\w+\}/g, () => '{}')
          .split('{}')
          .reduce((left, right, i) => left + (parents[i - 1] ?? '') + right)
        const response = await client.get(address(path, { limit: 1000 }))
        const found =
          response.status === 200 ? Object.values((await response.json()) as Json)[0] : await refusal(response)
        const expected = nested(operation, granted, view, parents)
        expect([operation.id, parents, found]).toEqual([operation.id, parents, expected])
        if (typeof expected !== 'string')
          expect([path, response.headers.get('x-total-count')]).toEqual([path, String(expected.length)])
      }
    }
  })
})

test.each(['the students of a school', 'hidden fields in a school'])(
  '%s: pages by next links and by offset are the one big page, in any order',
  async (name) => {
    const { client } = await opened(name)
    for (const operation of collections.filter(({ path }) =>
      /v1p2\/(users|enrollments|results|orgs)$|v1p1\/users$/.test(path),
    )) {
      for (const sort of [
        undefined,
        'dateLastModified',
        'email',
        'primaryOrg',
        'parent.sourcedId',
        'class',
        'score',
        'metadata.house',
      ]) {
        for (const orderBy of ['asc', 'desc']) {
          const query = { ...(sort === undefined ? {} : { sort }), orderBy }
          const url = (limit: number, offset = 0) => address(operation.path, { limit, offset, ...query })
          const big = await readPage(client, url(1000))
          const walked = await walk(client, url(3))
          expect([url(3), walked.flatMap(({ records }) => records.map(idOf))]).toEqual([url(3), big.records.map(idOf)])
          expect(new Set(walked.map(({ total }) => total))).toEqual(new Set([big.total]))
          const offset = await readPage(client, url(3, 4))
          expect([url(3, 4), offset.records, offset.total]).toEqual([url(3, 4), big.records.slice(4, 7), big.total])
        }
      }
    }
  },
)

test.each(['hidden fields', 'hidden fields in a school', 'a school without people'])(
  '%s: fields that are hidden can be asked for, and are absent',
  async (name) => {
    const { client, whole } = await opened(name)
    for (const operation of entities.filter(({ service }) => service !== 'v1p1')) {
      const names = [
        ...new Set((world.documents.get(collectionOf(operation)) ?? []).flatMap((record) => Object.keys(record))),
      ].filter((field) => field !== 'sourcedId')
      for (const field of names) {
        const { records } = await readPage(
          client,
          address(operation.path, { limit: 1000, fields: `sourcedId,${field}` }),
        )
        const expected = whole(operation)
          .filter(({ status }) => status === 'active')
          .map((record) => ({ sourcedId: record['sourcedId'], [field]: record[field] }))
        expect([operation.path, field, records]).toEqual([operation.path, field, JSON.parse(JSON.stringify(expected))])
      }
    }
  },
)

/**
 * The ways to fill the path of an operation: with ids of the world, and with one that nobody has. Of those of 1.1 and of
 * pairs a third, another one for each grant: 1.1 reads by the functions of 1.2.
 */
function parentsOf(operation: Operation, { documents }: World, part: number): readonly (readonly string[])[] {
  const collectionsOf = keysOf(operation).map((name) => collectionFor(name))
  const all = collectionsOf.reduce<readonly (readonly string[])[]>(
    (paths, collection) => {
      const ids = [...(documents.get(collection) ?? []).map(idOf), 'nobody']
      return paths.flatMap((path) => ids.map((id) => [...path, id]))
    },
    [[]],
  )
  const isWhole = operation.service !== 'v1p1' && operation.names.length === 1
  return all.filter((_, i) => isWhole || (i + part) % 3 === 0)
}

const collectionFor = (name: string): string =>
  ({ student: 'users', teacher: 'users', school: 'orgs', term: 'academicSessions' })[name] ?? segmentOf(name)

/** What a nested collection has, or the words of the 404. */
function nested(
  operation: Operation,
  granted: Granted,
  view: ReturnType<typeof viewOf>,
  parents: readonly string[],
): string | readonly Json[] {
  const [first = '', second] = parents
  const [name = '', other = ''] = operation.names
  const missing = (place: string, id: string, inside = '') =>
    `404 unknownobject: Unknown Object: no ${place} "${id}"${inside}`
  if (!idsIn(view, segmentOf(name)).includes(first)) return missing(name, first)
  const ids = members[operation.id.replace(/^v1p1\./, '')]?.(view, ...parents)
  if (ids === undefined) return missing(other, second ?? '', ` in ${name} "${first}"`)
  const unique = new Set(ids)
  return granted
    .records(operation.service, collectionOf(operation))
    .filter((record) => unique.has(idOf(record)))
    .sort((a, b) => compareText(idOf(a), idOf(b)))
}
