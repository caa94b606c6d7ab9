// bun gradebook.example.ts ORIGIN CLIENT_ID CLIENT_SECRET: a grade for one student of one class, written with PUT and read
// back. Prints the statuses of the writes, and the grade as it was sent and as it is read, as JSON.

import { createClient as createGradebookClient } from './gradebook/client/index.js'
import type { ResultDType } from './gradebook/index.js'
import { createClient as createHubClient } from './hub/client/index.js'
import { gradebook, hub, rostering } from './index.js'
import { createClient as createRosteringClient } from './rostering/client/index.js'

const [origin = '', client_id = '', client_secret = ''] = process.argv.slice(2)

const { data: token } = await hub.createToken({
  client: createHubClient({ baseUrl: origin }),
  body: { grant_type: 'client_credentials', client_id, client_secret },
  throwOnError: true,
})

const auth = token.access_token
const rosters = createRosteringClient({ baseUrl: `${origin}/ims/oneroster/rostering/v1p2`, auth })
const client = createGradebookClient({ baseUrl: `${origin}/ims/oneroster/gradebook/v1p2`, auth })

const { data: classes } = await rostering.getAllClasses({ client: rosters, query: { limit: 1 }, throwOnError: true })
const taught = classes.classes?.[0]
if (taught === undefined) throw new Error('no class')
const { data: students } = await rostering.getStudentsForClass({
  client: rosters,
  path: { classSourcedId: taught.sourcedId },
  query: { limit: 1 },
  throwOnError: true,
})
const student = students.users?.[0]
if (student === undefined) throw new Error('no student')

const now = new Date().toISOString()
const base = (sourcedId: string) => ({ sourcedId, status: 'active' as const, dateLastModified: now })
const at = (path: string) => `${origin}/ims/oneroster/${path}`

const category = await gradebook.putCategory({
  client,
  path: { sourcedId: 'sdk-hey-category' },
  body: { category: { ...base('sdk-hey-category'), title: 'Homework' } },
})
const lineItem = await gradebook.putLineItem({
  client,
  path: { sourcedId: 'sdk-hey-line' },
  body: {
    lineItem: {
      ...base('sdk-hey-line'),
      title: 'Chapter 1',
      assignDate: now,
      dueDate: now,
      class: { href: at(`rostering/v1p2/classes/${taught.sourcedId}`), sourcedId: taught.sourcedId, type: 'class' },
      school: taught.school,
      category: {
        href: at('gradebook/v1p2/categories/sdk-hey-category'),
        sourcedId: 'sdk-hey-category',
        type: 'category',
      },
    },
  },
})
const sent: ResultDType = {
  ...base('sdk-hey-result'),
  lineItem: { href: at('gradebook/v1p2/lineItems/sdk-hey-line'), sourcedId: 'sdk-hey-line', type: 'lineItem' },
  student: { href: at(`rostering/v1p2/users/${student.sourcedId}`), sourcedId: student.sourcedId, type: 'user' },
  scoreStatus: 'fully graded',
  score: 17.5,
  scoreDate: now.slice(0, 10),
  comment: 'Well “said”',
}
const path = { sourcedId: sent.sourcedId }
const result = await gradebook.putResult({ client, path, body: { result: sent } })
const read = await gradebook.getResult({ client, path })

const graded = ({ student, score, scoreStatus, scoreDate, comment }: Partial<ResultDType>) => ({
  student: student?.sourcedId,
  score,
  scoreStatus,
  scoreDate,
  comment,
})
console.log(
  JSON.stringify({
    statuses: [category, lineItem, result, read].map(({ response }) => response?.status),
    sent: graded(sent),
    read: graded(read.data?.result ?? {}),
  }),
)
