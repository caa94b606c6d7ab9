// Arbitrary assessment line items and results. No file of a package has them, so they are bodies for PUT, which refer to the
// users, classes and score scales of a package.

import fc from 'fast-check'
import { type Draw, day, extensible, flag, ids, text } from './arbitrary_cells.ts'
import { type Json, origin } from './collections.ts'

/** Within what a body may hold: no smaller than 1e-30, no larger than 1e30. */
const score = fc.double({ min: -1e30, max: 1e30, noNaN: true }).filter((one) => one === 0 || Math.abs(one) >= 1e-30)
const metadata = fc.dictionary(
  text.filter((name) => name !== '__proto__'),
  fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text)),
  { minKeys: 1, maxKeys: 3 },
)

const reference = (path: string, type: string, sourcedId: string): Json => ({
  href: `${origin}/ims/oneroster/${path}/${encodeURIComponent(sourcedId)}`,
  sourcedId,
  type,
})

/** Some of these properties; those that are undefined are not there. */
const some = (draw: Draw, properties: Readonly<Record<string, fc.Arbitrary<unknown>>>): Json =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([name, arbitrary]) => (draw(fc.boolean()) ? [[name, draw(arbitrary)]] : [])),
  )

const among = (
  path: string,
  type: string,
  found: readonly string[],
): Readonly<Record<string, fc.Arbitrary<unknown>>> =>
  found.length === 0 ? {} : { [type]: fc.constantFrom(...found).map((id) => reference(path, type, id)) }

const objectives = (name: string, entry: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .uniqueArray(fc.constantFrom('case', 'unknown', '/state9'), { minLength: 1 })
    .chain((sources) =>
      fc.tuple(
        ...sources.map((source) =>
          fc.array(entry, { minLength: 1, maxLength: 2 }).map((entries) => ({ source, [name]: entries })),
        ),
      ),
    )

const base = (draw: Draw, sourcedId: string): Json => ({
  sourcedId,
  status: draw(fc.constantFrom('active', 'active', 'active', 'tobedeleted')),
  dateLastModified: '2026-09-01T08:00:00.000Z',
  ...some(draw, { metadata }),
})

export interface Assessments {
  readonly assessmentLineItems: readonly Json[]
  readonly assessmentResults: readonly Json[]
}

type Known = Readonly<Record<'users' | 'classes' | 'scoreScales', readonly string[]>>

export function arbitraryAssessments(draw: Draw, known: Known): Assessments {
  const scale = among('gradebook/v1p2/scoreScales', 'scoreScale', known.scoreScales)
  const itemIds = draw(ids(1, 3))
  const itemReference = (id: string) => reference('gradebook/v1p2/assessmentLineItems', 'assessmentLineItem', id)
  const assessmentLineItems = itemIds.map((id, place) => ({
    ...base(draw, id),
    title: draw(text),
    ...some(draw, {
      ...scale,
      ...among('rostering/v1p2/classes', 'class', known.classes),
      ...(place === 0 ? {} : { parentAssessmentLineItem: fc.constant(itemReference(itemIds[place - 1] ?? '')) }),
      description: text,
      resultValueMin: score,
      resultValueMax: score,
      learningObjectiveSet: objectives('learningObjectiveIds', text),
    }),
  }))
  const student = fc.constantFrom(...known.users).map((id) => reference('rostering/v1p2/users', 'user', id))
  const assessmentResults = draw(ids(1, 4)).map((id) => ({
    ...base(draw, id),
    assessmentLineItem: itemReference(draw(fc.constantFrom(...itemIds))),
    student: draw(student),
    scoreDate: draw(day),
    scoreStatus: draw(extensible('exempt', 'fully graded', 'not submitted', 'partially graded', 'submitted')),
    ...some(draw, { ...scale, score, textScore: text, scorePercentile: score, comment: text }),
    ...some(draw, { inProgress: flag, incomplete: flag, late: flag, missing: flag }),
    ...some(draw, {
      learningObjectiveSet: objectives(
        'learningObjectiveResults',
        fc.record({ learningObjectiveId: text, score, textScore: text }, { requiredKeys: ['learningObjectiveId'] }),
      ),
    }),
  }))
  return { assessmentLineItems, assessmentResults }
}
