// What is told of a request: one JSON line, at its level, and nothing personal.

import { describe, expect, test } from 'bun:test'
import { lineObserver, type Observation } from '../../src/observe.ts'

const observation: Observation = {
  operation: 'getUser',
  method: 'GET',
  path: '/users/{sourcedId}',
  arguments: ['u-1'],
  status: 200,
  durationMs: 1.23456,
  requestId: 'r1',
  address: '192.0.2.7',
  client: 'c1',
  rows: 1,
}
const told = (level: 'silent' | 'error' | 'info', ...seen: Partial<Observation>[]): Record<string, unknown>[] => {
  const lines: string[] = []
  const observe = lineObserver(level, (line) => void lines.push(line))
  for (const part of seen) observe({ ...observation, ...part })
  expect(lines.join('')).not.toContain('\n')
  return lines.map((line) => JSON.parse(line))
}

describe('lineObserver', () => {
  test('tells everything at the level info, failures at the level error, nothing when silent', () => {
    const statuses = [200, 404, 429, 499, 500, 503].map((status) => ({ status }))
    expect(told('info', ...statuses).map(({ status }) => status)).toEqual([200, 404, 429, 499, 500, 503])
    expect(told('error', ...statuses).map(({ status }) => status)).toEqual([500, 503])
    expect(told('silent', ...statuses)).toEqual([])
  })

  test('writes when, what, how it went and how long it took', () => {
    const [line] = told('info', {})
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      requestId: 'r1',
      operation: 'getUser',
      method: 'GET',
      status: 200,
      durationMs: 1.23,
      client: 'c1',
      rows: 1,
    })
  })

  test('names no client where there was none', () => {
    expect(told('info', { client: undefined })[0]).not.toHaveProperty('client')
  })

  test('marks a failure as an error and says what caused it', () => {
    const cause = new Error('the disk is full')
    expect(told('info', { status: 500, cause })[0]).toMatchObject({
      level: 'error',
      error: expect.stringContaining('the disk is full'),
    })
    expect(told('info', { status: 503, cause: 'gone' })[0]).toMatchObject({ error: 'gone' })
    expect(told('info', { status: 500 })[0]).not.toHaveProperty('error')
  })

  test('says nothing of what lies behind a refusal, which may hold what the client sent', () => {
    for (const status of [200, 400, 401, 404, 422]) {
      const [line] = told('info', { status, cause: new Error('no user "ada@example.org"') })
      expect(line).not.toHaveProperty('cause')
      expect(JSON.stringify(line)).not.toContain('ada')
    }
  })
})
