// What a client is granted, as an operator keeps it: set and read. What a grant means, the database decides in every
// statement that reads or writes.

import type { Sql, Transaction } from './database.ts'
import { textArray } from './database.ts'

export interface Grant {
  /** sourcedIds of orgs, each with all below it; null: all orgs. */
  readonly orgs: readonly string[] | null
  /** Roles of people, as OneRoster has them; null: all. */
  readonly roles: readonly string[] | null
  /** Collections, as users or lineItems; null: all. */
  readonly entities: readonly string[] | null
  /** Fields, as users.email, and collections. */
  readonly hidden: readonly string[]
  /** False: nothing may be changed, whatever the scopes are. */
  readonly mayWrite: boolean
}

export interface KeptGrant extends Grant {
  readonly grantedAt: string
}

/**
 * Gives a client this grant in place of the one it had; seen by the next request of every process. Throws what api.fail said:
 * unknownobject for the client, invaliddata that names the org, role, entity or field that there is not.
 */
export async function setGrant(sql: Sql | Transaction, clientId: string, grant: Grant): Promise<KeptGrant> {
  const list = (items: readonly string[] | null): string | null => (items === null ? null : textArray(items))
  const [row] = await sql<{ granted: KeptGrant }[]>`select api.set_grant(${clientId}, ${list(grant.orgs)}::text::text[],
    ${list(grant.roles)}::text::text[], ${list(grant.entities)}::text::text[], ${textArray(grant.hidden)}::text::text[],
    ${grant.mayWrite}) as granted`
  return row?.granted as KeptGrant
}

/** Undefined for a client that was granted nothing of its own: it sees what its scopes open. */
export async function readGrant(sql: Sql | Transaction, clientId: string): Promise<KeptGrant | undefined> {
  const [row] = await sql<{ granted: KeptGrant | null }[]>`select api.client_grant(${clientId}) as granted`
  return row?.granted ?? undefined
}
