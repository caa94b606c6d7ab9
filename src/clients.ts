// Clients as an operator keeps them: made, listed, given a new secret, revoked. A secret is shown once, here. One that may
// sign by OAuth 1.0a has a second secret, derived from the key of the hub.

import type { Sql, Transaction } from './database.ts'
import { textArray } from './database.ts'
import { hubOperations } from './generated/hub.operations.ts'
import { operations } from './generated/operations.ts'
import { consumerSecret, randomSecret, sha256 } from './secrets.ts'
import type { Caller } from './visit.ts'

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
  /** Of a client that may sign by OAuth 1.0a, with its id as the consumer key. */
  readonly oauth1Secret?: string
}

/** A client that may sign cannot be given its secret: OAUTH1_KEY is not set. */
export class KeyMissing extends Error {
  override name = 'KeyMissing'
}

export interface Client {
  readonly clientId: string
  readonly name: string
  readonly scopes: readonly string[]
  /** Whether it may sign by OAuth 1.0a. */
  readonly oauth1: boolean
  readonly addresses: readonly string[] | null
  readonly perMinute: number | null
  readonly createdAt: string
  readonly rotatedAt: string | null
  readonly revokedAt: string | null
}

/** From where, as CIDR blocks, and how often a credential may be used; absent: from anywhere, as often as everybody. */
export interface Limits {
  readonly addresses?: readonly string[] | undefined
  /** Requests a minute. */
  readonly perMinute?: number | undefined
}

/** Who keeps clients and keys: a client, with the scopes in effect; absent: the operator, as the owner of the database. */
export type By = Pick<Caller, 'client' | 'scopes'> | undefined

/** A list as a statement sends it: `${asArray(values)}::text::text[]`. */
export const asArray = (values: Iterable<string> | undefined): string | null =>
  values === undefined ? null : textArray([...values])

/** Every scope that some operation asks for. */
export const allScopes: readonly string[] = [
  ...new Set([...operations, ...hubOperations].flatMap((operation) => operation.scopes)),
].sort()

/**
 * The scopes of a name: one by its URI, or those of every binding by their last part; `roster.readonly` opens the same data
 * in 1.2 and in 1.1. Empty where there is no such scope.
 */
export const findScopes = (name: string): readonly string[] =>
  allScopes.filter((scope) => scope === name || scope.endsWith(`/${name}`))

/**
 * A new client; with an `oauth1Key` one that may also sign by OAuth 1.0a. Throws what the database said: invaliddata for an
 * address that is no CIDR block, forbidden for a scope that `by` does not hold.
 */
export async function createClient(
  sql: Sql | Transaction,
  name: string,
  scopes: readonly string[],
  clientId: string = crypto.randomUUID(),
  oauth1Key?: string,
  { by, addresses, perMinute }: Limits & { readonly by?: By } = {},
): Promise<Credentials> {
  const clientSecret = randomSecret()
  const [row] = await sql<{ generation: number | null }[]>`
    select api.admin_create_client(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId}, ${name},
      ${await sha256(clientSecret)}, ${asArray(scopes)}::text::text[], ${oauth1Key !== undefined},
      ${asArray(addresses)}::text::text[], ${perMinute ?? null}) as generation`
  if (oauth1Key === undefined || row?.generation == null) return { clientId, clientSecret }
  return { clientId, clientSecret, oauth1Secret: await consumerSecret(oauth1Key, clientId, row.generation) }
}

/** Sets from where and how often a client may ask. False for an unknown or revoked client. */
export async function limitClient(sql: Sql, clientId: string, limits: Limits, by?: By): Promise<boolean> {
  const { addresses, perMinute = null } = limits
  const [row] = await sql<{ done: boolean }[]>`
    select api.admin_limit_client(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId},
      ${asArray(addresses)}::text::text[], ${perMinute}) as done`
  return row?.done ?? false
}

export async function listClients(sql: Sql, by?: By): Promise<readonly Client[]> {
  const [row] = await sql<{ clients: Client[] }[]>`
    select api.admin_list_clients(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[]) as clients`
  return row?.clients ?? []
}

/**
 * A new secret, and a new consumer secret where the client may sign; the old ones and its tokens end. Undefined for an
 * unknown or revoked client. Throws KeyMissing, and changes nothing, for a client that may sign without an `oauth1Key`;
 * what the database said (forbidden) where the client has a scope that `by` does not hold.
 */
export async function rotateClient(
  sql: Sql,
  clientId: string,
  oauth1Key?: string,
  by?: By,
): Promise<Credentials | undefined> {
  const clientSecret = randomSecret()
  const hash = await sha256(clientSecret)
  return sql.begin(async (transaction) => {
    const [row] = await transaction<{ done: boolean }[]>`
      select api.admin_rotate_client(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId}, ${hash}) as done`
    if (!row?.done) return undefined
    const oauth1Secret = await secretOf(transaction, clientId, oauth1Key)
    return { clientId, clientSecret, ...(oauth1Secret === undefined ? {} : { oauth1Secret }) }
  })
}

async function secretOf(sql: Sql | Transaction, clientId: string, key?: string): Promise<string | undefined> {
  const [row] = await sql<
    { generation: number | null }[]
  >`select (api.consumer(${clientId}) ->> 'generation')::integer as generation`
  if (row?.generation == null) return undefined
  if (key === undefined) throw new KeyMissing('the client may sign by OAuth 1.0a: OAUTH1_KEY must be set')
  return consumerSecret(key, clientId, row.generation)
}

/** Lets a client sign by OAuth 1.0a; answers its consumer secret. Undefined for an unknown or revoked client. */
export async function allowOauth1(sql: Sql | Transaction, clientId: string, key: string): Promise<string | undefined> {
  const [row] = await sql<{ generation: number | null }[]>`select api.allow_oauth1(${clientId}) as generation`
  return row?.generation == null ? undefined : consumerSecret(key, clientId, row.generation)
}

/** Lets a client have these scopes too, from its next token on. False for an unknown or revoked client. */
export async function allowScopes(sql: Sql, clientId: string, scopes: readonly string[]): Promise<boolean> {
  const [row] = await sql<
    { done: boolean }[]
  >`select api.allow_scopes(${clientId}, ${textArray(scopes)}::text::text[]) as done`
  return row?.done ?? false
}

/** False for an unknown or already revoked client. */
export async function revokeClient(sql: Sql, clientId: string, by?: By): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`
    select api.admin_revoke_client(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId}) as done`
  return row?.done ?? false
}

/** Whether these credentials would buy a token. */
export async function isCurrent(sql: Sql, { clientId, clientSecret }: Credentials): Promise<boolean> {
  const [row] = await sql<
    { current: boolean }[]
  >`select api.is_current_secret(${clientId}, ${await sha256(clientSecret)}) as current`
  return row?.current ?? false
}
