// Rows out of the database as CSV: whole, cut at line ends, whatever the pace of the reader; and what a reader who leaves
// early leaves behind.

import { beforeAll, describe, expect, test } from 'bun:test'
import { parseRows } from '../../src/csv.ts'
import type { CopyOutOptions, Database } from '../../src/database.ts'
import { backend, openTestDatabase } from '../support/database.ts'

let database: Database
beforeAll(async () => {
  database = (await openTestDatabase()).owner
}, 60_000)

const textOf = (blocks: readonly Uint8Array[]): string => new TextDecoder().decode(Buffer.concat(blocks))

/** The blocks of a query, read to the end; the transaction goes on behind them. */
const blocksOf = (query: string, options?: CopyOutOptions, pause?: () => Promise<unknown>): Promise<Uint8Array[]> =>
  database.sql.begin(async (transaction) => {
    const blocks: Uint8Array[] = []
    for await (const block of database.copyOut(transaction, query, options)) {
      blocks.push(block)
      await pause?.()
    }
    const [row] = await transaction<{ alive: boolean }[]>`select true as alive`
    expect(row?.alive).toBe(true)
    return blocks
  }) as Promise<Uint8Array[]>

const many = `select i, repeat('é', i % 50) as text from generate_series(1, 60000) as i`
const manyText = (lineEnd: string): string =>
  Array.from({ length: 60000 }, (_, at) => `${at + 1},${'é'.repeat((at + 1) % 50) || '""'}${lineEnd}`).join('')

describe('rows copied out', () => {
  test.each(['\n', '\r\n'] as const)('come whole, each block ending with a row, with line ends %j', async (lineEnd) => {
    const blocks = await blocksOf(many, { lineEnd })
    expect(textOf(blocks)).toBe(manyText(lineEnd))
    expect(blocks.length).toBeGreaterThan(5)
    expect(blocks.every((block) => textOf([block.subarray(-lineEnd.length)]) === lineEnd)).toBe(true)
  })

  test('come whole to a reader slower than the database', async () => {
    const next = () => new Promise((resolve) => setImmediate(resolve))
    expect(textOf(await blocksOf(many, {}, next))).toBe(manyText('\n'))
  })

  test('have a header where one is asked for, and where there is no row it is all', async () => {
    expect(textOf(await blocksOf('select 1 as "aB", null as "x,y"', { header: true }))).toBe('aB,"x,y"\n1,\n')
    expect(textOf(await blocksOf('select 1 as a where false', { header: true, lineEnd: '\r\n' }))).toBe('a\r\n')
    expect(await blocksOf('select 1 as a where false')).toEqual([])
  })

  test('keep commas, quotes, line breaks and the difference between empty and null', async () => {
    const cells = ['a,b', 'say "x"', 'one\ntwo\r\nthree', '', '\\.', ' ', '=1+1']
    const list = cells.map((cell) => `'${cell}'`).join(', ')
    const blocks = await blocksOf(`select ${list}, null`, { lineEnd: '\r\n' })
    expect(textOf(blocks).endsWith(' ,=1+1,\r\n')).toBe(true)
    expect(textOf(blocks)).toContain(',"",')
    expect(parseRows(textOf(blocks))).toEqual([[...cells, '']])
  })

  test('have a row longer than a block', async () => {
    const text = textOf(await blocksOf(`select repeat('x', 1000000) from generate_series(1, 3)`))
    expect(text).toBe(`${'x'.repeat(1_000_000)}\n`.repeat(3))
  })
})

describe('an error', () => {
  test('at the first row or a later one is the reader’s, and ends the transaction', async () => {
    await expect(blocksOf('select nothing')).rejects.toThrow('nothing')
    await expect(blocksOf('select 1 / (40000 - i) from generate_series(1, 60000) as i')).rejects.toThrow('zero')
    expect(textOf(await blocksOf('select 1'))).toBe('1\n')
  })

  test('follows for whoever goes on after leaving early, and the connection serves the next', async () => {
    const left = database.sql.begin(async (transaction) => {
      for await (const _ of database.copyOut(transaction, many)) break
      await transaction`select 1`
    })
    await expect(left).rejects.toThrow()
    await Promise.all(Array.from({ length: 4 }, async () => expect(textOf(await blocksOf('select 1'))).toBe('1\n')))
  })

  test.skipIf(backend === 'pglite')(
    'is what the server makes of a query whose reader left: it does not run on [needs cancellation: PostgreSQL]',
    async () => {
      const endless = `select i, pg_sleep(case when i > 60000 then 3600 else 0 end) from generate_series(1, 100000) as i`
      const left = database.sql.begin(async (transaction) => {
        for await (const _ of database.copyOut(transaction, endless)) break
      })
      await expect(left).rejects.toThrow('aborted')
    },
  )
})
