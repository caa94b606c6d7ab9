// Who a token, a key or a signature speaks for, as the database knows it: hashes and prefixes in, callers and their limits
// out. Never a secret. Knows no request.

import { type Sql, textArray } from './database.ts'
import type { Caller } from './visit.ts'

/** From where, as CIDR blocks, and how often a credential may be used; null: from anywhere, as often as everybody. */
export interface Limits {
  readonly addresses: readonly string[] | null
  readonly perMinute: number | null
}

export interface Token extends Limits {
  readonly client: string
  readonly scopes: readonly string[]
  readonly expiresAtMs: number
}

export interface Key extends Token {
  /** Its id. */
  readonly key: string
  /** Its SHA-256 in base64. */
  readonly hash: string
}

export interface Consumer extends Limits {
  readonly generation: number
  readonly scopes: readonly string[]
}

/** The caller that a credential of `client` speaks for. */
export const callerOf = (client: string, found: Pick<Token, 'scopes' | keyof Limits>): Caller => ({
  client,
  scopes: new Set(found.scopes),
  addresses: found.addresses ?? undefined,
  perMinute: found.perMinute ?? undefined,
})

export class CredentialStore {
  constructor(private readonly sql: Sql) {}

  /** Who a token speaks for, by its SHA-256; undefined when it is unknown, expired or revoked. */
  async token(hash: Uint8Array): Promise<Token | undefined> {
    const [row] = await this.sql<{ token: Token | null }[]>`select api.token(${hash}) as token`
    return row?.token ?? undefined
  }

  /** Who a key of this prefix speaks for; undefined when it is unknown, expired, inactive or revoked. */
  async key(prefix: string): Promise<Key | undefined> {
    const [row] = await this.sql<{ key: Key | null }[]>`select api.key(${prefix}) as key`
    return row?.key ?? undefined
  }

  /** The key was used now; kept to the minute. */
  async touchKey(id: string): Promise<void> {
    await this.sql`select api.touch_key(${id})`
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

  /** Generation, scopes and limits of a client that may sign; undefined when it is unknown, revoked or may not. */
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
}
