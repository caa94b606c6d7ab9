// Bodies as they cross a socket: how large they may be, in one piece or in chunks, and that a GET's body is passed over.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Classroom, least, openClassroom, saying } from '../support/classroom.ts'

const recordMaxBytes = 4096
const bodyMaxBytes = 16_384
const base = '/ims/oneroster/gradebook/v1p2'

let room: Classroom
let server: ReturnType<typeof Bun.serve>
let authorization: string
beforeAll(async () => {
  room = await openClassroom({ bodyMaxBytes, recordMaxBytes })
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => room.fetch(request) })
  authorization = `Bearer ${await room.token()}`
}, 60_000)
// not waited for: Bun holds a half-closed connection, such as the last test leaves, until it has been idle for long
afterAll(() => void server.stop(true))

/** The same request over a socket and without one. */
const ways = [
  ['over a socket', (path: string, init: RequestInit) => fetch(new URL(base + path, server.url), init)],
  [
    'through app.fetch',
    (path: string, init: RequestInit) => room.fetch(new Request(`http://localhost${base}${path}`, init)),
  ],
] as const

const bodyOf = (sizeBytes: number): string => {
  const body = (title: string) => JSON.stringify({ category: { sourcedId: 'sized', title } })
  return body('x'.repeat(sizeBytes - body('').length))
}

/** In pieces, so that nobody knows the length beforehand. */
const chunked = (text: string): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + 1000))
      at += 1000
    },
  })
}

describe.each(ways)('%s', (_, ask) => {
  const put = async (body: BodyInit): Promise<Response> =>
    ask('/categories/sized', { method: 'PUT', headers: { authorization }, body })
  const words = `413 the body has more than ${recordMaxBytes} bytes`

  test('the body of a PUT may have as many bytes as one record, and not one more', async () => {
    expect((await put(bodyOf(recordMaxBytes))).ok).toBe(true)
    expect(await saying(await put(bodyOf(recordMaxBytes + 1)))).toBe(words)
    expect(await saying(await put('x'.repeat(100_000)))).toBe(words)
  })

  test('the body of a POST may have more, but none of its records, and not more than a body may', async () => {
    const post = async (records: readonly unknown[], as = (text: string): BodyInit => text): Promise<Response> =>
      ask('/classes/k1/lineItems', {
        method: 'POST',
        headers: { authorization },
        body: as(JSON.stringify({ lineItems: records })),
      })
    const sized = (sourcedId: string, sizeBytes: number) => {
      const record = (description: string) => ({ ...least.lineItem, sourcedId, description })
      return record('x'.repeat(sizeBytes - JSON.stringify(record('')).length))
    }
    const most = ['a', 'b', 'c'].map((id) => sized(id, recordMaxBytes))
    for (const as of [undefined, chunked]) {
      expect((await post(most, as)).status).toBe(201)
      expect(await saying(await post([...most.slice(1), sized('d', recordMaxBytes + 1)], as))).toBe(
        `413 /lineItems/2: the record has more than ${recordMaxBytes} bytes`,
      )
      expect(await saying(await post([...most, sized('d', recordMaxBytes)], as))).toBe(
        `413 the body has more than ${bodyMaxBytes} bytes`,
      )
    }
  })

  test('a body in chunks is counted as it comes', async () => {
    expect((await put(chunked(bodyOf(recordMaxBytes)))).ok).toBe(true)
    expect(await saying(await put(chunked(bodyOf(recordMaxBytes + 1))))).toBe(words)
    expect(await saying(await put(chunked('x'.repeat(100_000))))).toBe(words)
  })

  test('bytes are counted, not characters, and one may be cut by a chunk', async () => {
    const title = '€'.repeat(1200)
    const text = JSON.stringify({ category: { sourcedId: 'sized', title } })
    expect((await put(chunked(text))).ok).toBe(true)
    expect((await room.read('/categories/sized')).record['title']).toBe(title)
    expect(await saying(await put(text.replace(title, '€'.repeat(1400))))).toBe(words)
  })

  test('the hub answers on after a body that was too large', async () => {
    await Promise.all(Array.from({ length: 10 }, () => put(chunked('x'.repeat(50_000)))))
    const { status } = await ask('/categories', { headers: { authorization } })
    expect(status).toBe(200)
  })

  test('DELETE needs no body, and passes one over', async () => {
    await room.put('/categories/bodied', 'category', least.category)
    const init = { method: 'DELETE', headers: { authorization, 'content-type': 'application/json' } }
    expect((await ask('/categories/bodied', { ...init, body: '{"not": "read"' })).status).toBe(204)
    expect((await ask('/categories/bodied', init)).status).toBe(204)
  })

  test('a GET that says it brings a form is answered', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'application/json', 'multipart/form-data; boundary=x']) {
      const headers = { authorization, 'content-type': type }
      expect([type, (await ask('/categories', { headers })).status]).toEqual([type, 200])
    }
  })
})

/** Bytes out, text in, over a plain socket: fetch itself sends no GET with a body. */
async function exchange(text: string): Promise<string> {
  const done = Promise.withResolvers<string>()
  let received = ''
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(server.port),
    socket: {
      data: (_socket, data) => {
        received += data.toString()
      },
      close: () => done.resolve(received),
      error: (_socket, error) => done.reject(error),
    },
  })
  socket.write(text)
  return done.promise
}

test.each([
  ['application/x-www-form-urlencoded', 'limit=1&a=%zz'],
  ['application/json', '{"broken":'],
  ['multipart/form-data; boundary=x', 'no part'],
])('a GET with a body of type %s is answered as one without', async (type, body) => {
  const head = `GET ${base}/categories?limit=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nConnection: close\r\n`
  const answer = await exchange(`${head}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  expect(answer).toStartWith('HTTP/1.1 200 ')
  expect(answer).toContain('{"categories":[')
})

test('a PUT that breaks off before its body is whole writes nothing, and is no failure of the hub', async () => {
  const before = (await room.list('/categories')).total
  const seen = room.observations.length
  const head = `PUT ${base}/categories/half HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n`
  const socket = await Bun.connect({ hostname: '127.0.0.1', port: Number(server.port), socket: { data: () => {} } })
  socket.write(`${head}Content-Length: 400\r\n\r\n{"category":{"sourcedId":"half","title":"H"}}`)
  socket.flush()
  socket.end()
  const told = () => room.observations.slice(seen).find(({ method }) => method === 'PUT')
  while (told() === undefined) await fetch(new URL('/health/live', server.url))
  expect(told()?.status).toBe(400)
  expect((await room.list('/categories')).total).toBe(before)
})
