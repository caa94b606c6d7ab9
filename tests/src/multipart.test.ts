// A form's one file, wherever its bytes are cut.

import { describe, expect, test } from 'bun:test'
import { fileOf, MultipartError } from '../../src/multipart.ts'

const boundary = '----WebKitFormBoundaryx7'
const type = `multipart/form-data; boundary=${boundary}`
const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
/** Looks like delimiters in many ways, and is none. */
const content = `PK\r\n--\r\n--${boundary.slice(0, -1)}\r\n-\r\r\n----\0\xff\r\n--${boundary.toLowerCase()}--\r\n\r`

const field = `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nsmall\r\n`
const file = (text: string, name = 'p.zip'): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/zip\r\n\r\n${text}\r\n`
const end = `--${boundary}--\r\n`

async function* cut(bytes: Uint8Array, size: number, first = size): AsyncGenerator<Uint8Array> {
  yield bytes.slice(0, first)
  for (let at = first; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

async function read(chunks: AsyncIterable<Uint8Array>, contentType = type): Promise<string> {
  let text = ''
  for await (const chunk of fileOf(chunks, contentType)) text += String.fromCharCode(...chunk)
  return text
}
const reasonOf = (text: string, contentType = type): Promise<string> =>
  read(cut(latin1(text), 1e9), contentType).catch((thrown) =>
    thrown instanceof MultipartError ? thrown.message : String(thrown),
  )

describe('the file of a form', () => {
  const whole = latin1(`${field}${file(content)}${field}${end}an epilogue: nobody reads it\r\n--${boundary}\r\n`)

  test('comes out byte for byte, at whichever place the form is cut in two', async () => {
    for (let at = 0; at <= whole.length; at += 1) {
      expect([at, await read(cut(whole, whole.length, at))]).toEqual([at, content])
    }
  })

  test('comes out byte for byte in pieces of every size', async () => {
    for (let size = 1; size <= 80; size += 1) expect([size, await read(cut(whole, size))]).toEqual([size, content])
  })

  test('may be named as browsers name it, quote its boundary, and end the form without a line end', async () => {
    const named = latin1(`${file(content, 'a;b \xe9.zip')}--${boundary}--`)
    for (const size of [1, 2, 3, 1e9])
      expect(await read(cut(named, size), `multipart/form-data; boundary="${boundary}"`)).toBe(content)
  })

  test('is read from what the runtime itself makes of a form', async () => {
    const form = new FormData()
    form.set('mode', 'apply')
    form.set('file', new File([latin1(content)], 'p.zip', { type: 'application/zip' }))
    const request = new Request('http://localhost', { method: 'POST', body: form })
    const contentType = request.headers.get('content-type') ?? ''
    expect(await read(cut(await request.bytes(), 7), contentType)).toBe(content)
  })
})

describe('a form is refused', () => {
  test.each([
    ['without a file', field + end, 'the form has no file'],
    ['that is empty', '', 'the form broke off'],
    ['with two files', file('a') + file('b') + end, 'the form has several files; one package is wanted'],
    ['that breaks off in its file', file(content).slice(0, -2), 'the form broke off'],
    ['with a field as large as a file', `${field.replace('small', 'x'.repeat(70_000))}${file('a')}${end}`, 'a field'],
    ['with headers as large as a field', file('a', 'x'.repeat(20_000)) + end, 'a part of the form has more than'],
    ['that ends where a part should begin', `--${boundary}\r\n`, 'the form broke off'],
  ])('%s', async (_, text, reason) => {
    expect(await reasonOf(text)).toStartWith(reason)
  })

  test('when its type names no boundary', async () => {
    expect(await reasonOf(file('a') + end, 'multipart/form-data')).toBe('the Content-Type names no boundary')
  })
})
