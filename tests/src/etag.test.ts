// Entity tags as RFC 9110 has them: what a header lists, what is known, and which versions a write may meet.

import { describe, expect, test } from 'bun:test'
import { entityTag, isKnown, readTags, versionsOf } from '../../src/etag.ts'

test('a tag is strong, and of a version and a build', () => {
  expect(entityTag(42, 'abc')).toBe('"42-abc"')
  expect(entityTag('42', 'abc')).toBe('"42-abc"')
})

describe('readTags', () => {
  test.each<[string | null, readonly string[] | undefined]>([
    [null, undefined],
    ['"1-a"', ['"1-a"']],
    [' "1-a" , W/"2-b","3-c"', ['"1-a"', 'W/"2-b"', '"3-c"']],
    ['*', ['*']],
    [' * ', ['*']],
    ['"*"', ['"*"']],
    ['"with, comma"', ['"with, comma"']],
    ['""', ['""']],
    ['', []],
    ['1-a', []],
    ['"open', []],
  ])('%p lists %j', (header, tags) => {
    expect(readTags(header)).toEqual(tags as string[])
  })
})

describe('If-None-Match', () => {
  test('knows a version by its tag, weakened or not', () => {
    expect(isKnown(readTags('"0-x", "1-a"'), '"1-a"')).toBe(true)
    expect(isKnown(readTags('W/"1-a"'), '"1-a"')).toBe(true)
  })

  test('knows no other, and nothing without a header', () => {
    for (const header of ['"1-b"', '"11-a"', '"2-a"', '"1-A"', '', null])
      expect(isKnown(readTags(header), '"1-a"')).toBe(false)
  })
})

describe('If-Match', () => {
  test.each<[string | null, readonly string[] | undefined]>([
    [null, undefined],
    ['*', ['*']],
    ['"12-a"', ['12']],
    ['"12-a", "13-other"', ['12', '13']],
    ['W/"12-a"', []],
    ['W/"12-a", "13-b"', ['13']],
    ['"*"', []],
    ['"12"', []],
    ['"-a"', []],
    ['"12a-b"', []],
    ['""', []],
    ['', []],
    ['nonsense', []],
  ])('%p may meet the versions %j', (header, versions) => {
    expect(versionsOf(readTags(header))).toEqual(versions as string[])
  })
})
