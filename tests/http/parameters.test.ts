// Bad limits, offsets and directions: 400 on every collection, naming the parameter.

import { beforeAll, describe, expect, test } from 'bun:test'
import { collections, findIds, type Ids, origin, pathOf, singles } from '../support/collections.ts'
import { type Hub, openDistrict } from '../support/hub.ts'
import { refusalOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
}, 180_000)

const odd = [
  '-1',
  '1.5',
  'abc',
  '',
  '%20',
  '1e3',
  '0x10',
  '+5',
  '5%20',
  '%C2%B2',
  'NaN',
  'null',
  '2147483648',
  '99999999999999999999',
  '1%00',
  "1'",
  '1&limit=1&offset=1',
]
const whole = ['1', '2147483647', '007']

describe.each(collections.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const get = (query: string): Promise<Response> => hub.get(`${origin}${pathOf(operation, ids)}?${query}`)

  test.each([
    ['limit', [...odd, '0', '-0', '00']],
    ['offset', odd],
  ])('refuses a %s that is no whole number in its range, and names it', async (name, values) => {
    for (const value of values) {
      expect([value, await refusalOf(operation, await get(`${name}=${value}`))]).toEqual([
        value,
        expect.stringMatching(new RegExp(`^400 invaliddata: ${name}: `)),
      ])
    }
  })

  test('refuses a direction that is neither asc nor desc', async () => {
    for (const value of ['', 'ASC', 'Desc', 'up', 'asc,desc', '%20asc', 'asc%00', '1']) {
      expect(await refusalOf(operation, await get(`sort=sourcedId&orderBy=${value}`))).toStartWith(
        '400 invaliddata: orderBy: ',
      )
    }
  })

  test('refuses a parameter given twice, even with one value', async () => {
    for (const name of ['limit', 'offset', 'orderBy', 'sort']) {
      const value = name === 'orderBy' ? 'asc' : '1'
      expect(await refusalOf(operation, await get(`${name}=${value}&${name}=${value}`))).toBe(
        `400 invaliddata: ${name}: given 2 times`,
      )
    }
    const twice = "filter=status%3D'active'&filter=status%3D'active'"
    expect(await refusalOf(operation, await get(twice))).toBe('400 invalid_filter_field: filter: given 2 times')
  })

  test('takes whole numbers in range, 0 as an offset, and parameters it does not know', async () => {
    for (const query of [...whole.flatMap((value) => [`limit=${value}`, `offset=${value}`]), 'offset=0', 'page=2&x=']) {
      expect([query, (await get(`${query}&filter=sourcedId='x'`)).status]).toEqual([query, 200])
    }
  })
})

test('a single record has no pages: limit, offset and orderBy mean nothing to it', async () => {
  for (const operation of singles) {
    const plain = await hub.get(origin + pathOf(operation, ids))
    const asked = await hub.get(`${origin}${pathOf(operation, ids)}?limit=0&offset=x&orderBy=up`)
    expect([asked.status, await asked.text()]).toEqual([200, await plain.text()])
  }
})
