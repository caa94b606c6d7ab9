// Awkward values for line items, results, score scales, resources and assessments: numbers whose order is not that of their
// texts, times of day, lists inside objects. They stand on the people and classes of oddities.ts.

import type { Hub } from './hub.ts'
import { day, days, file, flag, orgId, rare, text, userId } from './oddities.ts'

const numbers = ['9', '10', '-2.5', '100', '0', '0.1', '1e2', '33.333333333333336']
/** Absent in every third row. */
const number = (place: number): string => (place % 3 === 0 ? '' : (numbers[place % numbers.length] ?? ''))
const objectives = ['a-1', 'B 2', "o'3", 'a-1,b', '10', '9']
const objective = (place: number): string => objectives[place % objectives.length] ?? ''
const scoreStatus = (place: number): string => ['fully graded', 'exempt', 'not submitted', 'ext:late'][place % 4] ?? ''
const role = (place: number): string => ['student,teacher', '', 'guardian', 'ext:coach,student'][place % 4] ?? ''
const active = { status: 'active' }
const resourceId = (place: number): string => `res/${place % 10}`
const scaleId = (place: number): string => `sc/${place % 8}`
const itemId = (place: number): string => `li/${place % 20}`

const resourceFiles = (): Readonly<Record<string, string>> => ({
  resources: file(10, (n) => ({
    sourcedId: resourceId(n),
    vendorResourceId: text(n + 6),
    title: rare(n),
    roles: role(n),
    importance: ['primary', 'secondary', ''][n % 3] ?? '',
    vendorId: rare(n + 1),
    applicationId: rare(n + 2),
    'metadata.note': rare(n + 1),
  })),
  classResources: file(12, (n) => ({
    sourcedId: `cr${n}`,
    ...active,
    title: '',
    classSourcedId: `k/${n % 8}`,
    resourceSourcedId: resourceId(n * 3),
  })),
  courseResources: file(6, (n) => ({
    sourcedId: `or${n}`,
    ...active,
    title: '',
    courseSourcedId: `c${n % 4}`,
    resourceSourcedId: resourceId(n),
  })),
  userResources: file(12, (n) => ({
    sourcedId: `ur${n}`,
    ...active,
    userSourcedId: userId(n % 9),
    orgSourcedId: '',
    classSourcedId: '',
    resourceSourcedId: resourceId(n * 7),
  })),
})

const itemFiles = (): Readonly<Record<string, string>> => ({
  categories: file(9, (n) => ({
    sourcedId: `cat/${n}`,
    title: text(n + 2),
    weight: ['', '9', '10', '100', '0'][n % 5] ?? '',
    'metadata.a.b': rare(n),
  })),
  scoreScales: file(8, (n) => ({
    sourcedId: scaleId(n),
    title: text(n + 9),
    type: text(n + 1),
    orgSourcedId: orgId(1),
    courseSourcedId: `c${n % 8}`,
    classSourcedId: `k/${n % 16}`,
    scoreScaleValue: n % 2 === 0 ? '{90-100:A},{0:"F"}' : '{10:Ü}',
  })),
  lineItems: file(20, (n) => ({
    sourcedId: itemId(n),
    title: text(n + 4),
    description: rare(n),
    assignDate: days[n % 5] ?? '',
    dueDate: days[(n + 3) % 5] ?? '',
    classSourcedId: `k/${n % 16}`,
    categorySourcedId: `cat/${n % 9}`,
    academicSessionSourcedId: `t/${n % 12}`,
    resultValueMin: number(n),
    resultValueMax: number(n + 1),
    schoolSourcedId: orgId(n % 16),
  })),
  lineItemScoreScales: file(7, (n) => ({
    sourcedId: `ls${n}`,
    ...active,
    title: '',
    lineItemSourcedId: itemId(n * 2),
    scoreScaleSourcedId: scaleId(n),
  })),
  lineItemLearningObjectiveIds: file(18, (n) => ({
    sourcedId: `lo${n}`,
    ...active,
    lineItemSourcedId: itemId(n % 9),
    source: n % 4 === 0 ? 'unknown' : 'case',
    learningObjectiveId: objective(n),
  })),
})

const resultFiles = (): Readonly<Record<string, string>> => ({
  results: file(40, (n) => ({
    sourcedId: `rs/${n}`,
    lineItemSourcedId: itemId(n),
    studentSourcedId: userId((n * 7) % 30),
    scoreStatus: scoreStatus(n),
    score: number(n),
    scoreDate: days[n % 5] ?? '',
    comment: rare(n),
    textScore: rare(n + 1),
    classSourcedId: n % 3 === 0 ? '' : `k/${n % 16}`,
    inProgress: flag(n),
    incomplete: flag(n + 1),
    late: flag(n + 2),
    missing: flag(n),
  })),
  resultScoreScales: file(9, (n) => ({
    sourcedId: `rc${n}`,
    ...active,
    title: '',
    resultSourcedId: `rs/${n * 2}`,
    scoreScaleSourcedId: scaleId(n),
  })),
  resultLearningObjectiveIds: file(30, (n) => ({
    sourcedId: `ro${n}`,
    ...active,
    resultSourcedId: `rs/${n % 17}`,
    source: n % 3 === 0 ? 'unknown' : 'case',
    learningObjectiveId: objective(n),
    score: number(n + 1),
    textScore: rare(n),
  })),
})

/** By the name of the file, for the package that people and classes are in. */
export const gradebookFiles = (): Readonly<Record<string, string>> => ({
  ...resourceFiles(),
  ...itemFiles(),
  ...resultFiles(),
})

type Sent = Readonly<Record<string, unknown>>

const to = (sourcedId: string): Sent => ({ sourcedId })
/** The property, or none where the value is absent. */
const maybe = (name: string, value: unknown): Sent => (value === '' || value === undefined ? {} : { [name]: value })
const maybeNumber = (name: string, place: number): Sent =>
  maybe(name, number(place) === '' ? '' : Number(number(place)))
const base = (sourcedId: string, place: number): Sent => ({
  sourcedId,
  status: place % 6 === 5 ? 'tobedeleted' : 'active',
  dateLastModified: '2026-09-01T08:00:00.000Z',
  ...(place % 2 === 0 ? {} : { metadata: { note: text(place), a: { b: rare(place) } } }),
})

const assessmentItem = (n: number): Sent => ({
  ...base(`ai/${n}`, n),
  title: text(n + 1),
  ...maybe('description', rare(n)),
  ...(n % 3 === 0 ? {} : { class: to(`k/${n}`), parentAssessmentLineItem: to(`ai/${n - 1}`) }),
  ...(n % 4 === 0 ? {} : { scoreScale: to(scaleId(n)) }),
  ...maybeNumber('resultValueMin', n),
  ...maybeNumber('resultValueMax', n + 1),
  ...(n % 3 === 1 ? {} : { learningObjectiveSet: [objectiveSet(n), objectiveSet(n + 1)] }),
})

const objectiveSet = (n: number): Sent => ({
  source: n % 2 === 0 ? 'case' : 'unknown',
  learningObjectiveIds: [objective(n), objective(n + 2)],
})

const scoreSet = (n: number): Sent => ({
  source: n % 2 === 0 ? 'unknown' : 'case',
  learningObjectiveResults: [n, n + 1].map((place) => ({
    learningObjectiveId: objective(place),
    ...maybeNumber('score', place),
    ...maybe('textScore', rare(place)),
  })),
})

const assessmentResult = (n: number): Sent => ({
  ...base(`ar/${n}`, n),
  assessmentLineItem: to(`ai/${n % 10}`),
  student: to(userId(n)),
  ...maybeNumber('score', n),
  ...maybe('textScore', rare(n + 1)),
  scoreDate: days[n % 5] ?? '',
  ...(n % 4 === 0 ? {} : { scoreScale: to(scaleId(n)) }),
  ...maybeNumber('scorePercentile', n + 2),
  scoreStatus: scoreStatus(n),
  ...maybe('comment', rare(n + 2)),
  ...(n % 3 === 1 ? {} : { learningObjectiveSet: [scoreSet(n)] }),
  ...maybe('inProgress', flag(n)),
  ...maybe('incomplete', flag(n + 1)),
  ...maybe('late', flag(n + 2)),
  ...maybe('missing', flag(n)),
})

/** Days from a file begin at midnight; these have a time of day, and a grading period. */
const lineItem = (n: number): Sent => ({
  ...base(`lp/${n}`, n),
  title: text(n),
  assignDate: `2026-09-01T0${n}:59:59.${n}99Z`,
  dueDate: n % 2 === 0 ? '2026-09-01T00:00:00.001Z' : '2026-08-24T02:00:00+02:00',
  class: to(`k/${n}`),
  school: to(orgId(n)),
  category: to(`cat/${n}`),
  ...maybe('gradingPeriod', day(n) === '' ? undefined : to(`t/${n}`)),
  academicSession: to(`t/${n + 1}`),
})

/** Puts the line items that have a time of day, and the assessments. Throws where one was refused. */
export async function putOddities({ fetch, token }: Pick<Hub, 'fetch' | 'token'>): Promise<void> {
  const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' }
  const put = async (collection: string, record: Sent): Promise<void> => {
    const path = `http://localhost/ims/oneroster/gradebook/v1p2/${collection}/${encodeURIComponent(String(record['sourcedId']))}`
    const body = JSON.stringify({ [collection.slice(0, -1)]: record })
    const response = await fetch(new Request(path, { method: 'PUT', headers, body }))
    if (response.status !== 201) throw new Error(`${path}: ${await response.text()}`)
  }
  const records = (count: number, of: (place: number) => Sent): Sent[] => Array.from({ length: count }, (_, n) => of(n))
  for (const record of records(7, lineItem)) await put('lineItems', record)
  for (const record of records(10, assessmentItem)) await put('assessmentLineItems', record)
  for (const record of records(20, assessmentResult)) await put('assessmentResults', record)
}
