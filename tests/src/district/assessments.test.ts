/** The laws of the made-up state test: what a client would PUT beside the package. */
import { describe, expect, test } from 'bun:test'
import { assessments } from '../../../src/district/assessments.ts'
import { district, districtDelta } from '../../../src/district/district.ts'
import { GRADED, idsOf, parse, rowsOf } from './reader.ts'

const bulk = parse(district(GRADED))
const { assessmentLineItems, assessmentResults } = assessments(GRADED)
const results = [...assessmentResults]
const items = new Map(assessmentLineItems.map((item) => [item.sourcedId, item]))
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/

describe('a state test', () => {
  test('is one assessment line item and three parts of it, the parent first', () => {
    const [test, ...parts] = assessmentLineItems
    expect(test?.parentAssessmentLineItem).toBeUndefined()
    expect(parts.map((part) => part.parentAssessmentLineItem?.sourcedId)).toEqual(Array(3).fill(test?.sourcedId))
    expect(parts.reduce((sum, part) => sum + part.resultValueMax, 0)).toBe(test?.resultValueMax ?? -1)
  })

  test('is of a class and with a score scale that the district has', () => {
    const scales = new Map(rowsOf(bulk, 'scoreScales').map((row) => [row['sourcedId'], row]))
    for (const part of assessmentLineItems.slice(1)) {
      expect(idsOf(bulk, 'classes').has(part.class?.sourcedId ?? '')).toBe(true)
      expect(scales.get(part.scoreScale?.sourcedId)?.['classSourcedId']).toBe(part.class?.sourcedId ?? '')
    }
  })

  test('has forty results under ids a sourcedId may be, of students in the class who stay', () => {
    const enrolled = new Set(
      rowsOf(bulk, 'enrollments')
        .filter(
          (row) => row['classSourcedId'] === assessmentLineItems[1]?.class?.sourcedId && row['role'] === 'student',
        )
        .map((row) => row['userSourcedId'] ?? ''),
    )
    const leavers = rowsOf(parse(districtDelta(GRADED)), 'users').filter((row) => row['status'] === 'tobedeleted')
    for (const row of leavers) enrolled.delete(row['sourcedId'] ?? '')
    expect(results.length).toBe(40)
    expect(new Set(results.map(({ sourcedId }) => sourcedId)).size).toBe(40)
    for (const { sourcedId, student, assessmentLineItem } of results) {
      expect(sourcedId).toMatch(/^[0-9A-Za-z._/@-]{1,255}$/)
      expect(enrolled.has(student.sourcedId)).toBe(true)
      expect(items.has(assessmentLineItem.sourcedId)).toBe(true)
    }
  })

  test('scores within bounds, percentiles from 1 to 99, and the sum of the parts for the whole', () => {
    const sums = new Map<string, number>()
    for (const { assessmentLineItem, student, score, scorePercentile } of results.filter(
      (one) => one.score !== undefined,
    )) {
      const item = items.get(assessmentLineItem.sourcedId)
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(item?.resultValueMax ?? -1)
      expect(Number.isInteger(scorePercentile) && Number(scorePercentile) >= 1 && Number(scorePercentile) <= 99).toBe(
        true,
      )
      const sign = item?.parentAssessmentLineItem === undefined ? 1 : -1
      sums.set(student.sourcedId, (sums.get(student.sourcedId) ?? 0) + sign * Number(score))
    }
    expect([...sums.values()]).toEqual(Array(9).fill(0))
  })

  test('of an absent student is four results that say so, without a score', () => {
    const absent = results.filter(({ scoreStatus }) => scoreStatus !== 'fully graded')
    expect(absent.length).toBe(4)
    for (const { score, scorePercentile, scoreStatus, missing } of absent)
      expect([score, scorePercentile, scoreStatus, missing]).toEqual([undefined, undefined, 'not submitted', 'true'])
  })

  test('names CASE objectives as REST does, by UUID alone, and marks those of the part', () => {
    const ofItem = new Map(assessmentLineItems.map((item) => [item.sourcedId, item.learningObjectiveSet]))
    for (const set of [...ofItem.values()].slice(1)) expect(set?.[0]?.learningObjectiveIds[0]).toMatch(UUID)
    for (const { assessmentLineItem, score, learningObjectiveSet: set } of results) {
      const asked =
        score === undefined ? undefined : ofItem.get(assessmentLineItem.sourcedId)?.[0]?.learningObjectiveIds
      expect(set?.[0]?.learningObjectiveResults.map((one) => one.learningObjectiveId)).toEqual(asked && [...asked])
      if (set !== undefined) expect(set[0]?.learningObjectiveResults[0]?.score).toBe(score ?? -1)
    }
  })

  test('is the same for the same options, read twice or made twice, and other scores for another seed', () => {
    expect([...assessmentResults]).toEqual(results)
    expect([...assessments({ ...GRADED, seed: 1 }).assessmentResults]).toEqual(results)
    expect([...assessments({ ...GRADED, seed: 2 }).assessmentResults]).not.toEqual(results)
  })

  test('of a district whose only student leaves has no results', () => {
    expect([...assessments({ students: 1 }).assessmentResults]).toEqual([])
  })
})
