// What every GET answers is what its document promises: the schema, JSON, no null, and references that resolve, within the
// binding that was asked.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { address, findIds, type Ids, pathOf, reads } from '../support/collections.ts'
import { type Hub, openDistrict, v1p1Path } from '../support/hub.ts'
import { importOddities } from '../support/oddities.ts'
import { faultsOf } from '../support/schemas.ts'

interface Reference {
  readonly href: string
  readonly sourcedId: string
  readonly type: string
}

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
  await importOddities(hub)
}, 180_000)

/** The records of all statuses, as the operation answers them. */
async function answer(operation: (typeof operations)[number]): Promise<unknown> {
  const query = operation.kind === 'page' ? { limit: 10_000, filter: "status~''" } : {}
  const response = await hub.get(address(pathOf(operation, ids), query))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  return response.json()
}

function hasNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.values(value).some(hasNull))
}

function referencesIn(value: unknown): Reference[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.values(value).flatMap(referencesIn)
  return 'href' in value ? [value as Reference, ...inside] : inside
}

describe.each(reads.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  test('answers JSON of its schema, without a null', async () => {
    const body = await answer(operation)
    expect(faultsOf(operation, body)).toEqual([])
    expect(hasNull(body)).toBe(false)
    expect(Object.keys(body as object)).toEqual([operation.envelope])
  })

  test('answers the schema without its required list when fields are chosen, and still no null', async () => {
    const query = operation.kind === 'page' ? { limit: 10_000, filter: "status~''" } : {}
    const response = await hub.get(address(pathOf(operation, ids), { ...query, fields: 'sourcedId,metadata' }))
    const body = await response.json()
    expect(hasNull(body)).toBe(false)
    expect(faultsOf(operation, body).filter((fault) => !fault.includes('not undefined'))).toEqual([])
  })

  test('refers only to addresses that answer 200 with the record of that sourcedId and type', async () => {
    const references = new Map(referencesIn(await answer(operation)).map((reference) => [reference.href, reference]))
    for (const { href, sourcedId, type } of references.values()) {
      const known = resolved.get(href) ?? (await resolve(href))
      resolved.set(href, known)
      expect([href, ...known]).toEqual([href, 200, type, sourcedId])
      expect([href, href.includes(`${v1p1Path}/`)]).toEqual([href, operation.service === 'v1p1'])
    }
  })
})

/** What a reference led to, asked once: status, envelope, sourcedId. */
const resolved = new Map<string, readonly [number, string, unknown]>()

async function resolve(href: string): Promise<readonly [number, string, unknown]> {
  const response = await hub.get(href)
  const [[envelope, record] = ['', {}]] = Object.entries(
    (await response.json()) as Record<string, { sourcedId?: unknown }>,
  )
  return [response.status, envelope, record.sourcedId]
}

test('the references that were followed lead to every kind of record, slashes in ids included', () => {
  expect(new Set([...resolved.values()].map(([, envelope]) => envelope))).toEqual(
    new Set([
      ...['academicSession', 'class', 'course', 'org', 'user'],
      ...['assessmentLineItem', 'category', 'lineItem', 'resource', 'scoreScale'],
    ]),
  )
  const v1p1 = [...resolved].filter(([href]) => href.includes(`${v1p1Path}/`))
  expect(new Set(v1p1.map(([, [, envelope]]) => envelope))).toEqual(
    new Set(['academicSession', 'category', 'class', 'course', 'lineItem', 'org', 'resource', 'user']),
  )
  expect([...resolved.keys()].some((href) => href.includes('%2F'))).toBe(true)
})

test('a single answer is the record of its collection, and a deleted record is still there, with its status', async () => {
  for (const operation of operations.filter(({ kind }) => kind === 'page')) {
    if (operation.pathParameters.length > 0) continue
    const found = (await answer(operation)) as Record<string, { sourcedId: string; status: string }[]>
    const records = found[operation.envelope] ?? []
    const chosen = [records.find(({ status }) => status === 'tobedeleted'), records[0]].filter(
      (each) => each !== undefined,
    )
    for (const record of chosen) {
      const response = await hub.get(`${address(operation.path)}/${encodeURIComponent(record.sourcedId)}`)
      expect([operation.id, response.status, Object.values((await response.json()) as object)[0]]).toEqual([
        operation.id,
        200,
        record,
      ])
    }
  }
})
