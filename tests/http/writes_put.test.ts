// PUT, by every operation that has it: creates, replaces, writes nothing for a record that says the same, and is read back
// as the standard has it.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import {
  asSent,
  type Classroom,
  type Envelope,
  knownTo,
  least,
  openClassroom,
  pathFor,
  puts,
  ref,
  strictFaults,
  v1p1Path,
  whole,
} from '../support/classroom.ts'
import { type Row, stored, versions } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

test('six operations of 1.2 and three of 1.1 put', () => {
  expect(puts.map(({ id }) => id).sort()).toEqual([
    'putAssessmentLineItem',
    'putAssessmentResult',
    'putCategory',
    'putLineItem',
    'putResult',
    'putScoreScale',
    'v1p1.putCategory',
    'v1p1.putLineItem',
    'v1p1.putResult',
  ])
})

describe.each(puts.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  const envelope = operation.envelope as Envelope
  const path = pathFor(operation, `put/${id}`)
  const full = knownTo(operation, whole[envelope])
  const small = knownTo(operation, least[envelope])
  const listPath = operation.path.replace(/\/\{\w+\}$/, '')
  const reader = operations.find((one) => one.path === operation.path && one.kind === 'one') ?? operation

  test('creates with 201, and the record is read back whole, as its strict schema has it', async () => {
    const response = await room.put(path, envelope, full)
    expect([response.status, await response.text()]).toEqual([201, ''])
    const { body, record } = await room.read(path)
    expect(strictFaults(reader, body)).toEqual([])
    expect(asSent(record)).toEqual(full)
    expect([record['sourcedId'], record['status']]).toEqual([`put/${id}`, 'active'])
  })

  test('writes nothing for the same record: date, revision and tags stay', async () => {
    const before = await room.read(path)
    const listTag = (await room.send('GET', listPath)).headers.get('etag')
    const store = await versions(room.owner)
    const response = await room.put(path, envelope, full)
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(await room.read(path)).toEqual(before)
    expect((await room.send('GET', listPath)).headers.get('etag')).toBe(listTag)
    expect(await versions(room.owner)).toEqual(store)
  })

  test('takes back what was read, and that is no change', async () => {
    const before = await room.read(path)
    const response = await room.send('PUT', path, before.body)
    expect(response.status).toBe(200)
    expect(await room.read(path)).toEqual(before)
  })

  test('replaces with 200 and clears what is left out; date and tag are new ones', async () => {
    const before = await room.read(path)
    const response = await room.put(path, envelope, small)
    expect([response.status, await response.text()]).toEqual([200, ''])
    const after = await room.read(path)
    expect(asSent(after.record)).toEqual(small)
    expect(String(after.record['dateLastModified']) > String(before.record['dateLastModified'])).toBe(true)
    expect(after.etag).not.toBe(before.etag)
  })
})

describe('a record with everything, put again through 1.1,', () => {
  test('keeps what 1.1 does not know, and loses what 1.1 knows and leaves out', async () => {
    await room.put('/lineItems/both', 'lineItem', whole.lineItem)
    await room.put('/results/both', 'result', whole.result)
    await room.put('/categories/both', 'category', whole.category)
    const { school: _school, ...lineItem } = least.lineItem
    expect((await room.put(`${v1p1Path}/lineItems/both`, 'lineItem', { ...lineItem, title: 'New' })).status).toBe(200)
    expect((await room.put(`${v1p1Path}/results/both`, 'result', { ...least.result, score: 1 })).status).toBe(200)
    expect((await room.put(`${v1p1Path}/categories/both`, 'category', { title: 'New' })).status).toBe(200)
    expect(asSent((await room.read('/lineItems/both')).record)).toEqual({
      ...least.lineItem,
      title: 'New',
      academicSession: ref('t1'),
      scoreScale: ref('sc1'),
      learningObjectiveSet: whole.lineItem['learningObjectiveSet'],
    })
    const { metadata: _metadata, comment: _comment, ...kept } = whole.result
    expect(asSent((await room.read('/results/both')).record)).toEqual({ ...kept, score: 1 })
    expect(asSent((await room.read('/categories/both')).record)).toEqual({ title: 'New', weight: 0.25 })
  })

  test('is not changed by what 1.1 shows in place of what it does not know', async () => {
    await room.put('/lineItems/shown', 'lineItem', { ...least.lineItem, academicSession: ref('t1') })
    const { etag } = await room.read('/lineItems/shown')
    const { body } = await room.read(`${v1p1Path}/lineItems/shown`)
    expect(body['lineItem']).toMatchObject({ gradingPeriod: ref('t1') })
    expect((await room.send('PUT', `${v1p1Path}/lineItems/shown`, body)).status).toBe(200)
    const after = await room.read('/lineItems/shown')
    expect([after.etag, 'gradingPeriod' in after.record]).toEqual([etag, false])
  })

  test('is refused a property of 1.2 that 1.1 has not, in the form of 1.1', async () => {
    const response = await room.put(`${v1p1Path}/lineItems/l11`, 'lineItem', least.lineItem)
    expect(response.status).toBe(422)
    expect(await response.json()).toEqual({
      statusInfoSet: [
        {
          imsx_codeMajor: 'failure',
          imsx_severity: 'error',
          imsx_description: '/lineItem/school: Unexpected property',
          imsx_codeMinor: 'invalid data',
        },
      ],
    })
  })
})

describe('a line item put through 1.1', () => {
  const { school: _school, ...sent } = least.lineItem
  const schoolOf = async (path: string) => ((await room.read(path)).record['school'] as Row)['sourcedId']

  test('gets the school of its class', async () => {
    expect((await room.put(`${v1p1Path}/lineItems/of11`, 'lineItem', { ...sent, class: ref('k2') })).status).toBe(201)
    expect(await schoolOf('/lineItems/of11')).toBe('s2')
  })

  test('follows its class to another school', async () => {
    expect((await room.put(`${v1p1Path}/lineItems/of11`, 'lineItem', sent)).status).toBe(200)
    expect(await schoolOf('/lineItems/of11')).toBe('s1')
  })

  test('keeps the school that 1.2 gave it, while its class stays', async () => {
    await room.put('/lineItems/of12', 'lineItem', { ...least.lineItem, school: ref('d1') })
    expect((await room.put(`${v1p1Path}/lineItems/of12`, 'lineItem', { ...sent, title: 'New' })).status).toBe(200)
    expect(await schoolOf('/lineItems/of12')).toBe('d1')
  })
})

test('whose record it is stays with its first writer', async () => {
  await room.put('/categories/mine', 'category', { title: 'Mine' })
  const first = (await stored(room.owner, 'categories', 'mine'))?.['source_system']
  expect(String(first)).toMatch(/^client:.+/)
  const other = await room.token()
  const response = await room.send(
    'PUT',
    '/categories/mine',
    { category: { sourcedId: 'mine', title: 'Other' } },
    {
      authorization: `Bearer ${other}`,
    },
  )
  expect(response.status).toBe(200)
  expect((await stored(room.owner, 'categories', 'mine'))?.['source_system']).toBe(first)
})
