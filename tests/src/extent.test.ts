// How large a JSON text is, against bounds, without parsing it: judged by what JSON.parse makes of the same text.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { excessOf } from '../../src/extent.ts'

const none = Number.POSITIVE_INFINITY
const wide = { levelsMax: none, itemsMax: none, itemBytesMax: none }

const levelsOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(levelsOf)) : 0
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

const items = fc.array(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), { minLength: 1, maxLength: 6 })
const spaced = fc.constantFrom(undefined, 1, '\t')

describe('the extent of a text', () => {
  test('is as deep as its value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), spaced, (value, space) => {
        const levels = levelsOf(value)
        const text = JSON.stringify(value, null, space)
        expect(excessOf(text, { ...wide, levelsMax: levels })).toBeUndefined()
        if (levels > 0) expect(excessOf(text, { ...wide, levelsMax: levels - 1 })).toEqual({ what: 'levels' })
      }),
    )
  })

  test('has as many items as its one member', () => {
    fc.assert(
      fc.property(items, spaced, (list, space) => {
        const text = JSON.stringify({ set: list }, null, space)
        expect(excessOf(text, { ...wide, itemsMax: list.length })).toBeUndefined()
        if (list.length > 1) expect(excessOf(text, { ...wide, itemsMax: list.length - 1 })).toEqual({ what: 'items' })
      }),
    )
  })

  test('has the items of its member, each as many bytes as its JSON', () => {
    fc.assert(
      fc.property(items, (list) => {
        const sizes = list.map(bytesOf)
        const largest = Math.max(...sizes)
        const text = JSON.stringify({ set: list })
        expect(excessOf(text, { ...wide, itemBytesMax: largest })).toBeUndefined()
        expect(excessOf(text, { ...wide, itemBytesMax: largest - 1 })).toEqual({
          what: 'itemBytes',
          index: sizes.indexOf(largest),
        })
      }),
    )
  })

  test('is told of text that is no JSON too, and breaks off nowhere', () => {
    const bounds = { levelsMax: 3, itemsMax: 3, itemBytesMax: 20 }
    expect(excessOf(`{"set":[{"a":"${'x'.repeat(30)}`, bounds)).toEqual({ what: 'itemBytes', index: 0 })
    expect(excessOf('[[[[', bounds)).toEqual({ what: 'levels' })
    expect(excessOf('1,2,3,4', bounds)).toEqual({ what: 'items' })
    for (const text of ['', ']]]]', '"', '"\\', '{"a":"\\"', ']'.repeat(9)])
      expect(excessOf(text, bounds)).toBeUndefined()
  })
})
