// The filter's grammar: what it reads, how clauses bind, and where it says that a fault stands.

import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Clause, Filter } from '../../src/call.ts'
import { ApiError } from '../../src/errors.ts'
import { parseFilter } from '../../src/filter.ts'

const operators = ['=', '!=', '>', '>=', '<', '<=', '~'] as const

const refusal = (text: string): ApiError => {
  try {
    parseFilter(text)
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown
    throw thrown
  }
  throw new Error(`${text} was read`)
}

/** Fields of each alternative, to see how clauses bind. */
const bound = (text: string): string[][] => parseFilter(text).map((clauses) => clauses.map(({ field }) => field))

const fieldText = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][\w-]{0,8}(\.[\w-]{1,8}){0,3}$/),
  fc.constantFrom('AND', 'or', 'metadata.and', 'roles.org.sourcedId', 'metadata.0', 'a.-'),
)
const valueText = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom("'", "''", "' AND a='b", 'a,b', ' ', '=', '%27', '2026-01-01T00:00:00.000Z', "O'Brien"),
  )
  .filter((text) => !text.includes('\0'))
const space = fc.constantFrom(' ', '  ', '\t', '\n', '\u00a0')
const gap = fc.constantFrom('', '', ' ', '\t ')
const spelling = fc.record({
  field: fieldText,
  operator: fc.constantFrom(...operators),
  value: valueText,
  gaps: fc.tuple(gap, gap),
  /** Before the clause; unused before the first. */
  logical: fc.constantFrom('AND', 'OR', 'and', 'Or'),
  spaces: fc.tuple(space, space),
})

describe('parseFilter', () => {
  test('reads back every filter it can be written, with the position of every clause', () => {
    fc.assert(
      fc.property(fc.array(spelling, { minLength: 1, maxLength: 20 }), gap, gap, (clauses, before, after) => {
        const expected: Clause[][] = [[]]
        let text = before
        for (const [index, { field, operator, value, gaps, logical, spaces }] of clauses.entries()) {
          if (index > 0) text += spaces[0] + logical + spaces[1]
          if (index > 0 && logical.toUpperCase() === 'OR') expected.push([])
          expected.at(-1)?.push({ field, operator, value, position: text.length + 1 })
          text += `${field}${gaps[0]}${operator}${gaps[1]}'${value.replaceAll("'", "''")}'`
        }
        expect(parseFilter(text + after)).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('reads a filter or refuses it with a position inside it, whatever the text', () => {
    const token = fc.constantFrom(
      "'",
      ' ',
      'a',
      '.',
      '=',
      '!',
      '<',
      '>',
      '~',
      'AND',
      'OR',
      '\0',
      '-',
      '1',
      'é',
      '😀',
      '(',
    )
    fc.assert(
      fc.property(fc.string({ unit: token, maxLength: 30 }), (text) => {
        try {
          expect(parseFilter(text).length).toBePositive()
        } catch (thrown) {
          if (!(thrown instanceof ApiError)) throw thrown
          expect(thrown).toMatchObject({ codeMinor: 'invalid_filter_field', status: 400 })
          const position = Number(/ position (\d+)$/.exec(thrown.message)?.[1])
          expect(position).toBeWithin(1, text.length + 2)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test.each(operators.map((operator) => [operator]))('reads the operator %s', (operator) => {
    const expected: Filter = [[{ field: 'a', operator, value: 'x', position: 1 }]]
    expect(parseFilter(`a${operator}'x'`)).toEqual(expected)
  })

  test('binds AND tighter than OR, from left to right', () => {
    expect(bound("a='1' AND b='2'")).toEqual([['a', 'b']])
    expect(bound("a='1' OR b='2'")).toEqual([['a'], ['b']])
    expect(bound("a='1' OR b='2' AND c='3' OR d='4'")).toEqual([['a'], ['b', 'c'], ['d']])
    expect(bound("a='1' AND b='2' OR c='3' AND d='4'")).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  test('takes a doubled quote as a quote in the value, and an empty value as a value', () => {
    expect(parseFilter("familyName='O''Brien'")[0]?.[0]?.value).toBe("O'Brien")
    expect(parseFilter("a=''")[0]?.[0]?.value).toBe('')
    expect(parseFilter("a=''''")[0]?.[0]?.value).toBe("'")
    expect(parseFilter("a='x'' AND b=''y'")).toHaveLength(1)
  })

  test('reads 20 clauses, and names the place of the one that is too many', () => {
    const clauses = (count: number): string => Array.from({ length: count }, () => "a='1'").join(' OR ')
    expect(parseFilter(clauses(20))).toHaveLength(20)
    expect(refusal(clauses(21)).message).toBe(
      `filter: more than 20 clauses, the next at position ${clauses(20).length + ' OR '.length + 1}`,
    )
  })

  test.each([
    ['', 'a field', 1],
    ['  ', 'a field', 3],
    ["='x'", 'a field', 1],
    ["1a='x'", 'a field', 1],
    ["(a='x')", 'a field', 1],
    ['a', 'one of = != > >= < <= ~', 2],
    ["a.='x'", 'one of = != > >= < <= ~', 2],
    ["a..b='x'", 'one of = != > >= < <= ~', 2],
    ["a ! 'x'", 'one of = != > >= < <= ~', 3],
    ["a LIKE 'x'", 'one of = != > >= < <= ~', 3],
    ["a=='x'", 'a value in single quotes', 3],
    ["a='", 'the closing single quote', 4],
    ["a='x''", 'the closing single quote', 7],
    ['a=x', 'a value in single quotes', 3],
    ['a="x"', 'a value in single quotes', 3],
    ["a='x'b='y'", 'a space and AND or OR', 6],
    ["a='x'AND b='y'", 'a space and AND or OR', 6],
    ["a='x' b='y'", 'AND or OR', 7],
    ["a='x' ANDb='y'", 'AND or OR', 7],
    ["a='x' AND", 'AND or OR', 7],
    ["a='x' AND ", 'a field', 11],
    ["a='x' AND OR b='y'", 'one of = != > >= < <= ~', 14],
    ["a='x' , b='y'", 'AND or OR', 7],
    ["a='x\0'", 'a value without NUL', 3],
  ])('refuses %p: expected %s at position %d', (text, expected, position) => {
    expect(refusal(text)).toMatchObject({
      codeMinor: 'invalid_filter_field',
      status: 400,
      message: `filter: expected ${expected} at position ${position}`,
    })
  })

  test('takes no more time for a value full of quotes than for its length', () => {
    const value = "''".repeat(200_000)
    expect(parseFilter(`a='${value}'`)[0]?.[0]?.value).toHaveLength(200_000)
  })
})
