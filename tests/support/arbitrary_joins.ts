// The rows of an arbitrary package that belong to the gradebook and to resources, and of the files that join one record to
// another. A record gets one score scale at most: REST can show no more.

import fc from 'fast-check'
import * as cell from './arbitrary_cells.ts'
import type { Row, Rower, Rows } from './arbitrary_package.ts'

export function joiningRows(rower: Rower): Rows {
  return { ...resources(rower), ...grading(rower), ...joins(rower) }
}

function resources(rower: Rower): Rows {
  const { draw } = rower
  const words = ['administrator', 'aide', 'guardian', 'parent', 'proctor', 'relative', 'student', 'teacher']
  return {
    resources: rower.rows('resources', 4, () => ({
      vendorResourceId: draw(cell.text),
      title: draw(cell.optional(cell.text)),
      roles: draw(cell.list(cell.extensible(...words))),
      importance: draw(cell.optional(fc.constantFrom('primary', 'secondary'))),
      vendorId: draw(cell.optional(cell.text)),
      applicationId: draw(cell.optional(cell.text)),
    })),
  }
}

function grading(rower: Rower): Rows {
  const { draw } = rower
  const number = () => draw(cell.optional(cell.number))
  const flagged = () => draw(cell.optional(cell.flag))
  const categories = rower.rows('categories', 3, () => ({
    title: draw(cell.text),
    weight: draw(cell.optional(cell.whole)),
  }))
  const scoreScales = rower.rows('scoreScales', 4, () => ({
    title: draw(cell.text),
    type: draw(cell.text),
    orgSourcedId: rower.one('orgs'),
    courseSourcedId: rower.one('courses'),
    classSourcedId: rower.one('classes'),
    scoreScaleValue: draw(cell.pairs(1)),
  }))
  const lineItems = rower.rows('lineItems', 5, (_, place) => ({
    title: draw(cell.text),
    description: draw(cell.optional(cell.text)),
    assignDate: draw(cell.day),
    dueDate: draw(cell.day),
    classSourcedId: rower.first('classes', place),
    categorySourcedId: rower.one('categories'),
    academicSessionSourcedId: rower.one('academicSessions'),
    resultValueMin: number(),
    resultValueMax: number(),
    schoolSourcedId: rower.one('orgs'),
  }))
  const results = rower.rows('results', 8, (_, place) => ({
    lineItemSourcedId: rower.first('lineItems', place),
    studentSourcedId: rower.first('users', place),
    scoreStatus: draw(cell.extensible('exempt', 'fully graded', 'not submitted', 'partially graded', 'submitted')),
    score: number(),
    scoreDate: draw(cell.day),
    comment: draw(cell.optional(cell.text)),
    textScore: draw(cell.optional(cell.text)),
    classSourcedId: rower.maybe('classes'),
    inProgress: flagged(),
    incomplete: flagged(),
    late: flagged(),
    missing: flagged(),
  }))
  return { categories, scoreScales, lineItems, results }
}

function joins(rower: Rower): Rows {
  const { draw } = rower
  const title = () => draw(cell.optional(cell.text))
  const resource = () => rower.one('resources')
  const objective = (): Row => draw(cell.objective)
  // a scale for each of these records, and no second one
  const scaled = (file: string, name: string, key: string): Row[] => {
    const records = draw(cell.some(rower.idsOf(file), 1, 3))
    const ids = draw(fc.uniqueArray(cell.id, { minLength: records.length, maxLength: records.length }))
    return rower.rows(name, ids, (_, place) => ({
      title: title(),
      [key]: records[place] ?? '',
      scoreScaleSourcedId: rower.one('scoreScales'),
    }))
  }
  return {
    classResources: rower.rows('classResources', 4, () => ({
      title: title(),
      classSourcedId: rower.one('classes'),
      resourceSourcedId: resource(),
    })),
    courseResources: rower.rows('courseResources', 4, () => ({
      title: title(),
      courseSourcedId: rower.one('courses'),
      resourceSourcedId: resource(),
    })),
    userResources: rower.rows('userResources', 4, () => ({
      userSourcedId: rower.one('users'),
      orgSourcedId: rower.maybe('orgs'),
      classSourcedId: rower.maybe('classes'),
      resourceSourcedId: resource(),
    })),
    lineItemScoreScales: scaled('lineItems', 'lineItemScoreScales', 'lineItemSourcedId'),
    lineItemLearningObjectiveIds: rower.rows('lineItemLearningObjectiveIds', 5, () => ({
      lineItemSourcedId: rower.one('lineItems'),
      ...objective(),
    })),
    resultScoreScales: scaled('results', 'resultScoreScales', 'resultSourcedId'),
    resultLearningObjectiveIds: rower.rows('resultLearningObjectiveIds', 5, () => ({
      resultSourcedId: rower.one('results'),
      ...objective(),
      score: draw(cell.optional(cell.number)),
      textScore: draw(cell.optional(cell.text)),
    })),
  }
}
