// The client that a public generator makes of the documents, with its validation on: it refuses an answer that has a property,
// a format or a word its document does not. Operations by their id in the registry, in the app's own process.

import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { writeSdk } from '../../openapi/sdk.ts'
import type { Operation } from '../../src/generated/operations.ts'
import { atEnd } from './cleanup.ts'
import { type Json, linksOf, origin } from './collections.ts'
import type { Hub } from './hub.ts'

export type Query = Readonly<Record<string, string | number | readonly string[]>>

export interface Answer {
  readonly status: number
  /** The envelope, as it was validated; undefined for an error. */
  readonly data: Readonly<Record<string, unknown>> | undefined
  readonly total: number
  /** The query of the next page; undefined on the last. */
  readonly next: Query | undefined
}

export interface StrictClient {
  /** Calls an operation with the ids of its path. Throws when the answer is not as the document has it. */
  readonly call: (
    operation: Operation,
    ids: readonly string[],
    more?: { query?: Query; body?: unknown },
  ) => Promise<Answer>
}

interface Result {
  readonly data?: Readonly<Record<string, unknown>>
  readonly error?: unknown
  readonly response?: Response
}

type Generated = Readonly<Record<string, Readonly<Record<string, (options: object) => Promise<Result>>>>>

/** Of the library of schemas, what makes a page of whole records one of records by `fields`. */
interface Schemas {
  readonly partial: (schema: object) => object
  readonly array: (schema: object) => object
  readonly strictObject: (entries: object) => object
  readonly parseAsync: (schema: object, data: unknown) => Promise<unknown>
}

const generate = async (): Promise<string> => {
  const out = mkdtempSync(`${tmpdir()}/rosterhub-strict-`)
  atEnd(() => rmSync(out, { recursive: true, force: true }))
  const { modules } = await writeSdk(out, { validate: true })
  symlinkSync(modules, `${out}/node_modules`)
  return out
}

/** A query as a link has it, as the client's types want it. */
function queryOf(link: string | undefined): Query | undefined {
  if (link === undefined) return undefined
  const { searchParams } = new URL(link)
  const entries = [...new Set(searchParams.keys())].map((name) => {
    const values = searchParams.getAll(name)
    if (name === 'fields') return [name, values.flatMap((value) => value.split(','))]
    return [name, name === 'limit' || name === 'offset' ? Number(values[0]) : values[0]]
  })
  return Object.fromEntries(entries)
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

export async function strictClient(hub: Hub): Promise<StrictClient> {
  const out = `${await generate()}/hey-api`
  const auth = await hub.token()
  const sdk = (await import(`${out}/index.ts`)) as Generated
  const schemas = (await import(Bun.resolveSync('valibot', out))) as Schemas
  const clients = new Map<string, object>()
  const validators = new Map<string, Readonly<Record<string, { entries: Record<string, never> }>>>()

  const open = async (service: string, path: string): Promise<void> => {
    const { createClient } = await import(`${out}/${service}/client/index.ts`)
    const [base = ''] = /^\/ims\/oneroster\/(\w+\/)?v1p\d/.exec(path) ?? []
    const fetch = (request: Request) => hub.fetch(request)
    clients.set(service, createClient({ baseUrl: origin + base, auth, fetch }))
    validators.set(service, await import(`${out}/${service}/valibot.gen.ts`))
  }

  /** With `fields`, what is required may be absent; still nothing else may be there. */
  const selected = ({ service, schema, envelope, kind }: Operation): object => {
    const found = validators.get(service)?.[`v${schema.replace(/GUID/g, 'Guid')}`]?.entries[envelope] as
      | { readonly wrapped?: { readonly pipe: readonly { readonly item: object }[] } }
      | undefined
    if (found === undefined) throw new Error(`no schema ${schema} with ${envelope}`)
    const record = kind === 'one' ? found : (found.wrapped?.pipe[0]?.item as object)
    const partial = schemas.partial(record)
    return schemas.strictObject({ [envelope]: kind === 'one' ? partial : schemas.array(partial) })
  }

  return {
    call: async (operation, ids, { query, body } = {}) => {
      const { service, path, pathParameters } = operation
      const name = operation.id.replace(/^v1p1\./, '')
      if (!clients.has(service)) await open(service, path)
      const method = sdk[service]?.[name]
      if (method === undefined) throw new Error(`${capitalised(service)} has no ${name}`)
      const { data, error, response } = await method({
        client: clients.get(service),
        ...(pathParameters.length > 0
          ? { path: Object.fromEntries(pathParameters.map((key, at) => [key, ids[at]])) }
          : {}),
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body }),
        ...(query?.['fields'] === undefined
          ? {}
          : { responseValidator: (found: unknown) => schemas.parseAsync(selected(operation), found) }),
      })
      if (response === undefined || (response.ok && error !== undefined)) {
        const issues = (error as { issues?: object[] }).issues ?? []
        const told = issues.map((issue) => JSON.stringify(issue, ['message', 'path', 'key', 'received'])).join('\n')
        throw new Error(`${name} ${ids.join(' ')}: the client refuses the answer: ${error}\n${told}`)
      }
      const next = queryOf(linksOf(response)['next'])
      return { status: response.status, data, total: Number(response.headers.get('x-total-count')), next }
    },
  }
}

export interface Walked {
  readonly status: number
  readonly records: readonly Json[]
  readonly totals: readonly number[]
}

/** Every page of a collection by next: its records, and the total that each page told. */
export async function walkStrictly(
  client: StrictClient,
  operation: Operation,
  ids: readonly string[],
  query: Query,
): Promise<Walked> {
  const records: Json[] = []
  const totals: number[] = []
  for (let next: Query | undefined = query; next !== undefined; ) {
    const answer: Answer = await client.call(operation, ids, { query: next })
    if (answer.status !== 200) return { status: answer.status, records, totals }
    records.push(...((answer.data?.[operation.envelope] ?? []) as Json[]))
    totals.push(answer.total)
    if (totals.length > 1000) throw new Error(`${operation.id}: next leads on for ever`)
    next = answer.next
  }
  return { status: 200, records, totals }
}
