// The sources of learning objectives: CSV names them ext:name, REST /name, where two names are REST's own.

import { beforeAll, expect, test } from 'bun:test'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { bulk, document, lines, school } from '../support/rows.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase()
})

test('an objective of a source that REST cannot name is one of an unknown source', async () => {
  const { faults } = await bulk(database.owner, {
    ...school,
    categories: lines('sourcedId,title', 'g1,Homework'),
    lineItems: lines(
      'sourcedId,title,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,schoolSourcedId',
      'l1,One,2026-09-01,2026-09-08,k1,g1,t1,s1',
    ),
    lineItemLearningObjectiveIds: lines(
      'sourcedId,lineItemSourcedId,source,learningObjectiveId',
      'o1,l1,ext:Case,a',
      'o2,l1,ext:un-known,b',
      'o3,l1,ext:--,c',
      'o4,l1,unknown,d',
      'o5,l1,ext:State.9,e',
      'o6,l1,case,urn:uuid:6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
    ),
  })
  expect(faults).toEqual([])
  expect((await document(database.owner, 'line_items', 'l1'))?.['learningObjectiveSet']).toEqual([
    { source: '/state9', learningObjectiveIds: ['e'] },
    { source: 'case', learningObjectiveIds: ['6f9619ff-8b86-4d01-b42d-00cf4fc964ff'] },
    { source: 'unknown', learningObjectiveIds: ['a', 'b', 'c', 'd'] },
  ])
})
