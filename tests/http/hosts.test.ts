// A request whose Host header names no host is refused like any other bad request: JSON, and nothing of our own in it.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { listen } from '../../src/cli/serving.ts'
import { ApiError } from '../../src/errors.ts'
import type { Observation } from '../../src/observe.ts'
import { type Gate, openGate } from '../../src/visit.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'

let hub: Hub
let server: ReturnType<typeof listen>
beforeAll(async () => {
  hub = await openHub()
  server = listen({ fetch: hub.fetch }, 0)
}, 60_000)
afterAll(() => server.stop())

/** What the server says to these bytes. */
const say = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (data) => {
      heard += data
    })
    socket.on('close', () => resolve(heard)).on('error', reject)
  })

test.each(['[', 'a b', 'x/../y', '%zz', 'ex:99999'])(
  'the host %s is answered as an error of the standard, or not at all',
  async (host) => {
    for (const path of [`${rosteringPath}/orgs`, '/nobody']) {
      const answer = await say(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).not.toContain('<html')
      expect(answer).not.toContain('src/')
      expect(answer).toMatch(/^(HTTP\/1.1 4\d\d |$)/)
      if (answer !== '') expect(answer.toLowerCase()).toContain('\r\nx-request-id: ')
    }
  },
)

test('such a request is limited, observed and given an id as any other', async () => {
  const seen: Observation[] = []
  let entered = 0
  const gate: Gate = {
    ...openGate,
    enter: async ({ address }) => {
      entered += 1
      if (address === '192.0.2.9') throw new ApiError('server_busy', 'too many requests', { status: 429 })
    },
  }
  const watched = await openHub({}, { gate, observe: (one) => void seen.push(one) })
  // what the runtime makes of `Host: a b`, which no Request can be made with here
  const request = { url: 'http://a b/imports', method: 'GET', headers: new Headers({ 'x-request-id': 'hostless-1' }) }
  const [refused, busy] = [
    await watched.fetch(request as Request, '192.0.2.1'),
    await watched.fetch(request as Request, '192.0.2.9'),
  ]
  expect([refused.status, busy.status, entered]).toEqual([400, 429, 2])
  expect((await refused.json()).imsx_description).toContain('the Host header names no host')
  expect(refused.headers.get('x-request-id')).toBe('hostless-1')
  expect(
    seen.map(({ operation, path, status, address, requestId }) => [operation, path, status, address, requestId]),
  ).toEqual([
    ['none', '/*', 400, '192.0.2.1', 'hostless-1'],
    ['none', '/*', 429, '192.0.2.9', 'hostless-1'],
  ])
})

const hosts = ['http://a', 'http://api', 'http://db:1', 'http://hub.test', 'https://api', 'https://hub.example.org']
test.each(hosts)('behind %s, however short it is, the path is found', async (host) => {
  const answer = await hub.get(`${host}${rosteringPath}/orgs`)
  expect([host, answer.status]).toEqual([host, 200])
  expect((await hub.fetch(new Request(`${host}/nobody`))).status).toBe(404)
})
