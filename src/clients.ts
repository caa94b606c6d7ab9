// OAuth 2 clients as an operator keeps them: made, listed, given a new secret, revoked. A secret is shown once, here.

import { randomSecret, sha256 } from './auth.ts'
import type { Sql } from './database.ts'
import { textArray } from './database.ts'
import { operations } from './generated/operations.ts'

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

export interface Client {
  readonly clientId: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly rotatedAt: string | null
  readonly revokedAt: string | null
}

/** Every scope that some operation asks for. */
export const allScopes: readonly string[] = [...new Set(operations.flatMap((operation) => operation.scopes))].sort()

/** A scope by its URI or by the last part of it, `roster.readonly`; undefined where there is no such scope. */
export const findScope = (name: string): string | undefined =>
  allScopes.find((scope) => scope === name || scope.endsWith(`/${name}`))

export async function createClient(
  sql: Sql,
  name: string,
  scopes: readonly string[],
  clientId: string = crypto.randomUUID(),
): Promise<Credentials> {
  const clientSecret = randomSecret()
  await sql`select api.create_client(${clientId}, ${name}, ${await sha256(clientSecret)}, ${textArray(scopes)}::text::text[])`
  return { clientId, clientSecret }
}

export async function listClients(sql: Sql): Promise<readonly Client[]> {
  const [row] = await sql<{ clients: Client[] }[]>`select api.list_clients() as clients`
  return row?.clients ?? []
}

/** A new secret; the old one and its tokens end. Undefined for an unknown or revoked client. */
export async function rotateClient(sql: Sql, clientId: string): Promise<Credentials | undefined> {
  const clientSecret = randomSecret()
  const [row] = await sql<
    { done: boolean }[]
  >`select api.rotate_client(${clientId}, ${await sha256(clientSecret)}) as done`
  return row?.done ? { clientId, clientSecret } : undefined
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
