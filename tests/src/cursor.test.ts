// The cursor of a next link: it comes back as it was given, and anything else is none.

import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Cursor, PageCall } from '../../src/call.ts'
import { encodeCursor } from '../../src/cursor.ts'
import { operations } from '../../src/generated/operations.ts'
import { readReading } from '../../src/request.ts'

const operation = operations.find(({ id }) => id === 'getAllUsers') as (typeof operations)[number]
const address = 'http://hub.test/ims/oneroster/rostering/v1p2/users'
const read = (query: string): PageCall =>
  readReading(new Request(address + query), operation, {
    publicUrl: undefined,
    pageLimitMax: 10_000,
    bodyBytesMax: 1024,
    recordBytesMax: 512,
    build: 'b',
  }) as PageCall

describe('a cursor', () => {
  const order = fc.record({
    sort: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
    descending: fc.boolean(),
  })
  const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0'))
  const place = fc.tuple(fc.option(text), text)
  const sent = ({ sort, descending }: { sort?: string | undefined; descending: boolean }, cursor: string) => {
    const query = new URLSearchParams({ orderBy: descending ? 'desc' : 'asc', cursor })
    if (sort !== undefined) query.set('sort', sort)
    return read(`?${query}`).cursor
  }
  const given = (sort: string | undefined, descending: boolean, last: Cursor): string =>
    encodeCursor({ ...read(''), sort, descending }, last)

  test('comes back as it was given, in characters a query carries as they are', () => {
    fc.assert(
      fc.property(order, place, ({ sort, descending }, last) => {
        const cursor = given(sort, descending, last)
        expect(cursor).toMatch(/^[\w-]+$/)
        expect(sent({ sort, descending }, cursor)).toEqual(last)
      }),
    )
  })

  test('of another order is none', () => {
    const cursor = given('familyName', false, ['Ng', 'u1'])
    expect(sent({ sort: 'familyName', descending: false }, cursor)).toEqual(['Ng', 'u1'])
    expect(sent({ sort: 'familyName', descending: true }, cursor)).toBeUndefined()
    expect(sent({ sort: 'givenName', descending: false }, cursor)).toBeUndefined()
    expect(sent({ descending: false }, cursor)).toBeUndefined()
  })

  test('that nobody gave out is none, and no error', () => {
    const forged = [
      [],
      {},
      null,
      'x',
      ['+'],
      ['+', null],
      ['+', null, 1],
      ['+', null, ['a']],
      ['+', 1, 'a'],
      ['+', ['a'], 'a'],
    ]
    const more = [
      ['+', null, 'a\0b'],
      ['+', 'a\0b', 'c'],
      ['+', null, 'a', 'b'],
      ['-', null, 'a'],
    ]
    for (const value of [...forged, ...more]) {
      expect(sent({ descending: false }, Buffer.from(JSON.stringify(value)).toString('base64url'))).toBeUndefined()
    }
    for (const value of ['', '!', '====', 'AAAA', '%', 'WyI', '\u{1F600}', '_____w']) {
      expect(sent({ descending: false }, value)).toBeUndefined()
    }
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (value) => void sent({ descending: false }, value)))
  })

  test('with a letter changed is none, or one of the same shape', () => {
    const cursor = given(undefined, false, [null, 'u1'])
    fc.assert(
      fc.property(fc.nat({ max: cursor.length - 1 }), fc.stringMatching(/^[\w-]$/), (at, letter) => {
        const tampered = sent({ descending: false }, cursor.slice(0, at) + letter + cursor.slice(at + 1))
        if (tampered !== undefined) expect(tampered).toEqual([null, expect.any(String)])
      }),
    )
  })
})
