/**
 * How students of the made-up district did: a student and a seat come in; results go out, as records and as CSV rows,
 * the same ones every time. A tenth of the students have words of the score scale and learning objectives beside their
 * scores. It never loops over students, and never scores beyond a line item's bounds.
 */
import { cell } from './csv.ts'
import * as id from './ids.ts'
import { type Item, itemOf, objectivesOf, september, wordOf } from './items.ts'
import { classOf, draw, groupOf, type Plan, pick, type Seat, STREAM } from './plan.ts'
import type { Stamp } from './rows.ts'
import { TASKS } from './tasks.ts'

export interface Result {
  readonly number: number
  readonly student: number
  readonly item: Item
  readonly status: string
  /** Undefined: not scored, or in words only. */
  readonly score: number | undefined
  readonly text: string
  readonly date: string
  readonly comment: string
  /** inProgress, incomplete, late and missing, as cells. */
  readonly flags: string
}

/** What teachers write; quotes, commas, other scripts and spreadsheet signs on purpose. */
const COMMENTS: readonly string[] = [
  '=SUM(A1:A9) is not an answer: show the work',
  'Your partner says "a pleasure to work with", and so do I',
  'Good, but cite your sources',
  'x = 3, y = 4: "checked"',
  '-2 for the units, +1 for the drawing',
  '@home: finish the table, please',
  '¡Muy bien, sigue así!',
  'Отлично 👍',
  '再提出してください',
  'أحسنت',
]
const PARTICIPATION: readonly string[] = ['✓', '✓+', 'Speaks up, and listens', '✓−']

/** Of 40 results so many are unusual; everything else is fully graded, without a flag. */
const STATES: readonly (readonly [status: string, share: number, flags: string])[] = [
  ['exempt', 0, ',,,'],
  ['not submitted', 0, 'false,false,false,true'],
  ['partially graded', 0.5, 'true,true,false,false'],
  ['submitted', 0, 'true,false,false,false'],
  ['fully graded', 1, 'false,false,true,false'],
]

/** Students with a full record: never an unusual state, and words and objectives where the task has them. */
export const isDetailed = (student: number): boolean => student % 10 === 0

function resultOf({ seed }: Plan, student: number, item: Item, nth: number): Result {
  const number = student * TASKS.length + nth
  const drawn = draw(seed, STREAM.results, number)
  const state = isDetailed(student) ? undefined : STATES[drawn % 40]
  const [status, share, flags] = state ?? ['fully graded', 1, ',,,']
  const { max, due } = { max: item.task.max, due: Number(item.due.slice(-2)) }
  const reached = 0.4 + 0.6 * Math.sqrt(((drawn >>> 6) % 1000) / 999)
  const score = max === undefined || share === 0 ? undefined : Math.round(max * reached * share * 2) / 2
  const spoken = max === undefined && share === 1 ? pick(PARTICIPATION, drawn >>> 16) : ''
  return {
    number,
    student,
    item,
    status,
    score,
    text: isDetailed(student) && score !== undefined ? wordOf(item.task, score) : spoken,
    date: september(due + ((drawn >>> 19) % 3)),
    comment: (drawn >>> 21) % 8 === 0 ? pick(COMMENTS, drawn >>> 24) : '',
    flags,
  }
}

/** A student's results, in the order of TASKS; what is ahead has none. */
export const resultsOf = (plan: Plan, student: number, seat: Seat): readonly Result[] =>
  TASKS.flatMap((task, nth) => {
    const item = itemOf(groupOf(seat, task.slot), nth)
    return item.ahead ? [] : [resultOf(plan, student, item, nth)]
  })

/** Half a point more, or less where there is no more. */
export function rescored(result: Result): Result {
  const { score = 0, item } = result
  const changed = score < (item.task.max ?? 0) ? score + 0.5 : score - 0.5
  return { ...result, score: changed, text: wordOf(item.task, changed), date: september(14) }
}

export const resultRow = (result: Result, stamp: Stamp): string =>
  `${id.resultId(result.number)},${stamp},${id.lineItemId(result.item.number)},${id.studentId(result.student)},` +
  `${result.status},${result.score ?? ''},${result.date},${cell(result.comment)},${cell(result.text)},` +
  `${id.classId(classOf(result.item.group))},${result.flags}`

/** The scale of the words: a row where the result has words of one. */
export function resultScoreScaleRows({ number, item, student }: Result, stamp: Stamp): readonly string[] {
  if (!isDetailed(student) || item.task.scale === undefined) return []
  const owner = id.resultId(number)
  return [`${id.scaleLinkId(owner)},${stamp},,${owner},${id.scoreScaleId(classOf(item.group))}`]
}

/** Objectives of CASE are scored, the district's own said in words. */
export function resultObjectiveRows(result: Result, stamp: Stamp): readonly string[] {
  if (!isDetailed(result.student)) return []
  const owner = id.resultId(result.number)
  return objectivesOf(result.item).map(({ source, id: objective }, nth) => {
    const mark = source === 'case' ? `${result.score ?? ''},` : `,${cell(result.text)}`
    return `${id.objectiveLinkId(owner, nth)},${stamp},${owner},${source},${cell(objective)},${mark}`
  })
}
