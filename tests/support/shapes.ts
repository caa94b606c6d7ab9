// Rows of the store as the database shapes them, and the pieces that expected documents are made of.

import { expect } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { testBase } from './database.ts'
import type { Row } from './rows.ts'
import { faultsOf, singleOf } from './schemas.ts'

export interface Shapes {
  /** The document of a row given by its columns, without dateLastModified, which a publication puts before it. */
  readonly of: (entity: string, columns: Row) => Promise<Row>
  /** That it is this one, with its properties in this order. */
  readonly expect: (entity: string, columns: Row, expected: Row) => Promise<void>
}

/** Of the shapes that have this after the name of their table. */
export function shapes({ sql }: Database, suffix = ''): Shapes {
  const of: Shapes['of'] = async (entity, columns) => {
    const [found] = await sql.unsafe<{ text: string }[]>(
      `select '{' || shape.${entity}${suffix}(jsonb_populate_record(null::store.${entity}, $1::text::jsonb)) as text`,
      [JSON.stringify({ status: 'active', ...columns })],
    )
    return JSON.parse(String(found?.text))
  }
  return {
    of,
    expect: async (entity, columns, expected) => {
      const found = await of(entity, columns)
      expect(found).toEqual(expected)
      expect(JSON.stringify(found)).toBe(JSON.stringify(expected))
    },
  }
}

export const reference = (collection: string, type: string, sourcedId: string): Row => ({
  href: `${testBase}${collection.includes('/') ? collection : `rostering/v1p2/${collection}`}/${sourcedId}`,
  sourcedId,
  type,
})
export const org = (id: string): Row => reference('orgs', 'org', id)
export const session = (id: string): Row => reference('academicSessions', 'academicSession', id)
export const resource = (id: string): Row => reference('resources/v1p2/resources', 'resource', id)
export const metadata = { 'a.b': 'x', list: ['y', 1], inner: { z: null } }

const below = (collection: string, type: string) => (sourcedId: string) =>
  reference(`v1p1/${collection}`, type, sourcedId)
/** The same in documents of 1.1, whose references stay with 1.1. */
export const v1p1 = {
  aClass: below('classes', 'class'),
  category: below('categories', 'category'),
  course: below('courses', 'course'),
  lineItem: below('lineItems', 'lineItem'),
  org: below('orgs', 'org'),
  resource: below('resources', 'resource'),
  session: below('academicSessions', 'academicSession'),
  user: below('users', 'user'),
} as const

const ofGradebook = (collection: string, type: string) => (sourcedId: string) =>
  reference(`gradebook/v1p2/${collection}`, type, sourcedId)
/** References of the gradebook, and out of it. */
export const v1p2 = {
  assessment: ofGradebook('assessmentLineItems', 'assessmentLineItem'),
  category: ofGradebook('categories', 'category'),
  lineItem: ofGradebook('lineItems', 'lineItem'),
  scoreScale: ofGradebook('scoreScales', 'scoreScale'),
  aClass: (sourcedId: string) => reference('classes', 'class', sourcedId),
  user: (sourcedId: string) => reference('users', 'user', sourcedId),
} as const

/** Learning objectives as the columns of line items and of results have them: names in the order of jsonb. */
export const objectives = [{ source: 'case', learningObjectiveIds: ['x', 'y'] }]
export const objectiveScores = [
  {
    source: '/abc',
    learningObjectiveResults: [{ score: -0.5, textScore: 'A', learningObjectiveId: 'x' }, { learningObjectiveId: 'y' }],
  },
]

/** That the row has this document, and that the document is what the schema of its envelope says once it is dated. */
export async function expectShown(
  shape: Shapes,
  entity: string,
  envelope: string,
  columns: Row,
  expected: Row,
): Promise<void> {
  await shape.expect(entity, columns, expected)
  const name = `Single${envelope.charAt(0).toUpperCase()}${envelope.slice(1)}DType`
  expect(
    faultsOf(singleOf(name), { [envelope]: { ...expected, dateLastModified: '2026-09-01T08:00:00.000Z' } }),
  ).toEqual([])
}
