// Texts that mean harm, in every place of a request that takes a text: they are values like any other. Whoever sends them is
// granted one school, and neither sees more than that, nor changes what it does not name, nor hears of the database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createClient } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import { origin } from '../support/collections.ts'
import { bodyCorpus, corpus, rawCorpus, sqlWords } from '../support/corpus.ts'
import { type Documented, documented, faultsOfAnswer } from '../support/documented.ts'
import { type Hidden, hiddenFrom, shownIn } from '../support/hidden.ts'
import type { Hub } from '../support/hub.ts'
import { makeKey } from '../support/keys.ts'
import { versions } from '../support/rows.ts'
import {
  type Asking,
  failuresOf,
  gateOf,
  type Heard,
  hear,
  openStage,
  registered,
  type Stage,
} from '../support/stage.ts'
import { inForm } from '../support/tokens.ts'
import { vendorOf } from '../support/vendors.ts'

/** One of each kind and binding, with the most parameters that such a one has; of the hub's own all. */
const reads = `getAllUsers getEnrollmentsForClassInSchool getUser getDemographics getResultsForStudentForClass getResult
  getAllResources getResourcesForUser v1p1.getAllUsers v1p1.getStudentsForClassInSchool v1p1.getResult`.split(/\s+/)
const writes = `putLineItem deleteLineItem putResult postResultsForLineItem postLineItemsForSchool putAssessmentResult
  putCategory v1p1.putLineItem v1p1.deleteResult`.split(/\s+/)
const named = (id: string): Documented => {
  const found = documented.find((operation) => operation.id === id)
  if (found === undefined) throw new Error(`no operation ${id}`)
  return found
}
const own = documented.filter(({ service, scopes }) => service === 'hub' && scopes.length > 0)

let stage: Stage
let hidden: Hidden
let vendor: string
let admin: string
let sent = 0
beforeAll(async () => {
  stage = await openStage()
  const orgs = [stage.ids['school'] ?? '']
  hidden = await hiddenFrom(stage, { orgs, roles: null })
  vendor = (await vendorOf(stage, { orgs })).token
  admin = await stage.token()
}, 180_000)
afterAll(() =>
  console.log(`injections: ${sent} requests with ${corpus.length + rawCorpus.length + bodyCorpus.length} texts`),
)

const tokenFor = (operation: Documented): string => (operation.service === 'hub' ? admin : vendor)
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())
/** What is wrong with an answer; [] for a good one. */
function faultsIn(operation: Documented, asking: Asking, said: string, heard: Heard, tookMs: number): string[] {
  const faults = faultsOfAnswer(operation, asking.url, heard)
  const all = `${heard.text} ${[...heard.headers].join(' ')}`
  if (heard.status >= 500) faults.push(`${heard.status}`)
  if (heard.headers.has('x-injected')) faults.push('a header of its own')
  if (heard.status >= 400) {
    // an answer may say back what was sent
    const words = [...heard.text.matchAll(sqlWords)].map(([word]) => word).filter((word) => !said.includes(word))
    if (words.length > 0) faults.push(`says ${words}`)
  }
  if (operation.service !== 'hub') {
    const mine = `${asking.url} ${asking.body ?? ''} ${said}`
    faults.push(...shownIn(all, hidden, mine).map((word) => `shows ${word}`))
  }
  if (tookMs > 4000) faults.push(`took ${tookMs} ms`)
  return faults.map(
    (fault) => `${asking.method} ${asking.url.slice(0, 200)} with ${JSON.stringify(said).slice(0, 80)}: ${fault}`,
  )
}

async function tried(
  operation: Documented,
  asking: Asking,
  said: string,
  headers: Readonly<Record<string, string>> = {},
  hub: Pick<Hub, 'fetch'> = stage,
): Promise<string[]> {
  sent += 1
  const startedAt = performance.now()
  const peer = `10.1.${(sent >> 8) & 255}.${sent & 255}`
  const heard = await hear(hub, asking, { authorization: `Bearer ${tokenFor(operation)}`, ...headers }, peer)
  return faultsIn(operation, asking, said, heard, performance.now() - startedAt)
}

/** All texts in one operation of each kind, some in the others: they are read by the same code. */
const wholly = new Set([
  'getAllUsers',
  'getUser',
  'putLineItem',
  'deleteLineItem',
  'v1p1.getResult',
  'postResultsForLineItem',
])
const some = (texts: readonly string[], { id }: Documented): readonly string[] =>
  wholly.has(id) ? texts : texts.filter((_, place) => (place + id.length) % 5 === 0)

/** The address with one of its path parameters replaced, by what stands there as it is. */
const inPath = ({ path }: Documented, url: string, name: string, text: string): string => {
  const place = path.split('/').indexOf(`{${name}}`)
  const { pathname, search } = new URL(url)
  return `${origin}${pathname.split('/').with(place, text).join('/')}${search}`
}
/** A text that is a segment of its own: an address takes dots for steps, and empty ones for another path. */
const isSegment = (text: string): boolean =>
  !/^\.{0,2}$/.test(text) && !/^(%2e){1,2}$/i.test(text) && !/^[?#]/.test(text)

async function inEveryPath(operation: Documented): Promise<string[]> {
  const faults: string[] = []
  const asking = await stage.asking(operation, false)
  for (const { name } of operation.parameters.filter((parameter) => parameter.in === 'path')) {
    for (const text of some(corpus, operation).filter(isSegment))
      faults.push(
        ...(await tried(operation, { ...asking, url: inPath(operation, asking.url, name, encoded(text)) }, text)),
      )
    for (const text of some(rawCorpus, operation))
      faults.push(...(await tried(operation, { ...asking, url: inPath(operation, asking.url, name, text) }, text)))
  }
  return faults
}

/** Where in a filter, a list of fields or a name a text may stand. */
const around: Readonly<Record<string, (text: string) => string[]>> = {
  filter: (text) => [
    text,
    `sourcedId='${text.replaceAll("'", "''")}'`,
    `dateLastModified>'${text.replaceAll("'", "''")}'`,
    `metadata.x~'${text.replaceAll("'", "''")}'`,
    `${text}='x'`,
    `metadata.${text}='x'`,
    `status='active' ${text} status='active'`,
  ],
  fields: (text) => [text, `sourcedId,${text}`],
  sort: (text) => [text, `metadata.${text}`],
}

async function inEveryQuery(operation: Documented): Promise<string[]> {
  const faults: string[] = []
  const asking = await stage.asking(operation, false)
  const names = operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  for (const name of [...names, 'cursor', 'nobody']) {
    for (const text of some(corpus, operation)) {
      for (const value of around[name]?.(text) ?? [text]) {
        const url = `${asking.url}?${name}=${encoded(value)}`
        faults.push(...(await tried(operation, { ...asking, url }, value)))
      }
    }
    for (const text of some(rawCorpus, operation)) {
      for (const query of [`${name}=${text}`, `${name}=a&${name}=${text}`, `${name}[]=${text}`, `${text}=${name}`])
        faults.push(...(await tried(operation, { ...asking, url: `${asking.url}?${query}` }, text)))
    }
  }
  return faults
}

const headerNames =
  `accept accept-encoding accept-language authorization content-type cookie forwarded if-match if-modified-since
  if-none-match last-event-id origin range referer user-agent x-api-key x-forwarded-for x-forwarded-host x-forwarded-proto
  x-http-method-override x-original-url x-request-id`.split(/\s+/)
const oddHeaders = [
  'bytes=0-',
  'bytes=-1,5-2',
  '*',
  'W/"x"',
  '"',
  '"a", "b',
  ',,,',
  '"1", *',
  '2026-99-99',
  'Bearer',
  'Basic :',
  'OAuth realm',
  'a;q=2',
  '::1',
  '127.0.0.1, 10.0.0.1',
]
const schemes = ['Bearer ', 'Basic ', 'OAuth oauth_consumer_key=', '']

async function inEveryHeader(operation: Documented, hub: Pick<Hub, 'fetch'> = stage): Promise<string[]> {
  const faults: string[] = []
  const asking = await stage.asking(operation, false)
  const texts = [...corpus, ...oddHeaders].filter((text) => isHeader(text) && text.length < 500)
  for (const name of headerNames) {
    for (const text of texts) {
      for (const value of name === 'authorization' ? schemes.map((scheme) => scheme + text) : [text])
        faults.push(...(await tried(operation, asking, value, { [name]: value }, hub)))
    }
  }
  return faults
}

const isHeader = (text: string): boolean => {
  try {
    new Headers({ x: text, y: `Basic ${text}` })
    return true
  } catch {
    return false
  }
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** The same with each of its leaves, and then the name of each, replaced. */
function* replaced(json: Json, text: string): Generator<Json> {
  if (typeof json !== 'object' || json === null) {
    yield text
    return
  }
  if (Array.isArray(json)) {
    for (const [place, inner] of json.entries())
      for (const other of replaced(inner, text)) yield json.with(place, other)
    return
  }
  for (const [name, inner] of Object.entries(json)) {
    for (const other of replaced(inner, text)) yield { ...json, [name]: other }
    const { [name]: _, ...rest } = json as Record<string, Json>
    yield { ...rest, [text]: inner }
  }
}

async function inEveryBody(operation: Documented): Promise<string[]> {
  const faults: string[] = []
  const asking = await stage.asking(operation, false)
  if (typeof asking.body !== 'string') return faults
  const good = JSON.parse(asking.body) as Json
  for (const text of some(corpus, operation)) {
    for (const body of replaced(good, text))
      faults.push(...(await tried(operation, { ...asking, body: JSON.stringify(body) }, text)))
  }
  for (const body of bodyCorpus) faults.push(...(await tried(operation, { ...asking, body }, body)))
  const broken = new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])
  return [...faults, ...(await tried(operation, { ...asking, body: broken }, ''))]
}

/** Tables, columns, functions and roles of the database, and who may what. */
async function structure(): Promise<unknown> {
  const { sql } = stage.owner
  return Promise.all([
    sql.unsafe(`select table_schema, table_name, column_name from information_schema.columns
      where table_schema in ('store', 'catalog', 'migration', 'api', 'load') order by 1, 2, 3`),
    sql.unsafe(`select nspname, proname, md5(prosrc) from pg_proc join pg_namespace as n on n.oid = pronamespace
      where nspname in ('api', 'load', 'source', 'shape') order by 1, 2, 3`),
    sql.unsafe('select rolname, rolsuper from pg_roles order by 1'),
    sql.unsafe('select * from store.grants order by client_id'),
    sql.unsafe('select client_id, scopes, secret_hash from store.clients order by client_id'),
  ])
}

describe.each(reads.map((id) => [id, named(id)] as const))('%s', (_, operation) => {
  test('takes a text in its path, query and headers for a text, and changes nothing', async () => {
    const before = [await versions(stage.owner), await structure()]
    const faults = [
      ...(await inEveryPath(operation)),
      ...(await inEveryQuery(operation)),
      ...(operation.id === 'getAllUsers' || operation.id === 'v1p1.getResult' ? await inEveryHeader(operation) : []),
    ]
    expect(faults.slice(0, 20)).toEqual([])
    expect([await versions(stage.owner), await structure()]).toEqual(before)
  }, 120_000)
})

describe.each(writes.map((id) => [id, named(id)] as const))('%s', (_, operation) => {
  test('takes a text in its path, query and body for a text, and changes what it names and nothing else', async () => {
    const before = [await foreign(), await structure()]
    const faults = [...(await inEveryPath(operation)), ...(await inEveryBody(operation))]
    expect(faults.slice(0, 20)).toEqual([])
    expect([await foreign(), await structure()]).toEqual(before)
  }, 120_000)
})

/** Every row that no write of the client may touch: those of other tables, and of other schools. */
async function foreign(): Promise<readonly string[]> {
  const isWritable = /^(line_items|results|categories|assessment_results|publications|versions)\(/
  const others = (await versions(stage.owner)).filter((row) => !isWritable.test(row))
  const rows = await stage.owner.sql.unsafe<{ text: string }[]>(`
    select 'li' || l::text as text from store.line_items as l join store.classes as c on c.sourced_id = l.class_sourced_id
      where c.school_sourced_id <> '${stage.ids['school']}'
    union all select 'r' || r::text from store.results as r join store.line_items as l on l.sourced_id = r.line_item_sourced_id
      join store.classes as c on c.sourced_id = l.class_sourced_id where c.school_sourced_id <> '${stage.ids['school']}' order by 1`)
  return [...others, ...rows.map(({ text }) => text)]
}

describe('a text that was stored', () => {
  test.each(
    corpus.filter((text) => text.isWellFormed() && !text.includes('\0')).map((text, place) => [place, text] as const),
  )('is read again as it was sent (%i)', async (_, text) => {
    const { body, url, ...asking } = await stage.asking(named('putLineItem'), false)
    const { lineItem } = JSON.parse(String(body)) as { lineItem: Record<string, unknown> }
    const record = { ...lineItem, title: text, description: text, metadata: { [`of ${text}`]: text } }
    const headers = { authorization: `Bearer ${vendor}` }
    const put = await hear(stage, { ...asking, url, body: JSON.stringify({ lineItem: record }) }, headers)
    expect([put.status, put.text]).toEqual([200, put.text])
    const read = JSON.parse((await hear(stage, { method: 'GET', url, headers })).text) as { lineItem: typeof record }
    expect(read.lineItem).toMatchObject({ title: text, description: text })
    expect(read.lineItem.metadata).toEqual({ [`of ${text}`]: text })
    const filter = `sourcedId='${lineItem['sourcedId']}' AND title='${text.replaceAll("'", "''")}'`
    const list = `${origin}/ims/oneroster/gradebook/v1p2/lineItems?filter=${encoded(filter)}`
    const found = await hear(stage, { method: 'GET', url: list, headers })
    expect([found.status, found.headers.get('x-total-count')]).toEqual([200, '1'])
  })
})

describe('the hub’s own operations', () => {
  test.each(own.map((operation) => [operation.id, operation] as const))(
    '%s takes a text for a text',
    async (_, operation) => {
      const faults = [
        ...(await inEveryPath(operation)),
        ...(operation.method === 'GET' ? await inEveryQuery(operation) : []),
        ...(['createClient', 'setGrant', 'issueKey', 'extendKey', 'applyImport'].includes(operation.id)
          ? await inEveryBody(operation)
          : []),
      ]
      expect(faults.slice(0, 20)).toEqual([])
    },
    120_000,
  )

  test('createToken takes a text for a text, wherever in the form or the header', async () => {
    const operation = named('createToken')
    const client = await createClient(stage.owner.sql, 'a client', ['urn:rosterhub:scope/import.readonly'])
    const form = { grant_type: 'client_credentials', scope: '', ...inForm(client) }
    const asking = await stage.asking(operation, false)
    const faults: string[] = []
    const ask = async (body: string, text: string, headers: Record<string, string> = {}) => {
      sent += 1
      const heard = await hear(stage, { ...asking, body }, headers, `10.2.${(sent >> 8) & 255}.${sent & 255}`)
      faults.push(...faultsIn(operation, asking, text, heard, 0))
    }
    for (const text of corpus) {
      for (const name of [...Object.keys(form), 'nobody'])
        await ask(new URLSearchParams({ ...form, [name]: text.toWellFormed() }).toString(), text)
      if (isHeader(text) && text.length < 500) {
        await ask('grant_type=client_credentials', text, { authorization: `Basic ${text}` })
        const pair = btoa(`${encoded(text)}:${encoded(text)}`)
        await ask('grant_type=client_credentials', text, { authorization: `Basic ${pair}` })
      }
    }
    for (const text of rawCorpus) {
      await ask(`${new URLSearchParams(form)}&client_id=${text}`, text)
      await ask(`grant_type=client_credentials&client_id=${text}&client_secret=${text}`, text)
    }
    expect(faults.slice(0, 20)).toEqual([])
  }, 120_000)
})

test('an address that a proxy tells is read as one or not at all, and lifts no limit', async () => {
  const behind = stage.behind(gateOf({ clientPerMinute: 0 }), {
    trustProxy: readConfig({ TRUST_PROXY: '1' }).trustProxy,
  })
  const { key } = await makeKey(stage, { addresses: ['192.0.2.0/24'] })
  for (const text of [...corpus, ...oddHeaders].filter((one) => isHeader(one) && one.length < 500)) {
    const headers = { 'x-forwarded-for': text, 'x-api-key': key }
    const { status } = await behind.fetch(
      new Request(`${origin}/ims/oneroster/rostering/v1p2/orgs`, { headers }),
      '10.9.9.9',
    )
    expect([text, status]).toEqual([text, 403])
  }
})

test('the hub fails at none of them', () => {
  expect(failuresOf(stage).slice(0, 20)).toEqual([])
  expect(registered(named('getAllUsers'))).toBeDefined()
})
