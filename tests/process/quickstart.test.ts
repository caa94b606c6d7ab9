// `quickstart` as a person starts it: from an empty directory to a served district, and the same again the next day.

import { beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { consumerSecret } from '../../src/secrets.ts'
import { openPlace, type Place, type Running } from '../support/command.ts'
import { backend } from '../support/database.ts'
import { zipOf } from '../support/packages.ts'
import { packageOf, school } from '../support/rows.ts'

interface Ready {
  readonly baseUrl: string
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly oauth1Secret?: string
}

let place: Place
let running: Running
let ready: Ready
beforeAll(async () => {
  place = await openPlace()
  running = place.start(['quickstart', '--json', '--port', '0', '--data', 'data'])
  ready = await readiness(running)
}, 90_000)

/** What it prints when it is ready; its stderr where it ends before. */
async function readiness(of: Running): Promise<Ready> {
  const line = await of.line()
  if (line === undefined) throw new Error((await of.ended).stderr)
  return JSON.parse(line)
}

async function tokenOf({ tokenUrl, clientId, clientSecret }: Ready): Promise<string> {
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function get(of: Ready, path: string): Promise<Response> {
  return fetch(of.baseUrl + path, { headers: { authorization: `Bearer ${await tokenOf(of)}` } })
}

describe('quickstart --json', () => {
  test('prints what a client needs to know, in one line', () => {
    expect(Object.keys(ready)).toEqual(['baseUrl', 'tokenUrl', 'clientId', 'clientSecret', 'oauth1Secret'])
    expect(ready.baseUrl).toMatch(/^http:\/\/localhost:[1-9]\d*\/ims\/oneroster\/rostering\/v1p2$/)
    expect(ready.tokenUrl).toBe(ready.baseUrl.replace(/\/ims\/.*/, '/oauth2/token'))
  })

  test('serves a district of some 1,500 people to its client, under its own address', async () => {
    const answer = await get(ready, '/users?limit=3')
    expect(answer.status).toBe(200)
    const total = Number(answer.headers.get('x-total-count'))
    expect([total > 1200, total < 1800]).toEqual([true, true])
    const hrefs = [...(await answer.text()).matchAll(/"href":"([^"]*)"/g)].map((match) => String(match[1]))
    expect(hrefs.length).toBeGreaterThan(0)
    expect(hrefs.filter((href) => !href.startsWith(`${ready.baseUrl}/`))).toEqual([])
    expect((await get(ready, `${hrefs[0]?.slice(ready.baseUrl.length)}`)).status).toBe(200)
  })

  test('has terms with grading periods, three schools and deleted records; its client may read all', async () => {
    for (const path of ['/terms', '/gradingPeriods', '/demographics', "/users?filter=status='tobedeleted'"]) {
      expect(Number((await get(ready, path)).headers.get('x-total-count'))).toBeGreaterThan(0)
    }
    expect((await get(ready, '/schools')).headers.get('x-total-count')).toBe('3')
  })

  test('is ready in the words of its health', async () => {
    const answer = await fetch(new URL('/health/ready', ready.baseUrl))
    expect([answer.status, ((await answer.json()) as { status: string }).status]).toEqual([200, 'ok'])
  })

  test('keeps the secret, and the key that the other is derived from, where only their owner can read them', async () => {
    const [client, key] = ['demo-client.json', 'oauth1.key'].map((name) => `${place.directory}/data/${name}`)
    for (const path of [client, key]) expect(statSync(String(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(String(client), 'utf8'))).toEqual({
      clientId: ready.clientId,
      clientSecret: ready.clientSecret,
    })
    const kept = readFileSync(String(key), 'utf8').trim()
    expect(ready.oauth1Secret).toBe(await consumerSecret(kept, ready.clientId, 1))
  })

  test.skipIf(backend === 'postgres')(
    'holds its directory: another command says who has it and how to go on [needs a data directory: PGlite]',
    async () => {
      const { code, stdout, stderr } = await place.run(['clients', 'list', '--data', 'data'])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('quickstart')
      expect(stderr).toContain(String(running.pid))
      expect(stderr).toContain('--data DIR')
      expect(stderr).toContain('DATABASE_URL')
      expect(stderr).not.toContain('    at ')
      expect((await get(ready, '/orgs')).status).toBe(200)
    },
    30_000,
  )

  test.skipIf(backend === 'pglite')(
    'lets other commands work beside it [needs several sessions: PostgreSQL]',
    async () => {
      const { code, stdout } = await place.run(['clients', 'list', '--json'])
      expect([code, (JSON.parse(stdout) as Ready[]).map(({ clientId }) => clientId)]).toEqual([0, [ready.clientId]])
    },
    30_000,
  )

  test('ends at SIGTERM, has said nothing more, and starts again with the same client and the same data', async () => {
    const users = await (await get(ready, '/users?limit=2000&sort=sourcedId')).json()
    running.signal('SIGTERM')
    const { code, stdout } = await running.ended
    expect([code, stdout]).toEqual([0, ''])
    expect(existsSync(`${place.directory}/data/rosterhub.lock`)).toBe(false)

    const port = new URL(ready.baseUrl).port
    const again = place.start(['quickstart', '--json', '--port', port, '--data', 'data'])
    expect(await readiness(again)).toEqual(ready)
    expect(await (await get(ready, '/users?limit=2000&sort=sourcedId')).json()).toEqual(users)
    again.signal('SIGINT')
    expect((await again.ended).code).toBe(0)
  }, 90_000)
})

describe('quickstart', () => {
  test('loads a package instead of the demo, and tells a person how to use it', async () => {
    const other = await openPlace()
    await Bun.write(`${other.directory}/school.zip`, await zipOf(packageOf('bulk', school)))
    const started = other.start(['quickstart', '--port', '0', '--import', 'school.zip'])
    let said = ''
    while (!said.includes('Ctrl-C')) {
      const line = await started.line()
      if (line === undefined) throw new Error((await started.ended).stderr)
      said += `${line}\n`
    }
    const value = (name: string): string => String(new RegExp(`${name} +(\\S+)`).exec(said)?.[1])
    const found = {
      baseUrl: value('base URL'),
      tokenUrl: value('base URL').replace(/\/ims\/.*/, '/oauth2/token'),
      clientId: value('client id'),
      clientSecret: value('client secret'),
    }
    expect((await get(found, '/users')).headers.get('x-total-count')).toBe('2')
    expect(said).not.toMatch(/oauth1|consumer/i)
    const curls = said.split('\n').filter((line) => /^ +(TOKEN=\$\()?curl /.test(line))
    expect(curls.length).toBe(3)
    const shell = Bun.spawn(['sh', '-c', curls.join('\n')], { stdout: 'pipe' })
    const pasted = await new Response(shell.stdout).text()
    expect(pasted).toContain('North School')
    expect(pasted).toContain('"users":[')
    started.signal('SIGTERM')
    expect((await started.ended).code).toBe(0)
  }, 90_000)

  test('says which port is taken', async () => {
    const taken = Bun.serve({ port: 0, fetch: () => new Response() })
    const port = String(taken.port)
    const other = await openPlace()
    await Bun.write(`${other.directory}/school.zip`, await zipOf(packageOf('bulk', school)))
    const { code, stdout, stderr } = await other.run([
      'quickstart',
      '--json',
      '--port',
      String(taken.port),
      '--import',
      'school.zip',
    ])
    await taken.stop()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`port ${port} is taken`)
    expect(stderr).not.toContain('    at ')
  }, 60_000)
})
