// Secrets: as long and as random as they are said to be, kept as a hash anyone can check.

import { describe, expect, test } from 'bun:test'
import { randomSecret, sha256 } from '../../src/auth.ts'

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
