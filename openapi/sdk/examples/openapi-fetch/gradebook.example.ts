// bun gradebook.example.ts ORIGIN CLIENT_ID CLIENT_SECRET: a grade for one student of one class, written with PUT and read
// back. Prints the statuses of the writes, and the grade as it was sent and as it is read, as JSON.

import type { components } from './gradebook.js'
import { gradebookClient, hubClient, rosteringClient } from './index.js'

type Result = components['schemas']['ResultDType']

const [origin = '', client_id = '', client_secret = ''] = process.argv.slice(2)

const { data: token, error: refused } = await hubClient({ baseUrl: origin }).POST('/oauth2/token', {
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: { grant_type: 'client_credentials', client_id, client_secret },
})
if (token === undefined) throw new Error(`no token: ${refused.error}`)

const headers = { authorization: `Bearer ${token.access_token}` }
const rosters = rosteringClient({ baseUrl: `${origin}/ims/oneroster/rostering/v1p2`, headers })
const grades = gradebookClient({ baseUrl: `${origin}/ims/oneroster/gradebook/v1p2`, headers })

const { data: classes } = await rosters.GET('/classes', { params: { query: { limit: 1 } } })
const taught = classes?.classes?.[0]
if (taught === undefined) throw new Error('no class')
const { data: students } = await rosters.GET('/classes/{classSourcedId}/students', {
  params: { path: { classSourcedId: taught.sourcedId }, query: { limit: 1 } },
})
const student = students?.users?.[0]
if (student === undefined) throw new Error('no student')

const now = new Date().toISOString()
const base = (sourcedId: string) => ({ sourcedId, status: 'active' as const, dateLastModified: now })
const at = (path: string) => `${origin}/ims/oneroster/${path}`

const category = await grades.PUT('/categories/{sourcedId}', {
  params: { path: { sourcedId: 'sdk-of-category' } },
  body: { category: { ...base('sdk-of-category'), title: 'Homework' } },
})
const lineItem = await grades.PUT('/lineItems/{sourcedId}', {
  params: { path: { sourcedId: 'sdk-of-line' } },
  body: {
    lineItem: {
      ...base('sdk-of-line'),
      title: 'Chapter 1',
      assignDate: now,
      dueDate: now,
      class: { href: at(`rostering/v1p2/classes/${taught.sourcedId}`), sourcedId: taught.sourcedId, type: 'class' },
      school: taught.school,
      category: {
        href: at('gradebook/v1p2/categories/sdk-of-category'),
        sourcedId: 'sdk-of-category',
        type: 'category',
      },
    },
  },
})
const sent: Result = {
  ...base('sdk-of-result'),
  lineItem: { href: at('gradebook/v1p2/lineItems/sdk-of-line'), sourcedId: 'sdk-of-line', type: 'lineItem' },
  student: { href: at(`rostering/v1p2/users/${student.sourcedId}`), sourcedId: student.sourcedId, type: 'user' },
  scoreStatus: 'fully graded',
  score: 17.5,
  scoreDate: now.slice(0, 10),
  comment: 'Well “said”',
}
const path = { sourcedId: sent.sourcedId }
const result = await grades.PUT('/results/{sourcedId}', { params: { path }, body: { result: sent } })
const read = await grades.GET('/results/{sourcedId}', { params: { path } })

const graded = ({ student, score, scoreStatus, scoreDate, comment }: Partial<Result>) => ({
  student: student?.sourcedId,
  score,
  scoreStatus,
  scoreDate,
  comment,
})
console.log(
  JSON.stringify({
    statuses: [category, lineItem, result, read].map(({ response }) => response.status),
    sent: graded(sent),
    read: graded(read.data?.result ?? {}),
  }),
)
