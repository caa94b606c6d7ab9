// Calls in, pages out: the only file that names the functions of schema api which requests use. Keeps the totals it was
// told, each for as long as the data it counts has not changed.

import type { Call, Cursor, OneCall, Page, PageCall } from './call.ts'
import { type Sql, textArray } from './database.ts'
import { ApiError } from './errors.ts'

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
  readonly total: number | null
}

/** Totals kept at most; the oldest goes first. */
const totalsMax = 10_000
const newline = 10

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export interface Token {
  readonly client: string
  readonly scopes: readonly string[]
  readonly expiresAtMs: number
}

export interface Consumer {
  readonly generation: number
  readonly scopes: readonly string[]
}

export class Store {
  private readonly totals = new Map<string, Total>()

  constructor(private readonly sql: Sql) {}

  /** One page with its exact total. Throws what the database raised, or ApiError for an unknown parent. */
  async page(client: string, call: PageCall): Promise<Page> {
    // what a filter says of an href, it says of the address the client is shown
    const base = call.filterText?.includes('href') ? call.base : ''
    const key = JSON.stringify([call.operation.id, call.arguments, call.filterText, base])
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
    }
  }

  async one(client: string, call: OneCall): Promise<Uint8Array> {
    const [[body]] = (await this
      .sql`select api.one(${client}, ${snakeCase(call.operation.id)}, ${call.arguments[0] ?? ''},
      ${call.fields === undefined ? null : textArray(call.fields)}::text::text[], ${call.base})`.raw()) as unknown as [
      [Uint8Array],
    ]
    return body
  }

  /** Who a token speaks for, by its SHA-256; undefined when it is unknown, expired or revoked. */
  async token(hash: Uint8Array): Promise<Token | undefined> {
    const [row] = await this.sql<{ token: Token | null }[]>`select api.token(${hash}) as token`
    return row?.token ?? undefined
  }

  /** The scopes granted; undefined for an unknown client or secret, [] when it may have none of those asked for. */
  async createToken(
    client: string,
    secretHash: Uint8Array,
    scopes: readonly string[] | undefined,
    tokenHash: Uint8Array,
    seconds: number,
  ) {
    const [row] = await this.sql<{ granted: string[] | null }[]>`select to_json(api.create_token(
      ${client}, ${secretHash}, ${scopes === undefined ? null : textArray(scopes)}::text::text[], ${tokenHash}, ${seconds})) as granted`
    return row?.granted ?? undefined
  }

  /** Generation and scopes of a client that may sign; undefined when it is unknown, revoked or may not. */
  async consumer(client: string): Promise<Consumer | undefined> {
    const [row] = await this.sql<{ consumer: Consumer | null }[]>`select api.consumer(${client}) as consumer`
    return row?.consumer ?? undefined
  }

  /** Uses a nonce up. False when it was used before, undefined when its timestamp is outside the window. */
  async useNonce(
    client: string,
    nonce: string,
    timestamp: number,
    windowSeconds: number,
  ): Promise<boolean | undefined> {
    const [row] = await this.sql<{ fresh: boolean | null }[]>`
      select api.use_nonce(${client}, ${nonce}, ${timestamp}, ${windowSeconds}) as fresh`
    return row?.fresh ?? undefined
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
  const parameter = call.operation.pathParameters[place - 1] ?? ''
  return new ApiError(
    'unknownobject',
    `Unknown Object: no ${parameter.replace(/SourcedId$/, '')} "${call.arguments[place - 1]}"${
      place > 1 ? ` in ${call.operation.pathParameters[0]?.replace(/SourcedId$/, '')} "${call.arguments[0]}"` : ''
    }`,
  )
}
