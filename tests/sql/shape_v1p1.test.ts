// A row of the store -> its OneRoster 1.1 JSON: the properties of 1.1 and no other, and references that stay below v1p1/.

import { beforeAll, describe, test } from 'bun:test'
import { openTestDatabase } from '../support/database.ts'
import { metadata, type Shapes, shapes, v1p1 } from '../support/shapes.ts'

const { course, org, resource, session } = v1p1

let shape: Shapes
beforeAll(async () => {
  shape = shapes((await openTestDatabase()).owner, '_v1p1')
}, 60_000)

describe('the document in 1.1 of', () => {
  test('an org', async () => {
    const least = { sourced_id: 'o1', name: 'North', type: 'school', identifier: 'N1' }
    await shape.expect(
      'orgs',
      { ...least, status: 'tobedeleted', metadata, parent_sourced_id: 'd1', child_sourced_ids: ['c1', 'c2'] },
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
    await shape.expect('orgs', least, {
      sourcedId: 'o1',
      status: 'active',
      name: 'North',
      type: 'school',
      identifier: 'N1',
    })
  })

  test('an academic session', async () => {
    await shape.expect(
      'academic_sessions',
      {
        sourced_id: 'a1',
        metadata,
        title: 'Autumn',
        start_date: '2026-08-01',
        end_date: '2027-01-15',
        type: 'term',
        school_year: '2027',
        parent_sourced_id: 'y1',
        child_sourced_ids: ['g1'],
      },
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
  })

  test('a class', async () => {
    await shape.expect(
      'classes',
      {
        sourced_id: 'k1',
        metadata,
        title: 'Maths A',
        class_code: 'A',
        class_type: 'scheduled',
        location: 'Room 1',
        grades: ['09'],
        subjects: ['Maths'],
        course_sourced_id: 'c1',
        school_sourced_id: 's1',
        term_sourced_ids: ['t1', 't2'],
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
        course: course('c1'),
        school: org('s1'),
        terms: [session('t1'), session('t2')],
        subjectCodes: ['02'],
        periods: ['1', '2'],
        resources: [resource('r1')],
      },
    )
  })

  test('a resource', async () => {
    await shape.expect(
      'resources',
      {
        sourced_id: 'r1',
        metadata,
        title: 'Algebra I',
        roles: ['student', 'teacher'],
        importance: 'primary',
        vendor_resource_id: 'v1',
        vendor_id: 'V',
        application_id: 'A',
      },
      {
        sourcedId: 'r1',
        status: 'active',
        metadata,
        title: 'Algebra I',
        roles: ['student', 'teacher'],
        importance: 'primary',
        vendorResourceId: 'v1',
        vendorId: 'V',
        applicationId: 'A',
      },
    )
    await shape.expect(
      'resources',
      { sourced_id: 'r1', vendor_resource_id: 'v1' },
      { sourcedId: 'r1', status: 'active', vendorResourceId: 'v1' },
    )
  })
})
