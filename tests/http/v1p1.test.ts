// OneRoster 1.1 beside 1.2: the same records, told by the same totals and the same order, in the words of 1.1.

import { beforeAll, describe, expect, test } from 'bun:test'
import {
  address,
  collections,
  findIds,
  type Ids,
  idOf,
  type Json,
  pathOf,
  readPage,
  walk,
  warning,
} from '../support/collections.ts'
import { type Hub, openDistrict, rosteringPath, v1p1Path } from '../support/hub.ts'
import { importOddities } from '../support/oddities.ts'
import { faultsOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
  await importOddities(hub)
}, 180_000)

const all = { limit: 10_000, filter: "status~''" }

describe.each(
  collections.filter(({ service }) => service === 'v1p1').map((operation) => [operation.id, operation] as const),
)('%s', (id, operation) => {
  const newer = collections.find((other) => `v1p1.${other.id}` === id)

  test('has the records of the operation of that name in 1.2, of the same status and date', async () => {
    if (newer === undefined) throw new Error(`${id} has no counterpart`)
    const brief = ({ sourcedId, status, dateLastModified, metadata }: Json) => ({
      ...{ sourcedId, status, dateLastModified, metadata },
    })
    const [older, other] = [
      await readPage(hub, address(pathOf(operation, ids), all)),
      await readPage(hub, address(pathOf(newer, ids), all)),
    ]
    expect(older.records.map(brief)).toEqual(other.records.map(brief))
    expect([older.total, older.records.length > 0]).toEqual([other.total, true])
  })

  test('warns of both: a field and a sort that it does not know, on a page that is answered all the same', async () => {
    const plain = await (await hub.get(address(pathOf(operation, ids), { limit: 2 }))).json()
    const asked = address(pathOf(operation, ids), { limit: 2, fields: 'sourcedId,shoeSize', sort: 'shoeSize' })
    const response = await hub.get(asked)
    const body = (await response.json()) as Json
    expect([response.status, faultsOf(operation, body)]).toEqual([200, []])
    expect(body).toEqual({
      ...(plain as Json),
      statusInfoSet: [
        warning('invalid_selection_field', 'fields: unknown field "shoeSize"'),
        warning('invalid_sort_field', 'sort: "shoeSize" is nothing to sort by; the order is by sourcedId'),
      ],
    })
  })
})

test('what both have to say of a known field and a known sort is no warning', async () => {
  const body = await (await hub.get(address(`${v1p1Path}/users`, { fields: 'role', sort: 'role', limit: 3 }))).json()
  expect(Object.keys(body as Json)).toEqual(['users'])
})

describe('the fields that 1.1 works out', () => {
  const records = async (path: string) => (await readPage(hub, address(path, all))).records

  test('tell more than one value, and absent ones where 1.1 has no word for what 1.2 says', async () => {
    const values = async (path: string, name: string) =>
      new Set((await records(`${v1p1Path}/${path}`)).map((record) => String(record[name])))
    expect(await values('users', 'role')).toEqual(
      new Set(['student', 'teacher', 'guardian', 'relative', 'administrator', 'ext:coach']),
    )
    expect(await values('demographics', 'sex')).toEqual(new Set(['male', 'female', 'undefined']))
    expect((await values('lineItems', 'gradingPeriod')).size).toBe(1)
  })

  test('page by page in their own order, however the page is reached', async () => {
    for (const [path, sort] of [
      ['users', 'role'],
      ['demographics', 'sex'],
      ['lineItems', 'gradingPeriod'],
    ] as const) {
      const whole = await readPage(hub, address(`${v1p1Path}/${path}`, { ...all, sort }))
      const pages = await walk(hub, address(`${v1p1Path}/${path}`, { ...all, sort, limit: Math.ceil(whole.total / 6) }))
      expect(pages.flatMap((page) => page.records.map(idOf))).toEqual(whole.records.map(idOf))
      expect(new Set(whole.records.map((record) => JSON.stringify(record[sort]))).size).toBeGreaterThan(2)
    }
  })

  test('are found by what 1.1 shows and not by what 1.2 stores', async () => {
    const found = async (base: string, filter: string) =>
      (await readPage(hub, address(`${base}/users`, { limit: 10_000, filter }))).records
    const shown = (await records(`${v1p1Path}/users`)).filter(
      ({ role, status }) => role === 'administrator' && status === 'active',
    )
    expect((await found(v1p1Path, "role='administrator'")).map(idOf)).toEqual(shown.map(idOf))
    expect(await found(v1p1Path, "role='principal'")).toEqual([])
    expect((await found(rosteringPath, "roles.role='principal'")).length).toBeGreaterThan(0)
  })
})
