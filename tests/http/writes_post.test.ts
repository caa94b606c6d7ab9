// POST of sets: every record gets an id of the hub's, belongs to what the path names, and goes in with all the others or
// not at all.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { asSent, type Classroom, least, openClassroom, ref, saying, strictFaults, whole } from '../support/classroom.ts'
import { type Row, stored } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
  await room.put('/lineItems/li2', 'lineItem', { ...least.lineItem, class: ref('k2'), school: ref('s2') })
  await room.put('/lineItems/dated', 'lineItem', { ...least.lineItem, gradingPeriod: ref('g1') })
}, 60_000)

interface Pair {
  readonly suppliedSourcedId: string
  readonly allocatedSourcedId: string
}

/** Where, under which key, a whole record, and what of it the path fills in. */
const posts = [
  {
    path: '/classes/k1/lineItems',
    key: 'lineItems',
    record: whole.lineItem,
    filled: 'class',
    id: 'postLineItemsForClass',
  },
  {
    path: '/schools/s1/lineItems',
    key: 'lineItems',
    record: whole.lineItem,
    filled: 'school',
    id: 'postLineItemsForSchool',
  },
  {
    path: '/lineItems/li1/results',
    key: 'results',
    record: whole.result,
    filled: 'lineItem',
    id: 'postResultsForLineItem',
  },
  {
    path: '/classes/k1/academicSessions/g1/results',
    key: 'results',
    record: { ...whole.result, lineItem: ref('dated') },
    filled: 'class',
    id: 'postResultsForAcademicSessionForClass',
  },
] as const

const post = (path: string, key: string, records: readonly unknown[]): Promise<Response> =>
  room.send('POST', path, { [key]: records })

const without = (record: Row, name: string): Row =>
  Object.fromEntries(Object.entries(record).filter(([other]) => other !== name))

let before: Row
const totals = async (): Promise<Row> => ({
  lineItems: (await room.list('/lineItems')).total,
  results: (await room.list('/results')).total,
  version: (await room.owner.sql`select max(version) as version from store.versions`)[0],
})
beforeEach(async () => {
  before = await totals()
})

test('four operations post', () => {
  const ids = operations.filter(({ kind }) => kind === 'post').map(({ id }) => id)
  expect(ids.sort()).toEqual(posts.map(({ id }) => id as string).sort())
})

describe.each(posts)('POST $path', ({ path, key, record, filled }) => {
  const refused = async (records: readonly unknown[], words: string): Promise<void> => {
    expect(await saying(await post(path, key, records))).toStartWith(words)
    expect(await totals()).toEqual(before)
  }

  test('answers 201 with a pair for each record, under whose allocated id it is read', async () => {
    const supplied = ['temp 1', 'temp-2', 'x'.repeat(255)]
    const response = await post(
      path,
      key,
      supplied.map((sourcedId) => ({ ...record, sourcedId, metadata: { sourcedId } })),
    )
    expect(response.status).toBe(201)
    const { sourcedIdPairs: pairs } = (await response.json()) as { sourcedIdPairs: Pair[] }
    expect(pairs.map(({ suppliedSourcedId }) => suppliedSourcedId).sort()).toEqual([...supplied].sort())
    expect(new Set(pairs.map(({ allocatedSourcedId }) => allocatedSourcedId)).size).toBe(3)
    const reader = operations.find(({ id }) => id === (key === 'results' ? 'getResult' : 'getLineItem'))
    for (const { suppliedSourcedId, allocatedSourcedId } of pairs) {
      const { body, record: found } = await room.read(`/${key}/${allocatedSourcedId}`)
      expect(strictFaults(reader as (typeof operations)[number], body)).toEqual([])
      expect(asSent(found)).toEqual({ ...record, metadata: { sourcedId: suppliedSourcedId } })
      const row = await stored(room.owner, key === 'results' ? 'results' : 'line_items', allocatedSourcedId)
      expect(String(row?.['source_system'])).toStartWith('client:')
    }
    expect((await room.list(`/${key}`)).total).toBe(Number(before[key]) + 3)
  })

  test(`fills in the ${filled} that the path names`, async () => {
    const response = await post(path, key, [{ ...without(record, filled), sourcedId: 'a' }])
    expect([response.status, response.status === 201 || (await saying(response))]).toEqual([201, true])
    const { sourcedIdPairs } = (await response.json()) as { sourcedIdPairs: Pair[] }
    const { record: found } = await room.read(`/${key}/${sourcedIdPairs[0]?.allocatedSourcedId}`)
    expect(asSent(found)).toEqual(record)
  })

  test('takes an empty set, and none, for nothing to do', async () => {
    for (const body of [{ [key]: [] }, {}, { [key]: null }]) {
      const response = await room.send('POST', path, body)
      expect([response.status, await response.json()]).toEqual([201, { sourcedIdPairs: [] }])
    }
    expect(await totals()).toEqual(before)
  })

  test('writes all or none: the first fault is told by its place', async () => {
    const good = (sourcedId: string) => ({ ...record, sourcedId })
    const student = key === 'results' ? 'student' : 'category'
    const bad = (sourcedId: string) => ({ ...record, sourcedId, [student]: ref('gone') })
    await refused([good('a'), bad('b'), bad('c')], `422 /${key}/1/${student}/sourcedId: no `)
    await refused([good('a'), good('b'), { ...good('c'), title: 7, score: 'x' }], `422 /${key}/2/`)
    await refused([good('a'), { ...record }], `422 /${key}/1/sourcedId: Expected required property`)
    await refused([good('a'), null], `422 /${key}/1: Expected object`)
  })

  test('refuses ids that are supplied twice', async () => {
    const records = ['a', 'b', 'c', 'b', 'a'].map((sourcedId) => ({ ...record, sourcedId }))
    await refused(records, `422 /${key}/3/sourcedId: an earlier record has the same sourcedId`)
  })

  test('is 404 where the path names nothing, whatever the body', async () => {
    for (const gone of [path.replace(/k1|s1|li1/, 'gone'), path.replace('g1', 'gone')]) {
      if (gone === path) continue
      expect(await saying(await post(gone, key, [{ ...record, sourcedId: 'a' }]))).toBe(
        `404 Unknown Object: no ${gone.includes('/academicSessions/gone') ? 'academicSession' : filled} "gone"`,
      )
      expect((await post(gone, key, [])).status).toBe(404)
    }
    expect(await totals()).toEqual(before)
  })
})

describe('a record that belongs elsewhere than the path says is refused with its place:', () => {
  test.each([
    ['/classes/k1/lineItems', 'lineItems', { ...least.lineItem, class: ref('k2') }, 'class "k1"'],
    ['/schools/s1/lineItems', 'lineItems', { ...least.lineItem, school: ref('s2') }, 'school "s1"'],
    ['/lineItems/li1/results', 'results', { ...least.result, lineItem: ref('li2') }, 'lineItem "li1"'],
    [
      '/classes/k1/academicSessions/g1/results',
      'results',
      { ...least.result, lineItem: ref('li2') },
      'class "k1" and the academicSession "g1"',
    ],
    [
      '/classes/k1/academicSessions/t1/results',
      'results',
      { ...least.result, lineItem: ref('dated') },
      'class "k1" and the academicSession "t1"',
    ],
  ])('%s', async (path, key, other, parents) => {
    const [good] = posts.filter((one) => one.path === path).map(({ record }) => [{ ...record, sourcedId: 'a' }])
    const records = [...(good ?? []), { ...other, sourcedId: 'b' }]
    expect(await saying(await post(path, key, records))).toBe(
      `422 /${key}/${records.length - 1}: the record does not belong to the ${parents} of the path`,
    )
    expect(await totals()).toEqual(before)
  })
})

test('records posted at once by many all go in, and each is told its own id', async () => {
  const answers = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const response = await post('/lineItems/li1/results', 'results', [
        { ...least.result, sourcedId: `many${index}`, score: index },
      ])
      const { sourcedIdPairs } = (await response.json()) as { sourcedIdPairs: Pair[] }
      return [index, (await room.read(`/results/${sourcedIdPairs[0]?.allocatedSourcedId}`)).record['score']]
    }),
  )
  expect(answers.every(([index, score]) => index === score)).toBe(true)
  expect((await room.list('/results')).total).toBe(Number(before['results']) + 30)
})
