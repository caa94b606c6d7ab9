// What a cell of the gradebook may hold: numbers, days, scales and lists of words; and what each that is none is told as.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { connectPostgres, type Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { brief, bulk, document, emptyStore, gradebook, lines, school, stored, warningCodes } from '../support/rows.ts'

let owner: Database
let url: string | undefined
beforeAll(async () => {
  const database = await openTestDatabase()
  owner = database.owner
  url = database.url
}, 60_000)
beforeEach(() => emptyStore(owner))

const rows = (header: string, cells: readonly string[]) => lines(header, ...cells.map((cell, at) => `a${at},${cell}`))
const weights = (cells: readonly string[]) =>
  bulk(owner, {
    categories: rows(
      'sourcedId,title,weight',
      cells.map((cell) => `Title,${cell}`),
    ),
  })
const results = (cells: readonly string[]) =>
  bulk(
    owner,
    {
      results: rows(
        'sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate',
        cells.map((cell) => `l1,u1,submitted,${cell},2026-09-09`),
      ),
    },
    { keepDangling: true },
  )
const column = async (table: string, name: string): Promise<unknown[]> =>
  (
    await owner.sql.unsafe<{ value: unknown }[]>(
      `select to_jsonb(${name}) as value from store.${table} order by length(sourced_id), sourced_id`,
    )
  ).map(({ value }) => value)

describe('a number', () => {
  test('is whole where the standard has an integer, however it is written', async () => {
    const report = await weights(['12', '12.0', '012', '+12', '-3', '0', '', '1e2'])
    expect(report.faults).toEqual([])
    expect(await column('categories', 'weight')).toEqual([12, 12, 12, 12, -3, 0, null, 100])
    expect(await document(owner, 'categories', 'a1')).toMatchObject({ weight: 12 })
    expect(await document(owner, 'categories', 'a6')).not.toHaveProperty('weight')
  })

  test('that is not whole is refused there', async () => {
    const bad = ['12.5', '1e-1', 'twelve', '12%', '0x10', '1 2', '"1,000"', 'NaN', '1e999', '.']
    const report = await weights(bad)
    expect(report.faults.map(({ line, code, field, value }) => [line, code, field, value])).toEqual(
      bad.map((cell, at) => [at + 2, 'invalid_integer', 'weight', cell.replaceAll('"', '')]),
    )
    expect(report.faults[0]?.reason).toBe('a whole number is wanted')
  })

  test('is a double elsewhere, and shown in the shortest decimals that mean it', async () => {
    const cells = [
      '85',
      '-0.5',
      '0.1',
      '1e22',
      '.5',
      '7.',
      '-0',
      '1E-7',
      '123456789.123',
      '1.7976931348623157e308',
      '5e-324',
    ]
    const report = await results(cells)
    expect(report.faults).toEqual([])
    for (const [at, cell] of cells.entries())
      expect([cell, (await document(owner, 'results', `a${at}`))?.['score']]).toEqual([cell, Number(cell)])
  })

  test('that is none, or is beyond a double, is refused', async () => {
    const bad = [
      'NaN',
      'Infinity',
      '-Infinity',
      'inf',
      '1e999',
      '-1e999',
      '1e9999',
      '1e-999',
      '"8,5"',
      '8.5.1',
      '--1',
      'A',
      '1e',
      '１２',
      '0b1',
      '1_000',
    ]
    const report = await results(bad)
    expect(report.faults.map(({ line, code, field, value }) => [line, code, field, value])).toEqual(
      bad.map((cell, at) => [at + 2, 'invalid_float', 'score', cell.replaceAll('"', '')]),
    )
  })
})

describe('a day', () => {
  const items = (assigned: string) =>
    bulk(owner, { lineItems: gradebook.lineItems.replace('2026-09-01', assigned) }, { keepDangling: true })

  /** The database as sessions in another time zone see it. */
  async function inZone(zone: string, work: (database: Database) => Promise<void>): Promise<void> {
    const own = url === undefined ? owner : connectPostgres(url, { poolSize: 1 })
    try {
      await own.sql.unsafe(`set timezone = '${zone}'`)
      await work(own)
    } finally {
      if (own === owner) await owner.sql.unsafe('reset timezone')
      else await own.close()
    }
  }

  test.each(['America/Los_Angeles', 'Pacific/Kiritimati'])('is midnight UTC, for a session in %s too', async (zone) => {
    await inZone(zone, async (database) => {
      await bulk(database, { lineItems: gradebook.lineItems }, { keepDangling: true })
      const [row] = await database.sql<{ zone: string }[]>`select current_setting('timezone') as zone`
      expect(row?.zone).toBe(zone)
      expect(await document(database, 'line_items', 'l1')).toMatchObject({
        assignDate: '2026-09-01T00:00:00.000Z',
        dueDate: '2026-09-08T00:00:00.000Z',
      })
    })
  })

  test('of a date and time is its date, with a warning', async () => {
    const cell = '2026-09-01T22:30:00.000-05:00'
    const report = await items(cell)
    expect(report.faults).toEqual([])
    expect(report.warnings.map(brief)).toContain(`lineItems.csv:2 assignDate date_spelling "${cell}"`)
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({ assignDate: '2026-09-01T00:00:00.000Z' })
  })

  test.each(['2026-02-30', '01/09/2026', 'infinity', '2026-9-1'])('that is none is refused: %s', async (cell) => {
    const report = await items(cell)
    expect(report.faults.map(brief)).toEqual([`lineItems.csv:2 assignDate invalid_day "${cell}"`])
  })
})

describe('a scale', () => {
  const scale = (cell: string) =>
    bulk(owner, {
      ...school,
      scoreScales: lines(
        'sourcedId,title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue',
        `z1,Letters,letter,s1,c1,k1,${cell}`,
      ),
    })

  test('is a list of {left:right}, in its order; the right side may hold colons and the left one spaces', async () => {
    const report = await scale('"{A+:90-100},{B minus:80:89} , {0.5:x}"')
    expect([report.faults, warningCodes(report)]).toEqual([[], ['list_spelling', 'pair_spelling']])
    expect((await document(owner, 'score_scales', 'z1'))?.['scoreScaleValue']).toEqual([
      { itemValueLHS: 'A+', itemValueRHS: '90-100' },
      { itemValueLHS: 'B minus', itemValueRHS: '80:89' },
      { itemValueLHS: '0.5', itemValueRHS: 'x' },
    ])
  })

  test.each(['A:90-100', '{A}', '{:5}', '{A:}', '"{A:1},"extra', '{{A:1}}', '"{A:1},B"'])(
    'that is none is refused: %s',
    async (cell) => {
      const report = await scale(cell)
      expect(report.faults.map(({ line }) => line)).toEqual([2])
      expect(await stored(owner, 'score_scales', 'z1')).toBeUndefined()
    },
  )

  test.each(['', '","', '" , "'])(
    'without an item is refused, as nothing says what its values mean: %s',
    async (cell) => {
      const report = await scale(cell)
      expect(report.faults.map(({ line, field }) => [line, field])).toEqual([[2, 'scoreScaleValue']])
      expect(await stored(owner, 'score_scales', 'z1')).toBeUndefined()
    },
  )
})

describe('a list of words', () => {
  const roles = (cell: string) =>
    bulk(owner, { resources: lines('sourcedId,vendorResourceId,roles', `re1,v1,${cell}`) })

  test('takes the words of the standard and its own, in their order', async () => {
    const report = await roles('"teacher,ext:para.pro_1,student"')
    expect([report.faults, report.warnings]).toEqual([[], []])
    expect(await document(owner, 'resources', 're1')).toMatchObject({ roles: ['teacher', 'ext:para.pro_1', 'student'] })
  })

  test('reads a word in another case as it is spelt, with a warning', async () => {
    const report = await roles('"Teacher,STUDENT"')
    expect(report.faults).toEqual([])
    expect(report.warnings.map(brief)).toEqual(['resources.csv:2 roles value_spelling "Teacher,STUDENT"'])
    expect(await document(owner, 'resources', 're1')).toMatchObject({ roles: ['teacher', 'student'] })
  })

  test.each(['clown', '"teacher,clown"', '"teacher,ext:"', '"ext:a b,student"', '"teacher,principal,student"'])(
    'with a word that is none is refused, and names it: %s',
    async (cell) => {
      const report = await roles(cell)
      expect(report.faults.map(brief)).toEqual([
        `resources.csv:2 roles not_in_vocabulary ${JSON.stringify(cell.replaceAll('"', ''))}`,
      ])
      const bad = cell
        .replaceAll('"', '')
        .split(',')
        .find((word) => !['teacher', 'student'].includes(word))
      expect(report.faults[0]?.reason).toContain(`"${bad}"`)
    },
  )

  test('without an item is absent', async () => {
    const report = await roles('","')
    expect(report.faults).toEqual([])
    expect(await document(owner, 'resources', 're1')).not.toHaveProperty('roles')
  })
})

test('importance is one of two words, scoreStatus one with its spaces or an ext:, flags are true or false', async () => {
  const report = await bulk(owner, {
    ...school,
    ...gradebook,
    resources: gradebook.resources.replace('primary', 'Primary').replace('v-2,,,', 'v-2,,,tertiary'),
    results: gradebook.results
      .replace('fully graded', 'Fully Graded')
      .replace('not submitted,', 'notSubmitted,')
      .replace(',false,false,true', ',FALSE,no,true'),
  })
  expect(report.warnings.filter(({ file }) => file === 'resources.csv').map(brief)).toEqual([
    'resources.csv:2 importance value_spelling "Primary"',
  ])
  expect(report.faults.filter(({ code }) => code !== 'unknown_reference').map(brief)).toEqual([
    'resources.csv:3 importance not_in_vocabulary "tertiary"',
    'results.csv:2 incomplete not_in_vocabulary "no"',
    'results.csv:3 scoreStatus not_in_vocabulary "notSubmitted"',
  ])
})
