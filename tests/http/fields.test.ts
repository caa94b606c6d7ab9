// Laws of fields on every GET: exactly the named properties, and 400 for a name that is blank or, but for 1.1, unknown.

import { beforeAll, describe, expect, test } from 'bun:test'
import { findIds, type Ids, type Json, origin, pathOf, reads, warning } from '../support/collections.ts'
import { type Hub, openDistrict } from '../support/hub.ts'
import { faultsOf, propertiesOf, refusalOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
}, 180_000)

/** The records of an answer, one or many. */
async function records(response: Response): Promise<readonly Json[]> {
  expect(response.status).toBe(200)
  const [content] = Object.values((await response.json()) as Readonly<Record<string, Json | Json[]>>)
  return [content ?? []].flat() as Json[]
}

const unknown = ['nobody', 'SourcedId', 'sourced_id', 'metadata.x', "x'*𝔘"]
const unknownIn = (name: string): readonly string[] => {
  const sent = encodeURIComponent(name)
  return [`fields=${sent}`, `fields=sourcedId,${sent}`, `fields=sourcedId&fields=${sent}`]
}

const only = (record: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)))

describe.each(reads.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const names = propertiesOf(operation).map(({ name }) => name)
  const get = (query: string): Promise<Response> => hub.get(`${origin}${pathOf(operation, ids)}?${query}`)

  test('answers several as a list, repeated, mixed, in any order and twice: exactly the named ones', async () => {
    const whole = await records(await get(''))
    const chosen = [names.at(-1) ?? '', 'status', 'metadata', names[4] ?? '', 'sourcedId']
    const expected = whole.map((record) => only(record, chosen))
    expect(expected).not.toEqual([])
    const [first, ...rest] = chosen
    for (const query of [
      `fields=${chosen.join(',')}`,
      chosen.map((name) => `fields=${name}`).join('&'),
      `fields=${first}&fields=${rest.join(',')}`,
      `fields=${[...chosen, ...chosen].reverse().join('%2C')}`,
      `fields=${chosen.join(',%20')}`,
      `fields=${chosen.join(',+')}`,
    ]) {
      expect(await records(await get(query))).toEqual(expected)
    }
  })

  test('answers every property when all are named', async () => {
    expect(await records(await get(`fields=${names}`))).toEqual([...(await records(await get('')))])
  })

  test('refuses a blank name', async () => {
    for (const query of [
      'fields=',
      'fields',
      'fields=%20',
      'fields=,',
      'fields=sourcedId,',
      'fields=sourcedId,,status',
      'fields=sourcedId&fields=',
      'fields=a%00b',
    ]) {
      const code = operation.service === 'v1p1' ? 'invalid_blank_selection_field' : 'invalid_selection_field'
      expect(await refusalOf(operation, await get(query))).toStartWith(`400 ${code}: fields: a name is blank`)
    }
  })
})

/** What is chosen from depends on the entity and on whether it is one or many: an operation of each. */
const firsts = [...Map.groupBy(reads, ({ kind, entity }) => `${kind} ${entity}`).values()].flatMap(
  ([first]) => first ?? [],
)

describe.each(firsts.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const get = (query: string): Promise<Response> => hub.get(`${origin}${pathOf(operation, ids)}?${query}`)

  test('answers every property of its schema alone, and nothing beside it', async () => {
    const whole = await records(await get(''))
    for (const { name } of propertiesOf(operation)) {
      expect(await records(await get(`fields=${name}`))).toEqual(whole.map((record) => only(record, [name])))
    }
  })
})

const ofBinding = (isV1p1: boolean) =>
  reads.filter(({ service }) => (service === 'v1p1') === isV1p1).map((operation) => [operation.id, operation] as const)

describe.each(ofBinding(false))('%s', (_, operation) => {
  test('refuses an unknown name, wherever it stands, and says which', async () => {
    for (const name of unknown) {
      for (const query of unknownIn(name)) {
        const response = await hub.get(`${origin}${pathOf(operation, ids)}?${query}`)
        expect(await refusalOf(operation, response)).toBe(
          `400 invalid_selection_field: fields: unknown field "${name}"`,
        )
      }
    }
  })
})

describe.each(ofBinding(true))('%s', (_, operation) => {
  test('answers the whole record for an unknown name, with a warning that says which', async () => {
    const path = `${origin}${pathOf(operation, ids)}`
    const plain = await hub.get(path)
    const whole = (await plain.json()) as Json
    for (const name of unknown) {
      for (const query of unknownIn(name)) {
        const response = await hub.get(`${path}?${query}`)
        const body = (await response.json()) as Json
        const warnings = [warning('invalid_selection_field', `fields: unknown field "${name}"`)]
        expect([response.status, body, faultsOf(operation, body)]).toEqual([
          200,
          { ...whole, statusInfoSet: warnings },
          [],
        ])
        expect(response.headers.get('x-total-count')).toBe(plain.headers.get('x-total-count'))
      }
    }
  })
})

test('the shape of a page is kept: fields change neither total, nor links, nor order', async () => {
  const path = `${origin}/ims/oneroster/rostering/v1p2/users?limit=7&offset=14&sort=familyName`
  const [whole, part] = [await hub.get(path), await hub.get(`${path}&fields=givenName`)]
  expect(part.headers.get('x-total-count')).toBe(whole.headers.get('x-total-count'))
  const names = (await records(whole)).map((record) => only(record, ['givenName']))
  expect(await records(part)).toEqual(names)
})
