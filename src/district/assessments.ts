/**
 * A state test of the made-up district: options come in; the assessment line items and results of one science class go
 * out, as the REST records a client would PUT (CSV has no file for them), the same ones every time. Parents come before
 * their parts. It never names a student who leaves the night after.
 */
import { leaversOf } from './delta.ts'
import * as id from './ids.ts'
import { caseUuid } from './items.ts'
import { GRADES } from './names.ts'
import {
  classOf,
  type DistrictOptions,
  draw,
  type Group,
  groupOf,
  type Plan,
  pick,
  planOf,
  STREAM,
  seatOf,
  studentIn,
} from './plan.ts'
import { SCIENCE } from './tasks.ts'
import { members } from './walk.ts'

interface Reference {
  readonly sourcedId: string
}

export interface AssessmentLineItem {
  readonly sourcedId: string
  readonly title: string
  readonly description: string
  readonly class?: Reference
  readonly parentAssessmentLineItem?: Reference
  readonly scoreScale?: Reference
  readonly resultValueMin: number
  readonly resultValueMax: number
  readonly learningObjectiveSet?: readonly {
    readonly source: 'case'
    readonly learningObjectiveIds: readonly string[]
  }[]
}

export interface AssessmentResult {
  readonly sourcedId: string
  readonly assessmentLineItem: Reference
  readonly student: Reference
  readonly score?: number
  readonly scorePercentile?: number
  readonly scoreDate: string
  readonly scoreStatus: string
  readonly comment?: string
  readonly missing?: 'true'
  readonly learningObjectiveSet?: readonly {
    readonly source: 'case'
    readonly learningObjectiveResults: readonly { readonly learningObjectiveId: string; readonly score: number }[]
  }[]
}

const TEST_ID = 'state-science-2027'
const PARTS: readonly string[] = ['Reading data', 'Building an argument', '"Hands on": the experiment']
const PART_MAX = 4
const TEST_DATE = '2026-09-10'
/** The test and its parts make four results each. */
const TAKERS = 10
const ABSENT = 7

const partId = (part: number): string => `${TEST_ID}.${part + 1}`

/** The class that takes the test: science, in the middle of the district. */
const classOfTest = (plan: Plan): Group => groupOf(seatOf(plan, Math.floor(plan.students / 2)), SCIENCE)

function lineItems(group: Group): readonly AssessmentLineItem[] {
  const { grade } = group.cohort
  const number = classOf(group)
  return [
    {
      sourcedId: TEST_ID,
      title: `State Science Assessment, grade ${pick(GRADES, grade)}`,
      description: 'Given statewide, in three parts; the score is their sum',
      resultValueMin: 0,
      resultValueMax: PARTS.length * PART_MAX,
    },
    ...PARTS.map((title, part) => ({
      sourcedId: partId(part),
      title,
      description: `Part ${part + 1} of ${PARTS.length}`,
      class: { sourcedId: id.classId(number) },
      parentAssessmentLineItem: { sourcedId: TEST_ID },
      scoreScale: { sourcedId: id.scoreScaleId(number) },
      resultValueMin: 0,
      resultValueMax: PART_MAX,
      learningObjectiveSet: [{ source: 'case' as const, learningObjectiveIds: [caseUuid(grade, part)] }],
    })),
  ]
}

/** A student's result in the test or a part; the nth student in the class was not there. */
function resultOf(item: string, student: number, nth: number, score: number, max: number): AssessmentResult {
  const base = {
    sourcedId: `${item}@${id.studentId(student)}`,
    assessmentLineItem: { sourcedId: item },
    student: { sourcedId: id.studentId(student) },
    scoreDate: TEST_DATE,
  }
  if (nth === ABSENT) return { ...base, scoreStatus: 'not submitted', missing: 'true', comment: 'Absent, "flu"' }
  const scorePercentile = Math.round(1 + (98 * score) / max)
  return { ...base, scoreStatus: 'fully graded', score, scorePercentile }
}

/** The test's result, then its parts', with a score for the objective of each. */
function resultsOf({ seed }: Plan, { grade }: Group['cohort'], student: number, nth: number): AssessmentResult[] {
  const scores = PARTS.map(
    (_, part) => (draw(seed, STREAM.assessments, student * PARTS.length + part) % (2 * PART_MAX + 1)) / 2,
  )
  const sum = scores.reduce((total, score) => total + score, 0)
  const parts = scores.map((score, part): AssessmentResult => {
    const result = resultOf(partId(part), student, nth, score, PART_MAX)
    if (result.score === undefined) return result
    const learningObjectiveResults = [{ learningObjectiveId: caseUuid(grade, part), score }]
    return { ...result, learningObjectiveSet: [{ source: 'case', learningObjectiveResults }] }
  })
  return [resultOf(TEST_ID, student, nth, sum, PARTS.length * PART_MAX), ...parts]
}

function* results(plan: Plan, group: Group): Iterable<AssessmentResult> {
  const leavers = leaversOf(plan)
  let nth = 0
  for (const seat of members(group)) {
    const student = studentIn(seat)
    if (leavers.has(student)) continue
    if (nth === TAKERS) return
    yield* resultsOf(plan, group.cohort, student, nth++)
  }
}

/** The test of a district with `gradebook`: the score scale of its parts is one of that district. */
export function assessments(options: DistrictOptions): {
  readonly assessmentLineItems: readonly AssessmentLineItem[]
  readonly assessmentResults: Iterable<AssessmentResult>
} {
  const plan = planOf(options)
  const group = classOfTest(plan)
  return {
    assessmentLineItems: lineItems(group),
    assessmentResults: { [Symbol.iterator]: () => results(plan, group)[Symbol.iterator]() },
  }
}
