// A row of the gradebook or of a resource -> its OneRoster 1.2 JSON: every property, in the order of the standard, and none
// where there is no value; and that is what the schema says.

import { beforeAll, describe, expect, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import type { Row } from '../support/rows.ts'
import {
  expectShown,
  metadata,
  objectiveScores,
  objectives,
  org,
  reference,
  type Shapes,
  session,
  shapes,
  v1p2,
} from '../support/shapes.ts'

const { aClass, category, lineItem, scoreScale, user } = v1p2

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner)
}, 60_000)
const shows = (entity: string, envelope: string, columns: Row, expected: Row): Promise<void> =>
  expectShown(shape, entity, envelope, columns, expected)

describe('the document of', () => {
  test('a resource', async () => {
    await shows(
      'resources',
      'resource',
      {
        sourced_id: 'a/b',
        status: 'tobedeleted',
        metadata,
        title: 'Atlas "1"',
        roles: ['student', 'ext:x'],
        importance: 'primary',
        vendor_resource_id: 'v',
        vendor_id: 'w',
        application_id: 'a',
      },
      {
        sourcedId: 'a/b',
        status: 'tobedeleted',
        metadata,
        title: 'Atlas "1"',
        roles: ['student', 'ext:x'],
        importance: 'primary',
        vendorResourceId: 'v',
        vendorId: 'w',
        applicationId: 'a',
      },
    )
    await shows(
      'resources',
      'resource',
      { sourced_id: 'r1', vendor_resource_id: 'v' },
      { sourcedId: 'r1', status: 'active', vendorResourceId: 'v' },
    )
  })

  test('a category', async () => {
    await shows(
      'categories',
      'category',
      { sourced_id: 'g1', metadata, title: 'Homework', weight: 0.1 },
      { sourcedId: 'g1', status: 'active', metadata, title: 'Homework', weight: 0.1 },
    )
    await shows(
      'categories',
      'category',
      { sourced_id: 'g1', title: '' },
      { sourcedId: 'g1', status: 'active', title: '' },
    )
  })

  test('a score scale, whose org REST does not show', async () => {
    const values = [
      { itemValueLHS: 'A', itemValueRHS: '90-100' },
      { itemValueLHS: 'B', itemValueRHS: '80:89' },
    ]
    const least = {
      sourced_id: 'z1',
      title: 'Letters',
      type: 'letter',
      class_sourced_id: 'k1',
      score_scale_value: values,
    }
    await shows(
      'score_scales',
      'scoreScale',
      { ...least, metadata, org_sourced_id: 's1', course_sourced_id: 'c1' },
      {
        sourcedId: 'z1',
        status: 'active',
        metadata,
        title: 'Letters',
        type: 'letter',
        course: reference('courses', 'course', 'c1'),
        class: aClass('k1'),
        scoreScaleValue: values,
      },
    )
    await shows('score_scales', 'scoreScale', least, {
      sourcedId: 'z1',
      status: 'active',
      title: 'Letters',
      type: 'letter',
      class: aClass('k1'),
      scoreScaleValue: values,
    })
  })

  test('a line item', async () => {
    const least = {
      sourced_id: 'l1',
      title: 'Essay',
      assign_date: '2026-09-01T00:00:00Z',
      due_date: '2026-09-08T21:59:59.5-02:00',
      class_sourced_id: 'k1',
      school_sourced_id: 's1',
      category_sourced_id: 'g1',
    }
    const dates = { assignDate: '2026-09-01T00:00:00.000Z', dueDate: '2026-09-08T23:59:59.500Z' }
    const parents = { class: aClass('k1'), school: org('s1'), category: category('g1') }
    await shows(
      'line_items',
      'lineItem',
      {
        ...least,
        metadata,
        description: 'On bees',
        grading_period_sourced_id: 'p1',
        academic_session_sourced_id: 't1',
        score_scale_sourced_id: 'z1',
        result_value_min: -0.5,
        result_value_max: 1e22,
        learning_objective_set: objectives,
      },
      {
        sourcedId: 'l1',
        status: 'active',
        metadata,
        title: 'Essay',
        description: 'On bees',
        ...dates,
        ...parents,
        gradingPeriod: session('p1'),
        academicSession: session('t1'),
        scoreScale: scoreScale('z1'),
        resultValueMin: -0.5,
        resultValueMax: 1e22,
        learningObjectiveSet: objectives,
      },
    )
    await shows('line_items', 'lineItem', least, {
      sourcedId: 'l1',
      status: 'active',
      title: 'Essay',
      ...dates,
      ...parents,
    })
  })

  test('a result', async () => {
    const least = {
      sourced_id: 'x1',
      line_item_sourced_id: 'l1',
      student_sourced_id: 'u1',
      score_status: 'not submitted',
      score_date: '2026-09-09',
    }
    await shows(
      'results',
      'result',
      {
        ...least,
        metadata,
        class_sourced_id: 'k1',
        score_scale_sourced_id: 'z1',
        score: 0,
        text_score: 'F',
        comment: '',
        learning_objective_set: objectiveScores,
        in_progress: true,
        incomplete: false,
        late: false,
        missing: true,
      },
      {
        sourcedId: 'x1',
        status: 'active',
        metadata,
        lineItem: lineItem('l1'),
        student: user('u1'),
        class: aClass('k1'),
        scoreScale: scoreScale('z1'),
        scoreStatus: 'not submitted',
        score: 0,
        textScore: 'F',
        scoreDate: '2026-09-09',
        comment: '',
        learningObjectiveSet: objectiveScores,
        inProgress: 'true',
        incomplete: 'false',
        late: 'false',
        missing: 'true',
      },
    )
    await shows('results', 'result', least, {
      sourcedId: 'x1',
      status: 'active',
      lineItem: lineItem('l1'),
      student: user('u1'),
      scoreStatus: 'not submitted',
      scoreDate: '2026-09-09',
    })
  })
})

test.each([0, -0.5, 0.1, 85, 1e22, 1e-7, 123456789.123, 5e-324, 1.7976931348623157e308, 2 ** 53, 0.1 + 0.2])(
  'a number is shown as the number it is: %p',
  async (weight) => {
    expect(await shape.of('categories', { sourced_id: 'g1', title: 'T', weight })).toMatchObject({ weight })
  },
)
