// Requests that try to be two, or half of one, over a raw socket: the server as it is run never takes a part of one request
// for another, answers in 4xx or not at all, and goes on serving.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listen } from '../../src/cli/serving.ts'
import { type Classroom, openClassroom } from '../support/classroom.ts'
import { exchange, type Heard } from '../support/sockets.ts'

let room: Classroom
let server: ReturnType<typeof listen>
let authorization: string
beforeAll(async () => {
  room = await openClassroom()
  server = listen(room, 0)
  authorization = `Authorization: Bearer ${await room.token()}`
}, 60_000)
afterAll(() => server.stop())

const base = '/ims/oneroster/gradebook/v1p2'
const host = 'Host: hub.test\r\n'
/** What must be answered for itself, or not at all: its path comes from nowhere else. */
const next = `GET /health/live HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
const smuggled = `GET /smuggled HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
const put = (fields: string, body: string): string =>
  `PUT ${base}/categories/c9 HTTP/1.1\r\n${host}${authorization}\r\n${fields}\r\n${body}`

/** Method by which the request was read, and its status; the app observes every request that reaches it. */
async function readOf(...sent: readonly string[]): Promise<{ heard: Heard[]; read: string[] }> {
  const before = room.observations.length
  const heard = await exchange(server.port, ...sent)
  const read = room.observations.slice(before).map(({ operation, status }) => `${status} ${operation}`)
  return { heard, read }
}

const chunked = 'Transfer-Encoding: chunked\r\n'
const length = (text: string): string => `Content-Length: ${text.length}\r\n`
const record = '{"category":{"sourcedId":"c9","title":"C"}}'
const hex = (text: string): string => text.length.toString(16)

describe('a request whose end can be read in two ways', () => {
  test.each([
    ['both lengths', `${length('0\r\n\r\n')}${chunked}`, `0\r\n\r\n${smuggled}`],
    [
      'both lengths, the other first',
      `${chunked}Content-Length: 4\r\n`,
      `${hex(smuggled)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    ['two lengths', `Content-Length: 0\r\n${length(smuggled)}`, smuggled],
    ['two lengths, the longer first', `${length(smuggled)}Content-Length: 0\r\n`, smuggled],
    ['a list of lengths', `Content-Length: 0, ${smuggled.length}\r\n`, smuggled],
    ['a length with a sign', `Content-Length: +${smuggled.length}\r\n`, smuggled],
    ['a negative length', 'Content-Length: -1\r\n', smuggled],
    ['a hexadecimal length', `Content-Length: 0x10\r\n`, smuggled],
    ['a length beyond numbers', 'Content-Length: 99999999999999999999\r\n', smuggled],
    ['an empty length', 'Content-Length: \r\n', smuggled],
    ['a space before the colon', `Content-Length : ${smuggled.length}\r\n`, smuggled],
    ['a space before the colon of chunks', 'Transfer-Encoding : chunked\r\n', `0\r\n\r\n${smuggled}`],
    ['another coding', 'Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`],
    ['a coding behind chunks', 'Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`],
    ['chunks, then identity', `${chunked}Transfer-Encoding: identity\r\n`, `0\r\n\r\n${smuggled}`],
    ['identity with a length', `Transfer-Encoding: identity\r\n${length(record)}`, record + smuggled],
    ['a tab of another kind', 'Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${smuggled}`],
    ['a folded header', `X-A: a\r\n Content-Length: ${smuggled.length}\r\n`, smuggled],
    ['folded chunks', 'Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${smuggled}`],
    ['a bare line feed', `X-A: b\nContent-Length: ${smuggled.length}\r\n`, smuggled],
    ['a bare carriage return', `X-A: b\rContent-Length: ${smuggled.length}\r\n`, smuggled],
    ['a NUL in a header', 'X-A: a\0b\r\n', smuggled],
    ['chunks cut by line feeds', chunked, `5\nhello\n0\n\n${smuggled}`],
    ['a chunk extension cut by a line feed', chunked, `2;\nxx\r\n${hex(smuggled)}\r\n${smuggled}`],
    ['a chunk longer than it says', chunked, `5\r\nhelloXX\r\n0\r\n\r\n${smuggled}`],
    ['a chunk size that is none', chunked, `zz\r\nhello\r\n0\r\n\r\n${smuggled}`],
    ['a chunk size with a prefix', chunked, `0x5\r\nhello\r\n0\r\n\r\n${smuggled}`],
    ['a chunk size beyond numbers', chunked, `ffffffffffffffff1\r\nhello\r\n0\r\n\r\n${smuggled}`],
  ])('is refused, and nothing behind it is read: %s', async (_, fields, body) => {
    const { heard, read } = await readOf(put(fields, body))
    // at most the request itself was read, whose body was found bad on the way
    expect(read.filter((one) => !/^400 putCategory$/.test(one))).toEqual([])
    expect(heard.map(({ status }) => status)).toEqual([400])
    expect((await exchange(server.port, next)).map(({ status }) => status)).toEqual([200])
  })

  test.each([
    ['a first line cut by a line feed', `GET /health/live HTTP/1.1\nHost: a\n\n${smuggled}`],
    ['a space in the path', `GET /health/live b HTTP/1.1\r\n${host}\r\n${smuggled}`],
    ['no host', `GET /health/live HTTP/1.1\r\n\r\n${smuggled}`],
    ['a method that is none', `G@T /health/live HTTP/1.1\r\n${host}\r\n${smuggled}`],
    ['the preface of HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`],
    ['the beginning of TLS', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${smuggled}`],
  ])('so is what is no request: %s', async (_, sent) => {
    const { heard, read } = await readOf(sent)
    expect(read).toEqual([])
    expect(heard.map(({ status }) => [400, 505].includes(status))).toEqual([true])
    expect((await exchange(server.port, next)).map(({ status }) => status)).toEqual([200])
  })
})

describe('a request that says truly where it ends', () => {
  test.each([
    ['a length', length(record), record],
    ['the same length twice', length(record) + length(record), record],
    ['chunks', chunked, `${hex(record)}\r\n${record}\r\n0\r\n\r\n`],
    ['chunks with an extension', chunked, `${hex(record)};a=b\r\n${record}\r\n0\r\n\r\n`],
    ['chunks in capitals', 'Transfer-Encoding: CHUNKED\r\n', `${hex(record)}\r\n${record}\r\n0\r\n\r\n`],
  ])('is read whole, and the next one for itself: %s', async (_, fields, body) => {
    const { heard, read } = await readOf(put(fields, body), next)
    expect(heard.map(({ status }) => status < 202)).toEqual([true, true])
    expect(read.map((one) => one.split(' ')[1])).toEqual(['putCategory', 'getLiveness'])
  })

  test.each(['GET', 'DELETE', 'HEAD', 'OPTIONS'])('is passed over where %s takes no body', async (method) => {
    for (const [fields, body] of [
      [length(smuggled), smuggled],
      [chunked, `${hex(smuggled)}\r\n${smuggled}\r\n0\r\n\r\n`],
    ]) {
      const sent = `${method} ${base}/categories/nobody HTTP/1.1\r\n${host}${authorization}\r\n${fields}\r\n${body}`
      const { read } = await readOf(sent, next)
      expect(read.length).toBe(2)
      expect(read[0]).toMatch(/^(404 \w+Category|405 none)$/)
      expect(read[1]).toBe('200 getLiveness')
    }
  })

  test('and ends sooner than that is not answered with a record', async () => {
    const { heard, read } = await readOf(put(`Content-Length: 10\r\n`, record) + next)
    expect(heard.map(({ status }) => status).filter((status) => status < 400)).toEqual([])
    expect(read.filter((one) => one.includes('getLiveness'))).toEqual([])
  })
})

describe('what is too large', () => {
  const long = (count: number): string => 'a'.repeat(count)
  test.each([
    ['an address beyond the setting', `GET /${long(9000)} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 414],
    ['headers beyond the setting', `GET / HTTP/1.1\r\n${host}X-A: ${long(9000)}\r\nConnection: close\r\n\r\n`, 431],
    ['an address beyond what Bun reads', `GET /${long(17_000)} HTTP/1.1\r\n${host}\r\n`, 431],
    ['a header beyond what Bun reads', `GET / HTTP/1.1\r\n${host}X-A: ${long(17_000)}\r\n\r\n`, 431],
    ['a megabyte of headers', `GET / HTTP/1.1\r\n${host}${`X-A: ${long(1000)}\r\n`.repeat(1000)}`, 431],
    ['a thousand headers', `GET / HTTP/1.1\r\n${host}${'X-A: a\r\n'.repeat(1000)}\r\n`, 431],
  ])('is refused: %s', async (_, sent, status) => {
    expect((await exchange(server.port, sent)).map((one) => one.status)).toEqual([status])
    expect((await exchange(server.port, next)).map((one) => one.status)).toEqual([200])
  })
})

describe('a method of no route', () => {
  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'OPTIONS'])('%s gives nothing back of what was sent', async (method) => {
    const target = method === 'CONNECT' ? 'hub.test:80' : '/health/live'
    const [answer] = await exchange(
      server.port,
      `${method} ${target} HTTP/1.1\r\n${host}X-Secret: hunter2\r\nConnection: close\r\n\r\n`,
    )
    expect(answer?.status).toBeOneOf([400, 404, 405, 501])
    expect(JSON.stringify(answer)).not.toContain('hunter2')
  })
})
