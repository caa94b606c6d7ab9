// The body of a request is read up to its limit and no further, whole or in chunks, and every fault is the caller's error.

import { describe, expect, test } from 'bun:test'
import { type BodyBounds, readBytes, readText } from '../../src/bytes.ts'

const bounds = (bytesMax: number): BodyBounds => ({ bytesMax, refusal: (fault) => new Error(fault) })
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const requestOf = (body: BodyInit, headers: Record<string, string> = {}): Request =>
  new Request('http://hub.test/', { method: 'POST', body, headers })

/** A body that never ends, of chunks of ten bytes, and how many of them were taken. */
function endless(headers: Record<string, string> = {}): {
  request: Request
  taken: () => number
  isCancelled: () => boolean
} {
  let count = 0
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        count += 1
        controller.enqueue(encode('0123456789'))
      },
      cancel() {
        cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { request: requestOf(stream, headers), taken: () => count, isCancelled: () => cancelled }
}

const inChunks = (...chunks: Uint8Array[]): Request =>
  requestOf(
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      },
    }),
  )

describe.each([
  ['text', readText],
  ['bytes', async (request: Request, to: BodyBounds) => new TextDecoder().decode(await readBytes(request, to))],
] as const)('a body read as %s', (_, read) => {
  test('may have as many bytes as its limit says, and not one more', async () => {
    expect(await read(requestOf('x'.repeat(100)), bounds(100))).toBe('x'.repeat(100))
    await expect(read(requestOf('x'.repeat(101)), bounds(100))).rejects.toThrow('size')
    expect(await read(inChunks(encode('€'), encode('€')), bounds(6))).toBe('€€')
    await expect(read(inChunks(encode('€'), encode('€')), bounds(5))).rejects.toThrow('size')
  })

  test('may be empty, or not be there', async () => {
    expect(await read(requestOf(''), bounds(0))).toBe('')
    expect(await read(new Request('http://hub.test/'), bounds(0))).toBe('')
  })

  test('is left as soon as it is too large', async () => {
    const { request, taken, isCancelled } = endless()
    await expect(read(request, bounds(25))).rejects.toThrow('size')
    expect([taken(), isCancelled()]).toEqual([3, true])
  })

  test('that says it is too large is not begun', async () => {
    const { request, taken } = endless({ 'content-length': '26' })
    await expect(read(request, bounds(25))).rejects.toThrow('size')
    expect(taken()).toBe(0)
  })

  test('that is a copy is left without waiting for the original, which stays whole', async () => {
    const { request } = endless()
    await expect(read(request.clone(), bounds(25))).rejects.toThrow('size')
    const small = inChunks(encode('a'), encode('b'))
    expect([await read(small.clone(), bounds(2)), await small.text()]).toEqual(['ab', 'ab'])
  })

  test('that breaks off is not taken for a whole one', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('connection lost'))
      },
    })
    await expect(read(requestOf(broken), bounds(25))).rejects.toThrow('end')
  })
})

describe('text', () => {
  test('may have a letter cut by a chunk', async () => {
    const bytes = encode('a€😀')
    for (let at = 1; at < bytes.length; at += 1) {
      expect(await readText(inChunks(bytes.subarray(0, at), bytes.subarray(at)), bounds(99))).toBe('a€😀')
    }
  })

  test('must be UTF-8, to its last byte', async () => {
    for (const bad of [[0xff], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      await expect(readText(inChunks(encode('a'), Uint8Array.from(bad)), bounds(99))).rejects.toThrow('encoding')
    }
  })
})
