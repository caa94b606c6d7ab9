// Calls in, pages out: the only file that names the functions of schema api which the services' requests use. Keeps the
// totals it was told, each for as long as the data it counts has not changed.

import { Batches } from './batches.ts'
import type {
  Call,
  Cursor,
  One,
  OneCall,
  Outcome,
  Page,
  PageCall,
  Pair,
  PostCall,
  PutCall,
  RemoveCall,
} from './call.ts'
import { type Sql, textArray } from './database.ts'
import { ApiError, type CodeMinor } from './errors.ts'

interface Total {
  readonly version: number
  readonly total: number
}

interface PageHeader {
  readonly missing: number | null
  readonly count: number
  readonly version: number
  readonly last: [string | null, string | null]
  readonly more: boolean | null
  readonly sorted: boolean
  readonly total: number | null
}

interface PutItem {
  readonly client: string
  readonly path: string
  readonly sourcedId: string
  readonly record: PutCall['record']
  readonly ifMatch: readonly string[] | null
}

interface PutOutcome {
  readonly outcome: Outcome['outcome'] | 'locked'
  readonly fault: { readonly status: number; readonly message: string } | null
}

const lockNotAvailable = '55P03'
/** Of faults that a PUT meets by what its client is granted; the others are of the data. */
const codes: Readonly<Record<number, CodeMinor>> = { 403: 'forbidden', 404: 'unknownobject' }
const lockedOutcome: PutOutcome = { outcome: 'locked', fault: null }

/** How long a write comes again, in steps, while another writer has its record: without a connection of its own. */
const patienceMs = [25, 50, 100, 200, 300, 400, 500, 500, 500, 500]

async function untilFree<Answer extends { readonly outcome: string }>(write: () => Promise<Answer>): Promise<Answer> {
  for (const waitMs of patienceMs) {
    const answer = await write()
    if (answer.outcome !== 'locked') return answer
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
  const details = { status: 503, headers: { 'retry-after': '5' } }
  throw new ApiError('server_busy', 'another writer, such as an import, has the record; try again', details)
}

/** Totals kept at most; the oldest goes first. */
const totalsMax = 10_000
const newline = 10

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export class Store {
  private readonly totals = new Map<string, Total>()
  private readonly puts: Batches<PutItem, PutOutcome>

  /** `writesTogether`: records that clients send at the same time and that are written in one transaction, at most. */
  constructor(
    private readonly sql: Sql,
    writesTogether = 64,
  ) {
    this.puts = new Batches(writesTogether, (operation, items) => this.putAll(operation, items))
  }

  /** One page with its exact total. Throws what the database raised, or ApiError for an unknown parent. */
  async page(client: string, call: PageCall): Promise<Page> {
    // what a filter says of an href, it says of the address the client is shown
    const base = call.filterText?.includes('href') ? call.base : ''
    const key = JSON.stringify([client, call.operation.id, call.arguments, call.filterText, base])
    const known = this.totals.get(key)
    const [[answer]] = (await this.sql`select api.page(
      ${client}, ${snakeCase(call.operation.id)}, ${textArray(call.arguments)}::text::text[],
      ${call.filter === undefined ? null : JSON.stringify(call.filter)}::text::jsonb,
      ${call.sort ?? null}, ${call.descending}, ${call.fields === undefined ? null : textArray(call.fields)}::text::text[],
      ${call.limit}, ${call.offset}, ${call.cursor === undefined ? null : textArray(call.cursor)}::text::text[],
      ${known?.version ?? null}::bigint, ${call.base})`.raw()) as unknown as [[Uint8Array]]
    const end = answer.indexOf(newline)
    const header = JSON.parse(new TextDecoder().decode(answer.subarray(0, end))) as PageHeader
    if (header.missing !== null) throw missingParent(call, header.missing)
    const total = header.total ?? known?.total ?? 0
    this.keep(key, { version: header.version, total })
    return {
      body: answer.subarray(end + 1),
      count: header.count,
      total,
      last: header.last[1] === null ? undefined : (header.last as Cursor),
      hasMore: header.more ?? call.offset + header.count < total,
      version: header.version,
      isSorted: header.sorted,
    }
  }

  /** The version that a page of this call would have. */
  async version(client: string, call: PageCall): Promise<number> {
    const [row] = await this.sql<
      { version: number }[]
    >`select api.list_version(${client}, ${snakeCase(call.operation.id)})::float8 as version`
    return row?.version ?? 0
  }

  async one(client: string, call: OneCall): Promise<One> {
    const [[answer]] = (await this
      .sql`select api.read(${client}, ${snakeCase(call.operation.id)}, ${call.arguments[0] ?? ''},
      ${call.fields === undefined ? null : textArray(call.fields)}::text::text[], ${call.base})`.raw()) as unknown as [
      [Uint8Array],
    ]
    const end = answer.indexOf(newline)
    return { version: new TextDecoder().decode(answer.subarray(0, end)), body: answer.subarray(end + 1) }
  }

  /** Throws ApiError: 403 and 404 by grant, 422 for a reference that leads nowhere, 412 for another version than If-Match wants. */
  async put(client: string, call: PutCall): Promise<Outcome> {
    const { operation, record, versions } = call
    const { sourcedId } = record
    const item = { client, path: `/${operation.envelope}`, sourcedId, record, ifMatch: versions ?? null }
    const name = snakeCase(operation.id)
    const { outcome, fault } = await untilFree(() => this.puts.run(name, sourcedId, item))
    if (fault !== null)
      throw new ApiError(codes[fault.status] ?? 'invaliddata', fault.message, { status: fault.status })
    return { outcome: outcome as Outcome['outcome'] }
  }

  private async putAll(operation: string, items: readonly PutItem[]): Promise<readonly PutOutcome[]> {
    const text = JSON.stringify(items)
    const found = this.sql<{ outcomes: PutOutcome[] }[]>`select api.put(${operation}, ${text}::text::jsonb) as outcomes`
    const [row] = await found.catch((thrown) => {
      // alone it is the one that waited in vain; among others nobody knows which it was
      if (items.length === 1 && thrown.code === lockNotAvailable) return [{ outcomes: [lockedOutcome] }]
      throw thrown
    })
    return row?.outcomes ?? []
  }

  /** All of the records or none. Throws what api.fail said. */
  async post(client: string, call: PostCall): Promise<readonly Pair[]> {
    const [row] = await this.sql<{ pairs: Pair[] }[]>`select api.post(${client}, ${snakeCase(call.operation.id)},
      ${textArray(call.arguments)}::text::text[], ${JSON.stringify(call.records)}::text::jsonb) as pairs`
    return row?.pairs ?? []
  }

  async remove(client: string, call: RemoveCall): Promise<void> {
    const versions = call.versions === undefined ? null : JSON.stringify(call.versions)
    await untilFree(async () => {
      const [row] = await this.sql<{ outcome: 'removed' | 'locked' }[]>`select api.remove(
        ${client}, ${snakeCase(call.operation.id)}, ${call.arguments[0] ?? ''}, ${versions}::text::jsonb) as outcome`
      return { outcome: row?.outcome ?? 'removed' }
    })
  }

  /** Applied files of sql/, name to every hash it was applied with. */
  async appliedMigrations(): Promise<Readonly<Record<string, readonly string[]>>> {
    const [row] = await this.sql<{ files: Record<string, string[]> }[]>`select api.applied_migrations() as files`
    return row?.files ?? {}
  }

  private keep(key: string, total: Total): void {
    this.totals.delete(key)
    this.totals.set(key, total)
    if (this.totals.size > totalsMax) this.totals.delete(this.totals.keys().next().value as string)
  }
}

function missingParent(call: Call, place: number): ApiError {
  const { names } = call.operation
  const inside = place > 1 ? ` in ${names[0]} "${call.arguments[0]}"` : ''
  return new ApiError('unknownobject', `Unknown Object: no ${names[place - 1]} "${call.arguments[place - 1]}"${inside}`)
}
