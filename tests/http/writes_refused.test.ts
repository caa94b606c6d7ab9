// What a write is refused for: 422 invaliddata that names the path in the body, and nothing is written.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { type Classroom, type Envelope, least, openClassroom, ref, saying, whole } from '../support/classroom.ts'
import { type Row, versions } from '../support/rows.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

const collections = {
  category: 'categories',
  scoreScale: 'scoreScales',
  lineItem: 'lineItems',
  result: 'results',
  assessmentLineItem: 'assessmentLineItems',
  assessmentResult: 'assessmentResults',
} as const

/** Everything that a write leaves behind, publications and versions with it. */
async function traces(): Promise<string[]> {
  const counts = await room.owner.sql.unsafe<{ text: string }[]>(
    Object.values(collections)
      .map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
      .map((table) => `select '${table}' || coalesce(sum(revision), 0) || count(*) as text from store.${table}`)
      .join(' union all '),
  )
  return [...counts.map(({ text }) => text), ...(await versions(room.owner))]
}

let before: string[]
beforeEach(async () => {
  before = await traces()
})

/** Puts a body, which must be refused with these words, by the pattern of them, and leave no trace. */
async function refuses(body: unknown, envelope: Envelope, words: string | RegExp, id = 'new'): Promise<void> {
  const response = await room.send('PUT', `/${collections[envelope]}/${encodeURIComponent(id)}`, body)
  const said = await saying(response)
  if (typeof words === 'string') expect(said).toStartWith(`422 ${words}`)
  else expect(said).toMatch(words)
  expect(await traces()).toEqual(before)
}

const of = (envelope: Envelope, change: Row): Row => ({
  [envelope]: { sourcedId: 'new', ...least[envelope], ...change },
})
const refusesResult = (change: Row, words: string | RegExp): Promise<void> =>
  refuses(of('result', change), 'result', words)

describe('an id', () => {
  test('must be that of the path', async () => {
    await refusesResult({ sourcedId: 'other' }, '/result/sourcedId: must be the one in the path, "new"')
    await refuses({ result: least.result }, 'result', '/result/sourcedId: Expected required property')
    await refuses(of('result', { sourcedId: 'new' }), 'result', '/result/sourcedId: must be', 'NEW')
  })

  test('may neither be empty nor longer than 255 characters, nor anything but a text', async () => {
    await refusesResult({ sourcedId: '' }, '/result/sourcedId: ')
    await refuses(of('result', { sourcedId: 'x'.repeat(256) }), 'result', '/result/sourcedId: ', 'x'.repeat(256))
    await refusesResult({ sourcedId: 7 }, '/result/sourcedId: ')
    await refusesResult({ student: ref('') }, '/result/student/sourcedId: ')
    await refusesResult({ student: ref('u'.repeat(256)) }, '/result/student/sourcedId: ')
  })

  test('that is blank names nothing', async () => {
    await refuses(of('category', { sourcedId: ' ' }), 'category', '/category/sourcedId: ', ' ')
    await refusesResult({ student: ref('  ') }, '/result/student/sourcedId: ')
  })
})

describe('a reference that leads nowhere', () => {
  test.each([
    ['scoreScale', 'course', 'course'],
    ['scoreScale', 'class', 'class'],
    ['lineItem', 'class', 'class'],
    ['lineItem', 'school', 'org'],
    ['lineItem', 'category', 'category'],
    ['lineItem', 'gradingPeriod', 'academicSession'],
    ['lineItem', 'academicSession', 'academicSession'],
    ['lineItem', 'scoreScale', 'scoreScale'],
    ['result', 'lineItem', 'lineItem'],
    ['result', 'student', 'user'],
    ['result', 'class', 'class'],
    ['result', 'scoreScale', 'scoreScale'],
    ['assessmentLineItem', 'class', 'class'],
    ['assessmentLineItem', 'parentAssessmentLineItem', 'assessmentLineItem'],
    ['assessmentLineItem', 'scoreScale', 'scoreScale'],
    ['assessmentResult', 'assessmentLineItem', 'assessmentLineItem'],
    ['assessmentResult', 'student', 'user'],
    ['assessmentResult', 'scoreScale', 'scoreScale'],
  ] as const)('%s.%s is told by its path', async (envelope, field, type) => {
    const words = `/${envelope}/${field}/sourcedId: no ${type} "it's \\"%s\\" gone"`
    await refuses(of(envelope, { [field]: ref('it\'s "%s" gone') }), envelope, words.replaceAll('\\', ''))
    await refuses(of(envelope, { [field]: { sourcedId: 'k1', type: 'unicorn' } }), envelope, `/${envelope}/${field}`)
    await refuses(of(envelope, { [field]: 'k1' }), envelope, `/${envelope}/${field}: `)
    await refuses(of(envelope, { [field]: { type } }), envelope, `/${envelope}/${field}/sourcedId: `)
    await refuses(of(envelope, { [field]: { ...ref('k1'), name: 'x' } }), envelope, `/${envelope}/${field}/name: `)
    await refuses(of(envelope, { [field]: { ...ref('k1'), href: 1 } }), envelope, `/${envelope}/${field}/href: `)
  })
})

describe('a property', () => {
  test.each(Object.keys(least) as Envelope[])(
    'of %s that is required may not be missing, nor null',
    async (envelope) => {
      for (const name of Object.keys(least[envelope])) {
        await refuses(of(envelope, { [name]: null }), envelope, `/${envelope}/${name}: Expected required property`)
      }
    },
  )

  test.each(Object.keys(whole) as Envelope[])('of %s has its own JSON type', async (envelope) => {
    for (const [name, value] of Object.entries(whole[envelope])) {
      const wrong = typeof value === 'string' ? 7 : 'seven'
      await refuses(of(envelope, { [name]: wrong }), envelope, `/${envelope}/${name}: `)
      await refuses(of(envelope, { [name]: [[]] }), envelope, `/${envelope}/${name}`)
    }
  })

  test('that nobody knows is refused, on every level', async () => {
    await refusesResult({ grade: 'A' }, '/result/grade: Unexpected property')
    await refusesResult({ toString: 'A' }, '/result/toString: Unexpected property')
    await refuses({ ...of('result', {}), results: [] }, 'result', '/results: Unexpected property')
    await refusesResult(
      { learningObjectiveSet: [{ source: 'case', learningObjectiveResults: [{ learningObjectiveId: 'a', x: 1 }] }] },
      '/result/learningObjectiveSet/0/learningObjectiveResults/0/x: ',
    )
    const text = JSON.stringify(of('result', {})).replace('{"sourcedId', '{"__proto__":{"a":1},"sourcedId')
    await refuses(text, 'result', '/result/__proto__: no member may have this name')
  })
})

describe('a value', () => {
  test.each([
    { status: 'inactive' },
    { status: 'Active' },
    { scoreStatus: 'graded' },
    { scoreStatus: 'ext:' },
    { scoreStatus: 'ext:a b' },
    { scoreStatus: 'ext:ok\n' },
    { scoreStatus: 'xext:ok' },
    { late: 'yes' },
    { late: 1 },
    { late: 'TRUE' },
    { score: '9' },
    { learningObjectiveSet: [{ source: 'else', learningObjectiveResults: [{ learningObjectiveId: 'x' }] }] },
    { learningObjectiveSet: [{ source: 'case', learningObjectiveResults: [] }] },
    { metadata: [] },
    { metadata: 'x' },
  ] as Row[])('of no vocabulary is refused: %j', async (change) => {
    await refusesResult(change, `/result/${Object.keys(change)[0]}`)
  })

  test.each(
    [
      ['2026-02-30', '2027-02-29', '2026-13-01', '2026-00-10', '0000-01-01', '2026-1-1', '20260909'],
      ['09/09/2026', '2026-09-09Tnoon', '2026-09-09 and then some', '٢٠٢٦-٠٩-٠٩', '2026-09-09\n'],
      [' 2026-09-09', 'infinity', 'now', 'yesterday', ''],
    ].flat(),
  )('that is no date is refused: %j', async (scoreDate) => {
    await refusesResult({ scoreDate }, '/result/scoreDate: no date: ')
  })

  test.each(
    [
      ['2026-02-30T00:00:00Z', '2026-02-30', '2026-09-01T25:00:00Z', '2026-09-01T08:61:00Z'],
      ['2026-09-01T08:00:00+99:00', '2026-09-01T08:00:00 Europe/Oslo', '0000-09-01T08:00:00Z'],
      ['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-14:00', '9999-12-31T23:59:59.9999999Z'],
      ['٢٠٢٦-٠٩-٠١', '12026-09-01', 'epoch', ''],
    ].flat(),
  )('that is no date and time is refused: %j', async (dueDate) => {
    await refuses(of('lineItem', { dueDate }), 'lineItem', '/lineItem/dueDate: no date and time: ')
  })

  test('out of the range of a number is refused, in metadata too', async () => {
    const sent = (number: string, at: string) => JSON.stringify(of('result', { [at]: 4711 })).replace('4711', number)
    for (const number of ['1e31', '-1e308', '1e309', '1e999999999', '1e-31', '-5e-324']) {
      await refuses(sent(number, 'score'), 'result', '/result/score: ')
      const inside = JSON.stringify(of('result', { metadata: { a: [4711] } })).replace('4711', number)
      await refuses(inside, 'result', '/result/metadata/a/0: ')
    }
    for (const number of ['NaN', 'Infinity', '0x10', '1.', '.5', '01']) {
      await refuses(sent(number, 'score'), 'result', '/: the body is not JSON: ')
    }
  })

  test('that no database text can hold is refused, as a name too', async () => {
    const reason = 'a text may hold neither a NUL character nor half of a surrogate pair'
    await refusesResult({ comment: 'a\u0000b' }, `/result/comment: ${reason}`)
    await refusesResult({ comment: 'a\ud800' }, `/result/comment: ${reason}`)
    await refusesResult({ metadata: { a: [{ b: '\udc00' }] } }, `/result/metadata/a/0/b: ${reason}`)
    await refusesResult({ metadata: { '\u0000': 1 } }, `/result/metadata: ${reason}`)
    await refusesResult({ metadata: { '\ud800': 1 } }, `/result/metadata: ${reason}`)
    await refusesResult({ student: ref('\u0000') }, `/result/student/sourcedId: ${reason}`)
  })

  test('deeper than 32 levels is refused', async () => {
    const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) })
    await refusesResult({ metadata: deep(31) as Row }, '/result/metadata/a/a')
    const response = await room.put('/results/deep', 'result', { ...least.result, metadata: deep(30) })
    expect(response.status).toBe(201)
  })

  test('that must have one has an item', async () => {
    await refuses(of('scoreScale', { scoreScaleValue: [] }), 'scoreScale', '/scoreScale/scoreScaleValue: ')
    await refuses(of('scoreScale', { scoreScaleValue: [null] }), 'scoreScale', '/scoreScale/scoreScaleValue/0: ')
  })
})

describe('a body', () => {
  test('must be JSON', async () => {
    for (const body of ['', ' ', '\n']) await refuses(body, 'result', '/: a JSON body is wanted')
    for (const body of ['{', '{"result":}', "{'result':1}", '<result/>', '['.repeat(60), '{}{}', 'undefined']) {
      await refuses(body, 'result', '/: the body is not JSON: ')
    }
    await refuses(undefined, 'result', '/: a JSON body is wanted')
    for (const deep of ['[', '{"a":']) await refuses(deep.repeat(65), 'result', '/: more than 64 levels deep')
  })

  test('gives each name once in an object, and none that may do harm', async () => {
    const text = JSON.stringify(of('result', {}))
    const twice = text.replace('{"sourcedId"', '{"sourcedId":"other","sourcedId"')
    await refuses(twice, 'result', '/result/sourcedId: the name is given twice')
    await refuses(`{"result":null,${text.slice(1)}`, 'result', '/result: the name is given twice')
    const harmful = text.replace('{"sourcedId"', '{"metadata":{"a/b":{"__proto__":{"x":1}}},"sourcedId"')
    await refuses(harmful, 'result', '/result/metadata/a~1b/__proto__: no member may have this name')
  })

  test('must be the envelope of its path', async () => {
    for (const body of ['null', 'true', '7', '"x"', '[]', '{}']) await refuses(body, 'result', '/')
    await refuses(of('lineItem', {}), 'result', '/result: Expected required property')
    await refuses({ results: [of('result', {})['result']] }, 'result', '/result: Expected required property')
    await refuses({ result: [of('result', {})['result']] }, 'result', '/result: Expected object')
    await refuses({ result: null }, 'result', '/result: Expected required property')
    await refuses(of('result', {})['result'], 'result', '/result: Expected required property')
  })

  test('must be UTF-8', async () => {
    const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)]
    const headers = { authorization: `Bearer ${await room.token()}` }
    const url = 'http://localhost/ims/oneroster/gradebook/v1p2/categories/new'
    const utf16 = [0xff, 0xfe, ...[...'{}'].flatMap((letter) => [letter.charCodeAt(0), 0])]
    const inside = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5, 0x80, 0x80, 0x80]].map((bad) => [
      ...bytesOf('{"category":{"sourcedId":"new","title":"'),
      ...bad,
      ...bytesOf('"}}'),
    ])
    for (const body of [utf16, ...inside]) {
      const response = await room.fetch(new Request(url, { method: 'PUT', headers, body: Uint8Array.from(body) }))
      expect(await saying(response)).toBe('422 /: the body is not UTF-8')
    }
    expect(await traces()).toEqual(before)
  })
})
