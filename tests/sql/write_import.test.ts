// Packages and clients write into the same tables: whose a record is, and whose word is the last.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type Classroom, least, openClassroom, ref, twoSchools } from '../support/classroom.ts'
import { brief, bulk, counts, deleted, delta, lines, stored, versions } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

const source = { source: 'gradebook-sis' }
const header =
  'sourcedId,title,assignDate,dueDate,classSourcedId,categorySourcedId,schoolSourcedId,academicSessionSourcedId'
const row = (id: string, title: string): string => `${id},${title},2026-09-01,2026-09-08,k1,cat1,s1,t1`
const lineItems = (...rows: string[]) => ({
  lineItems: lines(`${header},resultValueMin,resultValueMax`, ...rows.map((each) => `${each},0,10`)),
})

let made = 0
let id: string
beforeEach(() => {
  made += 1
  id = `item${made}`
})

const read = async () => (await room.read(`/lineItems/${id}`)).record
const sourceOf = async (of: string) => (await stored(room.owner, 'line_items', of))?.['source_system']
const put = async (change: object = {}) => {
  const response = await room.put(`/lineItems/${id}`, 'lineItem', { ...least.lineItem, ...change })
  expect(response.ok).toBe(true)
}

describe('a record that a client made', () => {
  test('is its own: no bulk package of another source deletes it', async () => {
    await put()
    expect(String(await sourceOf(id))).toMatch(/^client:.+/)
    const before = await room.read(`/lineItems/${id}`)
    await bulk(room.owner, lineItems(row('packaged', 'One')), source)
    await bulk(room.owner, lineItems(row('packaged2', 'Two')), source)
    expect((await room.read('/lineItems/packaged')).record['status']).toBe('tobedeleted')
    expect(await room.read(`/lineItems/${id}`)).toEqual(before)
  })

  test('is refused to a package that brings its id, and stays as it is', async () => {
    await put()
    const before = await room.read(`/lineItems/${id}`)
    const report = await bulk(room.owner, lineItems(row(id, 'Theirs')), source)
    expect(report.faults.map(brief)).toEqual([`lineItems.csv:2 sourcedId other_source "${id}"`])
    expect(await room.read(`/lineItems/${id}`)).toEqual(before)
  })

  test('goes to a package that takes over, and is deleted by omission from then on', async () => {
    await put({ description: 'Mine' })
    const report = await bulk(room.owner, lineItems(row(id, 'Theirs')), { ...source, takeOver: true })
    expect(report.faults).toEqual([])
    expect([(await read())['title'], await sourceOf(id)]).toEqual(['Theirs', 'gradebook-sis'])
    await bulk(room.owner, lineItems(row('another', 'One')), source)
    expect((await read())['status']).toBe('tobedeleted')
  })
})

describe('a record of a package that a client changed', () => {
  const packaged = (title: string) => bulk(room.owner, lineItems(row(id, title)), source)

  test("stays as the client left it while the package's row stays", async () => {
    await packaged('One')
    await put({ title: 'Client', description: 'More' })
    const before = await room.read(`/lineItems/${id}`)
    const store = await versions(room.owner)
    const report = await packaged('One')
    expect([counts(report, 'lineItems'), report.publishedAt]).toEqual([
      '0 created, 0 updated, 1 unchanged, 0 deleted, 0 refused',
      null,
    ])
    expect(await room.read(`/lineItems/${id}`)).toEqual(before)
    expect(await versions(room.owner)).toEqual(store)
  })

  test("is the package's again when its row changes", async () => {
    await packaged('One')
    await put({ title: 'Client', description: 'More', academicSession: ref('y1') })
    const report = await packaged('Two')
    expect(counts(report, 'lineItems')).toBe('0 created, 1 updated, 0 unchanged, 0 deleted, 0 refused')
    const record = await read()
    expect(record).toMatchObject({ title: 'Two', academicSession: ref('t1'), status: 'active' })
    expect(record['dateLastModified']).toBe(report.publishedAt)
  })

  test('still belongs to its package: omitted, it is deleted', async () => {
    await packaged('One')
    await put({ title: 'Client' })
    expect(await sourceOf(id)).toBe('gradebook-sis')
    await bulk(room.owner, lineItems(row('rest', 'One')), source)
    expect((await read())['status']).toBe('tobedeleted')
  })

  test('and that the package deletes by delta is deleted', async () => {
    await packaged('One')
    await put({ title: 'Client' })
    const row = `${id},${deleted},One,2026-09-01,2026-09-08,k1,cat1,s1,t1,0,10`
    const columns = header.replace('sourcedId,', 'sourcedId,status,dateLastModified,')
    await delta(room.owner, { lineItems: lines(`${columns},resultValueMin,resultValueMax`, row) }, source)
    expect((await read())['status']).toBe('tobedeleted')
  })
})

test('a record that an import brought while nobody looked is replaced, not created', async () => {
  await bulk(room.owner, lineItems(row(id, 'One')), source)
  const response = await room.put(`/lineItems/${id}`, 'lineItem', least.lineItem)
  expect(response.status).toBe(200)
})

test('a reference counts from the moment its import is published', async () => {
  const record = { ...least.lineItem, class: ref('k9') }
  expect((await room.put(`/lineItems/${id}`, 'lineItem', record)).status).toBe(422)
  await bulk(room.owner, { ...twoSchools, classes: twoSchools.classes + lines('k9,New,c1,scheduled,s1,t1') })
  expect((await room.put(`/lineItems/${id}`, 'lineItem', record)).status).toBe(201)
})
