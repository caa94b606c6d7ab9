// Archives: what is written reads back, and what is no plain package of files is refused by ZipError that says which.

import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { readZip, writeZip, ZipError, type ZipFile } from '../../src/zip.ts'
import { zipOf } from '../support/packages.ts'

const limits = { unpackedBytesMax: 1e9, fileCountMax: 64 }
const bytesOf = async (archive: Blob): Promise<Buffer> => Buffer.from(await archive.arrayBuffer())
const blob = (bytes: Uint8Array): Blob => new Blob([new Uint8Array(bytes)])
const content = async (file: ZipFile | undefined): Promise<Uint8Array> =>
  new Uint8Array(await new Response(file?.stream()).arrayBuffer())

/** An archive whose directory says something else of a file than was written: `patch` gets the file's entry. */
async function forged(files: Record<string, string>, name: string, patch: (entry: Buffer) => void): Promise<Blob> {
  const bytes = await bytesOf(await zipOf(files))
  let at = bytes.indexOf('PK\x01\x02', 0, 'latin1')
  while (bytes.toString('utf8', at + 46, at + 46 + name.length) !== name) {
    at = bytes.indexOf('PK\x01\x02', at + 4, 'latin1')
    if (at === -1) throw new Error(`no entry ${name}`)
  }
  patch(bytes.subarray(at))
  return blob(bytes)
}

/** What a reader of the whole archive meets. */
async function refusal(archive: Blob, most: Partial<typeof limits> = {}): Promise<ZipError> {
  try {
    for (const file of await readZip(archive, { ...limits, ...most })) await content(file)
  } catch (thrown) {
    if (thrown instanceof ZipError) return thrown
    throw thrown
  }
  throw new Error('the archive was read')
}

describe('an archive', () => {
  test('reads back as the files that were written, whatever they hold and in whatever chunks', async () => {
    const files = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[a-zA-Z0-9äß漢 _-]{1,12}\.csv$/),
        chunks: fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }),
      }),
      { maxLength: 6, selector: ({ name }) => name },
    )
    await fc.assert(
      fc.asyncProperty(files, async (written) => {
        const archive = await new Response(
          writeZip(written.map(({ name, chunks }) => ({ name, chunks: () => chunks }))),
        ).blob()
        const read = await readZip(archive, limits)
        expect(read.map(({ name }) => name)).toEqual(written.map(({ name }) => name))
        for (const [index, { chunks }] of written.entries()) {
          const whole = new Uint8Array(Buffer.concat(chunks))
          expect(read[index]?.sizeBytes).toBe(whole.length)
          expect(await content(read[index])).toEqual(whole)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('of the same files has the same bytes, in every time zone', async () => {
    const before = process.env['TZ']
    const made: Buffer[] = []
    try {
      for (const zone of ['UTC', 'UTC', 'Asia/Tokyo', 'America/Los_Angeles']) {
        process.env['TZ'] = zone
        made.push(await bytesOf(await zipOf({ 'orgs.csv': 'a\r\n', 'users.csv': 'b\r\n' })))
      }
    } finally {
      if (before === undefined) delete process.env['TZ']
      else process.env['TZ'] = before
    }
    for (const bytes of made.slice(1)) expect(bytes.equals(made[0] as Buffer)).toBe(true)
  })

  test('may be read file by file, in any order and more than once', async () => {
    const [first, second] = await readZip(await zipOf({ 'a.csv': 'aaa', 'b.csv': 'bbb' }), limits)
    expect(Buffer.from(await content(second)).toString()).toBe('bbb')
    expect(Buffer.from(await content(first)).toString()).toBe('aaa')
    expect(Buffer.from(await content(second)).toString()).toBe('bbb')
  })

  test('may be left half read', async () => {
    const [file] = await readZip(await zipOf({ 'a.csv': 'x'.repeat(5_000_000) }), limits)
    const reader = file?.stream().getReader()
    expect((await reader?.read())?.value?.length).toBePositive()
    await reader?.cancel()
  })

  test('may hold folders and what macOS adds; they are no files', async () => {
    const archive = await zipOf({ 'folder/': '', '__MACOSX/._a.csv': 'x', 'a.csv': 'y' })
    expect((await readZip(archive, limits)).map(({ name }) => name)).toEqual(['a.csv'])
  })

  test('ends with the error of what was to be written', async () => {
    const chunks = function* (): Generator<Uint8Array> {
      yield new Uint8Array(10)
      throw new Error('the source failed')
    }
    const reading = new Response(writeZip([{ name: 'a.csv', chunks }])).arrayBuffer()
    expect(await reading.catch((thrown: Error) => thrown.message)).toBe('the source failed')
  })
})

describe('an archive is refused, by name, that', () => {
  test.each(
    [
      '../users.csv',
      '..\\users.csv',
      '/etc/passwd',
      'C:\\users.csv',
      'C:users.csv',
      'a/b/users.csv',
      '..',
      './users.csv',
    ].map((name) => [name]),
  )('holds a file %s', async (name) => {
    expect((await refusal(await zipOf({ 'orgs.csv': 'x', [name]: 'x' }))).message).toContain(name)
  })

  test('holds a name twice', async () => {
    const archive = await forged({ 'orgs1.csv': 'x', 'orgs2.csv': 'y' }, 'orgs2.csv', (entry) =>
      entry.write('orgs1.csv', 46),
    )
    expect((await refusal(archive)).message).toContain('"orgs1.csv" twice')
  })

  test('has an encrypted file', async () => {
    const archive = await forged({ 'orgs.csv': 'x', 'users.csv': 'y' }, 'users.csv', (entry) => {
      entry.writeUInt16LE(entry.readUInt16LE(8) | 1, 8)
    })
    expect((await refusal(archive)).message).toBe('"users.csv" is encrypted')
  })

  test('unpacks to more than its directory says, before more than that was handed on', async () => {
    const archive = await forged({ 'orgs.csv': 'x', 'users.csv': '0'.repeat(10_000_000) }, 'users.csv', (entry) =>
      entry.writeUInt32LE(100_000, 24),
    )
    expect((await refusal(archive, { unpackedBytesMax: 200_000 })).message).toContain('"users.csv"')
    const file = (await readZip(archive, limits))[1]
    let sizeBytes = 0
    const reading = (async () => {
      const reader = file?.stream().getReader()
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
        sizeBytes += part.value.length
    })()
    expect(await reading.catch((thrown: unknown) => thrown)).toBeInstanceOf(ZipError)
    expect(sizeBytes).toBeLessThanOrEqual(100_000)
  })

  test('has a file that is damaged', async () => {
    const archive = await forged({ 'orgs.csv': 'x', 'users.csv': 'y' }, 'users.csv', (entry) => {
      entry.writeUInt8(entry.readUInt8(16) ^ 1, 16)
    })
    expect((await refusal(archive)).message).toContain('"users.csv"')
  })

  test('has a file whose data are not where the directory says', async () => {
    const archive = await forged({ 'orgs.csv': 'x', 'users.csv': 'y' }, 'users.csv', (entry) =>
      entry.writeUInt32LE(entry.readUInt32LE(42) + 1, 42),
    )
    expect((await refusal(archive)).message).toContain('"users.csv"')
  })

  test('has a file packed in a way nobody knows', async () => {
    const archive = await forged({ 'orgs.csv': 'x', 'users.csv': 'y' }, 'users.csv', (entry) =>
      entry.writeUInt16LE(77, 10),
    )
    expect((await refusal(archive)).message).toContain('"users.csv"')
  })
})

describe('an archive is refused that', () => {
  test.each([
    ['is empty', ''],
    ['is text', 'sourcedId,name\n1,2\n'],
    ['begins as an archive does', 'PK\x03\x04'],
    ['is an archive of another kind', '\x1f\x8b\x08\x00\x00\x00\x00\x00'],
  ])('%s', async (_name, text) => {
    expect((await refusal(blob(Buffer.from(text, 'latin1')))).message).toContain('no readable zip archive')
  })

  test('was cut short, wherever', async () => {
    const whole = await bytesOf(await zipOf({ 'orgs.csv': 'x'.repeat(100), 'users.csv': 'y' }))
    for (let sizeBytes = 0; sizeBytes < whole.length; sizeBytes += 3) {
      expect(await refusal(blob(whole.subarray(0, sizeBytes)))).toBeInstanceOf(ZipError)
    }
  })

  test('was changed in any byte, or it reads as before', async () => {
    const whole = await bytesOf(await zipOf({ 'orgs.csv': 'x'.repeat(100), 'users.csv': 'y' }))
    for (let at = 0; at < whole.length; at += 1) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at)
      const found = await readZip(blob(bytes), limits)
        .then((files) => Promise.all(files.map(async (file) => Buffer.from(await content(file)).toString())))
        .catch((thrown: unknown) => thrown)
      if (found instanceof ZipError) continue
      expect(found, `byte ${at}`).toBeArray()
      for (const text of found as string[]) expect(['x'.repeat(100), 'y'], `byte ${at}`).toContain(text)
    }
  })

  test('says that it unpacks to more than is allowed, together, and tells both sizes', async () => {
    const archive = await zipOf({ 'orgs.csv': 'x'.repeat(600), 'users.csv': 'y'.repeat(401) })
    expect(await readZip(archive, { ...limits, unpackedBytesMax: 1001 })).toHaveLength(2)
    const { message } = await refusal(archive, { unpackedBytesMax: 1000 })
    expect(message).toContain('1001')
    expect(message).toContain('1000')
  })

  test('holds more files than are allowed', async () => {
    const archive = await zipOf({ 'a.csv': '', 'b.csv': '', 'c.csv': '' })
    expect(await readZip(archive, { ...limits, fileCountMax: 3 })).toHaveLength(3)
    expect((await refusal(archive, { fileCountMax: 2 })).message).toContain('3 files')
  })
})
