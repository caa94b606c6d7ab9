// Bytes of a CSV file -> its header, its rows as they came (cut at line ends), and the lines kept back with the reason.
// What it lets pass, PostgreSQL's COPY can not reject: every row has the header's number of cells, is valid UTF-8, is
// quoted as RFC 4180 has it, and ends as the first line does. Also the only importer of csv-parse. Pure.

import { parse } from 'csv-parse/sync'
import { BACKSLASH, CR, DOT, faults, LF, lineBytesMax, NUL, openLine, type Row, readRow, type Verdict } from './row.ts'

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

/** The same of a file whose lines matter: each row with the line it ends on, counted from 1. */
export function parseLines(text: string): { line: number; cells: string[] }[] {
  const options = {
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    info: true,
  } as const
  const rows = parse(text, options) as unknown as { record: string[]; info: { lines: number } }[]
  return rows.map(({ record, info }) => ({ line: info.lines, cells: record }))
}

const valueCharsMax = 500

/** One file, fed chunk by chunk: `push` answers runs of whole good rows, `kept` fills with the others. */
export class RowScanner {
  /** The cells of the first line; empty until it was read. */
  header: readonly string[] = []
  readonly kept: KeptLine[] = []
  rowCount = 0
  /** Rows passed on that have a line break inside a cell, and the line of the first. */
  readonly broken = { rows: 0, line: 0 }
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
      let row = readRow(bytes, at, isLast)
      if (row === undefined) break
      const verdict = this.verdict(bytes, at, row, isUtf8)
      // a quote forgotten here may close lines later: only this line is refused, so that no record in between is lost
      if (verdict !== undefined && row.lineCount > 1) row = openLine(bytes, at, verdict)
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
    if (!isKept && row.lineCount > 1) {
      if (this.broken.rows === 0) this.broken.line = this.line
      this.broken.rows += 1
    }
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

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** A row as RFC 4180 and the standard write it, its line end included. */
export const csvLine = (cells: readonly string[]): string =>
  `${cells.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(',')}\r\n`
