// The twelve files of resources and the gradebook: what a package of them creates, changes and deletes, and what it leaves.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { importFiles } from '../support/packages.ts'
import {
  bulk,
  caseId,
  counts,
  dated,
  deleted,
  delta,
  document,
  emptyStore,
  gradebook,
  packageOf,
  school,
  statuses,
  stored,
  versions,
} from '../support/rows.ts'
import { faultsOf, singleOf } from '../support/schemas.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const all = { ...school, ...gradebook }
const names = Object.keys(gradebook) as (keyof typeof gradebook)[]
const tableOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const rowCount = (name: keyof typeof gradebook): number => gradebook[name].trim().split('\n').length - 1
const dateOf = async (table: string, id: string): Promise<unknown> =>
  (await document(owner, table, id))?.['dateLastModified']

const shown = [
  ['SingleResourceDType', 'resource', 'resources', 're1'],
  ['SingleResourceDType', 'resource', 'resources', 're2'],
  ['SingleClassDType', 'class', 'classes', 'k1'],
  ['SingleCourseDType', 'course', 'courses', 'c1'],
  ['SingleUserDType', 'user', 'users', 'u1'],
  ['SingleCategoryDType', 'category', 'categories', 'g1'],
  ['SingleScoreScaleDType', 'scoreScale', 'score_scales', 'z1'],
  ['SingleLineItemDType', 'lineItem', 'line_items', 'l1'],
  ['SingleLineItemDType', 'lineItem', 'line_items', 'l2'],
  ['SingleResultDType', 'result', 'results', 'x1'],
  ['SingleResultDType', 'result', 'results', 'x2'],
] as const

describe('a bulk package of all 21 files', () => {
  test('creates every row, without a fault or a warning, and dates it', async () => {
    const report = await bulk(owner, all)
    expect([report.faults, report.warnings]).toEqual([[], []])
    for (const name of names)
      expect([name, counts(report, name)]).toEqual([
        name,
        `${rowCount(name)} created, 0 updated, 0 unchanged, 0 deleted, 0 refused`,
      ])
    for (const [, , table, id] of shown) expect([table, await dateOf(table, id)]).toEqual([table, report.publishedAt])
  })

  test('shows documents that are what their schema says, with what the joining files fill', async () => {
    await bulk(owner, all)
    for (const [schema, envelope, table, id] of shown)
      expect([id, faultsOf(singleOf(schema), { [envelope]: await document(owner, table, id) })]).toEqual([id, []])
    const resources = [{ sourcedId: 're1', type: 'resource' }]
    for (const [table, id] of [
      ['classes', 'k1'],
      ['courses', 'c1'],
      ['users', 'u1'],
    ] as const)
      expect(await document(owner, table, id)).toMatchObject({ resources })
    expect(await document(owner, 'line_items', 'l1')).toMatchObject({
      assignDate: '2026-09-01T00:00:00.000Z',
      dueDate: '2026-09-08T00:00:00.000Z',
      scoreScale: { sourcedId: 'z1' },
      learningObjectiveSet: [{ source: 'case', learningObjectiveIds: [caseId] }],
    })
    expect(await document(owner, 'results', 'x1')).toMatchObject({
      scoreScale: { sourcedId: 'z1' },
      learningObjectiveSet: [
        { source: 'case', learningObjectiveResults: [{ learningObjectiveId: caseId, score: 4.5, textScore: 'Sound' }] },
      ],
      late: 'true',
      missing: 'false',
    })
  })

  test('may have its files in any order', async () => {
    const backwards = Object.fromEntries(Object.entries(packageOf('bulk', all)).reverse())
    const report = await importFiles(owner, backwards)
    expect([report.faults, report.warnings]).toEqual([[], []])
    expect(await document(owner, 'results', 'x1')).toMatchObject({ scoreScale: { sourcedId: 'z1' } })
    expect(await document(owner, 'classes', 'k1')).toMatchObject({ resources: [{ sourcedId: 're1' }] })
  })

  test('that comes again writes no row of any table', async () => {
    await bulk(owner, all)
    const before = await versions(owner)
    for (const again of [await bulk(owner, all), await bulk(owner, gradebook)]) {
      expect([again.publishedAt, again.faultCount]).toEqual([null, 0])
      for (const { file, rows, unchanged } of again.files) expect([file, unchanged]).toEqual([file, rows])
    }
    expect(await versions(owner)).toEqual(before)
  })

  test('whose rows come once more as changes writes no document anew', async () => {
    const first = await bulk(owner, all)
    const report = await delta(owner, Object.fromEntries(names.map((name) => [name, dated(gradebook[name])])))
    expect([report.faults, report.publishedAt]).toEqual([[], null])
    for (const [, , table, id] of shown) expect(await dateOf(table, id)).toBe(first.publishedAt)
  })
})

describe.each(names)('%s', (name) => {
  const table = tableOf(name)
  const [header = '', first = '', ...others] = gradebook[name].trim().split('\r\n')
  const id = first.slice(0, first.indexOf(','))
  const without = [header, first.replace(id, 'other'), ...others].join('\r\n')

  test('omits a row: it is tobedeleted, once; named again, it is active again', async () => {
    await bulk(owner, all)
    const gone = await bulk(owner, { [name]: without })
    expect(counts(gone, name)).toBe(`1 created, 0 updated, ${others.length} unchanged, 1 deleted, 0 refused`)
    expect(await statuses(owner, table)).toContain(`${id} tobedeleted`)
    const again = await bulk(owner, { [name]: without })
    expect(again.publishedAt).toBeNull()
    const back = await bulk(owner, { [name]: gradebook[name] })
    expect(counts(back, name)).toBe(`0 created, 1 updated, ${others.length} unchanged, 1 deleted, 0 refused`)
    expect(await statuses(owner, table)).toEqual(expect.arrayContaining([`${id} active`, 'other tobedeleted']))
  })

  test('of changes deletes what it says and leaves what it does not name', async () => {
    await bulk(owner, all)
    const gone = await delta(owner, { [name]: dated([header, first].join('\r\n'), deleted) })
    expect([gone.faults, counts(gone, name)]).toEqual([[], '0 created, 0 updated, 0 unchanged, 1 deleted, 0 refused'])
    expect(await statuses(owner, table)).toContain(`${id} tobedeleted`)
    for (const other of others) expect(await statuses(owner, table)).toContain(`${other.split(',')[0]} active`)
  })
})

test('metadata columns of every file are kept, and a change of them alone is a change', async () => {
  const withColor = (color: string) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        gradebook[name].replace('\r\n', ',metadata.Color\r\n').replace(/(?<!Color)\r\n/g, `,${color}\r\n`),
      ]),
    )
  await bulk(owner, { ...school, ...withColor('x') })
  const report = await bulk(owner, withColor('y'))
  expect([report.faults, report.warnings]).toEqual([[], []])
  for (const name of names) {
    const id = gradebook[name].match(/\n([^,]*)/)?.[1] ?? ''
    expect(counts(report, name)).toBe(`0 created, ${rowCount(name)} updated, 0 unchanged, 0 deleted, 0 refused`)
    expect((await stored(owner, tableOf(name), id))?.['metadata']).toEqual({ Color: 'y' })
  }
  for (const table of ['resources', 'categories', 'score_scales', 'line_items', 'results'])
    for (const row of await owner.sql.unsafe<{ document: string }[]>(`select document from store.${table}`))
      expect(row.document).toContain('"metadata":{"Color": "y"}')
})

test.each([
  ['classes', 'classes', 'k1', 'Maths A', ['resource_sourced_ids']],
  ['courses', 'courses', 'c1', 'Maths', ['resource_sourced_ids']],
  ['users', 'users', 'u1', 'Byron', ['resource_sourced_ids']],
  ['lineItems', 'line_items', 'l1', 'Essay', ['score_scale_sourced_id', 'learning_objective_set']],
  ['results', 'results', 'x1', 'Good', ['score_scale_sourced_id', 'learning_objective_set']],
] as const)('%s.csv that comes alone keeps what joining files filled', async (name, table, id, word, columns) => {
  await bulk(owner, all)
  const row = await stored(owner, table, id)
  for (const column of columns) expect(row?.[column]).not.toBeNull()
  const { dateLastModified: _, ...before } = (await document(owner, table, id)) ?? {}
  const changed = all[name].replace(word, 'new')
  const report = await bulk(owner, { [name]: changed })
  expect(counts(report, name)).toStartWith('0 created, 1 updated')
  const after = {
    ...JSON.parse(JSON.stringify(before).replace(`"${word}"`, '"new"')),
    dateLastModified: report.publishedAt,
  }
  for (const column of columns) expect((await stored(owner, table, id))?.[column]).toEqual(row?.[column])
  expect(await document(owner, table, id)).toEqual(after)
  const gone = await delta(owner, { [name]: dated(changed, deleted) })
  expect(await document(owner, table, id)).toEqual({
    ...after,
    status: 'tobedeleted',
    dateLastModified: gone.publishedAt,
  })
  const back = await bulk(owner, { [name]: changed })
  expect(await document(owner, table, id)).toEqual({ ...after, dateLastModified: back.publishedAt })
})
