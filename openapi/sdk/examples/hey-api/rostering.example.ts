// bun rostering.example.ts ORIGIN CLIENT_ID CLIENT_SECRET: a token, every user by offset and by next, and what changed
// since the first of them was published. Prints what it found as JSON.

import { createClient as createHubClient } from './hub/client/index.js'
import { hub, rostering } from './index.js'
import { createClient } from './rostering/client/index.js'
import type { UserDType } from './rostering/index.js'

const [origin = '', client_id = '', client_secret = ''] = process.argv.slice(2)

const { data: token } = await hub.createToken({
  client: createHubClient({ baseUrl: origin }),
  body: { grant_type: 'client_credentials', client_id, client_secret },
  throwOnError: true,
})

const client = createClient({ baseUrl: `${origin}/ims/oneroster/rostering/v1p2`, auth: token.access_token })

async function page(query: { limit?: number; offset?: number; filter?: string }): Promise<[UserDType[], Response]> {
  const { data, response } = await rostering.getAllUsers({ client, query, throwOnError: true })
  return [data.users ?? [], response]
}

const byOffset: UserDType[] = []
for (let last = false; !last; ) {
  const [users] = await page({ limit: 300, offset: byOffset.length })
  byOffset.push(...users)
  last = users.length === 0
}

const byNext: UserDType[] = []
let total = 0
for (let query: Record<string, string> | undefined = { limit: '300' }; query !== undefined; ) {
  const [users, response]: [UserDType[], Response] = await page(query)
  byNext.push(...users)
  total = Number(response.headers.get('x-total-count'))
  const next: string | undefined = /<([^>]*)>; *rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  query = next === undefined ? undefined : Object.fromEntries(new URL(next).searchParams)
}

const dates = byNext.map((user) => user.dateLastModified).sort()
const since = dates[0] ?? ''
const changed: UserDType[] = []
for (let last = false; !last; ) {
  const [users] = await page({ limit: 300, offset: changed.length, filter: `dateLastModified>'${since}'` })
  changed.push(...users)
  last = users.length === 0
}

const { error: unknown } = await rostering.getUser({ client, path: { sourcedId: 'nobody' } })

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
