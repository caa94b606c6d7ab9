// What real clients send is less and looser than a record as the hub answers it. It is taken, and strict again when read.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { asSent, type Classroom, least, openClassroom, ref, strictFaults, whole } from '../support/classroom.ts'
import type { Row } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

const readers = Object.fromEntries(operations.map((operation) => [operation.id, operation]))
const strict = (id: string, body: unknown): string[] => strictFaults(readers[id] as (typeof operations)[number], body)
let made = 0

/** A result put as sent and read back, which must be strict whatever was sent. */
async function result(sent: Row): Promise<Row> {
  made += 1
  const response = await room.put(`/results/lenient${made}`, 'result', sent)
  expect([response.status, await response.text()]).toEqual([201, ''])
  const { body, record } = await room.read(`/results/lenient${made}`)
  expect(strict('getResult', body)).toEqual([])
  return record
}

async function lineItem(sent: Row): Promise<Row> {
  made += 1
  const response = await room.put(`/lineItems/lenient${made}`, 'lineItem', sent)
  expect([response.status, await response.text()]).toEqual([201, ''])
  const { body, record } = await room.read(`/lineItems/lenient${made}`)
  expect(strict('getLineItem', body)).toEqual([])
  return record
}

const plain = least.result

describe('a client may leave out', () => {
  test('status, date, and all of a reference but its id', async () => {
    const record = await result(plain)
    expect(record['status']).toBe('active')
    expect(record['student']).toEqual({
      href: 'http://localhost/ims/oneroster/rostering/v1p2/users/u1',
      sourcedId: 'u1',
      type: 'user',
    })
  })

  test('a value by saying null, wherever it stands', async () => {
    const sent = { ...plain, score: null, comment: null, metadata: null, status: null, class: null, late: null }
    expect(asSent(await result(sent))).toEqual(plain)
    const inside = {
      ...plain,
      student: { sourcedId: 'u1', href: null, type: null },
      metadata: { a: { b: null }, c: 1 },
    }
    expect(asSent(await result(inside))).toEqual({ ...plain, metadata: { a: {}, c: 1 } })
  })

  test('a comment by an empty text', async () => {
    expect(asSent(await result({ ...plain, comment: '', textScore: '' }))).toEqual(plain)
    expect(asSent(await lineItem({ ...least.lineItem, description: '' }))).toEqual(least.lineItem)
  })

  test('metadata by an empty object', async () => {
    expect(asSent(await result({ ...plain, metadata: {} }))).toEqual(plain)
  })
})

describe('what the hub knows better is passed over', () => {
  test('an href, whatever it says', async () => {
    const record = await result({ ...plain, student: { sourcedId: 'u1', href: 'about:blank', type: 'user' } })
    expect((record['student'] as Row)['href']).toBe('http://localhost/ims/oneroster/rostering/v1p2/users/u1')
  })

  test('the date of the last change, whatever it says', async () => {
    const before = new Date().toISOString()
    for (const dateLastModified of ['1999-01-01T00:00:00Z', 'yesterday', '']) {
      expect(String((await result({ ...plain, dateLastModified }))['dateLastModified']) >= before).toBe(true)
    }
  })
})

describe('dates', () => {
  test('a scoreDate with a time keeps its date, in whichever zone', async () => {
    for (const sent of ['2026-09-09T23:30:00-05:00', '2026-09-09T00:10:00+09:00', '2026-09-09T12:00:00.000Z']) {
      expect([sent, (await result({ ...plain, scoreDate: sent }))['scoreDate']]).toEqual([sent, '2026-09-09'])
    }
  })

  test('an assignDate without a time is midnight UTC; zones are turned into UTC', async () => {
    const record = await lineItem({ ...least.lineItem, assignDate: '2026-09-01', dueDate: '2026-09-08T08:00:00-05:00' })
    expect([record['assignDate'], record['dueDate']]).toEqual(['2026-09-01T00:00:00.000Z', '2026-09-08T13:00:00.000Z'])
  })

  test('the 29th of February is a date in a leap year', async () => {
    expect((await result({ ...plain, scoreDate: '2028-02-29' }))['scoreDate']).toBe('2028-02-29')
  })
})

describe('values', () => {
  test('flags may be JSON booleans', async () => {
    const record = await result({ ...plain, late: true, missing: false, inProgress: 'true' })
    expect([record['late'], record['missing'], record['inProgress']]).toEqual(['true', 'false', 'true'])
  })

  test('a score above resultValueMax is extra credit, one below resultValueMin stays too', async () => {
    await room.put('/lineItems/bounded', 'lineItem', { ...least.lineItem, resultValueMin: 0, resultValueMax: 10 })
    for (const score of [12.5, -3, 0, 1e21, 1e-30, 1e30, 0.1]) {
      expect((await result({ ...plain, lineItem: ref('bounded'), score }))['score']).toBe(score)
    }
  })

  test('a scoreStatus may be an extension', async () => {
    expect((await result({ ...plain, scoreStatus: 'ext:re-graded_2.0' }))['scoreStatus']).toBe('ext:re-graded_2.0')
  })

  test('metadata are kept as they are', async () => {
    const metadata = {
      '': 'empty name',
      'a.b': [1, 'x', { c: [] }, true],
      '€ "\\/\n': '\u2028\u{1f600}',
      big: 1e30,
      small: -0.000001,
      whole: 9007199254740991,
      text: 'ends in a space ',
    }
    const sent = `{"result":${JSON.stringify({ sourcedId: 'meta', ...plain, metadata: { ...metadata } })}}`
    expect((await room.send('PUT', '/results/meta', sent)).status).toBe(201)
    expect((await room.read('/results/meta')).record['metadata']).toEqual({ ...metadata })
    const named = sent.replace('"metadata":{', '"metadata":{"prototype":{"x":1},"constructor":2,')
    expect((await room.send('PUT', '/results/meta', named)).status).toBe(200)
    const text = await (await room.send('GET', '/results/meta')).text()
    expect(text).toMatch(/"prototype": ?\{"x": ?1\}/)
    expect(text).toMatch(/"constructor": ?2/)
  })

  test('texts are kept to the letter', async () => {
    const title = ' \t"quoted" \\ back\\slash %s %1$s $1 $body$ {} \u0001 \u{10ffff} ﬁ \r\n '
    expect(await lineItem({ ...least.lineItem, title, description: title })).toMatchObject({
      title,
      description: title,
    })
  })

  test('a list may be empty', async () => {
    expect(await lineItem({ ...least.lineItem, learningObjectiveSet: [] })).toMatchObject({ learningObjectiveSet: [] })
  })
})

describe('an id', () => {
  test.each(['a/b', 'a b', 'ünï', "o'neil", '%41', '{x}', '"q"', 'a\\b', 'a+b', '漢字', '1', 'x'.repeat(255), '$1'])(
    'may be %p',
    async (id) => {
      const path = `/categories/${encodeURIComponent(id)}`
      expect((await room.put(path, 'category', whole.category)).status).toBe(201)
      expect((await room.read(path)).record).toMatchObject({ sourcedId: id, ...whole.category })
      const category = (await lineItem({ ...least.lineItem, category: ref(id) }))['category'] as Row
      expect(category['sourcedId']).toBe(id)
      expect((await room.read(new URL(String(category['href'])).pathname)).record['sourcedId']).toBe(id)
      expect((await room.send('DELETE', path)).status).toBe(204)
      expect((await room.read(path)).record['status']).toBe('tobedeleted')
    },
  )
})

test('the body may begin with a byte order mark, and its content type may be anything', async () => {
  const body = `\ufeff${JSON.stringify({ category: { sourcedId: 'bom', title: 'Marked' } })}`
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const response = await room.send('PUT', '/categories/bom', body, { 'content-type': type })
    expect([type, response.ok]).toEqual([type, true])
  }
  expect((await room.read('/categories/bom')).record['title']).toBe('Marked')
})
