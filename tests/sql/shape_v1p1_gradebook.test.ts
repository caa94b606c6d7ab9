// A row of the gradebook -> its OneRoster 1.1 JSON: without what 1.2 added, and with nothing made up.

import { beforeAll, describe, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import { metadata, type Shapes, shapes, v1p1 } from '../support/shapes.ts'

const { category, aClass, lineItem, session, user } = v1p1

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner, '_v1p1')
}, 60_000)

describe('the document in 1.1 of', () => {
  test('a category, which has no weight', async () => {
    await shape.expect(
      'categories',
      { sourced_id: 'g1', metadata, title: 'Homework', weight: 30 },
      { sourcedId: 'g1', status: 'active', metadata, title: 'Homework' },
    )
  })

  const essay = {
    sourced_id: 'l1',
    title: 'Essay',
    assign_date: '2026-09-01T00:00:00Z',
    due_date: '2026-09-08T21:59:59.5Z',
    class_sourced_id: 'k1',
    school_sourced_id: 's1',
    category_sourced_id: 'g1',
  }
  const shown = {
    sourcedId: 'l1',
    status: 'active',
    title: 'Essay',
    assignDate: '2026-09-01T00:00:00.000Z',
    dueDate: '2026-09-08T21:59:59.500Z',
    class: aClass('k1'),
    category: category('g1'),
  }

  test('a line item, without school, score scale and learning objectives', async () => {
    await shape.expect(
      'line_items',
      {
        ...essay,
        description: 'On bees',
        grading_period_sourced_id: 'p1',
        academic_session_sourced_id: 't1',
        score_scale_sourced_id: 'z1',
        result_value_min: 0,
        result_value_max: 12.5,
        learning_objective_set: [{ source: 'case', learningObjectiveIds: ['x'] }],
      },
      {
        sourcedId: 'l1',
        status: 'active',
        title: 'Essay',
        description: 'On bees',
        assignDate: shown.assignDate,
        dueDate: shown.dueDate,
        class: shown.class,
        category: shown.category,
        gradingPeriod: session('p1'),
        resultValueMin: 0,
        resultValueMax: 12.5,
      },
    )
  })

  test('a line item without a grading period names its academic session there, and makes up no bounds', async () => {
    await shape.expect(
      'line_items',
      { ...essay, academic_session_sourced_id: 't1' },
      { ...shown, gradingPeriod: session('t1') },
    )
    await shape.expect('line_items', essay, shown)
  })

  test('a result, without class, text score and flags', async () => {
    const least = {
      sourced_id: 'x1',
      line_item_sourced_id: 'l1',
      student_sourced_id: 'u1',
      score_status: 'fully graded',
      score_date: '2026-09-09',
    }
    const references = { lineItem: lineItem('l1'), student: user('u1') }
    await shape.expect(
      'results',
      {
        ...least,
        metadata,
        class_sourced_id: 'k1',
        score_scale_sourced_id: 'z1',
        score: 11.25,
        text_score: 'B',
        comment: 'Good',
        learning_objective_set: [],
        in_progress: false,
        incomplete: false,
        late: true,
        missing: false,
      },
      {
        sourcedId: 'x1',
        status: 'active',
        metadata,
        ...references,
        scoreStatus: 'fully graded',
        score: 11.25,
        scoreDate: '2026-09-09',
        comment: 'Good',
      },
    )
    await shape.expect(
      'results',
      { ...least, score_status: 'not submitted' },
      { sourcedId: 'x1', status: 'active', ...references, scoreStatus: 'not submitted', scoreDate: '2026-09-09' },
    )
  })
})
