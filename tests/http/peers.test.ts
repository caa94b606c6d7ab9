// Where a request comes from: the other end of its connection, or who is behind the proxies that are trusted.

import { beforeAll, describe, expect, test } from 'bun:test'
import { listen } from '../../src/cli/serving.ts'
import { readConfig } from '../../src/config.ts'
import { atEnd } from '../support/cleanup.ts'
import { origin } from '../support/collections.ts'
import { type Hub, openHub } from '../support/hub.ts'

let plain: Hub
let proxied: Hub
beforeAll(async () => {
  plain = await openHub()
  proxied = await openHub({ trustProxy: readConfig({ TRUST_PROXY: 'loopback' }).trustProxy })
}, 60_000)

/** The address that was observed of the last request. */
const seen = (hub: Hub): string | undefined => hub.observations.at(-1)?.address

async function ask(hub: Hub, peer: string | undefined, forwardedFor?: string): Promise<string | undefined> {
  const headers: Record<string, string> = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  await hub.fetch(new Request(`${origin}/health/live`, { headers }), peer)
  return seen(hub)
}

describe('the address of a request', () => {
  test('is that of the connection, in its usual text, and unknown where the runtime does not tell', async () => {
    expect(await ask(plain, '::ffff:192.0.2.1')).toBe('192.0.2.1')
    expect(await ask(plain, '2001:DB8::0:1')).toBe('2001:db8::1')
    expect(await ask(plain, undefined)).toBeUndefined()
  })

  test('is not what a header says, unless TRUST_PROXY names who sent it', async () => {
    expect(await ask(plain, '127.0.0.1', '203.0.113.9')).toBe('127.0.0.1')
    expect(await ask(proxied, '192.0.2.1', '203.0.113.9')).toBe('192.0.2.1')
    expect(await ask(proxied, '127.0.0.1', '203.0.113.9')).toBe('203.0.113.9')
    expect(await ask(proxied, '127.0.0.1', '127.0.0.1, 198.51.100.1, 203.0.113.9')).toBe('203.0.113.9')
  })

  test('is told for paths that there are not, and for methods', async () => {
    for (const [path, method] of [
      ['/nowhere', 'GET'],
      ['/health', 'DELETE'],
    ] as const) {
      await plain.fetch(new Request(origin + path, { method }), '192.0.2.7')
      expect([path, seen(plain)]).toEqual([path, '192.0.2.7'])
    }
  })

  test('is that of the socket where the app is served', async () => {
    const server = listen({ fetch: proxied.fetch }, 0)
    atEnd(server.stop)
    const headers = { 'x-forwarded-for': '198.51.100.4' }
    for (const [host, given, address] of [
      ['127.0.0.1', {}, '127.0.0.1'],
      ['[::1]', {}, '::1'],
      ['127.0.0.1', headers, '198.51.100.4'],
    ] as const) {
      await fetch(`http://${host}:${server.port}/health/live`, { headers: given })
      expect([host, seen(proxied)]).toEqual([host, address])
    }
  })
})
