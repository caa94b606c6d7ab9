// Secrets: as long and as random as they are said to be, hashed or derived as anyone can check.

import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { consumerSecret, isSame, keyPrefix, randomKey, randomSecret, sha256 } from '../../src/secrets.ts'

describe('randomSecret', () => {
  test('is 256 bits in characters that need no encoding in a URL, a form or a header', () => {
    for (let index = 0; index < 500; index += 1) {
      const secret = randomSecret()
      expect(secret).toMatch(/^[\w-]{43}$/)
      expect(Buffer.from(secret, 'base64url').length).toBe(32)
      expect(Buffer.from(secret, 'base64url').toString('base64url')).toBe(secret)
    }
  })

  test('is never the same, and any of its bits may be set or not', () => {
    const secrets = Array.from({ length: 500 }, randomSecret)
    expect(new Set(secrets).size).toBe(500)
    const every = secrets.map((secret) => Buffer.from(secret, 'base64url'))
    for (let byte = 0; byte < 32; byte += 1) {
      expect(every.reduce((seen, bytes) => seen | (bytes[byte] ?? 0), 0)).toBe(255)
      expect(every.reduce((seen, bytes) => seen & (bytes[byte] ?? 0), 255)).toBe(0)
    }
  })
})

describe('sha256', () => {
  test.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['ü', '607474ca475a9724d7360aba71a56d5df77e61350e3f724cfa1f46e857e2d85f'],
  ])('of %p is the hash of its UTF-8', async (text, hex) => {
    expect(Buffer.from(await sha256(text)).toString('hex')).toBe(hex)
  })
})

describe('randomKey', () => {
  test('is a prefix of its own and 256 bits, and is known by its form', () => {
    const keys = Array.from({ length: 500 }, randomKey)
    for (const { text, prefix } of keys) {
      expect(text).toMatch(/^rh_[a-z0-9]{8}_[\w-]{43}$/)
      expect([text.slice(0, 11), keyPrefix(text)]).toEqual([prefix, prefix])
      expect(keyPrefix(prefix)).toBeUndefined()
      expect(keyPrefix(`${text}A`)).toBeUndefined()
      expect(keyPrefix(text.slice(12))).toBeUndefined()
    }
    for (const part of [0, 12]) expect(new Set(keys.map(({ text }) => text.slice(part))).size).toBe(500)
  })
})

describe('isSame', () => {
  test('is so of the same bytes and of no others, wherever they differ', () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32))
    expect(isSame(bytes, Uint8Array.from(bytes))).toBe(true)
    expect(isSame(new Uint8Array(), new Uint8Array())).toBe(true)
    for (let at = 0; at < 32; at += 1) {
      for (let bit = 1; bit < 256; bit *= 2) {
        const other = Uint8Array.from(bytes)
        other[at] = (other[at] ?? 0) ^ bit
        expect([at, bit, isSame(bytes, other)]).toEqual([at, bit, false])
      }
      expect([isSame(bytes, bytes.subarray(0, at)), isSame(bytes.subarray(0, at), bytes)]).toEqual([false, false])
    }
    expect(isSame(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(false)
  })
})

describe('consumerSecret', () => {
  const key = 'a key of the hub that is long enough'

  test('is the HMAC-SHA256 of id and generation under the key, in base64url', async () => {
    for (const [id, generation] of [
      ['demo', 1],
      ['a6c1b6f2-52b9-4d8c-9d1b-0a2f5a3f7c11', 12],
      ['ü', 3],
    ] as const) {
      const expected = createHmac('sha256', key).update(`${id}\n${generation}`).digest('base64url')
      expect(await consumerSecret(key, id, generation)).toBe(expected)
    }
  })

  test('is another for every key, every client and every generation', async () => {
    const secrets = await Promise.all([
      consumerSecret(key, 'demo', 1),
      consumerSecret(`${key}.`, 'demo', 1),
      consumerSecret(key, 'demo', 2),
      consumerSecret(key, 'demo2', 1),
      consumerSecret(key, 'demo\n1', 1),
    ])
    expect(new Set(secrets).size).toBe(5)
  })
})
