// Bodies that nobody has vouched for yet, over a socket: their sender is answered as soon as one is too large, though it
// never ends, and no more of it is read.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import type { Credentials } from '../../src/clients.ts'
import { v1p1Path } from '../support/classroom.ts'
import { openSignedHub, type SignedHub, signing } from '../support/signed.ts'
import { headerOf, sign } from '../support/signer.ts'

let hub: SignedHub
let client: Credentials
let server: ReturnType<typeof Bun.serve>
beforeAll(async () => {
  hub = await openSignedHub()
  client = await hub.make()
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', development: false, fetch: (request) => hub.fetch(request) })
}, 60_000)
afterAll(() => void server.stop(true))

/** Sends a head and the beginning of a body that it says is longer, and never the rest: the answer, which must come. */
async function unfinished(head: readonly string[], body: string): Promise<string> {
  const answered = Promise.withResolvers<string>()
  let received = ''
  let rest = ''
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port: Number(server.port),
    socket: {
      data: (_socket, data) => {
        received += data.toString()
        if (received.includes('}')) answered.resolve(received)
      },
      drain: (open) => {
        rest = rest.slice(open.write(rest))
      },
      close: () => answered.resolve(received),
      error: (_socket, error) => answered.reject(error),
    },
  })
  rest = `${head.join('\r\n')}\r\nHost: localhost\r\n\r\n${body}`
  rest = rest.slice(socket.write(rest))
  const text = await answered.promise
  socket.terminate()
  return text
}

const form = 'Content-Type: application/x-www-form-urlencoded'
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const lengths = [
  ['of a length it tells', 'Content-Length: 100000000', (text: string) => text],
  ['in chunks', 'Transfer-Encoding: chunked', chunk],
] as const

describe.each(lengths)('a body %s', (_, length, framed) => {
  test('to the token endpoint is an invalid_request at 16 KiB', async () => {
    const answer = await unfinished(['POST /oauth2/token HTTP/1.1', form, length], framed('a'.repeat(17_000)))
    expect(answer).toStartWith('HTTP/1.1 400 ')
    expect(answer).toContain('{"error":"invalid_request","error_description":"the body has more than 16384 bytes"}')
  })

  test('that may be a signed form is a 413 at 64 KiB', async () => {
    const answer = await unfinished([`PUT ${v1p1Path}/results/r HTTP/1.1`, form, length], framed('a'.repeat(70_000)))
    expect(answer).toStartWith('HTTP/1.1 413 ')
    expect(answer).toContain('the form has more than 65536 bytes')
  })

  test('of a request without a token is not waited for', async () => {
    const answer = await unfinished([`PUT ${v1p1Path}/results/r HTTP/1.1`, length], framed('a'))
    expect(answer).toStartWith('HTTP/1.1 401 ')
  })
})

test('a signed body above the limit is refused before its hash is made, one at the limit is hashed', async () => {
  const url = `http://localhost${v1p1Path}/users`
  const send = (body: string): Request => {
    const hash = createHash('sha1').update(body).digest('base64')
    const own = sign(signing(client), { httpMethod: 'PUT', url, parameters: [['oauth_body_hash', hash]] })
    return new Request(url, {
      method: 'PUT',
      headers: { authorization: headerOf({ ...own, oauth_body_hash: hash }) },
      body: new Blob([body]).stream(),
    })
  }
  expect(await hub.outcome(send('x'.repeat(1024)))).toBe('200')
  expect(await hub.outcome(send('x'.repeat(1025)))).toBe('413 the body has more than 1024 bytes')
})
