// Filter text -> alternatives of clauses, with the position of each. Knows the grammar and no field; pure.

import type { Clause, Filter } from './call.ts'
import { ApiError } from './errors.ts'

/** Clauses a filter may have: more than any client was seen to send, few enough to plan at once. */
const clausesMax = 20

const fieldPattern = /[A-Za-z_][\w-]*(?:\.[\w-]+)*/y
const operatorPattern = /!=|>=|<=|=|>|<|~/y
const logicalPattern = /(AND|OR)(?=\s)/iy
const spacePattern = /\s*/y

const fault = (position: number, expected: string): ApiError =>
  new ApiError('invalid_filter_field', `filter: expected ${expected} at position ${position + 1}`)

/**
 * Reads `field op 'value'` clauses joined by AND and OR, AND binding tighter.
 *
 * A quote inside a value is doubled: `familyName='O''Brien'`. Throws ApiError (invalid_filter_field) that names the
 * position, counted from 1. Source: OneRoster 1.2 REST binding, section 3.3.
 */
export function parseFilter(text: string): Filter {
  const alternatives: Clause[][] = [[]]
  let at = 0
  let clauseCount = 0
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) return ''
    at = pattern.lastIndex
    return match[0]
  }
  for (;;) {
    take(spacePattern)
    const position = at + 1
    const field = take(fieldPattern)
    if (field === '') throw fault(at, 'a field')
    take(spacePattern)
    const operator = take(operatorPattern)
    if (operator === '') throw fault(at, 'one of = != > >= < <= ~')
    take(spacePattern)
    const value = quoted(text, at)
    at = value.end
    clauseCount += 1
    if (clauseCount > clausesMax) {
      throw new ApiError(
        'invalid_filter_field',
        `filter: more than ${clausesMax} clauses, the next at position ${position}`,
      )
    }
    alternatives.at(-1)?.push({ field, operator: operator as Clause['operator'], value: value.text, position })
    const spaced = take(spacePattern) !== ''
    if (at === text.length) return alternatives
    const logical = spaced ? take(logicalPattern).toUpperCase() : ''
    if (logical === '') throw fault(at, spaced ? 'AND or OR' : 'a space and AND or OR')
    if (logical === 'OR') alternatives.push([])
  }
}

function quoted(text: string, start: number): { text: string; end: number } {
  if (text[start] !== "'") throw fault(start, 'a value in single quotes')
  let value = ''
  let at = start + 1
  for (;;) {
    const quote = text.indexOf("'", at)
    if (quote === -1) throw fault(text.length, 'the closing single quote')
    value += text.slice(at, quote)
    if (text[quote + 1] !== "'") {
      if (value.includes('\0')) throw fault(start, 'a value without NUL')
      return { text: value, end: quote + 1 }
    }
    value += "'"
    at = quote + 2
  }
}
