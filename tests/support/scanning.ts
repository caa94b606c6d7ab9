// Bytes cut into chunks -> everything a RowScanner says of them, as one value that tests can compare.

import * as fc from 'fast-check'
import { type KeptLine, RowScanner } from '../../src/csv.ts'

export interface Scanned {
  readonly header: readonly string[]
  readonly kept: readonly KeptLine[]
  readonly rowCount: number
  /** The runs, in order. */
  readonly runs: readonly Uint8Array[]
  /** The runs put together; a byte is a character, so that a difference can be read. */
  readonly passed: string
}

const encoder = new TextEncoder()
export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** A file as text, where `\xNN` escapes stand for single bytes. */
export const rawBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** Feeds a scanner with the chunks and ends it. Throws what the scanner throws. */
export function scanChunks(chunks: readonly Uint8Array[]): Scanned {
  const scanner = new RowScanner()
  const runs: Uint8Array[] = []
  // a stream may use its buffer again, so a chunk is not the scanner's to keep
  const keep = (found: Uint8Array[]): void => void runs.push(...found.map((run) => new Uint8Array(run)))
  for (const chunk of chunks) {
    const lent = new Uint8Array(chunk)
    keep(scanner.push(lent))
    lent.fill(0x21)
  }
  keep(scanner.end())
  const { header, kept, rowCount } = scanner
  return { header, kept, rowCount, runs, passed: latin1(Buffer.concat(runs)) }
}

export const scanText = (text: string): Scanned => scanChunks([bytesOf(text)])

/** The same, or the message of the refusal. */
export function scanOutcome(chunks: readonly Uint8Array[]): Omit<Scanned, 'runs'> | string {
  try {
    const { runs: _runs, ...outcome } = scanChunks(chunks)
    return outcome
  } catch (thrown) {
    return String(thrown)
  }
}

/** The bytes cut at the positions given, in any order and taken modulo the length. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const cuts = positions.map((position) => position % (bytes.length + 1)).sort((a, b) => a - b)
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end))
}

/** The line a passed row began on, its number counted from 1, as the database works it out. */
export function lineOf(kept: readonly KeptLine[], ordinal: number): number {
  const shift = kept.findLast((line) => line.ordinal <= ordinal)?.shift ?? 0
  return ordinal + 1 + shift
}

const structural = [...rawBytes('",\r\n\0\\.a\xc3\xa9\xf0\x9f\x98\x80\xff')]

/** Bytes as hostile as they come, mostly those that mean something to the scanner. */
export const hostileBytes = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...structural) },
      { weight: 3, arbitrary: fc.constantFrom(...rawBytes('x,y\n')) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    ),
    { maxLength: 80 },
  )
  .map((bytes) => Uint8Array.from(bytes))

export const cutPositions = fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 })
