// A row of an assessment -> its OneRoster 1.2 JSON: every property, in the order of the standard, and none where there is no
// value; and that is what the schema says.

import { beforeAll, describe, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import type { Row } from '../support/rows.ts'
import { expectShown, metadata, objectiveScores, objectives, type Shapes, shapes, v1p2 } from '../support/shapes.ts'

const { aClass, assessment, scoreScale, user } = v1p2

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner)
}, 60_000)
const shows = (entity: string, envelope: string, columns: Row, expected: Row): Promise<void> =>
  expectShown(shape, entity, envelope, columns, expected)

describe('the document of', () => {
  test('an assessment line item', async () => {
    await shows(
      'assessment_line_items',
      'assessmentLineItem',
      {
        sourced_id: 'm1',
        metadata,
        title: 'Test',
        description: 'Part 1',
        class_sourced_id: 'k1',
        parent_assessment_line_item_sourced_id: 'm0',
        score_scale_sourced_id: 'z1',
        result_value_min: 0,
        result_value_max: 85,
        learning_objective_set: objectives,
      },
      {
        sourcedId: 'm1',
        status: 'active',
        metadata,
        title: 'Test',
        description: 'Part 1',
        class: aClass('k1'),
        parentAssessmentLineItem: assessment('m0'),
        scoreScale: scoreScale('z1'),
        resultValueMin: 0,
        resultValueMax: 85,
        learningObjectiveSet: objectives,
      },
    )
    await shows(
      'assessment_line_items',
      'assessmentLineItem',
      { sourced_id: 'm1', title: 'Test' },
      { sourcedId: 'm1', status: 'active', title: 'Test' },
    )
  })

  test('an assessment result', async () => {
    const least = {
      sourced_id: 'n1',
      assessment_line_item_sourced_id: 'm1',
      student_sourced_id: 'u1',
      score_status: 'ext:a.b-c_d',
      score_date: '2026-09-09',
    }
    const parents = { assessmentLineItem: assessment('m1'), student: user('u1') }
    await shows(
      'assessment_results',
      'assessmentResult',
      {
        ...least,
        metadata,
        score: 85,
        text_score: 'B',
        score_scale_sourced_id: 'z1',
        score_percentile: 99.9,
        comment: 'Good',
        learning_objective_set: objectiveScores,
        in_progress: false,
        incomplete: true,
        late: true,
        missing: false,
      },
      {
        sourcedId: 'n1',
        status: 'active',
        metadata,
        ...parents,
        score: 85,
        textScore: 'B',
        scoreDate: '2026-09-09',
        scoreScale: scoreScale('z1'),
        scorePercentile: 99.9,
        scoreStatus: 'ext:a.b-c_d',
        comment: 'Good',
        learningObjectiveSet: objectiveScores,
        inProgress: 'false',
        incomplete: 'true',
        late: 'true',
        missing: 'false',
      },
    )
    await shows('assessment_results', 'assessmentResult', least, {
      sourcedId: 'n1',
      status: 'active',
      ...parents,
      scoreDate: '2026-09-09',
      scoreStatus: 'ext:a.b-c_d',
    })
  })
})
