// JSON text -> value or fault: the value JSON.parse gives, or the place of what JSON.parse would hide.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { pointer, readJson } from '../../src/json.ts'

/** The value as JSON, or the place and the reason. */
function read(text: string): string {
  const { fault, value } = { value: undefined, ...readJson(text) }
  return fault === undefined ? JSON.stringify(value) : `${fault.path || '/'}: ${fault.reason}`
}
const twice = 'the name is given twice'
const harmful = 'no member may have this name'

describe('a name given twice', () => {
  test.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"a":{"b":1},"c":{"b":1,"d":[],"b":2}}', '/c/b'],
    ['[{"a":1},{"a":1},{"b":[0,{"a":1 , "a" :2}]}]', '/2/b/1/a'],
    ['{"a/b":{"c~d":1,"c~d":1}}', '/a~1b/c~0d'],
    ['{"":1,"":2}', '/'],
    ['{"a":":,{\\"","b":{"x":"\\\\","x":null}}', '/b/x'],
    ['{"a":[],"a":{}}', '/a'],
    ['{"0":1,"0":2}', '/0'],
    ['{"toString":1,"toString":2}', '/toString'],
  ])('is refused where it stands: %s', (text, path) => {
    expect(read(text)).toBe(`${path}: ${twice}`)
  })

  test('in different objects is no fault', () => {
    const text = '{"a":{"a":[{"a":1},{"a":"a"}]},"b":"a","c":["a","a"]}'
    expect(read(text)).toBe(text)
  })

  test('is found wherever it is put', () => {
    const names = fc.string({ unit: 'grapheme', maxLength: 4 }).filter((name) => name !== '__proto__')
    const objects = fc.dictionary(names, fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }), {
      minKeys: 1,
      maxKeys: 5,
    })
    fc.assert(
      fc.property(objects, fc.nat(), fc.nat(), fc.jsonValue(), (object, which, where, value) => {
        const members = Object.entries(object).map(
          ([name, inner]) => `${JSON.stringify(name)}: ${JSON.stringify(inner)}`,
        )
        const name = String(Object.keys(object)[which % members.length])
        members.splice(where % (members.length + 1), 0, `${JSON.stringify(name)}:${JSON.stringify(value)}`)
        expect(read(`{"set":[{},{${members.join(',')}}]}`)).toBe(`${pointer('/set/1', name)}: ${twice}`)
      }),
    )
  })
})

describe('a name that may do harm', () => {
  test.each([
    ['{"a":[{"__proto__":{"isAdmin":true}}]}', '/a/0/__proto__'],
    ['{"\\u005f_proto__":1}', '/__proto__'],
    ['{"constructor":{"prototype":{"isAdmin":true}}}', '/constructor/prototype'],
  ])('is refused: %s', (text, path) => {
    expect(read(text)).toBe(`${path}: ${harmful}`)
    expect(({} as { isAdmin?: boolean }).isAdmin).toBe(undefined)
  })

  test('is one in that place only', () => {
    for (const text of [
      '{"constructor":"Ada"}',
      '{"prototype":{"a":1}}',
      '{"a":"__proto__","b":{"constructor":{"a":1}}}',
    ])
      expect(read(text)).toBe(text)
  })
})

describe('a text', () => {
  test.each([
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":01}',
    '{"a":.5}',
    '{"a":+1}',
    '{"a":0x1}',
    "{'a':1}",
    '{a:1}',
    '{"a":1,}',
    '[1,]',
    '{"a":1} x',
    '{"a":1}{"a":1}',
    '{"a":1}\0',
    '\uFEFF{"a":1}',
    '{"a":"\t"}',
    '{"a":"\n"}',
    '{"a":1}//',
    '/**/{"a":1}',
    '{"a":"\\x41"}',
    'undefined',
    '{"a":1',
    '"',
  ])('that is not JSON to the letter has no value: %j', (text) => {
    expect(read(text)).toStartWith('/: the body is not JSON: ')
  })

  test('that is blank is wanted', () => {
    for (const text of ['', ' \n']) expect(read(text)).toBe('/: a JSON body is wanted')
  })

  test('may be 64 levels deep, and not one more, however many that is', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(read(deep(64))).toBe(deep(64))
    for (const levels of [65, 8000]) expect(read(deep(levels))).toBe('/: more than 64 levels deep')
  })

  test('that JSON.parse takes, without such names, has the value JSON.parse gives', () => {
    const values = fc
      .jsonValue({ stringUnit: 'binary' })
      .filter((value) => !/__proto__|prototype/.test(JSON.stringify(value)))
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(readJson(text)).toEqual({ value: JSON.parse(text) })
      }),
      { numRuns: 500 },
    )
  })
})
