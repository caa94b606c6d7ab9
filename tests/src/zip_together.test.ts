// Archives at the same time: one that its reader takes slowly, or has left, keeps no other from being made and read.

import { expect, test } from 'bun:test'
import { readZip, writeZip } from '../../src/zip.ts'

/** Bytes that do not compress, more than streams hold. */
const chunk = crypto.getRandomValues(new Uint8Array(65_536))
const large = { name: 'large.csv', chunks: () => Array.from({ length: 64 }, () => chunk) }

test('archives that nobody reads on keep no other from being made and read', async () => {
  const begun = await Promise.all(
    Array.from({ length: 3 * navigator.hardwareConcurrency }, async (_, at) => {
      const reader = writeZip([large]).getReader()
      expect((await reader.read()).done).toBe(false)
      if (at % 2 === 0) await reader.cancel().catch(() => {})
      return reader
    }),
  )
  const small = await new Response(writeZip([{ name: 'orgs.csv', chunks: () => [chunk] }])).blob()
  const [file] = await readZip(small, { unpackedBytesMax: 1e6, fileCountMax: 1 })
  expect(Buffer.compare(await new Response(file?.stream()).bytes(), chunk)).toBe(0)
  await Promise.all(begun.map((reader) => reader.cancel().catch(() => {})))
})
