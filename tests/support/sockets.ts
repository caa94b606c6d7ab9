// Bytes as a client may send them that no client library would send, and what a server answered to each request in them.

import { connect } from 'node:net'

/** One answer: its status, its headers by lower-case name, its body. */
export interface Heard {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Sends the bytes (one character each), each part once the one before it is answered, and reads until the server hangs up;
 * whoever sends, says `Connection: close` at last. Rejects after ten seconds.
 */
export function exchange(port: number, ...parts: readonly string[]): Promise<Heard[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    let sentCount = 0
    const send = (): void => {
      socket.write(String(parts[sentCount]), 'latin1')
      sentCount += 1
    }
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the server neither answered nor hung up: ${JSON.stringify(text)}`))
    }, 10_000)
    socket.setEncoding('latin1')
    socket.on('data', (data) => {
      text += data
      if (sentCount < parts.length && answersIn(text, parts).length >= sentCount) send()
    })
    // a server that hangs up on what it will not read resets what was still under way
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answersIn(text, parts))
    })
    send()
  })
}

function answersIn(text: string, parts: readonly string[]): Heard[] {
  const found: Heard[] = []
  for (let rest = text; rest.startsWith('HTTP/1.1 '); ) {
    const end = rest.indexOf('\r\n\r\n')
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n')
    const pairs = fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ])
    const headers = Object.fromEntries(pairs) as Record<string, string>
    const start = end + '\r\n\r\n'.length
    const length = parts[found.length]?.startsWith('HEAD ') ? 0 : Number(headers['content-length'] ?? 0)
    found.push({ status: Number(line.split(' ')[1]), headers, body: rest.slice(start, start + length) })
    rest = rest.slice(start + length)
  }
  return found
}
