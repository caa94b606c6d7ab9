// The demo district, asked every operation -> examples/*.json: each request and what the hub answered, lists of one record.
// `bun run examples` makes them anew, over PGlite in memory; `generate` puts them into the documents.

import { mkdirSync, writeFileSync } from 'node:fs'
import { allScopes } from '../src/clients.ts'
import { connectEmbedded, openPglite } from '../src/database.ts'
import { type Operation, operations } from '../src/generated/operations.ts'
import { migrate, readSqlFiles } from '../src/migrate.ts'
import { ask, type DemoHub, openDemo, settled, shownSecret } from './demo.ts'
import { services } from './document.ts'
import type { Example, Examples } from './example.ts'

type Asked = Omit<Example, 'status' | 'answer'>
type Json = Readonly<Record<string, unknown>>

/** The records asked for, by what names them in a path: a class, a student in it, and what is around them. */
const records: Readonly<Record<string, string>> = {
  academicSession: 'term-2027-1',
  assessmentLineItem: 'state-science-2027.1',
  assessmentResult: 'state-science-2027.1@s-0000540',
  categorie: 'cat-quiz',
  class: 'cls-000013',
  course: 'crs-KG-SC',
  demographic: 's-0000001',
  enrollment: 'e-00000004',
  gradingPeriod: 'gp-2027/1',
  lineItem: 'li-0000062',
  org: 'org-0001',
  resource: 'lib-SC-1',
  result: 'res-00000002',
  school: 'org-0001',
  scoreScale: 'scale-cls-000013',
  student: 's-0000001',
  teacher: 't-000013',
  term: 'term-2027-1',
  user: 's-0000001',
}

/** The operationId. */
const idOf = ({ id }: Operation): string => id.replace(/^v1p1\./, '')

/** What a PUT makes, and a DELETE deletes: a new record, so that no example is the ruin of another. */
const newId = ({ service, envelope }: Operation): string => `new-${envelope}${service === 'v1p1' ? '-1.1' : ''}`

function pathOf({ pathParameters, names }: Operation, ids: Readonly<Record<string, string>> = records) {
  return Object.fromEntries(
    pathParameters.map((parameter, place) => {
      const id = ids[String(names[place])]
      if (id === undefined) throw new Error(`no example of a ${names[place]}`)
      return [parameter, id]
    }),
  )
}

const pathOfNew = (operation: Operation): Record<string, string> =>
  pathOf(operation, { [String(operation.names[0])]: newId(operation) })

/** Asks as the example does, and keeps what is answered. */
async function answered(hub: DemoHub, operation: Pick<Operation, 'method' | 'path'>, asked: Asked): Promise<Example> {
  const response = await ask(hub, operation, asked)
  const answer = settled(await response.text())
  return { ...asked, status: response.status, ...(answer === undefined ? {} : { answer }) }
}

/** The example of each operation: first all that is read, of every service, then what is made, then what of it is deleted. */
async function exampleOfEach(hub: DemoHub): Promise<ReadonlyMap<Operation, Example>> {
  const made = new Map<Operation, Example>()
  const record = ({ entity }: Operation, sourcedId: string): Json => {
    const [, example] = [...made].find(([of]) => of.kind === 'one' && of.entity === entity) ?? []
    const [shown] = Object.values(example?.answer ?? {})
    return { ...shown, sourcedId }
  }
  const asked: Record<Operation['kind'], (operation: Operation) => Asked> = {
    one: (o) => ({ path: pathOf(o) }),
    page: (o) => ({ path: pathOf(o), query: { limit: 1 } }),
    put: (o) => ({ path: pathOfNew(o), body: { [o.envelope]: record(o, newId(o)) } }),
    post: (o) => ({ path: pathOf(o), body: { [o.envelope]: [record(o, 'mine-1')] } }),
    remove: (o) => ({ path: pathOfNew(o) }),
  }
  for (const kind of Object.keys(asked) as Operation['kind'][]) {
    for (const operation of operations.filter((one) => one.kind === kind)) {
      const example = await answered(hub, operation, asked[kind](operation))
      const isEmpty = Object.values(example.answer ?? {}).some((shown) => Array.isArray(shown) && shown.length === 0)
      if (example.status >= 300 || isEmpty) throw new Error(`${operation.id}: ${JSON.stringify(example)}`)
      made.set(operation, example)
    }
  }
  return made
}

/** One refusal for each answer that the operations of a service share. */
async function refusals(hub: DemoHub, own: readonly Operation[]): Promise<Record<string, Example>> {
  const page = own.find(({ kind, pathParameters }) => kind === 'page' && pathParameters.length === 0)
  const one = own.find(({ kind }) => kind === 'one')
  if (page === undefined || one === undefined) throw new Error('a service has nothing to read')
  const foreign = String(allScopes.find((scope) => !page.scopes.includes(scope)))
  const asked: [string, Operation, Asked][] = [
    ['BadRequest', page, { query: { filter: "nickname='Kim'" } }],
    [page.service === 'v1p1' ? 'Unauthorized' : 'Unauthorised', page, { scope: '' }],
    ['Forbidden', page, { scope: foreign }],
    ['NotFound', one, { path: Object.fromEntries(one.pathParameters.map((name) => [name, 'nobody'])) }],
  ]
  const put = own.find(({ entity, kind }) => kind === 'put' && entity.startsWith('categories'))
  if (put !== undefined) {
    const body = { category: { sourcedId: newId(put), title: 5 } }
    asked.push(['UnprocessableEntity', put, { path: pathOfNew(put), body }])
  }
  const examples: [string, Example][] = []
  for (const [name, operation, sent] of asked) {
    examples.push([name, { operation: idOf(operation), ...(await answered(hub, operation, sent)) }])
  }
  return Object.fromEntries(examples)
}

/** The hub's own operations: a token, and how it is; its documents are no examples. */
async function examplesOfHub(hub: DemoHub): Promise<Examples> {
  const grant = { grant_type: 'client_credentials', client_id: hub.clientId }
  const scope = 'https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly'
  const token = { method: 'POST', path: '/oauth2/token' }
  const get = (path: string): Promise<Example> => answered(hub, { method: 'GET', path }, { scope: '' })
  const withSecret = (secret: string, more = {}): Promise<Example> =>
    answered(hub, token, { scope: '', body: { ...grant, client_secret: secret, ...more } })
  return {
    operations: {
      createToken: await withSecret(shownSecret, { scope }),
      getHealth: await get('/health'),
      getLiveness: await get('/health/live'),
      getReadiness: await get('/health/ready'),
    },
    responses: { TokenError: { operation: 'createToken', ...(await withSecret('ANOTHER')) } },
  }
}

async function main(): Promise<void> {
  const pglite = await openPglite()
  const owner = await connectEmbedded(pglite)
  await migrate(owner.sql, readSqlFiles())
  const hub = await openDemo(owner)
  const folder = new URL('examples/', import.meta.url).pathname
  mkdirSync(folder, { recursive: true })
  const write = (name: string, examples: Examples): void =>
    writeFileSync(`${folder}${name}.json`, `${JSON.stringify(examples, null, 1)}\n`)
  const made = await exampleOfEach(hub)
  for (const service of services) {
    const own = operations.filter((operation) => operation.service === service)
    const examples = Object.fromEntries(own.map((operation) => [idOf(operation), made.get(operation) as Example]))
    write(service, { operations: examples, responses: await refusals(hub, own) })
  }
  write('hub', await examplesOfHub(hub))
  await owner.close()
  await pglite.close()
}

await main()
