// The command line of keys: what it prints works against a hub that runs, and what it ends does not.

import { describe, expect, test } from 'bun:test'
import { clientsCommand } from '../../src/cli/clients.ts'
import { keysCommand, readSpan } from '../../src/cli/keys.ts'
import type { IssuedKey, Key } from '../../src/keys.ts'
import { origin } from '../support/collections.ts'
import { type Ended, main, openPlace } from '../support/command.ts'
import { openHub, rosteringPath } from '../support/hub.ts'
import { askOrgs } from '../support/keys.ts'
import { startServer } from '../support/runtimes.ts'

const flags = {
  client: undefined,
  name: undefined,
  scopes: [],
  cidr: [],
  perMinute: undefined,
  expires: undefined,
  overlap: undefined,
  for: undefined,
  until: undefined,
  json: false,
}
const dayMs = 86_400_000

const json = <Body>({ code, stdout, stderr }: Ended): Body => {
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Body
}

describe('bun run keys', () => {
  test('issues a key that a hub over the same data takes, until it is revoked', async () => {
    const place = await openPlace()
    expect((await place.run(['migrate'])).code).toBe(0)
    const keys = (...args: string[]): Promise<Ended> => place.run(['keys', ...args, '--json'])
    const made = json<IssuedKey>(
      await keys(
        'issue',
        '--name',
        'Nightly',
        '--scope',
        'roster-core.readonly',
        '--expires',
        '90d',
        '--cidr',
        '127.0.0.0/8',
        '--cidr',
        '::1',
      ),
    )
    expect(made).toMatchObject({ name: 'Nightly', status: 'active', addresses: ['127.0.0.0/8', '::1/128'] })
    expect(Math.round((Date.parse(made.expiresAt) - Date.now()) / dayMs)).toBe(90)
    const status = async (): Promise<number> => {
      const command = [process.execPath, main, 'serve', '--port', '0']
      const server = await startServer(command, place.directory, { ...place.settings, LOG_LEVEL: 'error' })
      const headers = { 'x-api-key': made.key }
      const { status } = await fetch(`${server.origin}${rosteringPath}/orgs`, { headers })
      expect(await server.stop()).toBe(0)
      return status
    }
    expect(await status()).toBe(200)
    const next = json<IssuedKey>(await keys('rotate', made.keyId, '--overlap', '1h'))
    expect(next.rotatedFrom).toBe(made.keyId)
    expect(json<Key>(await keys('revoke', made.keyId)).status).toBe('revoked')
    expect(await status()).toBe(401)
    const listed = await keys('list', '--client', made.clientId)
    expect(json<Key[]>(listed).map(({ status }) => status)).toEqual(['revoked', 'active'])
    for (const { key } of [made, next]) expect(listed.stdout).not.toContain(key)
    const gone = await keys('revoke', made.keyId)
    expect([gone.code, gone.stdout, gone.stderr]).toEqual([1, '', `no key "${made.keyId}", or it is revoked\n`])
  }, 180_000)
})

describe('the words of keys', () => {
  test('tell the key, which works, and what became of it', async () => {
    const hub = await openHub({ tokenRecheckMs: 0 })
    const run = (verb: string, id?: string, more: Partial<Parameters<typeof keysCommand>[3]> = {}): Promise<string> =>
      keysCommand(hub.owner.sql, verb, id, { ...flags, ...more })
    const wordOf = (text: string, name: string): string =>
      new RegExp(`^${name} +(\\S+)$`, 'm').exec(text)?.[1] ?? `no ${name} in ${text}`
    const status = async (text: string): Promise<number> =>
      (await askOrgs(hub, { 'x-api-key': wordOf(text, 'key') })).status

    expect(await run('list')).toBe('no keys')
    const made = await run('issue', undefined, { name: 'Reading app', scopes: ['roster-core.readonly'], perMinute: 30 })
    const [id, client] = [wordOf(made, 'key id'), wordOf(made, 'client id')]
    expect(await status(made)).toBe(200)
    const second = await run('issue', undefined, { name: 'Second', client, cidr: ['192.0.2.0/24'] })
    expect([wordOf(second, 'client id'), await status(second)]).toEqual([client, 200])
    const rotated = await run('rotate', id)
    expect(rotated).toEndWith('The old one is good for 24h more.')
    expect([await status(made), await status(rotated)]).toEqual([200, 200])
    expect(await run('extend', id, { for: '10d' })).toMatch(/^rh_\w{8} is good until \d{4}-\d\d-\d\dT[\d:.]+Z\.$/)
    const tomorrow = new Date(Date.now() + 2 * dayMs).toISOString().slice(0, 10)
    expect(await run('extend', id, { until: tomorrow })).toContain(`is good until ${tomorrow}T00:00:00.000Z.`)
    expect(await run('revoke', id)).toContain('is revoked')
    expect([await status(made), await status(rotated)]).toEqual([401, 200])
    const lines = (await run('list', undefined, { client })).split('\n')
    expect(lines.length).toBe(3)
    expect(lines[0]).toMatch(/ {2}rh_\w{8} {2}revoked {3}Reading app .* roster-core\.readonly .* used .* 30 a minute$/)
    expect(lines[1]).toMatch(/ {2}active {4}Second .* from 192\.0\.2\.0\/24$/)
    expect((await hub.fetch(new Request(`${origin}${rosteringPath}/orgs`))).status).toBe(401)
  }, 60_000)

  test('name what is wrong with what was asked', async () => {
    const hub = await openHub()
    const saidOf = (verb: string | undefined, id?: string, more: Partial<Parameters<typeof keysCommand>[3]> = {}) =>
      keysCommand(hub.owner.sql, verb, id, { ...flags, ...more }).catch(
        ({ name, message }: Error) => `${name}: ${message}`,
      )
    const scopes = ['roster-core.readonly']
    for (const [said, message] of [
      [saidOf(undefined), 'keys issue --name NAME'],
      [saidOf('issue', undefined, { name: 'x' }), 'whose key is it?'],
      [saidOf('issue', undefined, { scopes }), '--name NAME is wanted'],
      [saidOf('issue', undefined, { name: 'x', scopes: ['everything'] }), 'no scope "everything"'],
      [saidOf('issue', undefined, { name: 'x', client: 'nobody' }), 'no client "nobody", or it is revoked'],
      [
        saidOf('issue', undefined, { name: 'x', scopes, expires: 'soon' }),
        '--expires must be a number and s, m, h or d',
      ],
      [saidOf('issue', undefined, { name: 'x', scopes, expires: '0d' }), '/expiresAt: a key may be good until'],
      [
        saidOf('issue', undefined, { name: 'x', scopes, cidr: ['10.0.0.1/8'] }),
        '/addresses/0: "10.0.0.1/8" is no CIDR block',
      ],
      [saidOf('rotate'), 'the id of a key is wanted'],
      [saidOf('rotate', 'x', { overlap: '1w' }), '--overlap must be'],
      [saidOf('extend', 'x'), 'one of --for 90d and --until DATE'],
      [saidOf('extend', 'x', { for: '1d', until: '2030-01-01' }), 'one of --for 90d and --until DATE'],
      [saidOf('extend', 'x', { until: 'May' }), '--until must be a date'],
      [saidOf('revoke', crypto.randomUUID()), 'no key "'],
    ] as const)
      expect(await said).toStartWith(`CommandError: ${message}`)
  }, 60_000)
})

test('clients says from where and how often a client may ask, and changes both', async () => {
  const hub = await openHub()
  const none = {
    name: undefined,
    scopes: [],
    oauth1: false,
    oauth1Key: undefined,
    cidr: [],
    perMinute: undefined,
    json: false,
  }
  const run = (verb: string, id?: string, more: object = {}): Promise<string> =>
    clientsCommand(hub.owner.sql, verb, id, { ...none, ...more })
  const order = { name: 'LMS', scopes: ['roster.readonly'], cidr: ['192.0.2.0/24', '::1'], perMinute: 60, json: true }
  const { clientId } = JSON.parse(await run('create', undefined, order)) as { clientId: string }
  expect(await run('list')).toEndWith('  from 192.0.2.0/24 ::1/128  60 a minute')
  expect(await run('limit', clientId, { perMinute: 5 })).toContain('from anywhere, 5 times a minute')
  expect(await run('list')).toEndWith('  roster.readonly  5 a minute')
  expect(await run('limit', clientId)).toContain('from anywhere, as often as everybody')
  for (const [id, more, message] of [
    ['nobody', {}, 'no client "nobody", or it is revoked'],
    [clientId, { cidr: ['10.0.0.1/8'] }, '/addresses/0: "10.0.0.1/8" is no CIDR block'],
  ] as const)
    await expect(run('limit', id, more)).rejects.toThrow(message)
  await expect(run('create', undefined, { ...order, cidr: ['x'] })).rejects.toThrow(
    '/addresses/0: "x" is no CIDR block',
  )
  expect((await run('list')).split('\n').length).toBe(1)
}, 60_000)

test('a span of time is a number and its unit', () => {
  expect(['90s', '30m', '24h', '90d', '0s'].map((text) => readSpan('--x', text))).toEqual([
    90, 1800, 86_400, 7_776_000, 0,
  ])
  for (const text of ['', '90', 'd', '-1d', '1.5h', '1 d', '1d1h', '9999999d'])
    expect(() => readSpan('--x', text)).toThrow('--x must be')
})
