// What a request asks for: parameters with their limits, fields and paths.

import { describe, expect, test } from 'bun:test'
import type { PageCall } from '../../src/call.ts'
import { ApiError } from '../../src/errors.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import { readReading } from '../../src/request.ts'

const operation = (id: string): Operation => {
  const found = operations.find((one) => one.id === id)
  if (found === undefined) throw new Error(`no operation ${id}`)
  return found
}
const base = 'http://hub.test/ims/oneroster/rostering/v1p2'
const options = { publicUrl: undefined, pageLimitMax: 10_000, bodyBytesMax: 1024, recordBytesMax: 512, build: 'b' }

const read = (query: string): PageCall =>
  readReading(new Request(`${base}/users${query}`), operation('getAllUsers'), options) as PageCall

const refusal = (run: () => unknown): ApiError => {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown
    throw thrown
  }
  throw new Error('nothing was refused')
}

describe('limit and offset', () => {
  test('are 100 and 0 when they are not given', () => {
    expect(read('')).toMatchObject({ limit: 100, offset: 0, descending: false })
    expect(read('')).toMatchObject({ filter: undefined, sort: undefined, fields: undefined, cursor: undefined })
  })

  test('are whole numbers of an int32, a limit of at least 1', () => {
    expect(read('?limit=1&offset=0')).toMatchObject({ limit: 1, offset: 0 })
    expect(read('?offset=2147483647').offset).toBe(2_147_483_647)
  })

  test('a limit above the largest page gets the largest page', () => {
    expect(read('?limit=10000').limit).toBe(10_000)
    expect(read('?limit=10001').limit).toBe(10_000)
    expect(read('?limit=2147483647').limit).toBe(10_000)
  })

  const bad = ['', '-1', '+1', '1.0', '1e3', '0x10', 'ten', ' 1', '١', '2147483648', '99999999999', '1,2', 'NaN', '%00']
  test.each([...bad, '0'].map((value) => [value]))('a limit of %p is refused by name', (value) => {
    const error = refusal(() => read(`?limit=${value}`))
    expect(error).toMatchObject({ status: 400, codeMinor: 'invaliddata' })
    expect(error.message).toStartWith('limit: ')
  })
  test.each(bad.map((value) => [value]))('an offset of %p is refused by name', (value) => {
    const error = refusal(() => read(`?offset=${value}`))
    expect(error).toMatchObject({ status: 400, codeMinor: 'invaliddata' })
    expect(error.message).toStartWith('offset: ')
  })
})

describe('a parameter', () => {
  test.each([
    ['limit', '5', 'invaliddata'],
    ['offset', '5', 'invaliddata'],
    ['sort', 'status', 'invaliddata'],
    ['orderBy', 'asc', 'invaliddata'],
    ['filter', "status='active'", 'invalid_filter_field'],
  ] as const)('%s that is given twice is refused by name', (name, value, codeMinor) => {
    const pair = new URLSearchParams([
      [name, value],
      [name, value],
    ])
    const error = refusal(() => read(`?${pair}`))
    expect(error).toMatchObject({ status: 400, codeMinor, message: `${name}: given 2 times` })
  })

  test('that is not known changes nothing', () => {
    expect(read('?access_token=x&$top=5')).toMatchObject({ limit: 100, fields: undefined })
  })

  test('orderBy is asc or desc, as they are spelt', () => {
    expect(read('?orderBy=asc').descending).toBe(false)
    expect(read('?orderBy=desc').descending).toBe(true)
    for (const value of ['', 'DESC', 'descending']) {
      expect(refusal(() => read(`?orderBy=${value}`)).message).toStartWith('orderBy: ')
    }
  })

  test('filter comes decoded, a plus and %20 as a space, beside its text', () => {
    const expected = [
      { field: 'familyName', operator: '=', value: 'Ng & Söhne + Co', position: 1 },
      { field: 'status', operator: '=', value: 'active', position: 34 },
    ] as const
    const call = read("?filter=familyName%3D'Ng+%26%20S%C3%B6hne+%2B%20Co'+AND%20status%3D'active'")
    expect(call.filter).toEqual([[...expected]])
    expect(call.filterText).toBe("familyName='Ng & Söhne + Co' AND status='active'")
  })
})

describe('fields', () => {
  test('are a list, a repeated parameter, or both, each name once', () => {
    expect(read('?fields=sourcedId,status').fields).toEqual(['sourcedId', 'status'])
    expect(read('?fields=sourcedId&fields=status').fields).toEqual(['sourcedId', 'status'])
    expect(read('?fields=a,b&fields=b,%20c').fields).toEqual(['a', 'b', 'c'])
    expect(read('?fields=a%2Cb').fields).toEqual(['a', 'b'])
  })

  test.each(
    [
      '?fields=',
      '?fields',
      '?fields=a,',
      '?fields=,a',
      '?fields=a,,b',
      '?fields=+',
      '?fields=a&fields=',
      '?fields=a%00',
    ].map((query) => [query]),
  )('with a blank name are refused: %s', (query) => {
    expect(refusal(() => read(query))).toMatchObject({ status: 400, codeMinor: 'invalid_selection_field' })
  })

  test('of a single record are read alike', () => {
    const call = readReading(new Request(`${base}/users/u1?fields=a,b&limit=x`), operation('getUser'), options)
    expect(call).toMatchObject({ kind: 'one', arguments: ['u1'], fields: ['a', 'b'] })
  })
})

describe('a path', () => {
  const one = (id: string) => readReading(new Request(`${base}/users/${id}`), operation('getUser'), options).arguments

  test('gives its ids in order, decoded once, each inside its own segment', () => {
    expect(one('a%2Fb')).toEqual(['a/b'])
    expect(one('a%252Fb')).toEqual(['a%2Fb'])
    expect(one('J%C3%BCrgen+%20x')).toEqual(['Jürgen+ x'])
    expect(one('%2E%2Ex')).toEqual(['..x'])
    const nested = operations.find((other) => other.pathParameters.length === 2)
    if (nested === undefined) throw new Error('no operation with two ids')
    const path = nested.path.replace(/\{\w+\}/, 's%2F1').replace(/\{\w+\}/, 'c%3F2')
    expect(readReading(new Request(`http://hub.test${path}`), nested, options).arguments).toEqual(['s/1', 'c?2'])
  })

  test.each(['%', '%zz', '%E9', '%C3', '%00', 'a%00b'].map((id) => [id]))(
    'with an id of %s, which no record can have, is of an unknown object',
    (id) => {
      const error = refusal(() => one(id))
      expect(error).toMatchObject({ status: 404, codeMinor: 'unknownobject' })
      expect(error.message).toStartWith('Unknown Object')
    },
  )

  test('is told by the public address where there is one, and by the request where not', () => {
    const request = new Request(`${base}/users?limit=5`)
    const shown = (publicUrl?: string) => {
      const call = readReading(request, operation('getAllUsers'), { ...options, publicUrl }) as PageCall
      return [call.base, call.url.href]
    }
    expect(shown()).toEqual(['http://hub.test/ims/oneroster/', `${base}/users?limit=5`])
    expect(shown('https://sis.example/hub')).toEqual([
      'https://sis.example/hub/ims/oneroster/',
      'https://sis.example/hub/ims/oneroster/rostering/v1p2/users?limit=5',
    ])
  })
})
