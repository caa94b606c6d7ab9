/**
 * What the made-up district grades: a class comes in; its line items, its score scale and their learning objectives go
 * out, as records and as CSV rows. Graded are science and the elective. It never knows a student, and never loops over
 * classes.
 */
import { cell } from './csv.ts'
import * as id from './ids.ts'
import { GRADES } from './names.ts'
import { classOf, draw, type Group, pick, STREAM } from './plan.ts'
import { type Stamp, spanOf, subjectOf } from './rows.ts'
import { type Category, type Scale, TASKS, type Task } from './tasks.ts'

/** A line item; `ahead` is one of next spring, which nobody has results in. */
export interface Item {
  readonly number: number
  readonly group: Group
  readonly task: Task
  readonly title: string
  readonly description: string
  readonly session: string
  readonly assigned: string
  readonly due: string
  readonly ahead: boolean
}

const FIRST_PERIOD: Readonly<Record<string, string>> = {
  [id.termId(0)]: id.gradingPeriodId(0),
  [id.termId(1)]: id.gradingPeriodId(2),
}

export const september = (day: number): string => `2026-09-${String(day).padStart(2, '0')}`

/** The class's line item for the task at an index of TASKS; the task is of the class's slot. */
export function itemOf(group: Group, nth: number): Item {
  const task = pick(TASKS, nth)
  const { slot, section } = group
  const term = spanOf(slot, section).first
  const ahead = term !== id.termId(0)
  return {
    number: classOf(group) * TASKS.length + nth,
    group,
    task,
    title: task.title.replace('%', subjectOf(slot, section).title),
    description: task.description,
    session: task.wholeTerm ? term : (FIRST_PERIOD[term] ?? term),
    assigned: ahead ? '2027-02-01' : task.assigned,
    due: ahead ? `2027-02-${10 + task.due}` : september(task.due + (classOf(group) % 3)),
    ahead,
  }
}

export const itemsOf = (group: Group): readonly Item[] =>
  TASKS.flatMap((task, nth) => (task.slot === group.slot ? [itemOf(group, nth)] : []))

/** A grade's learning objective as CASE would name it: a UUID, the same in every district. */
export function caseUuid(grade: number, nth: number): string {
  const word = (part: number) => draw(0, STREAM.objectives, (grade * TASKS.length + nth) * 4 + part)
  const hex = [0, 1, 2, 3].map((part) => word(part).toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

export interface Objective {
  readonly source: 'case' | 'unknown'
  readonly id: string
}

/** What a line item is about: a CASE objective, or one of the district's own. */
export function objectivesOf({ group, number, task }: Item): readonly Objective[] {
  const { cohort, slot, section } = group
  const nth = number % TASKS.length
  const own = `Three Rivers, ${subjectOf(slot, section).short} ${pick(GRADES, cohort.grade)}.${nth + 1}`
  return (task.objectives ?? []).map((source) => ({
    source,
    id: source === 'case' ? `urn:uuid:${caseUuid(cohort.grade, nth)}` : own,
  }))
}

/** The word a score has on the task's scale; empty without a scale. */
export const wordOf = ({ scale }: Task, score: number): string =>
  scale?.words.find(([lowest]) => lowest <= score)?.[1] ?? ''

/** The scale of a class that is graded: of the task that has one. */
const scaleOf = ({ slot }: Group): Scale | undefined =>
  TASKS.find((task) => task.slot === slot && task.scale !== undefined)?.scale

export const categoryRow = ({ name, title, weight, dropLowest }: Category, stamp: Stamp): string =>
  `${id.categoryId(name)},${stamp},${cell(title)},${weight},${dropLowest}`

/** A class's score scale; none where nothing is graded. */
export function scoreScaleRows(group: Group, stamp: Stamp): readonly string[] {
  const scale = scaleOf(group)
  if (scale === undefined) return []
  const { school, cohort, slot, section } = group
  const number = classOf(group)
  const course = id.courseId(subjectOf(slot, section).short, pick(GRADES, cohort.grade))
  const values = scale.words.map(([lowest, word]) => `{${lowest}:${word}}`).join(',')
  return [
    `${id.scoreScaleId(number)},${stamp},${cell(scale.title)},${scale.type},${id.schoolId(school.index)},${course},` +
      `${id.classId(number)},${cell(values)}`,
  ]
}

export function lineItemRow(item: Item, stamp: Stamp): string {
  const { group, task } = item
  const bounds = task.max === undefined ? ',' : `0,${task.max}`
  return (
    `${id.lineItemId(item.number)},${stamp},${cell(item.title)},${cell(item.description)},${item.assigned},${item.due},` +
    `${id.classId(classOf(group))},${id.categoryId(task.category)},${item.session},${bounds},` +
    `${id.schoolId(group.school.index)},${task.scale === undefined ? 'points' : 'rubric'}`
  )
}

export function lineItemScoreScaleRows({ number, group, task }: Item, stamp: Stamp): readonly string[] {
  if (task.scale === undefined) return []
  const owner = id.lineItemId(number)
  return [`${id.scaleLinkId(owner)},${stamp},${cell(task.scale.title)},${owner},${id.scoreScaleId(classOf(group))}`]
}

export function lineItemObjectiveRows(item: Item, stamp: Stamp): readonly string[] {
  const owner = id.lineItemId(item.number)
  return objectivesOf(item).map(
    (objective, nth) => `${id.objectiveLinkId(owner, nth)},${stamp},${owner},${objective.source},${cell(objective.id)}`,
  )
}
