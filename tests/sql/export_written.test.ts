// What clients write has no rows in the files that join records: an export makes them, and tells which others no longer hold.
// And what REST may leave out and CSV may not.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { type Classroom, client, least, ref } from '../support/classroom.ts'
import { openTestDatabase } from '../support/database.ts'
import { activeOf, documentsOf, filesIn, takeExport } from '../support/exports.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { importZip } from '../support/packages.ts'
import { bulk, dated, delta, document, emptyStore, gradebook, lines, rolesOf, school } from '../support/rows.ts'

/** Packages of 21 files go to and fro. */
const slow = 60_000
let one: Hub
let other: Database
let room: Omit<Classroom, keyof Hub>
beforeAll(async () => {
  one = await openHub()
  other = (await openTestDatabase()).owner
  room = client(one, await one.token())
}, 180_000)
beforeEach(async () => {
  await emptyStore(one.owner)
  await emptyStore(other)
  await bulk(one.owner, { ...school, ...gradebook })
}, slow)

const put = async (path: string, envelope: keyof typeof least, record: object): Promise<void> => {
  const response = await room.put(path, envelope, record as never)
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
}

/** Exports and imports; answers `since` for the next time. Nothing is refused. */
async function pass(since?: string): Promise<string> {
  const { archive, asOf } = await takeExport(one.owner, since)
  const { faults } = await importZip(other, archive)
  expect(faults).toEqual([])
  return asOf
}

async function expectEqual(): Promise<void> {
  expect(activeOf(await documentsOf(other))).toEqual(activeOf(await documentsOf(one.owner)))
}

const lineItem = {
  ...least.lineItem,
  assignDate: '2026-09-01T00:00:00.000Z',
  dueDate: '2026-09-08T00:00:00.000Z',
  category: ref('g1'),
  academicSession: ref('t1'),
}
const caseSet = { source: 'case', learningObjectiveIds: ['a', 'urn:uuid:b'] }
const ownSet = { source: '/state9', learningObjectiveIds: ['x:1'] }

describe('what a client writes', () => {
  test(
    'arrives as it was: scales, objectives of every source, scores, texts of several lines',
    async () => {
      await put('/scoreScales/z9', 'scoreScale', { ...least.scoreScale, course: ref('c1') })
      const learningObjectiveSet = [ownSet, caseSet, { source: 'unknown', learningObjectiveIds: [' y '] }]
      await put('/lineItems/li9', 'lineItem', { ...lineItem, scoreScale: ref('z9'), learningObjectiveSet })
      const scored = [{ learningObjectiveId: 'o', score: 1e-7, textScore: '=good' }, { learningObjectiveId: 'o' }]
      await put('/results/r9', 'result', {
        ...least.result,
        lineItem: ref('li9'),
        comment: 'one\r\ntwo, "three"\n\n=cmd()',
        score: 1e21,
        scoreScale: ref('z9'),
        learningObjectiveSet: [{ source: 'case', learningObjectiveResults: scored }],
        metadata: { 'a,"b': '@x', empty: '' },
        late: 'true',
      })
      await pass()
      const undated = async (database: Database, table: string, id: string) => {
        const { dateLastModified: _date, ...rest } = (await document(database, table, id)) ?? {}
        return rest
      }
      for (const [table, id] of [
        ['score_scales', 'z9'],
        ['line_items', 'li9'],
      ] as const)
        expect(await undated(other, table, id)).toEqual(await undated(one.owner, table, id))
      // an empty text is no value of metadata in CSV
      const { metadata: _metadata, ...result } = await undated(one.owner, 'results', 'r9')
      expect(await undated(other, 'results', 'r9')).toEqual({ ...result, metadata: { 'a,"b': '@x' } })
    },
    slow,
  )

  test(
    'in place of what a package said is told by a delta, and so is what takes its place again',
    async () => {
      let since = await pass()
      await expectEqual()
      const steps = [
        { scoreScale: ref('z2'), learningObjectiveSet: [caseSet] },
        { scoreScale: ref('z1'), learningObjectiveSet: [ownSet, caseSet] },
        { scoreScale: ref('z2'), learningObjectiveSet: [{ source: 'case', learningObjectiveIds: ['c', 'd', 'e'] }] },
      ]
      for (const step of steps) {
        await put('/lineItems/l1', 'lineItem', { ...lineItem, ...step })
        since = await pass(since)
        await expectEqual()
      }
      // a package has the last word again
      await delta(one.owner, {
        lineItemScoreScales: dated(gradebook.lineItemScoreScales.replace('z1', 'z2')),
        results: dated(gradebook.results),
      })
      await pass(since)
      await expectEqual()
    },
    slow,
  )

  test(
    'and deletes leaves a bulk package, and is told by a delta',
    async () => {
      const since = await pass()
      expect((await room.send('DELETE', '/results/x1')).status).toBe(204)
      await pass(since)
      expect(await document(other, 'results', 'x1')).toMatchObject({ status: 'tobedeleted' })
      expect(activeOf(await documentsOf(other))).toEqual(activeOf(await documentsOf(one.owner)))
      const bulkText = (await filesIn((await takeExport(one.owner)).archive))['results.csv']
      expect(bulkText).toContain('x2')
      expect(bulkText).not.toContain('x1')
    },
    slow,
  )
})

describe('what REST may leave out', () => {
  test(
    'and CSV may not follows from the class; the rest is as it was but for the hour of a date and the type of metadata',
    async () => {
      await put('/categories/cat9', 'category', { title: 'Homework', weight: 12.5, metadata: { n: 5, l: [1, true] } })
      await put('/scoreScales/z9', 'scoreScale', least.scoreScale)
      await put('/lineItems/li9', 'lineItem', { ...least.lineItem, category: ref('cat9') })
      await pass()
      expect(await document(other, 'categories', 'cat9')).toMatchObject({
        weight: 12,
        metadata: { n: '5', l: '[1, true]' },
      })
      expect(await document(other, 'score_scales', 'z9')).toMatchObject({ course: { sourcedId: 'c1' } })
      expect(await document(other, 'line_items', 'li9')).toMatchObject({
        assignDate: '2026-09-01T00:00:00.000Z',
        academicSession: { sourcedId: 't1' },
      })
    },
    slow,
  )
})

describe('a user', () => {
  test(
    'without an active role goes out with the last known ones, and gets new ones by a delta alone',
    async () => {
      await bulk(one.owner, {
        roles: lines('sourcedId,userSourcedId,roleType,role,orgSourcedId', 'r2,u2,primary,teacher,s1'),
      })
      let since = await pass()
      expect(await rolesOf(other, 'u1')).toEqual(['primary student s1'])
      await expectEqual()
      await delta(one.owner, {
        roles: dated(lines('sourcedId,userSourcedId,roleType,role,orgSourcedId', 'r9,u1,primary,aide,s1')),
      })
      since = await pass(since)
      expect(await rolesOf(other, 'u1')).toEqual(['primary aide s1'])
      await expectEqual()
      // and none again: the last known ones are all there ever were, of which the other hub had one
      await delta(one.owner, {
        roles: lines(
          'sourcedId,status,dateLastModified,userSourcedId,roleType,role,orgSourcedId',
          'r9,tobedeleted,2026-09-02T08:00:00.000Z,u1,primary,aide,s1',
        ),
      })
      await pass(since)
      expect(await rolesOf(other, 'u1')).toEqual(['primary student s1', 'primary aide s1'])
      await expectEqual()
    },
    slow,
  )
})
