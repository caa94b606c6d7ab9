// Bytes of a CSV file -> its header, its rows as they came (cut at line ends), and the lines kept back with the reason.
// What it lets pass, PostgreSQL's COPY can not reject: every row has the header's number of cells, is valid UTF-8, is
// quoted as RFC 4180 has it, and ends as the first line does. Also the only importer of csv-parse. Pure.

import { parse } from 'csv-parse/sync'

/** A line that was not passed on (with `code`), or one that makes lines run ahead of rows (without). */
export interface KeptLine {
  readonly line: number
  /** From this row on, counted from 1, a row's line is its number + 1 + shift. */
  readonly ordinal: number
  readonly shift: number
  readonly sourcedId?: string | undefined
  readonly value?: string
  readonly code?: string
  readonly reason?: string
}

export class CsvError extends Error {
  override name = 'CsvError'
}

/** Reads a small CSV text whole, leniently: cells may be quoted anywhere, rows may be ragged. */
export function parseRows(text: string): string[][] {
  return parse(text, { bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }) as string[][]
}

const NUL = 0
const LF = 10
const CR = 13
const QUOTE = 34
const COMMA = 44
const DOT = 46
const BACKSLASH = 92
/** A longer line, or a quote open for longer, is a mistake in the file. */
const lineBytesMax = 1024 * 1024
const valueCharsMax = 500

type Verdict = { readonly code: string; readonly reason: string }

const faults = {
  nul: { code: 'nul_character', reason: 'a line may not hold a NUL character' },
  utf8: { code: 'invalid_utf8', reason: 'the line is not UTF-8' },
  quote: {
    code: 'malformed_quote',
    reason: 'a quote stands inside a cell that does not begin with one, or text behind a closing quote',
  },
  open: { code: 'open_quote', reason: 'a quote opens on this line and is never closed' },
  return: { code: 'line_break_in_cell', reason: 'a carriage return stands inside a cell that is not quoted' },
  end: { code: 'end_of_data', reason: 'the line \\. would end the copy into the database' },
  long: { code: 'line_too_long', reason: `a row may have ${lineBytesMax} bytes` },
} as const

/** One file, fed chunk by chunk: `push` answers runs of whole good rows, `kept` fills with the others. */
export class RowScanner {
  /** The cells of the first line; empty until it was read. */
  header: readonly string[] = []
  readonly kept: KeptLine[] = []
  rowCount = 0
  private carry: Uint8Array = new Uint8Array(0)
  private line = 1
  private shift = 0
  private endsWithReturn = false
  private sourcedIdIndex = -1
  private isSkipping = false
  private readonly strict = new TextDecoder('utf-8', { fatal: true })
  private readonly lenient = new TextDecoder()

  push(chunk: Uint8Array): Uint8Array[] {
    return this.scan(this.carry.length === 0 ? chunk : joined(this.carry, chunk), false)
  }

  /** The last line need not end. Throws CsvError when there was no header. */
  end(): Uint8Array[] {
    const runs = this.scan(this.carry, true)
    if (this.header.length === 0) throw new CsvError('the file is empty: not even a header')
    return runs
  }

  private scan(bytes: Uint8Array, isLast: boolean): Uint8Array[] {
    const runs: Uint8Array[] = []
    let at = this.header.length === 0 ? this.readHeader(bytes, isLast) : this.skipped(bytes)
    if (this.header.length === 0) {
      this.carry = bytes.slice()
      return runs
    }
    const lastEnd = bytes.lastIndexOf(LF) + 1
    const isUtf8 = this.isUtf8(bytes.subarray(at, isLast ? bytes.length : lastEnd))
    let runStart = at
    while (at < bytes.length) {
      const row = readRow(bytes, at, isLast)
      if (row === undefined) break
      const verdict = this.verdict(bytes, at, row, isUtf8)
      const isNormal =
        verdict === undefined &&
        !row.isBlank &&
        row.lineCount === 1 &&
        row.endsWithReturn === this.endsWithReturn &&
        row.isEnded
      if (!isNormal) {
        if (at > runStart) runs.push(bytes.subarray(runStart, at))
        runStart = row.next
        runs.push(...this.odd(bytes, at, row, verdict))
      } else this.rowCount += 1
      this.line += row.lineCount
      at = row.next
      this.isSkipping = !row.isEnded && !isLast
    }
    if (at > runStart) runs.push(bytes.subarray(runStart, at))
    this.carry = bytes.slice(at)
    return runs
  }

  /** Where reading goes on behind a line too long to hold, which may end in a later chunk. */
  private skipped(bytes: Uint8Array): number {
    if (!this.isSkipping) return 0
    const end = bytes.indexOf(LF)
    this.isSkipping = end === -1
    return end === -1 ? bytes.length : end + 1
  }

  private readHeader(bytes: Uint8Array, isLast: boolean): number {
    const found = bytes.indexOf(LF)
    const end = found === -1 ? bytes.length : found
    if (end > lineBytesMax) throw new CsvError(`the header has more than ${lineBytesMax} bytes`)
    if (found === -1 && !isLast) return 0
    const line = bytes.subarray(0, end)
    if (line[0] === 0xff || line[0] === 0xfe || line.includes(NUL)) {
      throw new CsvError('the file is UTF-16, or no text at all; OneRoster files are UTF-8')
    }
    this.endsWithReturn = line.at(-1) === CR
    const text = this.lenient.decode(this.endsWithReturn ? line.subarray(0, -1) : line)
    if (text.includes('\r')) throw new CsvError('lines end with a carriage return alone; CRLF or LF is wanted')
    this.header = headerCells(text)
    if (this.header.length === 0 && bytes.length > 0) {
      throw new CsvError('the first line is blank where the header should stand')
    }
    this.sourcedIdIndex = this.header.findIndex((name) => name.trim().toLowerCase() === 'sourcedid')
    this.line = 2
    return found === -1 ? bytes.length : found + 1
  }

  private verdict(bytes: Uint8Array, start: number, row: Row, isUtf8: boolean): Verdict | undefined {
    if (row.fault !== undefined) return row.fault
    if (row.end - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === DOT) return faults.end
    if (!isUtf8 && !this.isUtf8(bytes.subarray(start, row.end))) return faults.utf8
    if (row.isBlank || row.cellCount === this.header.length) return undefined
    return {
      code: 'wrong_cell_count',
      reason: `the header has ${this.header.length} cells and this line ${row.cellCount}`,
    }
  }

  /** A row that is not simply passed on: kept back, blank, over several lines, or ended unlike the others. */
  private odd(bytes: Uint8Array, start: number, row: Row, verdict: Verdict | undefined): Uint8Array[] {
    const isKept = verdict !== undefined || row.isBlank
    if (!isKept) this.rowCount += 1
    this.shift += isKept ? row.lineCount : row.lineCount - 1
    const place = { line: this.line, ordinal: this.rowCount + 1, shift: this.shift }
    if (verdict !== undefined) {
      const text = this.lenient.decode(bytes.subarray(start, Math.min(row.end, start + lineBytesMax)))
      this.kept.push({
        ...place,
        ...verdict,
        value: text.replaceAll('\0', '\uFFFD').slice(0, valueCharsMax).toWellFormed(),
        sourcedId: this.sourcedIdOf(text),
      })
    } else if (isKept || row.lineCount > 1) this.kept.push(place)
    if (isKept) return []
    return [joined(bytes.subarray(start, row.end), this.endsWithReturn ? Uint8Array.of(CR, LF) : Uint8Array.of(LF))]
  }

  /** Which record a line that cannot be read is about, as well as can be told: it must not count as omitted. */
  private sourcedIdOf(text: string): string | undefined {
    const cell = text.split(',')[this.sourcedIdIndex]
    return cell?.replaceAll('"', '').replaceAll('\0', '').trim()
  }

  private isUtf8(bytes: Uint8Array): boolean {
    try {
      this.strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
}

function headerCells(text: string): readonly string[] {
  if (text.trim() === '') return []
  if ((text.split('"').length - 1) % 2 === 1) throw new CsvError('a quote in the header is never closed on its line')
  return parseRows(text)[0] ?? []
}

interface Row {
  /** Behind the row's last cell. */
  readonly end: number
  readonly next: number
  readonly cellCount: number
  readonly lineCount: number
  readonly endsWithReturn: boolean
  readonly isEnded: boolean
  readonly isBlank: boolean
  readonly fault?: Verdict | undefined
}

/** The row that begins at `start`; undefined where its end is still to come. */
function readRow(bytes: Uint8Array, start: number, isLast: boolean): Row | undefined {
  let cellCount = 1
  let lineCount = 1
  let fault: Verdict | undefined
  let at = start
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte > COMMA) continue
    if (byte === COMMA) cellCount += 1
    else if (byte === LF) break
    else if (byte === QUOTE) {
      if (at !== start && bytes[at - 1] !== COMMA) {
        fault ??= faults.quote
        continue
      }
      const cell = readQuoted(bytes, at, start, isLast)
      if (cell === undefined) return undefined
      if (cell.fault === faults.open || cell.fault === faults.long) return openLine(bytes, start, cell.fault)
      fault ??= cell.fault
      lineCount += cell.breakCount
      at = cell.end
    } else if (byte === NUL) fault ??= faults.nul
    else if (byte === CR && bytes[at + 1] !== LF && (at + 1 < bytes.length || isLast)) fault ??= faults.return
  }
  if (at - start > lineBytesMax) return openLine(bytes, start, faults.long)
  // a quote forgotten on one line seems to close on the next: only the first is at fault
  if (fault === faults.quote && lineCount > 1) return openLine(bytes, start, fault)
  if (at >= bytes.length && !isLast) return undefined
  const isEnded = at < bytes.length
  const endsWithReturn = isEnded && at > start && bytes[at - 1] === CR
  const end = endsWithReturn ? at - 1 : at
  return {
    end,
    next: isEnded ? at + 1 : at,
    cellCount,
    lineCount,
    endsWithReturn,
    isEnded,
    isBlank: end === start,
    fault,
  }
}

/** A quoted cell from its opening quote on; `end` is its closing one. Undefined where that is still to come. */
function readQuoted(bytes: Uint8Array, open: number, start: number, isLast: boolean) {
  let breakCount = 0
  let fault: Verdict | undefined
  for (let at = open + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte === LF) breakCount += 1
    else if (byte === NUL) fault ??= faults.nul
    if (byte !== QUOTE) continue
    if (bytes[at + 1] === QUOTE) {
      at += 1
      continue
    }
    const behind = bytes[at + 1]
    if (behind === undefined && !isLast) return undefined
    if (behind !== undefined && behind !== COMMA && behind !== LF && behind !== CR) fault ??= faults.quote
    return { end: at, breakCount, fault }
  }
  if (bytes.length - start > lineBytesMax) return { end: bytes.length, breakCount: 0, fault: faults.long }
  return isLast ? { end: bytes.length, breakCount: 0, fault: faults.open } : undefined
}

/** The line that a runaway quote or an endless row begins on: it is refused, and reading goes on with the next line. */
function openLine(bytes: Uint8Array, start: number, fault: Verdict): Row {
  const found = bytes.indexOf(LF, start)
  const isEnded = found !== -1
  const end = isEnded ? found : bytes.length
  const next = isEnded ? end + 1 : end
  return { end, next, cellCount: 0, lineCount: 1, endsWithReturn: false, isEnded, isBlank: false, fault }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
