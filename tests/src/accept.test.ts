// Which media type an Accept header likes best.

import { expect, test } from 'bun:test'
import { preferred } from '../../src/accept.ts'

test.each([
  [null, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; charset=utf-8', 'text/csv'],
  ['text/*', 'text/csv'],
  ['text/csv, application/json', 'application/json'],
  ['application/json;q=0.5, text/csv', 'text/csv'],
  ['text/csv;q=0.2, */*;q=0.1', 'text/csv'],
  ['text/csv;q=0, */*', 'application/json'],
  ['application/json;q=0, */*;q=0.001', 'text/csv'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
  ['image/png', undefined],
  ['text/csv;q=0', undefined],
  ['text/csv;q=high', undefined],
  ['csv', undefined],
])('Accept: %p gets %p', (accept, expected) => {
  expect(preferred(accept, ['application/json', 'text/csv'])).toBe(expected)
})
