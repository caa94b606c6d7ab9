// What rows of the gradebook refer to: a required reference that leads nowhere refuses the row, an optional one is left
// out, and a refused row takes along those that need it.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  brief,
  bulk,
  counts,
  dated,
  deleted,
  delta,
  document,
  emptyStore,
  gradebook,
  school,
  statuses,
  stored,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const all = { ...school, ...gradebook }
type Name = keyof typeof gradebook

/** Each reference of the twelve files: the file, the column, the place of its cell, the table it leads into. */
const references = [
  ['classResources', 'classSourcedId', 2, 'classes'],
  ['classResources', 'resourceSourcedId', 3, 'resources'],
  ['courseResources', 'courseSourcedId', 2, 'courses'],
  ['courseResources', 'resourceSourcedId', 3, 'resources'],
  ['userResources', 'userSourcedId', 1, 'users'],
  ['userResources', 'orgSourcedId', 2, 'orgs'],
  ['userResources', 'classSourcedId', 3, 'classes'],
  ['userResources', 'resourceSourcedId', 4, 'resources'],
  ['scoreScales', 'orgSourcedId', 3, 'orgs'],
  ['scoreScales', 'courseSourcedId', 4, 'courses'],
  ['scoreScales', 'classSourcedId', 5, 'classes'],
  ['lineItems', 'classSourcedId', 5, 'classes'],
  ['lineItems', 'categorySourcedId', 6, 'categories'],
  ['lineItems', 'academicSessionSourcedId', 7, 'academic_sessions'],
  ['lineItems', 'schoolSourcedId', 10, 'orgs'],
  ['lineItemScoreScales', 'lineItemSourcedId', 2, 'line_items'],
  ['lineItemScoreScales', 'scoreScaleSourcedId', 3, 'score_scales'],
  ['lineItemLearningObjectiveIds', 'lineItemSourcedId', 1, 'line_items'],
  ['results', 'lineItemSourcedId', 1, 'line_items'],
  ['results', 'studentSourcedId', 2, 'users'],
  ['results', 'classSourcedId', 8, 'classes'],
  ['resultScoreScales', 'resultSourcedId', 2, 'results'],
  ['resultScoreScales', 'scoreScaleSourcedId', 3, 'score_scales'],
  ['resultLearningObjectiveIds', 'resultSourcedId', 1, 'results'],
] as const
const optional = ['userResources orgSourcedId', 'userResources classSourcedId', 'results classSourcedId']
const isOptional = (name: Name, column: string): boolean => optional.includes(`${name} ${column}`)

/** The second row of each file has one reference, in this column, that leads nowhere: as many rows as there are columns. */
function rowsWithout(name: Name): string {
  const [header = '', first = ''] = gradebook[name].trim().split('\r\n')
  // a list cell is quoted, and stands last: it may be cut off its row and put back
  const [plain = '', list = ''] = first.split(/(?=,")/)
  const rows = references
    .filter(([file]) => file === name)
    .map(([, , place], at) => {
      const cells = plain.split(',')
      cells[0] = `bad${at}`
      cells[place] = 'nowhere'
      return cells.join(',') + list
    })
  return [header, first, ...rows].join('\r\n')
}

const files = [...new Set(references.map(([name]) => name))]

describe.each(files)('%s', (name) => {
  const columns = references.filter(([file]) => file === name)
  const csv = { ...all, [name]: rowsWithout(name) }
  const told = (wanted: boolean, code: string) =>
    columns.flatMap(([, column], at) =>
      isOptional(name, column) === wanted ? [`${name}.csv:${at + 3} ${column} ${code} "nowhere"`] : [],
    )

  test('refuses a row whose reference leads nowhere, by file, line and field; an optional one is left out', async () => {
    const report = await bulk(owner, csv)
    const own = report.faults.filter(({ file }) => file === `${name}.csv`)
    expect(own.map(brief)).toEqual(told(false, 'unknown_reference'))
    for (const { line, reason } of own)
      expect(reason).toBe(`no record "nowhere" of ${columns[line - 3]?.[3]} in the package or the hub`)
    const warnings = report.warnings.filter(({ file }) => file === `${name}.csv`)
    expect(warnings.map(brief).sort()).toEqual(told(true, 'dangling_reference').sort())
    expect(counts(report, name)).toBe(
      `${1 + told(true, '').length} created, 0 updated, 0 unchanged, 0 deleted, ${told(false, '').length} refused`,
    )
  })

  test('keeps all of them where dangling ones are kept, each with a warning', async () => {
    const report = await bulk(owner, csv, { keepDangling: true })
    expect(report.faults).toEqual([])
    const warnings = report.warnings.filter(({ file }) => file === `${name}.csv`)
    expect(warnings.map(brief).sort()).toEqual(
      [...told(true, 'dangling_reference'), ...told(false, 'dangling_reference')].sort(),
    )
    expect(counts(report, name)).toStartWith(`${1 + columns.length} created`)
  })
})

describe('a refused row', () => {
  test('of categories.csv takes along its line items, their results, and what joins them', async () => {
    const report = await bulk(owner, { ...all, categories: gradebook.categories.replace('40', 'forty') })
    expect(report.faults.map(brief)).toEqual([
      'categories.csv:2 weight invalid_integer "forty"',
      'lineItems.csv:2 categorySourcedId unknown_reference "g1"',
      'lineItems.csv:3 categorySourcedId unknown_reference "g1"',
      'lineItemScoreScales.csv:2 lineItemSourcedId unknown_reference "l1"',
      'lineItemLearningObjectiveIds.csv:2 lineItemSourcedId unknown_reference "l1"',
      'results.csv:2 lineItemSourcedId unknown_reference "l1"',
      'results.csv:3 lineItemSourcedId unknown_reference "l2"',
      'resultScoreScales.csv:2 resultSourcedId unknown_reference "x1"',
      'resultLearningObjectiveIds.csv:2 resultSourcedId unknown_reference "x1"',
    ])
    for (const table of ['line_items', 'results', 'line_item_score_scales', 'result_learning_objective_ids'])
      expect(await statuses(owner, table)).toEqual([])
  })

  test('leaves the package of one whole where it is strict', async () => {
    const report = await bulk(
      owner,
      { ...all, categories: gradebook.categories.replace('40', '4.5') },
      { strict: true },
    )
    expect([report.applied, report.publishedAt]).toEqual([false, null])
    expect(await statuses(owner, 'orgs')).toEqual([])
  })

  test('that is stored from before may be referred to, and so may a deleted record', async () => {
    await bulk(owner, all)
    await delta(owner, {
      categories: dated(gradebook.categories, deleted),
      lineItems: dated(gradebook.lineItems, deleted),
    })
    const report = await bulk(owner, {
      categories: gradebook.categories.replace('40', 'forty'),
      lineItems: gradebook.lineItems,
      results: gradebook.results,
    })
    expect(report.faults.map(brief)).toEqual(['categories.csv:2 weight invalid_integer "forty"'])
    expect(await statuses(owner, 'categories')).toEqual(['g1 tobedeleted'])
    expect(await statuses(owner, 'line_items')).toEqual(['l1 active', 'l2 active'])
  })
})

test('an optional class of a result comes in when the class does, though the row is the same', async () => {
  const late = { ...all, results: gradebook.results.replace(',k1,', ',k2,') }
  const first = await bulk(owner, late)
  expect([first.faults, first.warnings.map(brief)]).toEqual([
    [],
    ['results.csv:2 classSourcedId dangling_reference "k2"'],
  ])
  expect(await document(owner, 'results', 'x1')).not.toHaveProperty('class')
  expect(await stored(owner, 'results', 'x1')).toMatchObject({ class_sourced_id: null, score_scale_sourced_id: 'z1' })
  const second = await bulk(owner, {
    classes: `${school.classes}k2,Maths B,c1,scheduled,s1,t1\r\n`,
    results: late.results,
  })
  expect([second.warnings.map(brief), counts(second, 'results')]).toEqual([
    ['results.csv:2 classSourcedId class_of_another_line_item "k2"'],
    '0 created, 1 updated, 1 unchanged, 0 deleted, 0 refused',
  ])
  expect(await document(owner, 'results', 'x1')).toMatchObject({
    class: { sourcedId: 'k2' },
    scoreScale: { sourcedId: 'z1' },
  })
})
