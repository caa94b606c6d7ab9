// Many writes at the same time, lists and totals after each, and a property: no body at all is answered by a 5xx.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  type Classroom,
  type Envelope,
  least,
  openClassroom,
  pathFor,
  puts,
  ref,
  saying,
  whole,
} from '../support/classroom.ts'
import type { Row } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

const ids = (count: number, name: string): string[] =>
  Array.from({ length: count }, (_, index) => `${name}${String(index).padStart(3, '0')}`)

describe('two hundred at once', () => {
  test('of different ids all land, each with its own record', async () => {
    const all = ids(200, 'many')
    const answers = await Promise.all(all.map((id) => room.put(`/categories/${id}`, 'category', { title: `of ${id}` })))
    expect(answers.map(({ status }) => status)).toEqual(all.map(() => 201))
    const filter = encodeURIComponent("title~'of many'")
    const response = await room.send('GET', `/categories?limit=1000&filter=${filter}`)
    const { categories } = (await response.json()) as { categories: Row[] }
    expect(categories.map(({ title }) => title)).toEqual(all.map((id) => `of ${id}`))
    expect(response.headers.get('x-total-count')).toBe('200')
  })

  test('of one id all answer, the first creates, and the last is what is read', async () => {
    const answers = await Promise.all(
      ids(200, 'title').map((title, weight) => room.put('/categories/same', 'category', { title, weight })),
    )
    expect(answers.map(({ status }) => status)).toEqual(ids(200, '').map((_, index) => (index === 0 ? 201 : 200)))
    expect((await room.read('/categories/same')).record).toMatchObject({ title: 'title199', weight: 199 })
  })

  test('of different kinds do not meet', async () => {
    const answers = await Promise.all(
      ids(12, 'kind').flatMap((id) =>
        (Object.keys(whole) as Envelope[]).map((envelope) => {
          const operation = puts.find((one) => one.service === 'gradebook' && one.envelope === envelope)
          return room.put(pathFor(operation as (typeof puts)[number], id), envelope, whole[envelope])
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
  })
})

test('one that is at fault among good ones fails alone, whatever its fault', async () => {
  const bad: Record<number, Row> = {
    3: { student: ref('gone') },
    7: { scoreDate: '2026-02-30' },
    11: { scoreStatus: 'graded' },
    15: { lineItem: ref('gone') },
    19: { comment: 'a\u0000' },
  }
  const answers = await Promise.all(
    ids(24, 'mixed').map(async (id, index) => {
      const response = await room.put(`/results/${id}`, 'result', { ...least.result, score: index, ...bad[index] })
      return response.status
    }),
  )
  expect(answers).toEqual(ids(24, '').map((_, index) => (index in bad ? 422 : 201)))
  for (const [index, id] of ids(24, 'mixed').entries()) {
    const response = await room.send('GET', `/results/${id}`)
    expect([id, response.status]).toEqual([id, index in bad ? 404 : 200])
    if (response.status === 200) expect(((await response.json()) as { result: Row }).result['score']).toBe(index)
  }
})

test('a stale If-Match among good ones fails alone', async () => {
  const answers = await Promise.all(
    ids(10, 'stale').map((id, index) =>
      room.put(`/categories/${id}`, 'category', least.category, index === 4 ? { 'if-match': '"0-x"' } : {}),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(ids(10, '').map((_, index) => (index === 4 ? 412 : 201)))
})

describe('every write that changes something', () => {
  test('has a later date than all before it; list and record have a new tag', async () => {
    const seen: string[] = []
    const tags = new Set<string>()
    for (const title of ids(12, 'dated')) {
      await room.put('/categories/dated', 'category', { title })
      const { record, etag } = await room.read('/categories/dated')
      seen.push(String(record['dateLastModified']))
      const list = await room.send('GET', '/categories?limit=1')
      tags.add(`record ${etag}`).add(`list ${list.headers.get('etag')}`)
    }
    expect([...new Set(seen)].sort()).toEqual(seen)
    expect(tags.size).toBe(24)
  })

  test('is counted in every list that shows it, and in no other', async () => {
    const paths = [
      '/results',
      '/classes/k1/results',
      '/classes/k1/lineItems/li1/results',
      '/classes/k1/students/u1/results',
    ]
    const totals = () => Promise.all([...paths, '/lineItems'].map(async (path) => (await room.list(path)).total))
    const before = await totals()
    await room.put('/results/counted', 'result', least.result)
    expect(await totals()).toEqual(before.map((total, index) => (index < paths.length ? total + 1 : total)))
    await room.put('/results/counted', 'result', { ...least.result, student: ref('u3') })
    expect(await totals()).toEqual(before.map((total, index) => (index < paths.length - 1 ? total + 1 : total)))
    await room.send('DELETE', '/results/counted')
    expect(await totals()).toEqual(before)
  })

  test('moves a record from the list of one class to that of another', async () => {
    const [mine, other] = ['/classes/k1/lineItems', '/classes/k2/lineItems']
    await room.put('/lineItems/moved', 'lineItem', least.lineItem)
    expect((await room.list(`${mine}?limit=100`)).ids).toContain('moved')
    await room.put('/results/moves', 'result', { ...least.result, lineItem: ref('moved') })
    const total = (await room.list('/classes/k1/results')).total
    await room.put('/lineItems/moved', 'lineItem', { ...least.lineItem, class: ref('k2') })
    expect((await room.list(`${mine}?limit=100`)).ids).not.toContain('moved')
    expect((await room.list(`${other}?limit=100`)).ids).toContain('moved')
    expect((await room.list('/classes/k1/results')).total).toBe(total - 1)
    expect((await room.list('/classes/k2/results')).ids).toContain('moves')
  })
})

describe('no body at all', () => {
  /** A valid body with something in it replaced, left out or added, or its text cut and stuffed. */
  const mutated = (envelope: Envelope) =>
    fc
      .tuple(
        fc.constantFrom<Row>(least[envelope], whole[envelope]),
        fc.constantFrom(...Object.keys(whole[envelope]), 'sourcedId', 'status', 'metadata', 'extra'),
        fc.oneof(
          fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }),
          fc.string({ unit: 'binary' }),
          fc.double(),
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
          fc.constantFrom(
            '',
            ' ',
            'infinity',
            '-infinity',
            'now',
            '0001-01-01',
            '9999-12-31T24:00:00Z',
            "'; drop",
            '\\',
            '$1',
          ),
          fc.record({ sourcedId: fc.string({ unit: 'binary' }) }),
        ),
        fc.option(fc.tuple(fc.nat(400), fc.nat(20), fc.string({ maxLength: 4 })), { freq: 3 }),
      )
      .map(([record, name, value, cut]) => {
        const text = JSON.stringify({ [envelope]: { sourcedId: 'fuzz', ...record, [name]: value } })
        if (cut === null) return text
        return text.slice(0, cut[0]) + cut[2] + text.slice(cut[0] + cut[1])
      })

  test.each(puts.map((operation) => [operation.id, operation] as const))('makes %s fail', async (_id, operation) => {
    const envelope = operation.envelope as Envelope
    const path = pathFor(operation, 'fuzz')
    await fc.assert(
      fc.asyncProperty(mutated(envelope), async (text) => {
        const response = await room.send('PUT', path, text)
        if (response.ok) return expect((await room.read(path)).record['sourcedId']).toBe('fuzz')
        const said = await saying(response)
        expect(said).toStartWith('422 /')
      }),
      { numRuns: 60 },
    )
    expect(room.observations.filter(({ status }) => status >= 500)).toEqual([])
  })
})
