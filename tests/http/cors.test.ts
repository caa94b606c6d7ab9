// Which pages may read answers: those of the listed origins, to the letter, and by default none.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { rosteringPath } from '../support/hub.ts'
import { openRoutes, type Routed } from '../support/routes.ts'

const listed = ['https://sis.example', 'http://localhost:5173']
let open: Routed
let closed: Routed
beforeAll(async () => {
  closed = await openRoutes()
  open = await openRoutes({ corsOrigins: listed })
}, 120_000)

const ask = (app: Routed, path: string, method: string, headers: Record<string, string>): Promise<Response> =>
  Promise.resolve(app.fetch(new Request(`http://localhost${path}`, { method, headers })))
const preflight = (app: Routed, path: string, origin: string): Promise<Response> =>
  ask(app, path, 'OPTIONS', { origin, 'access-control-request-method': 'GET' })
const allowing = (answer: Response): string[] =>
  [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))
const users = `${rosteringPath}/users`

describe('closed', () => {
  test('no answer allows anything, and OPTIONS is a method like others that a path has not', async () => {
    for (const path of closed.paths) {
      const answer = await preflight(closed, path, 'https://sis.example')
      expect([path, answer.status, allowing(answer)]).toEqual([path, 405, []])
      expect(answer.headers.get('allow')).not.toBe(null)
    }
    const answer = await ask(closed, users, 'GET', { origin: 'https://sis.example' })
    expect([answer.status, allowing(answer), answer.headers.get('vary')]).toEqual([401, [], null])
  })
})

describe('open to some', () => {
  test('a preflight of any route is answered with the methods it has, and what may be sent', async () => {
    for (const path of open.paths) {
      const answer = await preflight(open, path, 'https://sis.example')
      const has = (await ask(open, path, 'PATCH', {})).headers.get('allow')
      expect([path, answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([path, 204, has])
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://sis.example')
      expect(answer.headers.get('access-control-allow-headers')).toContain('authorization, content-type, if-match')
      expect(answer.headers.get('access-control-max-age')).toBe('3600')
      expect(answer.headers.get('vary')).toBe('origin')
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
      expect(await answer.text()).toBe('')
    }
  })

  test('a page of a listed origin may read every answer, refusals too, and the headers it needs', async () => {
    for (const [path, status] of [
      [users, 401],
      ['/nowhere', 404],
      ['/health/live', 200],
      [`${users}?${'a=1&'.repeat(300)}`, 400],
    ] as const) {
      for (const origin of listed) {
        const answer = await ask(open, path, 'GET', { origin })
        expect([path, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([path, status, origin])
        expect(answer.headers.get('access-control-expose-headers')).toContain('X-Total-Count')
        expect(answer.headers.get('vary')).toContain('origin')
      }
    }
  })

  test('OPTIONS that is no preflight, or of an origin that is not listed, is refused as before', async () => {
    const plain = await ask(open, users, 'OPTIONS', { origin: 'https://sis.example' })
    const other = await preflight(open, users, 'https://other.example')
    expect([plain.status, other.status, allowing(other), other.headers.get('vary')]).toEqual([405, 405, [], 'origin'])
  })

  test.each([
    'null',
    '*',
    'https://sis.example.evil.example',
    'https://evil-sis.example',
    'https://evilsis.example',
    'https://sub.sis.example',
    'https://sis.example:443',
    'https://sis.example:8443',
    'https://sis.example/',
    'https://sis.example@evil.example',
    'https://sis.example,https://evil.example',
    'https://sis.example https://evil.example',
    'http://sis.example',
    'HTTPS://sis.example',
    'https://SIS.example',
    'https://sis.example.',
    'https://sis_example',
    'https://sısexample',
    'http://localhost',
    'http://localhost:51730',
    'file://',
    '__proto__',
    '',
  ])('an origin that is not listed is never allowed: %p', async (origin) => {
    const headers = { origin: encodeURI(origin) }
    for (const answer of [await ask(open, users, 'GET', headers), await preflight(open, users, headers.origin)])
      expect(allowing(answer)).toEqual([])
  })

  test('nor is any other, however near', async () => {
    const near = fc.oneof(
      fc.webUrl().map((url) => new URL(url).origin),
      fc
        .tuple(fc.constantFrom(...listed), fc.nat(24), fc.string({ maxLength: 3 }))
        .map(([origin, at, text]) => (origin.slice(0, at) + text + origin.slice(at + 1)).replace(/[^\x21-\x7e]/g, '')),
    )
    await fc.assert(
      fc.asyncProperty(near, async (origin) => {
        const answer = await preflight(open, users, origin)
        expect(answer.headers.get('access-control-allow-origin')).toBe(listed.includes(origin) ? origin : null)
      }),
      { numRuns: 300 },
    )
  })
})
