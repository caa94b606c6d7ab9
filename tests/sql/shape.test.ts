// A row of the store -> its OneRoster JSON: every property, in the order of the standard, and none where there is no value.

import { beforeAll, describe, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import { metadata, org, reference, resource, type Shapes, session, shapes } from '../support/shapes.ts'

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner)
}, 60_000)

describe('the document of', () => {
  test('an org', async () => {
    await shape.expect(
      'orgs',
      {
        sourced_id: 'o1',
        status: 'tobedeleted',
        metadata,
        name: 'North',
        type: 'school',
        identifier: 'N1',
        parent_sourced_id: 'd1',
        child_sourced_ids: ['c1', 'c2'],
      },
      {
        sourcedId: 'o1',
        status: 'tobedeleted',
        metadata,
        name: 'North',
        type: 'school',
        identifier: 'N1',
        parent: org('d1'),
        children: [org('c1'), org('c2')],
      },
    )
    await shape.expect(
      'orgs',
      { sourced_id: 'o1', name: 'North', type: 'school', identifier: '' },
      { sourcedId: 'o1', status: 'active', name: 'North', type: 'school', identifier: '' },
    )
  })

  test('an academic session', async () => {
    const least = {
      title: 'Autumn',
      start_date: '2026-08-01',
      end_date: '2027-01-15',
      type: 'term',
      school_year: '2027',
    }
    await shape.expect(
      'academic_sessions',
      { sourced_id: 'a1', metadata, ...least, parent_sourced_id: 'y1', child_sourced_ids: ['g1'] },
      {
        sourcedId: 'a1',
        status: 'active',
        metadata,
        title: 'Autumn',
        startDate: '2026-08-01',
        endDate: '2027-01-15',
        type: 'term',
        parent: session('y1'),
        children: [session('g1')],
        schoolYear: '2027',
      },
    )
    await shape.expect(
      'academic_sessions',
      { sourced_id: 'a1', ...least },
      {
        sourcedId: 'a1',
        status: 'active',
        title: 'Autumn',
        startDate: '2026-08-01',
        endDate: '2027-01-15',
        type: 'term',
        schoolYear: '2027',
      },
    )
  })

  test('a course', async () => {
    await shape.expect(
      'courses',
      {
        sourced_id: 'c1',
        metadata,
        title: 'Maths',
        school_year_sourced_id: 'y1',
        course_code: 'M1',
        grades: ['09', '10'],
        subjects: ['Maths'],
        org_sourced_id: 's1',
        subject_codes: ['02'],
        resource_sourced_ids: ['r1'],
      },
      {
        sourcedId: 'c1',
        status: 'active',
        metadata,
        title: 'Maths',
        schoolYear: session('y1'),
        courseCode: 'M1',
        grades: ['09', '10'],
        subjects: ['Maths'],
        org: org('s1'),
        subjectCodes: ['02'],
        resources: [resource('r1')],
      },
    )
    await shape.expect(
      'courses',
      { sourced_id: 'c1', title: 'Maths', course_code: '' },
      { sourcedId: 'c1', status: 'active', title: 'Maths', courseCode: '' },
    )
  })

  test('a class', async () => {
    const least = { title: 'Maths A', course_sourced_id: 'c1', school_sourced_id: 's1', term_sourced_ids: ['t1', 't2'] }
    await shape.expect(
      'classes',
      {
        sourced_id: 'k1',
        metadata,
        ...least,
        class_code: 'A',
        class_type: 'scheduled',
        location: 'Room 1',
        grades: ['09'],
        subjects: ['Maths'],
        subject_codes: ['02'],
        periods: ['1', '2'],
        resource_sourced_ids: ['r1'],
      },
      {
        sourcedId: 'k1',
        status: 'active',
        metadata,
        title: 'Maths A',
        classCode: 'A',
        classType: 'scheduled',
        location: 'Room 1',
        grades: ['09'],
        subjects: ['Maths'],
        course: reference('courses', 'course', 'c1'),
        school: org('s1'),
        terms: [session('t1'), session('t2')],
        subjectCodes: ['02'],
        periods: ['1', '2'],
        resources: [resource('r1')],
      },
    )
    await shape.expect(
      'classes',
      { sourced_id: 'k1', ...least },
      {
        sourcedId: 'k1',
        status: 'active',
        title: 'Maths A',
        course: reference('courses', 'course', 'c1'),
        school: org('s1'),
        terms: [session('t1'), session('t2')],
      },
    )
  })
})
