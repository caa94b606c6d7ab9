// The text of a body -> records: every fault is an ApiError with the path it stands at, whatever the text.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readRecords } from '../../src/body.ts'
import { ApiError } from '../../src/errors.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'

const operation = (id: string): Operation => operations.find((one) => one.id === id) as Operation
const category = operation('putCategory')

/** The records, or the words of the refusal. */
function read(of: Operation, text: string): unknown {
  try {
    return readRecords(of, text)
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown
    return `${thrown.status} ${thrown.codeMinor} ${thrown.message}`
  }
}

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
      fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }).filter((inner) => !JSON.stringify(inner).includes('null')),
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
  expect(() => readRecords(operation('getCategory'), '{}')).toThrow('getCategory takes no body')
})
