// Requests drawn from the documents, by clients with grants drawn at random: whatever is asked, the hub does not fail, answers
// as documented, and shows nobody what the own grant hides. TEST_FUZZ_SEED is where the draw begins, TEST_FUZZ_REQUESTS how
// many are drawn: 1,500, where nothing is said, are enough to see a fault of yesterday; 20,000 are the bar.

import { beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { allScopes, createClient } from '../../src/clients.ts'
import type { Grant } from '../../src/grants.ts'
import { type Known, requestOf } from '../support/arbitrary_requests.ts'
import { backend } from '../support/database.ts'
import { type Documented, documented, faultsOfAnswer } from '../support/documented.ts'
import { type Hidden, hiddenFrom, shownIn } from '../support/hidden.ts'
import { orgsCsv, packageOf, zipType } from '../support/imports.ts'
import { adminScope, makeKey } from '../support/keys.ts'
import { type Asking, failuresOf, type Heard, hear, openStage, registered, type Stage } from '../support/stage.ts'
import { inForm } from '../support/tokens.ts'
import { everything, vendorOf } from '../support/vendors.ts'

const seed = Number(process.env['TEST_FUZZ_SEED'] ?? 20260901)
const count = Number(process.env['TEST_FUZZ_REQUESTS'] ?? 1500)
const clientCount = 24

interface Client {
  readonly token: string
  readonly grant: Grant
  readonly scopes: readonly string[]
  hidden: Hidden
}

let stage: Stage
let known: Known
let clients: readonly Client[]
/** Every id and name that there was before the first request. */
let first: ReadonlySet<string>
beforeAll(async () => {
  stage = await openStage()
  known = await knownOf(stage)
  first = (await hiddenFrom(stage, { orgs: [], roles: null })).words
  const drawn = fc.sample(fc.tuple(grantOf(known), scopesOf), { seed, numRuns: clientCount - 2 })
  const made: Client[] = []
  // the first two see all: one may do everything, and one what has to do with rosters
  const rosterScopes = allScopes.filter((scope) => !scope.startsWith('urn:'))
  for (const [grant, scopes] of [[everything, allScopes], [everything, rosterScopes], ...drawn] as const) {
    const { token } = await vendorOf(stage, grant === everything ? undefined : grant, scopes)
    made.push({ token, grant, scopes, hidden: await hiddenBy(grant) })
  }
  clients = made
}, 180_000)

const tables: Readonly<Record<string, readonly string[]>> = {
  orgs: ['org', 'orgs', 'school', 'schools', 'parent', 'primaryOrg'],
  users: ['user', 'users', 'student', 'students', 'teacher', 'teachers', 'demographics'],
  classes: ['class', 'classes'],
  courses: ['course', 'courses'],
  enrollments: ['enrollments'],
  academic_sessions: ['academicSession', 'academicSessions', 'term', 'terms', 'gradingPeriod', 'gradingPeriods'],
  line_items: ['lineItem', 'lineItems'],
  results: ['results'],
  categories: ['category', 'categories'],
  score_scales: ['scoreScale', 'scoreScales'],
  resources: ['resources'],
  assessment_line_items: ['assessmentLineItem', 'assessmentLineItems', 'parentAssessmentLineItem'],
  assessment_results: ['assessmentResults'],
}

/** Some ids of each table, of every school; and what may be spent. */
async function knownOf(hub: Stage): Promise<Known> {
  const { sql } = hub.owner
  const ids: Record<string, readonly string[]> = {}
  for (const [table, names] of Object.entries(tables)) {
    const rows = await sql.unsafe<{ id: string }[]>(`select id from (
      select sourced_id as id, row_number() over (order by sourced_id) as place, count(*) over () as total from store.${table}) as t
      where place % greatest(1, total / 30) = 0 order by id`)
    for (const name of names)
      ids[name] = [...rows.map(({ id }) => id), ...(hub.ids[name] === undefined ? [] : [hub.ids[name]])]
  }
  const people = await sql<{ email: string; given: string; username: string }[]>`
    select email, given_name as given, username from store.users where email is not null order by sourced_id limit 200`
  const spare = await Promise.all([1, 2, 3].map(() => createClient(sql, 'spare', [adminScope])))
  const keys = await Promise.all([1, 2, 3].map(() => makeKey(hub, { scopes: [adminScope] })))
  const archive = await (await packageOf(orgsCsv(['One']))).bytes()
  const authorization = `Bearer ${await hub.token()}`
  for (const source of ['source-1', 'source-2'])
    await hear(hub, {
      method: 'POST',
      url: `http://localhost/imports?source=${source}`,
      headers: { ...zipType, authorization },
      body: archive,
    })
  return {
    ids,
    texts: people.flatMap(({ email, given, username }) => [email, given, username, email.slice(0, 6)]),
    own: {
      importId: ['1', '2', '3'],
      clientId: spare.map(({ clientId }) => clientId),
      keyId: keys.map(({ keyId }) => keyId),
    },
    forms: spare.map((one) => new URLSearchParams({ grant_type: 'client_credentials', ...inForm(one) }).toString()),
    archive,
  }
}

const grantOf = ({ ids }: Known): fc.Arbitrary<Grant> => {
  const nothingOr = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null, freq: 2 })
  const some = (values: readonly string[]) => fc.subarray([...new Set(values)], { minLength: 1 })
  return fc.record({
    orgs: nothingOr(some((ids['orgs'] ?? []).filter((id) => id !== 'org-district'))),
    roles: fc.option(some(['student', 'teacher', 'guardian', 'principal']), { nil: null, freq: 1 }),
    entities: fc.option(some(collections), { nil: null, freq: 1 }),
    hidden: fc.subarray(
      [
        'users.email',
        'users.agents',
        'users.identifier',
        'demographics',
        'results.score',
        'classes.subjects',
        'lineItems',
        'courses.grades',
      ],
      { maxLength: 3 },
    ),
    mayWrite: fc.boolean(),
  })
}
const collections =
  `academicSessions assessmentLineItems assessmentResults categories classes courses demographics enrollments
  lineItems orgs resources results scoreScales users`.split(/\s+/)
const scopesOf = fc.oneof(
  { weight: 4, arbitrary: fc.constant(allScopes) },
  { weight: 1, arbitrary: fc.subarray([...allScopes], { minLength: 1 }) },
)

/** What was there before the requests, or got its id from the hub: a record may be put under an id like 0, which is everywhere. */
const isDistinctive = (word: string): boolean =>
  first.has(word) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(word)

/** With the emails of everybody, where no email is shown. */
async function hiddenBy({ orgs, roles, hidden }: Grant): Promise<Hidden> {
  const { words, names } = await hiddenFrom(stage, { orgs, roles })
  const found = { words: new Set([...words].filter(isDistinctive)), names }
  if (!hidden.includes('users.email')) return found
  const rows = await stage.owner.sql<{ email: string }[]>`select email from store.users where email is not null`
  return { ...found, words: new Set([...found.words, ...rows.map(({ email }) => email)]) }
}

/** The documents have examples of this very district. */
const hasExamples = ({ scopes }: Documented): boolean => scopes.length === 0
/**
 * A reference that a record must have stays, and in a package one that its file must have: the school of a line item, the org of
 * a course, the course of a score scale. Of what it leads to nothing is shown but the id.
 */
const isKept = (operation: Documented, word: string): boolean =>
  operation.id === 'exportPackage'
    ? /^(org|crs)-/.test(word)
    : /^org-/.test(word) && registered(operation)?.envelope.startsWith('lineItem') === true

async function leaksOf(
  client: Client,
  operation: Documented,
  asking: Asking,
  { text, headers }: Heard,
): Promise<string[]> {
  if (hasExamples(operation)) return []
  const sent = `${decodeURIComponent(asking.url.replaceAll('+', ' '))} ${asking.body ?? ''}`
  const all = `${text} ${[...headers].join(' ')}`
  const look = (): string[] => shownIn(all, client.hidden, sent).filter((word) => !isKept(operation, word))
  if (look().length === 0) return []
  // a record may have been written into another class since
  client.hidden = await hiddenBy(client.grant)
  return look().map((word) => `shows ${word}`)
}

/** Of a collection that is not granted at all nothing is there, and of one that is, no field that is hidden. */
function faultsOfEntity({ grant }: Client, operation: Documented, { status, headers, text }: Heard): string[] {
  const found = registered(operation)
  if (found === undefined || status !== 200 || operation.method !== 'GET') return []
  const name = collectionOf(found.entity)
  const isGranted = (grant.entities === null || grant.entities.includes(name)) && !grant.hidden.includes(name)
  if (isGranted) {
    const shown = [(JSON.parse(text) as Record<string, object | object[]>)[found.envelope] ?? []].flat()
    const fields = grant.hidden.flatMap((one) => (one.startsWith(`${name}.`) ? [one.slice(name.length + 1)] : []))
    return fields.filter((field) => shown.some((record) => field in record)).map((field) => `shows ${name}.${field}`)
  }
  if (found.kind === 'page' && headers.get('x-total-count') === '0') return []
  return [`${status} of ${name}, which is not granted`]
}

/** students are users, and terms academicSessions. */
const collectionOf = (entity: string): string => {
  const camel = entity.replace(/_v1p1$/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return (
    {
      schools: 'orgs',
      students: 'users',
      teachers: 'users',
      terms: 'academicSessions',
      gradingPeriods: 'academicSessions',
    }[camel] ?? camel
  )
}

test(`${count} requests drawn from the documents are answered as documented, and show nothing that a grant hides`, async () => {
  const statuses = new Map<string, number>()
  const reached = new Set<string>()
  const faults: string[] = []
  const startedAt = performance.now()
  const each = documented.map((operation) => requestOf(operation, known).map((asking) => ({ operation, asking })))
  const drawn = fc.sample(fc.record({ one: fc.oneof(...each), by: fc.nat({ max: clientCount - 1 }) }), {
    seed,
    numRuns: count,
  })
  const drawnAt = performance.now()
  for (const [place, { one, by }] of drawn.entries()) {
    const { operation, asking } = one
    const client = clients[by] as Client
    const isToken = operation.id === 'createToken'
    const peer = `10.${(place >> 16) & 255}.${(place >> 8) & 255}.${place & 255}`
    const heard = await hear(stage, asking, isToken ? {} : { authorization: `Bearer ${client.token}` }, peer)
    const key = `${heard.status}`
    statuses.set(key, (statuses.get(key) ?? 0) + 1)
    if (heard.status < 300) reached.add(operation.id)
    const isShut = operation.scopes.length > 0 && !operation.scopes.some((scope) => client.scopes.includes(scope))
    const found = [
      ...faultsOfAnswer(operation, asking.url, heard),
      ...(heard.status >= 500 ? [`${heard.status}`] : []),
      ...(isShut && heard.status !== 403 ? [`${heard.status} without a scope`] : []),
      ...faultsOfEntity(client, operation, heard),
      ...(await leaksOf(client, operation, asking, heard)),
    ]
    const grant = JSON.stringify(client.grant)
    const body = String(asking.body ?? '').slice(0, 300)
    faults.push(
      ...found.map((fault) => `#${place} ${operation.id} ${asking.method} ${asking.url} ${body} by ${grant}: ${fault}`),
    )
  }
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  const told = [...statuses]
    .sort()
    .map(([status, times]) => `${status}: ${times}`)
    .join(', ')
  console.log(
    `fuzz: ${count} requests on ${backend}, TEST_FUZZ_SEED=${seed}, drawn in ${seconds(drawnAt - startedAt)} s, answered in ${seconds(performance.now() - drawnAt)} s; ${told}; ${reached.size} of ${documented.length} operations answered well`,
  )
  expect(faults.slice(0, 20)).toEqual([])
  expect(failuresOf(stage).slice(0, 20)).toEqual([])
}, 600_000)
