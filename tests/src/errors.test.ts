// Whatever is thrown becomes one refusal of the standard's shape, and what caused it stays inside.

import { describe, expect, test } from 'bun:test'
import { ApiError, type CodeMinor, errorResponse, toApiError } from '../../src/errors.ts'

const statuses: Readonly<Record<CodeMinor, number>> = {
  invalid_filter_field: 400,
  invalid_selection_field: 400,
  invalid_blank_selection_field: 400,
  invaliddata: 422,
  unauthorisedrequest: 401,
  forbidden: 403,
  unknownobject: 404,
  server_busy: 429,
  internal_server_error: 500,
}
const codes = Object.keys(statuses) as CodeMinor[]
const database = (code: string, rest: object = {}): Error =>
  Object.assign(new Error('secret: the row of Ada'), { code, ...rest })

describe('an ApiError', () => {
  test.each(codes.map((code) => [code, statuses[code]] as const))('of %s has the status %d', (code, status) => {
    expect(new ApiError(code, 'x').status).toBe(status)
  })

  test('may have another status, and headers', () => {
    const error = new ApiError('invaliddata', 'x', { status: 405, headers: { allow: 'GET' } })
    const response = errorResponse(error)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET')
  })

  test('passes as it is', () => {
    const error = new ApiError('forbidden', 'x')
    expect(toApiError(error)).toBe(error)
  })
})

describe('a refusal of the database', () => {
  test.each(codes.map((code) => [code]))(
    'raised by api.fail as %s keeps its code, its message and its status',
    (code) => {
      const thrown = Object.assign(new Error('users: no field "x"'), { code: 'RH001', detail: code })
      expect(toApiError(thrown)).toMatchObject({
        codeMinor: code,
        status: statuses[code],
        message: 'users: no field "x"',
        cause: thrown,
      })
    },
  )

  test.each([
    ['08006', 503],
    ['40001', 503],
    ['40P01', 503],
    ['53300', 503],
    ['55P03', 503],
    ['57014', 503],
    ['57P01', 503],
    ['57P03', 503],
    ['CONNECT_TIMEOUT', 503],
    ['CONNECTION_CLOSED', 503],
    ['CONNECTION_DESTROYED', 503],
    ['CONNECTION_ENDED', 503],
    ['ECONNREFUSED', 503],
    ['ECONNRESET', 503],
    ['ENOTFOUND', 503],
    ['EAI_AGAIN', 503],
    ['EHOSTUNREACH', 503],
    ['ENETUNREACH', 503],
    ['ETIMEDOUT', 503],
    ['EPIPE', 503],
    ['22001', 422],
    ['22021', 422],
    ['22P02', 422],
    ['23503', 422],
    ['23514', 422],
    ['42P01', 500],
    ['42501', 500],
    ['25P02', 500],
    ['XX000', 500],
    ['P0001', 500],
    ['RH002', 500],
  ])('with the code %s is answered with %d', (code, status) => {
    const thrown = database(code)
    const error = toApiError(thrown)
    expect(error.status).toBe(status)
    expect(error.cause).toBe(thrown)
    expect(error.headers['retry-after']).toBe(status === 503 ? '5' : (undefined as unknown as string))
  })
})

describe('a fault of our own', () => {
  test.each([
    ['an error', new TypeError('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
    ['null', null],
    ['a number', 42],
    ['a code that is no text', { code: 22 }],
    ['a code of something else', Object.assign(new Error('secret'), { code: 'ERR_22' })],
  ])('that is thrown as %s is answered with 500', (_name, thrown) => {
    expect(toApiError(thrown)).toMatchObject({ status: 500, codeMinor: 'internal_server_error' })
  })
})

describe('the body', () => {
  test('is the bare status object of the standard, as JSON', async () => {
    const response = errorResponse(new ApiError('invalid_filter_field', 'filter: expected a field at position 1'))
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(await response.json()).toEqual({
      imsx_codeMajor: 'failure',
      imsx_severity: 'error',
      imsx_description: 'filter: expected a field at position 1',
      imsx_CodeMinor: {
        imsx_codeMinorField: [
          { imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: 'invalid_filter_field' },
        ],
      },
    })
  })

  test('and the headers hold nothing of the cause', async () => {
    const details = { detail: 'secret detail', query: 'select secret', parameters: ['secret'] }
    for (const code of ['08006', '22P02', '23505', '42P01', 'ECONNREFUSED']) {
      const response = errorResponse(toApiError(database(code, details)))
      expect(JSON.stringify([...response.headers])).not.toContain('secret')
      expect(await response.text()).not.toContain('secret')
    }
    expect(await errorResponse(toApiError(new Error('secret'))).text()).not.toContain('secret')
  })
})
