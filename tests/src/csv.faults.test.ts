// Laws of the lines the scanner keeps back: which, with what reason, and that no line pays for another.

import { describe, expect, test } from 'bun:test'
import { CsvError, RowScanner } from '../../src/csv.ts'
import { bytesOf, rawBytes, type Scanned, scanChunks, scanText } from '../support/scanning.ts'

const scanRaw = (text: string): Scanned => scanChunks([rawBytes(text)])
const coded = (scanned: Scanned) => scanned.kept.filter(({ code }) => code !== undefined)
const long = 'x'.repeat(1024 * 1024)

describe('a line that breaks a rule', () => {
  test.each([
    ['wrong_cell_count', 'too few cells', '1'],
    ['wrong_cell_count', 'too many cells', '1,2,3'],
    ['wrong_cell_count', 'a comma behind the last cell', '1,2,'],
    ['nul_character', 'a NUL in a cell', '1,a\0b'],
    ['nul_character', 'a NUL between quotes', '1,"a\0b"'],
    ['invalid_utf8', 'a byte of Latin-1', 'Jos\xe9,1'],
    ['invalid_utf8', 'half a character between quotes', '1,"\xf0\x9f\x98"'],
    ['invalid_utf8', 'a surrogate', '1,\xed\xa0\x80'],
    ['invalid_utf8', 'a NUL written in two bytes', '1,\xc0\x80'],
    ['malformed_quote', 'a quote inside a cell without quotes', 'a"b,1'],
    ['malformed_quote', 'a quote behind a space', '1, "x"'],
    ['malformed_quote', 'text behind the closing quote', '"a"b,1'],
    ['line_break_in_cell', 'a carriage return in a cell', 'a\rb,1'],
    ['line_break_in_cell', 'two carriage returns at the end', '1,2\r\r'],
    ['line_too_long', 'a byte more than a row may have', `1,${long.slice(1)}`],
  ])('is kept back alone as %s: %s', (code, _name, line) => {
    const scanned = scanRaw(`sourcedId,b\ngood,1\n${line}\ngood,2\n`)
    expect(coded(scanned)).toMatchObject([{ code, line: 3, ordinal: 2, shift: 1 }])
    expect(coded(scanned)[0]?.reason).toBeString()
    expect(scanned).toMatchObject({ passed: 'good,1\ngood,2\n', rowCount: 2 })
  })

  test('is kept back as the last line too, ended or not', () => {
    for (const end of ['', '\n', '\r\n']) {
      const scanned = scanRaw(`a,b\n1,2\n3${end}`)
      expect(coded(scanned)).toMatchObject([{ code: 'wrong_cell_count', line: 3, value: '3' }])
      expect(scanned.passed).toBe('1,2\n')
    }
    expect(coded(scanRaw('a,b\n1,2\n3,4\r'))).toMatchObject([{ code: 'line_break_in_cell', line: 3 }])
  })

  test('a row of exactly the bytes allowed passes', () => {
    expect(scanText(`a,b\n1,${long.slice(2)}\n`)).toMatchObject({ kept: [], rowCount: 1 })
  })

  test('a line of \\. alone, which would end the copy, is kept back from a file of one column', () => {
    const scanned = scanText('a\n1\n\\.\n2\n')
    expect(scanned.passed).toBe('1\n2\n')
    expect(coded(scanned)).toMatchObject([{ line: 3, value: '\\.' }])
  })

  test('a line that only begins with \\. is data', () => {
    expect(scanText('a,b\n\\.,1\n\\.x,2\n').passed).toBe('\\.,1\n\\.x,2\n')
  })

  test('tells which record it was about as far as that can be read', () => {
    const sourcedIds = scanRaw('name,"SourcedId"\nx\n1,"a-1",3\n1, b-2 ,3\nJos\xe9,c-3\n1,d\0-4\n').kept
    expect(sourcedIds.map(({ sourcedId }) => sourcedId)).toEqual([undefined, 'a-1', 'b-2', 'c-3', 'd-4'])
    expect(scanText('a,b\n1\n').kept[0]?.sourcedId).toBeUndefined()
  })

  test('is shown in at most 500 characters that any database can keep: no NUL, no half of a character', () => {
    const shown = (line: string): string => scanText(`a,b\n${line}\n`).kept[0]?.value ?? ''
    expect(shown('x'.repeat(600))).toBe('x'.repeat(500))
    expect(shown('a\0b,1')).not.toContain('\0')
    expect(shown(`${'x'.repeat(499)}😀`)).toSatisfy((value: string) => value.isWellFormed() && value.length <= 500)
  })
})

describe('blank lines', () => {
  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
  ])('are no rows, anywhere in a file of %s', (_name, end) => {
    const scanned = scanText(['a,b', '', '1,2', '', '', '3,4', '', ''].join(end))
    expect(scanned).toMatchObject({ passed: `1,2${end}3,4${end}`, rowCount: 2 })
    expect(coded(scanned)).toEqual([])
  })

  test('are no rows in a file of one column either, where an empty cell is quoted', () => {
    expect(scanText('a\n1\n\n""\n')).toMatchObject({ passed: '1\n""\n', rowCount: 2 })
  })

  test('are no rows where they end unlike the header', () => {
    expect(scanText('a,b\n1,2\n\r\n3,4\n\r\n')).toMatchObject({ passed: '1,2\n3,4\n', rowCount: 2 })
  })

  test('a line of commas is a row of empty cells', () => {
    expect(scanText('a,b\n,\n')).toMatchObject({ passed: ',\n', rowCount: 1 })
  })
})

describe('a quote that is never closed', () => {
  test('costs its own line and no other', () => {
    const scanned = scanText('sourcedId,b\n1,x\n2,"y\n3,z\n4,w\n')
    expect(coded(scanned)).toMatchObject([{ code: 'open_quote', line: 3, sourcedId: '2', ordinal: 2, shift: 1 }])
    expect(scanned).toMatchObject({ passed: '1,x\n3,z\n4,w\n', rowCount: 3 })
  })

  test('costs its own line and no other where much follows it', () => {
    const rows = '3,zzzzzzzzzz\n'.repeat(100_000)
    const scanned = scanText(`sourcedId,b\n2,"y\n${rows}`)
    expect(coded(scanned)).toMatchObject([{ code: 'line_too_long', line: 2, sourcedId: '2' }])
    expect(scanned.rowCount).toBe(100_000)
    expect(scanned.passed === rows).toBe(true)
  })

  test('costs its own line and no other where the next line is quoted and seems to close it', () => {
    const scanned = scanText('sourcedId,b\n"1","x"\n"2","y\n"3","z"\n"4","w"\n')
    expect(coded(scanned)).toMatchObject([{ code: 'malformed_quote', line: 3, sourcedId: '2' }])
    expect(scanned).toMatchObject({ passed: '"1","x"\n"3","z"\n"4","w"\n', rowCount: 3 })
  })

  test('does not hide a second one', () => {
    const scanned = scanText('a,b\n1,"y\n2,x\n3,""z\n4,w\n')
    expect(coded(scanned).map(({ line }) => line)).toEqual([2, 4])
    expect(scanned.passed).toBe('2,x\n4,w\n')
  })
})

describe('a header', () => {
  const refusal = (...chunks: Uint8Array[]): unknown => {
    try {
      return scanChunks(chunks)
    } catch (thrown) {
      return thrown
    }
  }

  test.each([
    ['is empty', ''],
    ['has nothing but a byte order mark', '\xef\xbb\xbf'],
    ['begins with a blank line', '\na,b\n1,2\n'],
    ['begins with a line of spaces', '  \n1,2\n'],
    ['is UTF-16 of the one kind', '\xff\xfea\0,\0b\0\n\0'],
    ['is UTF-16 of the other kind', '\xfe\xff\0a\0,\0b\0\n'],
    ['is UTF-16 without a mark', 'a\0,\0b\0\n\0'],
    ['has a quote in its header that is never closed', '"a,b\n1,2\n'],
    ['ends its lines with a carriage return alone', 'a,b\r1,2'],
    ['ends its lines, the last one too, with a carriage return alone', 'a,b\r1,2\r'],
    ['breaks a line inside its header', 'a\rb,c\r\n1,2\r\n'],
    ['has a header that never ends', `a,${long}`],
  ])('is refused with CsvError where a file %s', (_name, text) => {
    expect(refusal(rawBytes(text))).toBeInstanceOf(CsvError)
    expect(
      refusal(...Array.from(rawBytes(text).slice(0, 64), (byte) => Uint8Array.of(byte)), rawBytes(text).slice(64)),
    ).toBeInstanceOf(CsvError)
  })

  test('without rows is a file without rows', () => {
    for (const text of ['a,b', 'a,b\n', 'a,b\r\n', '"a","b"\n\n']) {
      expect(scanText(text)).toMatchObject({ header: ['a', 'b'], rowCount: 0, passed: '' })
    }
  })

  test('gives its names as they are spelt, the empty ones too', () => {
    expect(scanText('"a ",B,"c""d",,\n').header).toEqual(['a ', 'B', 'c"d', '', ''])
  })

  test('is known as soon as its line has come', () => {
    const scanner = new RowScanner()
    scanner.push(bytesOf('a,'))
    expect(scanner.header).toEqual([])
    scanner.push(bytesOf('b\n1'))
    expect(scanner.header).toEqual(['a', 'b'])
  })
})
