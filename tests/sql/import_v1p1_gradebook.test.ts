// The gradebook of a package of OneRoster 1.1: line items know a grading period and no school, categories no weight; and
// what a package of 1.2 makes of the same records afterwards.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import type { ImportOptions } from '../../src/importer.ts'
import { openTestDatabase } from '../support/database.ts'
import { type Imported, importFiles } from '../support/packages.ts'
import {
  brief,
  bulk,
  type Csv,
  counts,
  dated,
  document,
  emptyStore,
  gradebook,
  lines,
  type Mode,
  packageOf,
  school,
  statuses,
  stored,
  versions,
  warningCodes,
} from '../support/rows.ts'
import { faultsOf } from '../support/schemas.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const { roles: _, ...files } = school
const header =
  'sourcedId,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,gradingPeriodSourcedId,resultValueMin,resultValueMax'
const essay = 'l1,Essay,On bees,2026-09-01,2026-09-08,k1,g1,p1,0,100'
const items = (...rows: string[]): string => lines(header, ...rows)
/** What 1.1 has: 13 files. */
const old = {
  ...files,
  academicSessions: `${school.academicSessions}p1,First,gradingPeriod,2026-08-01,2026-10-01,t1,2027\r\n`,
  users: lines(
    'sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName',
    'u1,true,s1,student,ada,Ada,Byron',
    'u2,true,s1,teacher,bo,Bo,Ek',
  ),
  resources: gradebook.resources,
  classResources: gradebook.classResources,
  courseResources: gradebook.courseResources,
  categories: lines('sourcedId,title', 'g1,Homework'),
  lineItems: items(essay),
  results: lines(
    'sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment',
    'x1,l1,u1,fully graded,85,2026-09-09,Good',
  ),
} as const
const load = (csv: Csv, mode: Mode = 'bulk', options: Partial<ImportOptions> = {}): Promise<Imported> =>
  importFiles(owner, packageOf(mode, csv, { 'oneroster.version': '1.1' }), options)

describe('a package of 1.1', () => {
  test('goes in whole: the grading period as one, the school of the class', async () => {
    const report = await load(old)
    expect([report.version, report.faults, report.warnings]).toEqual(['1.1', [], []])
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({
      gradingPeriod: { sourcedId: 'p1', type: 'academicSession' },
      school: { sourcedId: 's1' },
      resultValueMax: 100,
    })
    expect(await document(owner, 'line_items', 'l1')).not.toHaveProperty('academicSession')
    expect(await document(owner, 'categories', 'g1')).not.toHaveProperty('weight')
    for (const [schema, envelope, table, id] of [
      ['SingleLineItemDType', 'lineItem', 'line_items', 'l1'],
      ['SingleResultDType', 'result', 'results', 'x1'],
      ['SingleCategoryDType', 'category', 'categories', 'g1'],
    ] as const)
      expect(faultsOf({ service: 'gradebook', schema }, { [envelope]: await document(owner, table, id) })).toEqual([])
    expect(await document(owner, 'classes', 'k1')).toMatchObject({ resources: [{ sourcedId: 're1' }] })
  })

  test('that comes again writes no row, and in delta neither', async () => {
    await load(old)
    const before = await versions(owner)
    expect((await load(old)).publishedAt).toBeNull()
    expect(await versions(owner)).toEqual(before)
    const again = await load({ lineItems: dated(old.lineItems), results: dated(old.results) }, 'delta')
    expect([again.faults, again.publishedAt]).toEqual([[], null])
  })

  test.each([
    ['whose class is unknown is refused once, for the class', 'k1', 'k9', 'classSourcedId', 'k9'],
    ['whose grading period is unknown is refused', 'p1', 'p9', 'gradingPeriodSourcedId', 'p9'],
    ['whose category is unknown is refused', 'g1', 'g9', 'categorySourcedId', 'g9'],
  ])('has a line item %s', async (_title, from, to, field, value) => {
    const report = await load({ ...old, lineItems: items(essay.replace(`,${from},`, `,${to},`)) })
    expect(report.faults.map(brief)).toEqual([
      `lineItems.csv:2 ${field} unknown_reference "${value}"`,
      'results.csv:2 lineItemSourcedId unknown_reference "l1"',
    ])
  })

  test('has a line item without a class, which is refused once', async () => {
    const { results: _results, ...rest } = old
    const report = await load({ ...rest, lineItems: items(essay.replace(',k1,', ',,')) })
    expect(report.faults.map(brief)).toEqual(['lineItems.csv:2 classSourcedId required null'])
  })

  test('may not keep a line item whose class is unknown: no school is known for it, and it says so', async () => {
    const report = await load({ ...old, lineItems: items(essay.replace(',k1,', ',k9,')) }, 'bulk', {
      keepDangling: true,
    })
    expect(report.faults.map(brief)).toEqual(['lineItems.csv:2 classSourcedId unknown_reference "k9"'])
    expect(report.faults[0]?.reason).toContain('school')
    expect(await stored(owner, 'line_items', 'l1')).toBeUndefined()
  })

  test('takes the school of the class anew when the class has moved', async () => {
    await load({ ...old, orgs: `${school.orgs}s2,South School,school,S2,d1\r\n` })
    await load({
      classes: old.classes.replace('scheduled,s1', 'scheduled,s2'),
      lineItems: items(essay.replace('Essay', 'Essays')),
    })
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({ title: 'Essays', school: { sourcedId: 's2' } })
  })

  test('is read with a school and a weight, where it has them', async () => {
    const report = await load({
      ...old,
      categories: gradebook.categories,
      lineItems: lines(`${header},schoolSourcedId`, `${essay},d1`),
    })
    expect(report.faults).toEqual([])
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({ school: { sourcedId: 'd1' } })
    expect(await document(owner, 'categories', 'g1')).toMatchObject({ weight: 40 })
  })
})

describe('the other version afterwards', () => {
  const item = gradebook.lineItems.replace(/l2.*\r\n/, '')

  test('of 1.2 adds the academic session and keeps the grading period', async () => {
    await load(old)
    const report = await bulk(owner, {
      ...school,
      academicSessions: old.academicSessions,
      categories: gradebook.categories,
      lineItems: item,
    })
    expect(report.faults).toEqual([])
    expect(counts(report, 'lineItems')).toBe('0 created, 1 updated, 0 unchanged, 0 deleted, 0 refused')
    const both = { gradingPeriod: { sourcedId: 'p1' }, academicSession: { sourcedId: 't1' } }
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({ ...both, dateLastModified: report.publishedAt })
    expect(await document(owner, 'categories', 'g1')).toMatchObject({ weight: 40 })
    expect(await document(owner, 'results', 'x1')).toMatchObject({ score: 85 })
    await load({ lineItems: items(essay.replace('Essay', 'Essays')) })
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({ ...both, title: 'Essays' })
  })

  test('of 1.1 keeps what joining files filled, and the school', async () => {
    await bulk(owner, { ...school, academicSessions: old.academicSessions, ...gradebook })
    const report = await load({ ...old, lineItems: items(essay) })
    expect(report.faults).toEqual([])
    expect(await statuses(owner, 'line_items')).toEqual(['l1 active', 'l2 tobedeleted'])
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({
      scoreScale: { sourcedId: 'z1' },
      learningObjectiveSet: [{ source: 'case' }],
      academicSession: { sourcedId: 't1' },
      gradingPeriod: { sourcedId: 'p1' },
      school: { sourcedId: 's1' },
    })
    expect(await document(owner, 'users', 'u1')).toMatchObject({ resources: [{ sourcedId: 're1' }] })
  })
})

/** Awaited here: `rejects` waits in the runner, which sleeps while the embedded database works in this very process. */
const refusalOf = (running: Promise<unknown>): Promise<string> =>
  running.then(
    () => 'imported',
    (thrown: Error) => thrown.message,
  )

describe('the header of lineItems.csv', () => {
  const without = (text: string, column: string): string => {
    const [head = '', ...rows] = text.trim().split('\r\n')
    const place = head.split(',').indexOf(column)
    return lines(
      ...[head, ...rows].map((row) =>
        row
          .split(',')
          .filter((_cell, at) => at !== place)
          .join(','),
      ),
    )
  }
  const required = 'sourcedId,title,assignDate,dueDate,classSourcedId,categorySourcedId'.split(',')

  test.each([...required, 'gradingPeriodSourcedId'])('of 1.1 must have %s', async (column) => {
    expect(await refusalOf(load({ lineItems: without(old.lineItems, column) }))).toContain(
      `lineItems.csv, line 1: the header lacks ${column}`,
    )
  })

  test.each([...required, 'academicSessionSourcedId', 'schoolSourcedId'])('of 1.2 must have %s', async (column) => {
    expect(await refusalOf(bulk(owner, { lineItems: without(gradebook.lineItems, column) }))).toContain(
      `lineItems.csv, line 1: the header lacks ${column}`,
    )
  })

  test('of 1.2 may name the grading period of 1.1, which is left out with a warning', async () => {
    const [head = '', row = ''] = gradebook.lineItems.split('\r\n')
    const report = await bulk(owner, {
      ...school,
      ...gradebook,
      lineItems: lines(`${head},gradingPeriodSourcedId`, `${row},t1`),
      results: gradebook.results.replace(/x2.*\r\n/, ''),
    })
    expect(report.faults).toEqual([])
    expect(report.warnings.map(brief)).toEqual([
      'lineItems.csv:1 gradingPeriodSourcedId unknown_column "gradingPeriodSourcedId"',
    ])
  })

  test('of 1.1 in the order of 1.1 is in order; of another, warned of', async () => {
    expect(warningCodes(await load(old))).toEqual([])
    const swapped = old.lineItems.replace('sourcedId,title,', 'title,sourcedId,').replace('l1,Essay,', 'Essay,l1,')
    expect(warningCodes(await load({ lineItems: swapped }))).toEqual(['header_order'])
  })
})
