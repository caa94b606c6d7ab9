// What every answer says to browsers and caches, whatever it answers: over every route of the app and every method.

import { beforeAll, describe, expect, test } from 'bun:test'
import { workerApp } from '../../src/cli/working.ts'
import { createMetrics } from '../../src/metrics.ts'
import { type Hub, openDistrict, rosteringPath } from '../support/hub.ts'
import { methods, openRoutes, type Routed } from '../support/routes.ts'

let routes: Routed
beforeAll(async () => {
  routes = await openRoutes()
}, 120_000)

const policy = "default-src 'none'; frame-ancestors 'none'"
const ask = (app: Pick<Routed, 'fetch'>, path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(app.fetch(new Request(`http://localhost${path}`, init)))

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}
const shown = ({ headers }: Response) =>
  Object.fromEntries(Object.keys(always).map((name) => [name, headers.get(name)]))
const telling = ['server', 'x-powered-by', 'access-control-allow-origin', 'strict-transport-security', 'set-cookie']

describe('every answer', () => {
  test('of every route and method is neither sniffed, framed, referred to, embedded nor kept, and names no maker', async () => {
    expect(routes.paths.length).toBeGreaterThan(130)
    const statuses = new Set<number>()
    for (const path of [...routes.paths, '/nowhere', '/ims/oneroster/v1p1/nowhere']) {
      for (const method of methods) {
        const answer = await ask(routes, path, { method })
        statuses.add(answer.status)
        expect([method, path, shown(answer)]).toEqual([method, path, always])
        const said = answer.headers.get('content-security-policy')
        if (path === '/docs' && answer.ok) expect(said).toStartWith("default-src 'none'; script-src 'self'")
        else expect(said).toBe(policy)
        expect(answer.headers.get('cache-control')).toMatch(path === '/docs' ? /^no-(cache|store)$/ : /^no-store$/)
        expect([method, path, telling.filter((name) => answer.headers.has(name))]).toEqual([method, path, []])
      }
    }
    expect([...statuses].sort()).toEqual([200, 400, 401, 404, 405])
  }, 120_000)

  test('tells browsers to come by https alone where that is the public address', async () => {
    const https = await openRoutes({ publicUrl: 'https://hub.example.org' })
    for (const path of ['/health/live', '/docs', '/nowhere', `${rosteringPath}/users`])
      expect((await ask(https, path)).headers.get('strict-transport-security')).toBe('max-age=31536000')
    const http = await openRoutes({ publicUrl: 'http://hub.example.org' })
    expect((await ask(http, '/health/live')).headers.has('strict-transport-security')).toBe(false)
  })

  test('of a worker says the same', async () => {
    const worker = workerApp(
      createMetrics(async () => ({ waiting: 0, running: 0, oldestWaitingSeconds: 0, held: 0, oldestHeldSeconds: 0 })),
    )
    for (const path of ['/health/live', '/metrics', '/nowhere']) {
      const answer = await ask(worker as Routed, path)
      expect([path, shown(answer)]).toEqual([path, always])
    }
  })
})

describe('an answer with data', () => {
  let hub: Hub
  beforeAll(async () => {
    hub = await openDistrict()
  }, 180_000)

  test('that says how it may be kept says only that', async () => {
    const page = await hub.get('/users')
    expect([page.status, page.headers.get('cache-control'), page.headers.get('vary')]).toEqual([
      200,
      'private, no-cache',
      'authorization, x-api-key',
    ])
    expect(shown(page)).toEqual(always)
    const token = await ask(hub as unknown as Routed, '/oauth2/token', { method: 'POST' })
    expect(token.headers.get('cache-control')).toBe('no-store')
  })

  test('is the same when nothing has changed', async () => {
    const authorization = `Bearer ${await hub.token()}`
    const page = await hub.get('/users', { authorization })
    const again = await hub.get('/users', { authorization, 'if-none-match': String(page.headers.get('etag')) })
    expect([again.status, again.headers.get('cache-control'), shown(again)]).toEqual([304, 'private, no-cache', always])
  })
})
