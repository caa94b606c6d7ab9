// The headers of a page: exact totals, and links that lead to every other page and nowhere else.

import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Page, PageCall } from '../../src/call.ts'
import { encodeCursor } from '../../src/cursor.ts'
import { operations } from '../../src/generated/operations.ts'
import { readReading } from '../../src/request.ts'
import { oneResponse, pageResponse } from '../../src/response.ts'

const operation = operations.find(({ id }) => id === 'getAllUsers') as (typeof operations)[number]
const address = 'https://hub.test/ims/oneroster/rostering/v1p2/users'
const callOf = (query: string): PageCall =>
  readReading(new Request(`${address}?${query}`), operation, {
    publicUrl: undefined,
    pageLimitMax: 10_000,
    bodyBytesMax: 1024,
    recordBytesMax: 512,
    build: 'b',
  }) as PageCall

/** The page a store of `total` records would answer. */
const pageOf = ({ limit, offset }: PageCall, total: number): Page => {
  const count = Math.max(0, Math.min(limit, total - offset))
  const last = count > 0 ? ([null, `id-${offset + count}`] as const) : undefined
  return {
    body: new Uint8Array(0),
    count,
    total,
    last,
    hasMore: offset + count < total && count > 0,
    version: 4,
    isSorted: true,
  }
}

/** The links of an answer, by relation. */
function linksOf(response: Response): Record<string, URL> {
  const parts = (response.headers.get('link') ?? '').split(', ').map((part) => /^<([^<>]+)>; rel="(\w+)"$/.exec(part))
  return Object.fromEntries(parts.map((part) => [part?.[2] ?? 'malformed', new URL(part?.[1] ?? '')]))
}
const linksAt = (query: string, total: number) => {
  const call = callOf(query)
  return linksOf(pageResponse(call, pageOf(call, total)))
}
const offsetOf = (url: URL | undefined): number => Number(url?.searchParams.get('offset'))

describe('the links of a page', () => {
  const place = fc.record({
    total: fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 2_147_483_647 })),
    limit: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 10_000 })),
    offset: fc.oneof(fc.nat({ max: 70 }), fc.nat({ max: 2_147_483_647 })),
  })

  test('lead to the first, the previous, the next and the last page, for any total, limit and offset', () => {
    fc.assert(
      fc.property(place, ({ total, limit, offset }) => {
        const links = linksAt(`limit=${limit}&offset=${offset}`, total)
        expect(offsetOf(links['first'])).toBe(0)
        expect('prev' in links).toBe(offset > 0)
        expect('next' in links).toBe(offset + limit < total)
        if ('next' in links) expect(offsetOf(links['next'])).toBe(offset + limit)
        // the last page that whole steps from this one lead to, and that has a record
        const last = offsetOf(links['last'])
        if (total > offset % limit) {
          expect((last - offset) % limit).toBeOneOf([0, -0])
          expect(last).toBeLessThan(total)
          expect(last + limit).toBeGreaterThanOrEqual(total)
        } else expect(last).toBe(0)
        if ('prev' in links && offset < total) expect(offsetOf(links['prev'])).toBe(Math.max(0, offset - limit))
        if ('prev' in links && offset >= total)
          expect(offsetOf(links['prev'])).toBe(Math.min(last, Math.max(0, offset - limit)))
        for (const link of Object.values(links)) expect(link.searchParams.get('limit')).toBe(String(limit))
      }),
      { numRuns: 2000 },
    )
  })

  test('followed by next visit every record once, and end on the last page', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 12 }), (total, limit) => {
        const seen: number[] = []
        let query = `limit=${limit}`
        for (let page = 0; page <= total; page += 1) {
          const call = callOf(query)
          const links = linksAt(query, total)
          for (let at = 0; at < pageOf(call, total).count; at += 1) seen.push(call.offset + at)
          if (links['next'] === undefined) {
            expect(offsetOf(links['last'])).toBe(call.offset)
            break
          }
          query = links['next'].search.slice(1)
        }
        expect(seen).toEqual(Array.from({ length: total }, (_, index) => index))
      }),
    )
  })

  test('keep every other parameter, and the path, as they were sent', () => {
    const filter = "familyName='O''Brien, <Ng>; \"x\"' AND status='active'"
    const query = new URLSearchParams([
      ['filter', filter],
      ['fields', 'sourcedId'],
      ['sort', 'familyName'],
      ['fields', 'status'],
      ['orderBy', 'desc'],
      ['own', 'ä+b'],
    ])
    const links = linksAt(`${query}&limit=10&offset=20`, 100)
    expect(Object.keys(links).sort()).toEqual(['first', 'last', 'next', 'prev'])
    for (const link of Object.values(links)) {
      expect(link.origin + link.pathname).toBe(address)
      for (const name of new Set(query.keys())) expect(link.searchParams.getAll(name)).toEqual(query.getAll(name))
    }
  })

  test('carry no signature of the request they answer: each wants its own', () => {
    const links = linksAt('oauth_nonce=n&oauth_signature=s%3D&oauth=1&limit=5&offset=5', 20)
    expect(Object.keys(links)).toEqual(['first', 'prev', 'next', 'last'])
    for (const link of Object.values(links))
      expect([...link.searchParams.keys()].filter((name) => name.startsWith('oauth'))).toEqual(['oauth'])
  })

  test('name a page by its cursor in next alone, where the page ended', () => {
    const call = callOf('limit=10&offset=20&cursor=WyIrIixudWxsLCJ1MSJd')
    expect(call.cursor).toEqual([null, 'u1'])
    const { first, prev, next, last } = linksOf(pageResponse(call, pageOf(call, 100)))
    expect(next?.searchParams.getAll('cursor')).toEqual([encodeCursor(call, [null, 'id-30'])])
    for (const link of [first, prev, last]) expect(link?.searchParams.has('cursor')).toBe(false)
  })

  test('lead on, in headers of a size that clients take, from a record whose key is as long as a cell may be', () => {
    const call = callOf('sort=familyName&limit=10')
    const page: Page = { ...pageOf(call, 100), last: ['x'.repeat(1024 * 1024), 'u1'] }
    const response = pageResponse(call, page)
    expect(offsetOf(linksOf(response)['next'])).toBe(10)
    expect(response.headers.get('link')?.length).toBeLessThan(8 * 1024)
  })

  test('show the limit that was used where a larger one was asked for', () => {
    for (const link of Object.values(linksAt('limit=50000', 30_000))) {
      expect(link.searchParams.getAll('limit')).toEqual(['10000'])
    }
  })
})

describe('an answer', () => {
  test('of a page has its total and its body, untouched, as JSON', async () => {
    const body = new TextEncoder().encode('{"users":[]}')
    const call = callOf('')
    const response = pageResponse(call, { ...pageOf(call, 0), body, total: 7 })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-total-count')).toBe('7')
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(response.headers.get('etag')).toBe('"4-b"')
    expect(await response.text()).toBe('{"users":[]}')
  })

  test('of one record has no paging headers', async () => {
    const body = new TextEncoder().encode('{"user":{}}')
    const response = oneResponse({ ...callOf(''), kind: 'one' }, { body, version: '7' })
    expect(response.headers.get('etag')).toBe('"7-b"')
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(response.headers.has('link') || response.headers.has('x-total-count')).toBe(false)
    expect(await response.json()).toEqual({ user: {} })
  })
})
