// Laws of the row scanner: what a good file is, passes unchanged; where the chunks are cut, nobody can tell.

import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { parseRows } from '../../src/csv.ts'
import {
  bytesOf,
  cutAt,
  cutPositions,
  hostileBytes,
  latin1,
  lineOf,
  rawBytes,
  scanChunks,
  scanOutcome,
  scanText,
} from '../support/scanning.ts'

const character = fc.oneof(
  fc.constantFrom(',', '"', '\n', '\r', '\r\n', ' ', 'a', '""', '\uFEFF', 'é', '漢', '😀', "'", '\\', ';', '\t'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((text) => text !== '\0'),
)
const cell = fc.record({ text: fc.string({ unit: character, maxLength: 6 }), isQuoted: fc.boolean() })
const table = fc.integer({ min: 1, max: 5 }).chain((width) =>
  fc.record({
    header: fc.constant(Array.from({ length: width }, (_, index) => `column${index}`)),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    isEnded: fc.boolean(),
    hasMark: fc.boolean(),
  }),
)

/** RFC 4180, section 2: rules 5 to 7. */
function written({ text, isQuoted }: { text: string; isQuoted: boolean }, width: number): string {
  // a line of nothing is no row, so the only cell of a row is quoted when it is empty
  const needsQuotes = /[",\r\n]/.test(text) || (width === 1 && text === '')
  return isQuoted || needsQuotes ? `"${text.replaceAll('"', '""')}"` : text
}

describe('a file as RFC 4180 has it', () => {
  test('passes whole and byte for byte, wherever the chunks are cut, and reads back as the same cells', () => {
    fc.assert(
      fc.property(table, cutPositions, ({ header, rows, lineEnd, isEnded, hasMark }, cuts) => {
        const lines = rows.map((row) => row.map((one) => written(one, header.length)).join(','))
        const body = lines.map((line) => line + lineEnd).join('')
        const file = (hasMark ? '\uFEFF' : '') + header.join(',') + lineEnd + body
        const sent = bytesOf(isEnded ? file : file.slice(0, -lineEnd.length))
        const scanned = scanChunks(cutAt(sent, cuts))
        expect(scanned.header).toEqual(header)
        expect(scanned.kept.filter(({ code }) => code !== undefined)).toEqual([])
        expect(scanned.rowCount).toBe(rows.length)
        expect(scanned.passed).toBe(latin1(bytesOf(body)))
        const text = header.join(',') + lineEnd + Buffer.from(scanned.passed, 'latin1').toString('utf8')
        expect(parseRows(text)).toEqual([header, ...rows.map((row) => row.map((one) => one.text))])
      }),
      { numRuns: 400 },
    )
  })

  test('may begin with a byte order mark, which is no part of the first name', () => {
    expect(scanText('\uFEFFsourcedId,name\n1,2\n').header).toEqual(['sourcedId', 'name'])
    expect(scanText('\uFEFF"sourcedId","name"\r\n1,2\r\n').header).toEqual(['sourcedId', 'name'])
  })

  test('may hold a byte order mark further on, where it is data', () => {
    expect(scanText('a,b\n\uFEFF1,2\n').passed).toBe(latin1(bytesOf('\uFEFF1,2\n')))
  })

  test('keeps a cell that has a line of \\. between its quotes: only a line outside quotes ends a copy', () => {
    const body = '1,"a\n\\.\nb"\n2,"\n\\.more"\n'
    expect(scanText(`a,b\n${body}`)).toMatchObject({ passed: body, rowCount: 2 })
  })

  test('may have its header in one chunk and its rows in another, or each byte in its own', () => {
    const bytes = bytesOf('sourcedId,name\r\n1,é\r\n2,"x\r\ny"\r\n')
    const whole = scanChunks([bytes])
    expect(whole.rowCount).toBe(2)
    expect(scanChunks([...bytes].map((byte) => Uint8Array.of(byte)))).toMatchObject({
      header: ['sourcedId', 'name'],
      rowCount: 2,
      passed: whole.passed,
    })
  })
})

const longLine = `2,${'x'.repeat(98)}\n`

describe('the cuts between chunks', () => {
  test('change nothing that is passed, kept or refused, however malformed the file', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a,b\n', 'a,b\r\n', 'sourcedId\n', ''),
        hostileBytes,
        cutPositions,
        (head, tail, cuts) => {
          const bytes = Buffer.concat([bytesOf(head), tail])
          expect(scanOutcome(cutAt(bytes, cuts))).toEqual(scanOutcome([bytes]))
          expect(scanOutcome([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(scanOutcome([bytes]))
        },
      ),
      { numRuns: 1500 },
    )
  })

  test.each([
    ['a line without quotes', `${'x'.repeat(1_500_000)},y`],
    ['a line with a NUL before its length is known', `\0${'x'.repeat(1_500_000)},y`],
    ['a quoted cell', `1,"${'x'.repeat(1_500_000)}"`],
    ['a quoted cell over many lines', `1,"${longLine.repeat(15_000)}"`],
    ['an open quote with much behind it', `1,"x\n${longLine.repeat(15_000)}3,z`],
    ['the last line', `1,2\n${'x'.repeat(1_500_000)}`],
  ])('change nothing where a row is too long: %s', (_name, text) => {
    const bytes = bytesOf(`a,b\n${text}\n4,5\n`)
    const whole = scanOutcome([bytes])
    for (const size of [65_536, 300_007, 1_048_577]) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => (index + 1) * size)
      // the texts are long: a difference is told by its place, not by both whole values
      expect(Bun.deepEquals(scanOutcome(cutAt(bytes, cuts)), whole), `chunks of ${size} bytes`).toBe(true)
    }
  })

  test('may fall inside a character', () => {
    const bytes = bytesOf('a,b\né,😀\n')
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(scanChunks(cutAt(bytes, [cut]))).toMatchObject({ rowCount: 1, kept: [] })
    }
  })
})

describe('a run', () => {
  test('ends where a line ends, so that what copies runs can stop between any two', () => {
    fc.assert(
      fc.property(fc.constantFrom('a,b\n', 'a,b\r\n'), hostileBytes, cutPositions, (head, tail, cuts) => {
        const lineEnd = head.slice(3)
        for (const run of scanChunks(cutAt(Buffer.concat([bytesOf(head), tail]), cuts)).runs) {
          expect(latin1(run)).toEndWith(lineEnd)
          expect(latin1(run)).not.toBe(lineEnd)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('ends its rows as the header ends, whatever the file mixes; line breaks in cells stay', () => {
    expect(scanText('a,b\r\n1,2\n3,"x\ny"\n5,6\r\n7,8').passed).toBe('1,2\r\n3,"x\ny"\r\n5,6\r\n7,8\r\n')
    expect(scanText('a,b\n1,2\r\n3,"x\r\ny"\r\n5,6\n').passed).toBe('1,2\n3,"x\r\ny"\n5,6\n')
  })
})

describe('the line of a row', () => {
  const piece = fc.constantFrom(
    (line: number) => `${line},x`,
    (line: number) => `${line},"x\ny"`,
    (line: number) => `${line},"\n\n"\r`,
    () => '',
    () => '\r',
    () => 'one cell',
    () => 'a"b,c',
    () => 'nul\0,x',
    () => 'caf\xe9,x',
    () => 'a,b,"c\nd"',
  )

  test('is its number + 1 + the shift of the last line before it that was out of order', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), cutPositions, (pieces, isEnded, cuts) => {
        let line = 2
        const lines = pieces.map((make) => {
          const text = make(line)
          line += text.split('\n').length
          return text
        })
        const bytes = rawBytes(['a,b', ...lines].join('\n') + (isEnded ? '\n' : ''))
        const { kept, passed, rowCount } = scanChunks(cutAt(bytes, cuts))
        const firsts = parseRows(`a,b\n${passed}`).slice(1)
        expect(firsts.length).toBe(rowCount)
        expect(firsts.map((_, index) => lineOf(kept, index + 1))).toEqual(firsts.map((row) => Number(row[0])))
      }),
      { numRuns: 500 },
    )
  })
})
