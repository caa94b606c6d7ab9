// The text of a body -> records: every fault is an ApiError with the path it stands at, whatever the text.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readRecords } from '../../src/body.ts'
import { ApiError } from '../../src/errors.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'

const operation = (id: string): Operation => operations.find((one) => one.id === id) as Operation
const category = operation('putCategory')

/** The records, or the words of the refusal. */
function read(of: Operation, text: string, recordBytesMax = 262_144): unknown {
  try {
    return readRecords(of, text, recordBytesMax)
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown
    return `${thrown.status} ${thrown.codeMinor} ${thrown.message}`
  }
}

const posted = operation('postLineItemsForClass')
const metadataOf = (metadata: string): string => `{"category":{"sourcedId":"a","title":"A","metadata":${metadata}}}`

describe('a number', () => {
  const words = (at: string) =>
    `422 invaliddata /category${at}: a number may be up to 1e+30 in size, and if it is not 0 no smaller than 1e-30`

  test('is one that can be written out: from 1e-30 to 1e30 in size, or 0', () => {
    for (const number of ['0', '-0', '0e999', '1e30', '-1e30', '1e-30', '-1e-30', '1.0000000000000002e-30']) {
      expect([number, read(category, metadataOf(`{"a":[${number}]}`))]).toEqual([
        number,
        [{ sourcedId: 'a', title: 'A', metadata: { a: [Number(number)] } }],
      ])
    }
    for (const number of ['1.0000000000000002e30', '-1e31', '1e308', '1e999', '-1e999', '9e-31', '-5e-324']) {
      expect([number, read(category, metadataOf(`{"a":[0,{"b":${number}}]}`))]).toEqual([
        number,
        words('/metadata/a/1/b'),
      ])
    }
  })

  test('of the schema too', () => {
    expect(read(category, '{"category":{"sourcedId":"a","title":"A","weight":1e31}}')).toBe(words('/weight'))
  })
})

describe('a set', () => {
  const setOf = (...records: string[]): string => `{"lineItems":[${records.join(',')}]}`
  const sized = (sizeBytes: number, letter = 'x'): string => {
    const record = (title: string) => JSON.stringify({ sourcedId: 'a', title })
    const letterBytes = new TextEncoder().encode(letter).length
    return record(letter.repeat((sizeBytes - record('').length) / letterBytes))
  }
  const tooLarge = (index: number) => `413 invaliddata /lineItems/${index}: the record has more than 1024 bytes`

  test('has records of the size that one may have, and tells the place of the first that is larger', () => {
    const [small, most, more] = [sized(100), sized(1024), sized(1025)]
    expect(read(posted, setOf(small, most), 1024)).toStartWith('422 invaliddata /lineItems/0/')
    expect(read(posted, setOf(more), 1024)).toBe(tooLarge(0))
    expect(read(posted, setOf(small, ` \n${most} `, more, more), 1024)).toBe(tooLarge(2))
    expect(read(posted, setOf(sized(1027, '€')), 1024)).toBe(tooLarge(0))
    expect(read(posted, setOf(sized(1024, '€'), sized(1024, '😀')), 1024)).toStartWith('422 ')
  })

  test('has its records told apart by JSON, not by the letters in their texts', () => {
    const odd = JSON.stringify({ sourcedId: '"],[{\\', title: ',"}]\\"'.repeat(80) })
    expect(odd.length).toBeGreaterThan(700)
    expect(read(posted, setOf(odd, odd, odd), 1024)).toStartWith('422 invaliddata /lineItems/0/')
    expect(read(posted, setOf(odd, sized(1025), odd), 1024)).toBe(tooLarge(1))
  })

  test('has 10,000 records at most', () => {
    const records = (count: number) => setOf(...Array.from({ length: count }, () => '{}'))
    expect(read(posted, records(10_000))).toStartWith('422 invaliddata /lineItems/0/')
    expect(read(posted, records(10_001))).toBe('413 invaliddata /lineItems: more than 10000 records')
    expect(read(posted, `{"lineItems":[],"more":${setOf(...Array(10_001).fill('1')).slice(13, -1)}}`)).toStartWith(
      '413 ',
    )
  })
})

describe('a body', () => {
  test('of a PUT is one record, of a POST those of its set', () => {
    expect(read(category, '{"category":{"sourcedId":"a","title":"A"}}')).toEqual([{ sourcedId: 'a', title: 'A' }])
    const post = operation('postLineItemsForClass')
    expect(read(post, '{"lineItems":[]}')).toEqual([])
    expect(read(post, '{}')).toEqual([])
    expect(read(post, '{"lineItem":{}}')).toBe('422 invaliddata /lineItem: Unexpected property')
  })

  test('says where it is at fault', () => {
    expect(read(category, '{"category":{"sourcedId":"a","title":7}}')).toBe(
      '422 invaliddata /category/title: Expected string',
    )
    expect(read(category, '[]')).toBe('422 invaliddata /: Expected object')
    expect(read(category, ' ')).toBe('422 invaliddata /: a JSON body is wanted')
    expect(read(category, '{')).toStartWith('422 invaliddata /: the body is not JSON: ')
  })

  test('is without what is null, but for the items of lists', () => {
    const metadata = '{"a":null,"b":[null,{"c":null,"d":1}]}'
    expect(read(category, `{"category":{"sourcedId":"a","title":"A","weight":null,"metadata":${metadata}}}`)).toEqual([
      { sourcedId: 'a', title: 'A', metadata: { b: [null, { d: 1 }] } },
    ])
  })

  test('nested by the thousand is refused, not overflown', () => {
    for (const depth of [33, 5000, 200_000]) {
      const text = `{"category":{"sourcedId":"a","title":"A","metadata":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}`
      expect(String(read(category, text))).toStartWith('422 invaliddata /')
    }
  })

  test('of any text at all is records or a refusal', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((text) => `{"category":${text}}`),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const found = read(category, text)
        expect(Array.isArray(found) || String(found).startsWith('422 invaliddata /')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('that is valid comes through as it is', () => {
    const value = fc.dictionary(
      fc.string({ unit: 'grapheme' }),
      fc
        .jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
        .filter((inner) => !/null|e[+-]/.test(JSON.stringify(inner))),
    )
    fc.assert(
      fc.property(value, (metadata) => {
        const record = JSON.parse(JSON.stringify({ sourcedId: 'a', title: 'A', metadata }))
        expect(read(category, JSON.stringify({ category: record }))).toEqual([record])
      }),
    )
  })
})

test('an operation that takes no body has no records', () => {
  expect(() => readRecords(operation('getCategory'), '{}', 1024)).toThrow('getCategory takes no body')
})
