// Clients as an operator keeps them: made, listed, given a new secret, revoked. A secret is shown once, here. One that may
// sign by OAuth 1.0a has a second secret, derived from the key of the hub.

import type { Sql, Transaction } from './database.ts'
import { textArray } from './database.ts'
import hub from './generated/hub.document.ts'
import { operations } from './generated/operations.ts'
import { consumerSecret, randomSecret, sha256 } from './secrets.ts'

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
  readonly createdAt: string
  readonly rotatedAt: string | null
  readonly revokedAt: string | null
}

/** Every scope that some operation asks for, of the standard's services or the hub's own. */
export const allScopes: readonly string[] = [
  ...new Set([
    ...operations.flatMap((operation) => operation.scopes),
    ...Object.keys(hub.components.securitySchemes.OAuth2CC.flows.clientCredentials.scopes),
  ]),
].sort()

/**
 * The scopes of a name: one by its URI, or those of every binding by their last part; `roster.readonly` opens the same data
 * in 1.2 and in 1.1. Empty where there is no such scope.
 */
export const findScopes = (name: string): readonly string[] =>
  allScopes.filter((scope) => scope === name || scope.endsWith(`/${name}`))

/** A new client; with an `oauth1Key` one that may also sign by OAuth 1.0a. */
export async function createClient(
  sql: Sql,
  name: string,
  scopes: readonly string[],
  clientId: string = crypto.randomUUID(),
  oauth1Key?: string,
): Promise<Credentials> {
  const clientSecret = randomSecret()
  const hash = await sha256(clientSecret)
  return sql.begin(async (transaction) => {
    await transaction`select api.create_client(${clientId}, ${name}, ${hash}, ${textArray(scopes)}::text::text[])`
    if (oauth1Key === undefined) return { clientId, clientSecret }
    return { clientId, clientSecret, oauth1Secret: await allowOauth1(transaction, clientId, oauth1Key) }
  }) as Promise<Credentials>
}

export async function listClients(sql: Sql): Promise<readonly Client[]> {
  const [row] = await sql<{ clients: Client[] }[]>`select api.list_clients() as clients`
  return row?.clients ?? []
}

/**
 * A new secret, and a new consumer secret where the client may sign; the old ones and its tokens end. Undefined for an
 * unknown or revoked client. Throws KeyMissing, and changes nothing, for a client that may sign without an `oauth1Key`.
 */
export async function rotateClient(sql: Sql, clientId: string, oauth1Key?: string): Promise<Credentials | undefined> {
  const clientSecret = randomSecret()
  const hash = await sha256(clientSecret)
  return sql.begin(async (transaction) => {
    const [row] = await transaction<{ done: boolean }[]>`select api.rotate_client(${clientId}, ${hash}) as done`
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

/** False for an unknown or already revoked client. */
export async function revokeClient(sql: Sql, clientId: string): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`select api.revoke_client(${clientId}) as done`
  return row?.done ?? false
}

/** Whether these credentials would buy a token. */
export async function isCurrent(sql: Sql, { clientId, clientSecret }: Credentials): Promise<boolean> {
  const [row] = await sql<
    { current: boolean }[]
  >`select api.is_current_secret(${clientId}, ${await sha256(clientSecret)}) as current`
  return row?.current ?? false
}
