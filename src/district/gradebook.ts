/**
 * The gradebook of the made-up district: a plan comes in; the rows of the eight gradebook files go out, lazily, for the
 * whole district or for the night after. It loops and chooses; what a row says stands in items and results.
 */
import type { FileRows } from './csv.ts'
import * as things from './items.ts'
import { groupOf, type Plan, seatOf } from './plan.ts'
import * as marks from './results.ts'
import { ACTIVE, BULK, GONE } from './rows.ts'
import { CATEGORIES, SCIENCE, TASKS, UNUSED_CATEGORY } from './tasks.ts'
import { groups, seats } from './walk.ts'

function* categoryRows(): Iterable<string> {
  for (const category of CATEGORIES) yield things.categoryRow(category, BULK)
  yield things.categoryRow(UNUSED_CATEGORY, BULK)
}

function* scoreScaleRows(plan: Plan): Iterable<string> {
  for (const group of groups(plan)) yield* things.scoreScaleRows(group, BULK)
}

function* items(plan: Plan): Iterable<things.Item> {
  for (const group of groups(plan)) yield* things.itemsOf(group)
}

function* results(plan: Plan): Iterable<marks.Result> {
  for (const [student, seat] of seats(plan)) yield* marks.resultsOf(plan, student, seat)
}

function* rowsFor<Of>(list: Iterable<Of>, rows: (one: Of) => readonly string[]): Iterable<string> {
  for (const one of list) yield* rows(one)
}

/** Every gradebook file of the district. */
export const gradebook = (plan: Plan): FileRows => ({
  categories: categoryRows,
  scoreScales: () => scoreScaleRows(plan),
  lineItems: () => rowsFor(items(plan), (item) => [things.lineItemRow(item, BULK)]),
  lineItemScoreScales: () => rowsFor(items(plan), (item) => things.lineItemScoreScaleRows(item, BULK)),
  lineItemLearningObjectiveIds: () => rowsFor(items(plan), (item) => things.lineItemObjectiveRows(item, BULK)),
  results: () => rowsFor(results(plan), (result) => [marks.resultRow(result, BULK)]),
  resultScoreScales: () => rowsFor(results(plan), (result) => marks.resultScoreScaleRows(result, BULK)),
  resultLearningObjectiveIds: () => rowsFor(results(plan), (result) => marks.resultObjectiveRows(result, BULK)),
})

/** One line item is described anew, and its class gets another one, under a number the district does not use. */
function lineItemRows(plan: Plan): readonly string[] {
  const [quiz, ...more] = things.itemsOf(groupOf(seatOf(plan, Math.floor(plan.students / 2)), SCIENCE))
  const homework = more[more.length - 1]
  if (quiz === undefined || homework === undefined) return []
  const number = plan.classes * TASKS.length
  const dates = { assigned: things.september(15), due: things.september(22) }
  return [
    things.lineItemRow({ ...quiz, description: 'Units, scales and errors; "open book" after all' }, ACTIVE),
    things.lineItemRow({ ...homework, number, title: 'Homework: chapter 2, questions 1-9', ...dates }, ACTIVE),
  ]
}

/** Who stays of the students whose full record is, or is not, kept: the first one's results. */
function firstStaying(plan: Plan, leavers: ReadonlySet<number>, detailed: boolean): readonly marks.Result[] {
  for (let student = 0; student < plan.students; student += 1)
    if (marks.isDetailed(student) === detailed && !leavers.has(student))
      return marks.resultsOf(plan, student, seatOf(plan, student))
  return []
}

/** The night after: leavers take their results along, one score changes, one result and a category are deleted. */
export function gradebookDelta(plan: Plan, leavers: ReadonlySet<number>): FileRows {
  const gone = [...leavers].flatMap((student) => marks.resultsOf(plan, student, seatOf(plan, student)))
  const scaled = firstStaying(plan, leavers, true).filter(({ item }) => item.task.scale !== undefined)
  const changed = scaled.slice(0, 1).map(marks.rescored)
  const deleted = firstStaying(plan, leavers, false)
  return {
    categories: () => [things.categoryRow(UNUSED_CATEGORY, GONE)],
    lineItems: () => lineItemRows(plan),
    results: () => [
      ...[...gone, ...deleted.slice(0, 1)].map((result) => marks.resultRow(result, GONE)),
      ...changed.map((result) => marks.resultRow(result, ACTIVE)),
    ],
    resultScoreScales: () => gone.flatMap((result) => marks.resultScoreScaleRows(result, GONE)),
    resultLearningObjectiveIds: () => [
      ...gone.flatMap((result) => marks.resultObjectiveRows(result, GONE)),
      ...changed.flatMap((result) => marks.resultObjectiveRows(result, ACTIVE)),
    ],
  }
}
