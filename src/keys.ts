// API keys as an operator keeps them, at the command line or by /admin: issued, listed, rotated, extended, revoked. A key is a
// credential of a client; its text is shown once, here.

import { asArray, type By, createClient, type Limits } from './clients.ts'
import type { Sql, Transaction } from './database.ts'
import { randomKey, sha256 } from './secrets.ts'

/** Days a key is good for where nothing else is said. */
export const keyDays = 365

export interface Key {
  readonly keyId: string
  readonly clientId: string
  readonly name: string
  /** The first eleven characters of the key. */
  readonly prefix: string
  /** Those it was issued with; in effect are the ones that its client has too. */
  readonly scopes: readonly string[]
  readonly status: 'active' | 'inactive' | 'expired' | 'revoked'
  /** Null: the client's own. */
  readonly addresses: readonly string[] | null
  /** Null: the client's own. */
  readonly perMinute: number | null
  readonly rotatedFrom: string | null
  readonly createdAt: string
  readonly expiresAt: string
  readonly lastUsedAt: string | null
  readonly revokedAt: string | null
}

/** A key with its text, which nobody is shown again. */
export interface IssuedKey extends Key {
  readonly key: string
}

export interface KeyOrder extends Limits {
  readonly name: string
  /** Absent: a client of the key's name is made, whose secret nobody knows. */
  readonly clientId?: string | undefined
  /** Absent: those of the client. */
  readonly scopes?: readonly string[] | undefined
  /** Absent: in `keyDays` days. */
  readonly expiresAt?: Date | undefined
}

type Row = { readonly told: Key | null }[]

/**
 * Undefined for an unknown or revoked client. Throws what the database said: invaliddata for a scope that the client lacks,
 * an address that is no CIDR block or a moment that no key lasts to; forbidden for a scope that `by` does not hold.
 */
export async function issueKey(sql: Sql, order: KeyOrder, by?: By): Promise<IssuedKey | undefined> {
  const { text, prefix } = randomKey()
  const { name, addresses, perMinute = null, expiresAt } = order
  const hash = await sha256(text)
  return withKey(
    text,
    (await sql.begin(async (transaction) => {
      const clientId = order.clientId ?? (await keyClient(transaction, order, by))
      const [row] = await transaction<Row>`
      select api.issue_key(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId}, ${crypto.randomUUID()}, ${name}, ${prefix}, ${hash},
        ${asArray(order.scopes)}::text::text[], ${expiresAt?.toISOString() ?? null}, ${asArray(addresses)}::text::text[],
        ${perMinute}) as told`
      return row?.told
    })) as Key | null | undefined,
  )
}

/** A client that has this key alone: nobody is told its secret. */
const keyClient = async (transaction: Transaction, { name, scopes = [] }: KeyOrder, by: By): Promise<string> =>
  (await createClient(transaction, name, scopes, undefined, undefined, { by })).clientId

const withKey = (key: string, told: Key | null | undefined): IssuedKey | undefined =>
  told == null ? undefined : { ...told, key }

/** The keys of one client, or of all. */
export async function listKeys(sql: Sql, clientId?: string, by?: By): Promise<readonly Key[]> {
  const [row] = await sql<
    { keys: Key[] }[]
  >`select api.list_keys(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${clientId ?? null}) as keys`
  return row?.keys ?? []
}

/**
 * A new key in the place of one, which is good for `overlapSeconds` more. Undefined for one that is unknown, inactive or
 * revoked. Throws what the database said: invaliddata (409) where it was rotated, forbidden for a scope that `by` does not hold.
 */
export async function rotateKey(
  sql: Sql,
  keyId: string,
  overlapSeconds: number,
  by?: By,
): Promise<IssuedKey | undefined> {
  if (!isKeyId(keyId)) return undefined
  const { text, prefix } = randomKey()
  const [row] =
    await sql<Row>`select api.rotate_key(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${keyId}, ${crypto.randomUUID()},
    ${prefix}, ${await sha256(text)}, ${overlapSeconds}) as told`
  return withKey(text, row?.told)
}

/** Undefined for one that is unknown or revoked. Throws what the database said: invaliddata for a moment too far or past. */
export async function extendKey(sql: Sql, keyId: string, expiresAt: Date, by?: By): Promise<Key | undefined> {
  if (!isKeyId(keyId)) return undefined
  const [row] =
    await sql<Row>`select api.extend_key(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${keyId}, ${expiresAt.toISOString()}) as told`
  return row?.told ?? undefined
}

/** Undefined for one that is unknown or already revoked. */
export async function revokeKey(sql: Sql, keyId: string, by?: By): Promise<Key | undefined> {
  if (!isKeyId(keyId)) return undefined
  const [row] =
    await sql<Row>`select api.revoke_key(${by?.client ?? null}, ${asArray(by?.scopes)}::text::text[], ${keyId}) as told`
  return row?.told ?? undefined
}

const isKeyId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
