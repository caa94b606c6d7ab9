// What the hub must do on every runtime, asked of a server on one of them and of the app in this process, over the same
// PostgreSQL database: what the one answers is what the other answers.

import { beforeAll, describe, expect, test } from 'bun:test'
import { allScopes, createClient, revokeClient } from '../../src/clients.ts'
import { operations } from '../../src/generated/operations.ts'
import { address, findIds, type Ids, idOf, type Json, origin, pathOf, readPage, refusal, walk } from './collections.ts'
import { type Hub, openDistrict, rosteringPath } from './hub.ts'
import { bodyIn, clientOf, orgsCsv, packageOf, refusal as refusalOfImport, zipType } from './imports.ts'
import { runAll } from './jobs.ts'
import { installRuntimes, type Server } from './runtimes.ts'
import { askToken, basic, grant, granted, refused } from './tokens.ts'

/** Starts a runtime's server with these settings, DATABASE_URL among them. */
export type Start = (settings: Readonly<Record<string, string>>) => Promise<Server>

export interface Remote {
  /** The app in this process; its `get` and `fetch` are this process's too. */
  readonly local: Hub
  /** The same database behind the runtime's server. */
  readonly hub: Hub
  readonly server: Server
}

const gradebookPath = '/ims/oneroster/gradebook/v1p2'

async function openRemote(start: Start): Promise<Remote> {
  await installRuntimes()
  const local = await openDistrict({ publicUrl: origin })
  const server = await start({ DATABASE_URL: String(local.url), PUBLIC_URL: origin, TOKEN_RECHECK_MS: '600000' })
  // the address in front of it is the public one, so that links lead through here
  const send: Hub['fetch'] = (request) => fetch(new Request(request.url.replace(origin, server.origin), request))
  const client = await createClient(local.owner.sql, 'portable', allScopes)
  let bearer: Promise<string> | undefined
  const token = async (): Promise<string> =>
    (await granted(await askToken({ ...local, fetch: send }, grant, basic(client)))).access_token
  const get: Hub['get'] = async (path, headers) => {
    bearer ??= token()
    const url = path.startsWith('http') ? path : origin + rosteringPath + path
    return send(new Request(url, { headers: headers ?? { authorization: `Bearer ${await bearer}` } }))
  }
  return { local, server, hub: { ...local, fetch: send, token, get } }
}

/** Registers the laws, and answers what they are asked of, once it is open: in a test, or in a beforeAll behind them. */
export function portable(start: Start): () => Remote {
  let remote: Remote
  let ids: Ids
  beforeAll(async () => {
    remote = await openRemote(start)
    ids = await findIds(remote.local)
  }, 120_000)
  clients(() => remote)
  reads(
    () => remote,
    () => ids,
  )
  if (operations.some(({ id }) => id === 'putResult'))
    writes(
      () => remote,
      () => ids,
    )
  imports(() => remote)
  return () => remote
}

function clients(remote: () => Remote): void {
  describe('a client', () => {
    test('gets a token for its secret, and none for another', async () => {
      const { hub } = remote()
      const client = await createClient(hub.owner.sql, 'some', allScopes)
      expect((await granted(await askToken(hub, grant, basic(client)))).expires_in).toBe(3600)
      const wrong = basic({ ...client, clientSecret: 'guessed' })
      expect(await refused(await askToken(hub, grant, wrong))).toBe('401 invalid_client')
    })

    test('with a wrong token is refused with 401 and told how to come in', async () => {
      const answer = await remote().hub.get('/users', { authorization: `Bearer ${'x'.repeat(43)}` })
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
      expect(await refusal(answer)).toStartWith('401 unauthorisedrequest: ')
    })

    test('is remembered from one request to the next, until its token is looked at again', async () => {
      const { hub } = remote()
      const client = await createClient(hub.owner.sql, 'some', allScopes)
      const { access_token } = await granted(await askToken(hub, grant, basic(client)))
      const ask = async (): Promise<number> =>
        (await hub.get('/users', { authorization: `Bearer ${access_token}` })).status
      expect(await ask()).toBe(200)
      await revokeClient(hub.owner.sql, client.clientId)
      expect(await ask()).toBe(200)
    })

    test('that asks for an unknown path reads so in the error body of the standard', async () => {
      const path = `${rosteringPath}/pupils`
      expect(await refusal(await remote().hub.get('/pupils'))).toBe(
        `404 unknownobject: Unknown Object: no such path ${path}`,
      )
    })
  })

  describe('the hub', () => {
    test('is ready with the SQL files of this build, and not when one of them is missing', async () => {
      const { hub } = remote()
      const ready = (): Promise<Response> | Response => hub.fetch(new Request(`${origin}/health/ready`))
      const mark = (hash: string, other: string): Promise<unknown> =>
        hub.owner.sql`update migration.files set hash = ${hash} || substr(hash, ${other.length + 1}::integer)
          where name = 'functions/api/fail.sql'`.execute()
      expect((await ready()).status).toBe(200)
      await mark('other ', '')
      const answer = await ready()
      await mark('', 'other ')
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('api/fail.sql') as never])
      expect((await ready()).status).toBe(200)
    })
  })
}

function reads(remote: () => Remote, ids: () => Ids): void {
  const users = `${rosteringPath}/users`

  test('a list has its exact total, and a page of it its limit', async () => {
    const { hub } = remote()
    const page = await readPage(hub, address(users, { limit: 5 }))
    const [row] = await hub.owner.sql<{ count: number }[]>`
      select count(*)::integer as count from store.users where status = 'active'`
    expect([page.total, page.records.length]).toEqual([Number(row?.count), 5])
  })

  test('a filter picks the records it names', async () => {
    const { hub } = remote()
    const { records, total } = await readPage(hub, address(users, { limit: 1000, filter: "givenName~'an'" }))
    expect(records.every((record) => String(record['givenName']).includes('an'))).toBe(true)
    const [row] = await hub.owner.sql<{ count: number }[]>`
      select count(*)::integer as count from store.users where status = 'active' and given_name like '%an%'`
    expect(total).toBe(Number(row?.count))
    expect(records.length).toBe(total)
    expect(total).toBeGreaterThan(1)
  })

  test('the next links lead through every record once', async () => {
    const { hub } = remote()
    const { records } = await readPage(hub, address(users, { limit: 1000 }))
    const pages = await walk(hub, address(users, { limit: Math.ceil(records.length / 4.5) }))
    expect(pages.length).toBe(5)
    expect(pages.flatMap((page) => page.records).map(idOf)).toEqual(records.map(idOf))
  })

  test('every GET of the registry is answered as Bun answers it', async () => {
    const { hub, local } = remote()
    const told = async (from: Hub, path: string): Promise<unknown> => {
      const answer = await from.get(origin + path)
      const [type, total, link] = ['content-type', 'x-total-count', 'link'].map((name) => answer.headers.get(name))
      return { status: answer.status, type, total, link, body: await answer.text() }
    }
    const asked = operations.filter(({ method }) => method === 'GET')
    expect(asked.length).toBeGreaterThan(40)
    for (const operation of asked) {
      const path = `${pathOf(operation, ids())}?limit=3`
      const expected = await told(local, path)
      expect([operation.id, await told(hub, path)]).toEqual([operation.id, expected])
      expect(expected).toMatchObject({ status: 200 })
    }
  })

  test('twenty requests at once are each answered', async () => {
    const { hub } = remote()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) => readPage(hub, address(users, { limit: 1, offset: place }))),
    )
    const { records } = await readPage(hub, address(users, { limit: 20 }))
    expect(answers.flatMap((page) => page.records).map(idOf)).toEqual(records.map(idOf))
  })
}

function writes(remote: () => Remote, ids: () => Ids): void {
  test('a result that is put can be read, and put again', async () => {
    const { hub } = remote()
    const authorization = `Bearer ${await hub.token()}`
    const headers = { authorization, 'content-type': 'application/json' }
    const put = async (path: string, envelope: string, record: Json): Promise<number> => {
      const sent = { sourcedId: path.split('/')[1], status: 'active', dateLastModified: '2026-09-01T08:00:00.000Z' }
      const body = JSON.stringify({ [envelope]: { ...sent, ...record } })
      return (await hub.fetch(new Request(`${origin}${gradebookPath}/${path}`, { method: 'PUT', headers, body })))
        .status
    }
    const to = (type: string, list: string, id: string) => ({
      href: `${origin}/ims/oneroster/rostering/v1p2/${list}/${encodeURIComponent(id)}`,
      sourcedId: id,
      type,
    })
    const { classes = '', orgs = '', student = '' } = ids()
    const class_ = to('class', 'classes', classes)
    expect(await put('categories/portable-c', 'category', { title: 'Essays' })).toBe(201)
    const item = {
      title: 'Essay',
      assignDate: '2026-09-01T08:00:00.000Z',
      dueDate: '2026-09-08T08:00:00.000Z',
      class: class_,
      school: to('org', 'orgs', orgs),
      category: { href: `${origin}${gradebookPath}/categories/portable-c`, sourcedId: 'portable-c', type: 'category' },
    }
    expect(await put('lineItems/portable-l', 'lineItem', item)).toBe(201)
    const result = {
      lineItem: { href: `${origin}${gradebookPath}/lineItems/portable-l`, sourcedId: 'portable-l', type: 'lineItem' },
      student: to('user', 'users', student),
      class: class_,
      scoreStatus: 'fully graded',
      scoreDate: '2026-09-09',
    }
    expect(await put('results/portable-r', 'result', { ...result, score: 7 })).toBe(201)
    expect(await put('results/portable-r', 'result', { ...result, score: 8.5 })).toBe(200)
    const answer = await hub.get(`${origin}${gradebookPath}/results/portable-r`, { authorization })
    expect(await answer.json()).toMatchObject({ result: { ...result, sourcedId: 'portable-r', score: 8.5 } })
  })
}

function imports(remote: () => Remote): void {
  test('a package that is sent is on record, and once a worker ran it, its changes and faults are told', async () => {
    const { hub, local } = remote()
    const { ask, send, job } = await clientOf(hub)
    const orgs = orgsCsv([], ['portable-1,,,North,district,,', 'portable-2,,,South,castle,,'])
    const sent = await send(await packageOf(orgs), '?source=portable')
    const { id } = sent.job
    expect([sent.response.status, sent.response.headers.get('location')]).toEqual([202, `${origin}/imports/${id}`])
    const listed = await bodyIn(await ask('/imports?source=portable'), 'ImportSet')
    expect(listed).toMatchObject({ imports: [{ id, status: 'received', source: 'portable' }] })
    expect(await runAll(local)).toEqual([id])
    expect(await job(id)).toMatchObject({ status: 'completed', faultCount: 1 })
    const told = async (list: string): Promise<unknown> => (await ask(`/imports/${id}/${list}`)).json()
    expect(await told('changes')).toMatchObject({
      changes: [{ file: 'orgs.csv', sourcedId: 'portable-1', action: 'created' }],
    })
    expect(await told('faults')).toMatchObject({
      faults: [{ file: 'orgs.csv', line: 3, field: 'type', value: 'castle', code: 'not_in_vocabulary' }],
    })
  })

  test('what is no package is refused in words', async () => {
    const { ask } = await clientOf(remote().hub)
    const answer = await ask('/imports', { method: 'POST', headers: zipType, body: 'no zip' })
    expect(await refusalOfImport(answer)).toContain('422 invaliddata: ')
  })
}
