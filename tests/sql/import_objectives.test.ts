// Score scales and learning objectives of line items and results, which come in files of their own.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  brief,
  bulk,
  type Csv,
  caseId,
  dated,
  deleted,
  delta,
  document,
  emptyStore,
  gradebook,
  lines,
  school,
} from '../support/rows.ts'
import { faultsOf } from '../support/schemas.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const all = { ...school, ...gradebook }
const dateOf = async (table: string, id: string): Promise<unknown> =>
  (await document(owner, table, id))?.['dateLastModified']

describe('a score scale', () => {
  const scales = (...rows: string[]): Csv => ({
    lineItemScoreScales: lines('sourcedId,title,lineItemSourcedId,scoreScaleSourcedId', ...rows),
  })
  const scaleOf = async (id: string) =>
    ((await document(owner, 'line_items', id))?.['scoreScale'] as { sourcedId: string } | undefined)?.sourcedId

  test('of two for one line item, the one written last is shown; of one import, the first by its id', async () => {
    await bulk(owner, all)
    const same = await bulk(owner, scales('a2,,l2,z2', 'a1,,l2,z1'))
    expect([await scaleOf('l1'), await scaleOf('l2')]).toEqual([undefined, 'z1'])
    expect(await dateOf('line_items', 'l2')).toBe(same.publishedAt)
    await delta(owner, { lineItemScoreScales: dated(String(scales('a9,,l2,z2')['lineItemScoreScales'])) })
    expect(await scaleOf('l2')).toBe('z2')
    await delta(owner, { lineItemScoreScales: dated(String(scales('a9,,l2,z2')['lineItemScoreScales']), deleted) })
    expect(await scaleOf('l2')).toBe('z1')
  })

  test('of a result and of its line item are two things', async () => {
    const first = await bulk(owner, all)
    const report = await bulk(owner, { resultScoreScales: gradebook.resultScoreScales.replace(',z1', ',z2') })
    expect(await document(owner, 'results', 'x1')).toMatchObject({
      scoreScale: { sourcedId: 'z2' },
      dateLastModified: report.publishedAt,
    })
    expect([await scaleOf('l1'), await dateOf('line_items', 'l1')]).toEqual(['z1', first.publishedAt])
  })
})

describe('learning objectives', () => {
  const other = '11111111-2222-4333-8444-555555555555'
  const objectives = (...rows: string[]): Csv => ({
    lineItemLearningObjectiveIds: lines('sourcedId,lineItemSourcedId,source,learningObjectiveId', ...rows),
  })
  const setOf = async (table: string, id: string) => (await document(owner, table, id))?.['learningObjectiveSet']

  test('are grouped by their source, in the words of REST, each once', async () => {
    await bulk(owner, all)
    const report = await bulk(
      owner,
      objectives(
        'o1,l1,ext:abc,urn:uuid:kept',
        `o2,l1,case,urn:uuid:${other}`,
        `o3,l1,case,URN:UUID:${caseId}`,
        `o4,l1,case,urn:uuid:${other}`,
        'o5,l1,unknown,b',
        'o6,l1,ext:A-b.c,a',
        'o7,l1,ext:Case,c',
        'o8,l1,ext:unknown,d',
        'o9,l1,ext:-._,e',
      ),
    )
    expect(report.faults).toEqual([])
    expect(await setOf('line_items', 'l1')).toEqual([
      { source: '/abc', learningObjectiveIds: ['a', 'urn:uuid:kept'] },
      { source: 'case', learningObjectiveIds: [other, caseId] },
      { source: 'unknown', learningObjectiveIds: ['b', 'c', 'd', 'e'] },
    ])
    expect(
      faultsOf(
        { service: 'gradebook', schema: 'SingleLineItemDType' },
        { lineItem: await document(owner, 'line_items', 'l1') },
      ),
    ).toEqual([])
  })

  test('of a result have their scores, and stay in one order when one of them changes', async () => {
    await bulk(owner, all)
    const header = 'sourcedId,resultSourcedId,source,learningObjectiveId,score,textScore'
    const rows = ['p3,x1,ext:b,o,3,', 'p1,x1,ext:b,o,1,', 'p2,x1,ext:b,n,,Good', 'p4,x2,unknown,o,-0.5,']
    const first = await bulk(owner, { resultLearningObjectiveIds: lines(header, ...rows) })
    const { learningObjectiveSet } = { learningObjectiveSet: await setOf('results', 'x1') }
    expect(learningObjectiveSet).toEqual([
      {
        source: '/b',
        learningObjectiveResults: [
          { learningObjectiveId: 'n', textScore: 'Good' },
          { learningObjectiveId: 'o', score: 1 },
          { learningObjectiveId: 'o', score: 3 },
        ],
      },
    ])
    for (const id of ['x1', 'x2'])
      expect(
        faultsOf(
          { service: 'gradebook', schema: 'SingleResultDType' },
          { result: await document(owner, 'results', id) },
        ),
      ).toEqual([])
    const again = await bulk(owner, {
      resultLearningObjectiveIds: lines(header, ...rows.reverse()).replace('-0.5', '0.5'),
    })
    expect(await dateOf('results', 'x2')).toBe(again.publishedAt)
    const moved = await delta(owner, {
      resultLearningObjectiveIds: dated(lines(header, 'p1,x1,ext:b,o,1.0,', 'p3,x1,ext:b,o,3,')),
    })
    expect([moved.publishedAt, await dateOf('results', 'x1')]).toEqual([null, first.publishedAt])
  })

  test('of a source that is none, or without an id, are refused', async () => {
    await bulk(owner, all)
    const report = await bulk(
      owner,
      objectives('o1,l1,CASE,x', 'o2,l1,/abc,x', 'o3,l1,,x', 'o4,l1,unknown,', 'o5,l9,unknown,x'),
    )
    expect(report.faults.map(brief)).toEqual([
      'lineItemLearningObjectiveIds.csv:3 source not_in_vocabulary "/abc"',
      'lineItemLearningObjectiveIds.csv:4 source required null',
      'lineItemLearningObjectiveIds.csv:5 learningObjectiveId required null',
      'lineItemLearningObjectiveIds.csv:6 lineItemSourcedId unknown_reference "l9"',
    ])
    expect(await setOf('line_items', 'l1')).toEqual([{ source: 'case', learningObjectiveIds: ['x'] }])
  })
})
