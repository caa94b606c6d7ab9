// HEAD beside GET, over a socket and without one: the same status and the same headers, the length of the body among them,
// and no body.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { viewer } from '../../src/cli/serving.ts'
import { readConfig } from '../../src/config.ts'
import { documents } from '../../src/discovery.ts'
import { sqlHashes } from '../../src/migrate.ts'
import { type Classroom, gradebookPath, openClassroom, v1p1Path } from '../support/classroom.ts'
import { rosteringPath } from '../support/hub.ts'

let room: Classroom
let server: ReturnType<typeof Bun.serve>
let headers: Record<string, string>
beforeAll(async () => {
  room = await openClassroom()
  const app = createApp({
    sql: room.app.sql,
    config: readConfig({}),
    observe: () => {},
    sqlHashes: sqlHashes(),
    version: 'test',
    viewer,
  })
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', development: false, fetch: (request) => app.fetch(request) })
  headers = { authorization: `Bearer ${await room.token()}` }
}, 60_000)
afterAll(() => server.stop(true))

interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What stands on the wire: fetch would unpack it, and hide what it thinks its caller need not know. */
async function overSocket(method: string, path: string, sent: Record<string, string>): Promise<Told> {
  const done = Promise.withResolvers<Buffer>()
  const received: Buffer[] = []
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(server.port),
    socket: {
      data: (_socket, data) => void received.push(Buffer.from(data)),
      close: () => done.resolve(Buffer.concat(received)),
      error: (_socket, error) => done.reject(error),
    },
  })
  const lines = Object.entries({ host: 'localhost', connection: 'close', ...sent }).map((pair) => pair.join(': '))
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  const text = (await done.promise).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...fields] = text.slice(0, end).split('\r\n')
  const told = fields.map((field) => [
    field.slice(0, field.indexOf(':')).toLowerCase(),
    field.slice(field.indexOf(':') + 2),
  ])
  // a server's own, which Bun's leaves out of an answer to HEAD
  const { date: _date, ...rest } = Object.fromEntries(told) as Record<string, string>
  return { status: Number(statusLine.split(' ')[1]), headers: rest, body: text.slice(end + 4) }
}

/** Through app.fetch nobody has told the length of a GET yet: it is that of the body. */
async function inProcess(method: string, path: string, sent: Record<string, string>): Promise<Told> {
  const response = await room.fetch(new Request(`http://localhost${path}`, { method, headers: sent }))
  const body = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const length = method === 'GET' && response.status !== 304 ? { 'content-length': String(body.length) } : {}
  return { status: response.status, headers: { ...Object.fromEntries(response.headers), ...length }, body }
}

const answers: [string, number, string][] = [
  ['a list', 200, `${rosteringPath}/users?limit=2`],
  ['an empty list', 200, `${gradebookPath}/results`],
  ['a list of 1.1', 200, `${v1p1Path}/users`],
  ['a list with a warning', 200, `${v1p1Path}/users?sort=nothing`],
  ['a single record', 200, `${gradebookPath}/categories/cat1`],
  ['a single record of 1.1', 200, `${v1p1Path}/users/u1`],
  ['a bad parameter', 400, `${rosteringPath}/users?limit=0`],
  ['an unknown record', 404, `${rosteringPath}/users/nobody`],
  ['an unknown record of 1.1', 404, `${v1p1Path}/users/nobody`],
  ['an unknown path', 404, '/nobody'],
  ['a path without GET', 405, '/oauth2/token'],
  ['liveness', 200, '/health/live'],
  ...documents.map(({ base, files }): [string, number, string] => ['a document', 200, `${base}/discovery/${files[0]}`]),
]

describe.each([
  ['over a socket', overSocket],
  ['through app.fetch', inProcess],
] as const)('%s HEAD is answered as GET, without a body:', (_, ask) => {
  const compare = async (path: string, given: Record<string, string>): Promise<Told> => {
    const sent = { 'x-request-id': 'one', ...given }
    const [got, head] = [await ask('GET', path, sent), await ask('HEAD', path, sent)]
    expect(head.body).toBe('')
    expect([head.status, head.headers]).toEqual([got.status, got.headers])
    return got
  }

  test.each(answers)('%s, %i, %s', async (_what, status, path) => {
    const got = await compare(path, headers)
    expect([got.status, got.headers['content-length']]).toEqual([status, String(got.body.length)])
    expect(got.body.length).toBeGreaterThan(10)
  })

  test('no token, 401', async () => {
    const got = await compare(`${rosteringPath}/users`, {})
    expect([got.status, got.headers['content-length']]).toEqual([401, String(got.body.length)])
  })

  test.each([`${rosteringPath}/users`, `${gradebookPath}/categories/cat1`])('not modified, 304, %s', async (path) => {
    const { headers: known } = await ask('GET', path, headers)
    const got = await compare(path, { ...headers, 'if-none-match': String(known['etag']) })
    expect([got.status, got.headers['content-length'], got.body]).toEqual([304, undefined, ''])
  })
})

describe('the reference over a socket', () => {
  const lengths = async (path: string, sent: Record<string, string> = {}): Promise<string[]> => {
    const [got, head] = [await overSocket('GET', path, sent), await overSocket('HEAD', path, sent)]
    expect([got.status, head.status, head.body]).toEqual([200, 200, ''])
    return [String(head.headers['content-length']), String(got.headers['content-length'] ?? got.body.length)]
  }

  test('HEAD tells the length of the page, of its document and of the viewer, packed', async () => {
    const page = (await overSocket('GET', '/docs', {})).body
    const file = /src="(\/docs\/viewer-\w+\.js)"/.exec(page)?.[1] ?? ''
    for (const [path, sent] of [
      ['/docs', {}],
      ['/docs/hub.json', {}],
      [file, { 'accept-encoding': 'gzip' }],
    ] as const) {
      const [head, got] = await lengths(path, sent)
      expect([path, head]).toEqual([path, String(got)])
    }
  })
})
