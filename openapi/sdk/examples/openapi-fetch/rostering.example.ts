// bun rostering.example.ts ORIGIN CLIENT_ID CLIENT_SECRET: a token, every user by offset and by next, and what changed
// since the first of them was published. Prints what it found as JSON.

import { hubClient, rosteringClient } from './index.js'
import type { components } from './rostering.js'

type User = components['schemas']['UserDType']

const [origin = '', client_id = '', client_secret = ''] = process.argv.slice(2)

const { data: token, error: refused } = await hubClient({ baseUrl: origin }).POST('/oauth2/token', {
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: { grant_type: 'client_credentials', client_id, client_secret },
})
if (token === undefined) throw new Error(`no token: ${refused.error}`)

const api = rosteringClient({
  baseUrl: `${origin}/ims/oneroster/rostering/v1p2`,
  headers: { authorization: `Bearer ${token.access_token}` },
})

async function page(query: { limit?: number; offset?: number; filter?: string }): Promise<[User[], Response]> {
  const { data, error, response } = await api.GET('/users', { params: { query } })
  if (data === undefined) throw new Error(error.imsx_description ?? error.imsx_codeMajor)
  return [data.users ?? [], response]
}

const byOffset: User[] = []
for (let last = false; !last; ) {
  const [users] = await page({ limit: 300, offset: byOffset.length })
  byOffset.push(...users)
  last = users.length === 0
}

const byNext: User[] = []
let total = 0
for (let query: Record<string, string> | undefined = { limit: '300' }; query !== undefined; ) {
  const [users, response]: [User[], Response] = await page(query)
  byNext.push(...users)
  total = Number(response.headers.get('x-total-count'))
  const next: string | undefined = /<([^>]*)>; *rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  query = next === undefined ? undefined : Object.fromEntries(new URL(next).searchParams)
}

const dates = byNext.map((user) => user.dateLastModified).sort()
const since = dates[0] ?? ''
const changed: User[] = []
for (let last = false; !last; ) {
  const [users] = await page({ limit: 300, offset: changed.length, filter: `dateLastModified>'${since}'` })
  changed.push(...users)
  last = users.length === 0
}

const { error: unknown } = await api.GET('/users/{sourcedId}', { params: { path: { sourcedId: 'nobody' } } })

console.log(
  JSON.stringify({
    total,
    byOffset: byOffset.map((user) => user.sourcedId),
    byNext: byNext.map((user) => user.sourcedId),
    since,
    changed: changed.map(({ sourcedId, dateLastModified, status }) => ({ sourcedId, dateLastModified, status })),
    unknown: unknown?.imsx_CodeMinor?.imsx_codeMinorField.map((field) => field.imsx_codeMinorFieldValue),
  }),
)
