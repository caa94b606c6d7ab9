// What a client is granted, as an operator keeps it: set and read. What a grant means, the database decides in every
// statement that reads or writes.

import type { Sql, Transaction } from './database.ts'
import { textArray } from './database.ts'
import type { Caller } from './visit.ts'

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

/** What a client's credentials open: the scopes its grant leaves, and the grant where it was given one. */
export interface Granted {
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly grant: KeptGrant | null
}

/**
 * Gives a client this grant in place of the one it had; seen by the next request of every process. `by`: the caller whose request
 * it is; absent: the operator. Throws what api.fail said: forbidden, unknownobject for the client, invaliddata that names the org,
 * role, entity or field that there is not.
 */
export async function setGrant(
  sql: Sql | Transaction,
  clientId: string,
  grant: Grant,
  by?: Caller,
): Promise<KeptGrant> {
  const { mayWrite, ...lists } = grant
  const [orgs, roles, entities, hidden] = [lists.orgs, lists.roles, lists.entities, lists.hidden].map((items) =>
    items === null ? null : textArray(items),
  )
  const [row] = await (by === undefined
    ? sql<{ granted: KeptGrant }[]>`select api.set_grant(${clientId}, ${orgs as string}::text::text[],
        ${roles as string}::text::text[], ${entities as string}::text::text[], ${hidden as string}::text::text[], ${mayWrite}) as granted`
    : sql<
        { granted: KeptGrant }[]
      >`select api.admin_set_grant(${by.client}, ${textArray([...by.scopes])}::text::text[], ${clientId},
        ${orgs as string}::text::text[], ${roles as string}::text::text[], ${entities as string}::text::text[],
        ${hidden as string}::text::text[], ${mayWrite}) as granted`)
  return row?.granted as KeptGrant
}

/** Undefined for a client that was granted nothing of its own: it sees what its scopes open. */
export async function readGrant(sql: Sql | Transaction, clientId: string): Promise<KeptGrant | undefined> {
  const [row] = await sql<{ granted: KeptGrant | null }[]>`select api.client_grant(${clientId}) as granted`
  return row?.granted ?? undefined
}

/** Undefined for an unknown or revoked client. Throws forbidden for a caller that does not administer. */
export async function readGranted(sql: Sql, clientId: string, by: Caller): Promise<Granted | undefined> {
  const [row] = await sql<{ granted: Granted | null }[]>`
    select api.admin_grant(${by.client}, ${textArray([...by.scopes])}::text::text[], ${clientId}) as granted`
  return row?.granted ?? undefined
}
