// Bytes -> one row of CSV: where it ends, how many cells it has, what is wrong with it. Knows the rules of RFC 4180 and of
// PostgreSQL's COPY, and nothing of the file around the row. Pure.

export const NUL = 0
export const LF = 10
export const CR = 13
const QUOTE = 34
const COMMA = 44
export const DOT = 46
export const BACKSLASH = 92
/** A longer line, or a quote open for longer, is a mistake in the file. */
export const lineBytesMax = 1024 * 1024

export type Verdict = { readonly code: string; readonly reason: string }

export const faults = {
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

export interface Row {
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
export function readRow(bytes: Uint8Array, start: number, isLast: boolean): Row | undefined {
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
export function openLine(bytes: Uint8Array, start: number, fault: Verdict): Row {
  const found = bytes.indexOf(LF, start)
  const isEnded = found !== -1
  const end = isEnded ? found : bytes.length
  const next = isEnded ? end + 1 : end
  return { end, next, cellCount: 0, lineCount: 1, endsWithReturn: false, isEnded, isBlank: false, fault }
}
