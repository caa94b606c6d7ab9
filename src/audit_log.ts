// The audit in the database: rows of what was asked go in, pages of them, proofs and what is known of a person come out.
// The only file that names api.audit_write and its kin.

import { type Database, type Sql, textArray } from './database.ts'

/** A request as the audit keeps it. `subjects` are the ids in its path; the database keeps numbers in their place. */
export interface AuditRow {
  /** Milliseconds since it was answered. */
  readonly agoMs: number
  readonly client: string | undefined
  readonly key: string | undefined
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly subjects: readonly (string | null)[] | undefined
  readonly status: number
  readonly address: string | undefined
  readonly rows: number | undefined
  readonly requestId: string
}

/** What a process writes at once. A sequence is written once, however often it is sent. */
export interface AuditBatch {
  /** The process, or null for one whose end nobody would see. */
  readonly process: string | null
  readonly sequence: number | null
  readonly kind: 'start' | 'rows' | 'end'
  /** Rows given up since the batch before. */
  readonly lost: number
  readonly rows: readonly AuditRow[]
}

/** A row as it is told. `subjects` are the ids in the path that are known, and still are. */
export interface AuditEntry {
  readonly id: number
  readonly at: string
  readonly clientId?: string
  readonly keyId?: string
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly address?: string
  readonly rows?: number
  readonly requestId: string
  readonly subjects?: readonly string[]
}

export interface AuditFilter {
  readonly client?: string | undefined
  readonly key?: string | undefined
  readonly operation?: string | undefined
  readonly status?: number | undefined
  readonly requestId?: string | undefined
  /** From this moment on, RFC 3339. */
  readonly from?: string | undefined
  /** Before this moment. */
  readonly to?: string | undefined
  /** The sourcedId that stood in the path. */
  readonly subject?: string | undefined
}

interface Told {
  readonly code: string
  readonly message: string
}

export interface AuditProof {
  /** The end of the chain, as POSITION:HASH. */
  readonly head?: string
  readonly faultCount: number
  /** What was done to the audit; a thousand at most. */
  readonly faults: readonly (Told & { readonly batch?: number; readonly row?: number })[]
  /** What never came into it. */
  readonly gaps: readonly (Told & { readonly process?: string; readonly sequence?: number; readonly rows?: number })[]
  readonly batches: number
  readonly rows: number
  /** The first day that retention has kept; absent where nothing was dropped. */
  readonly keptFrom?: string
  readonly purgedAt?: string
  readonly firstAt?: string
}

/** Writes a batch; false where it was there already. */
export async function writeAudit(sql: Sql, { process, sequence, kind, lost, rows }: AuditBatch): Promise<boolean> {
  const [row] = await sql<{ written: boolean }[]>`
    select api.audit_write(${process}::text::uuid, ${sequence}, ${kind}, ${lost}, ${JSON.stringify(rows)}::text::jsonb) as written`
  return row?.written ?? false
}

/** Says that a process lives which has nothing to write. */
export async function beatAudit(sql: Sql, process: string): Promise<void> {
  await sql`select api.audit_beat(${process}::text::uuid)`
}

/** Rows, newest first, before the one of the id `before`. Fails with invaliddata for a bad moment. */
export async function readAudit(
  sql: Sql,
  filter: AuditFilter,
  limit: number,
  before?: number,
): Promise<readonly AuditEntry[]> {
  const [row] = await sql<{ entries: AuditEntry[] }[]>`
    select api.audit_page(${JSON.stringify(filter)}::text::jsonb, ${before ?? null}, ${limit}) as entries`
  return row?.entries ?? []
}

/** Drops the months that are wholly older than so many days; answers how many. Acts as the owner. */
export async function purgeAudit(database: Database, keepDays: number): Promise<number> {
  const [row] = await database.begin((sql) => sql<{ count: number }[]>`select api.audit_purge(${keepDays}) as count`)
  return row?.count ?? 0
}

/** A process says that it lives every so often; one that was silent for this long counts as gone. */
export const beatMs = 15_000
const patienceMs = 4 * beatMs

const headPattern = /^(\d{1,18}):([0-9a-f]{64})$/

/** Whether this is a head as `AuditProof` tells it. */
export const isHead = (text: string): boolean => headPattern.test(text)

/** Reads all of the audit, as the owner and as of one moment; `head` is one of another day. */
export async function verifyAudit(database: Database, head?: string, goneMs = patienceMs): Promise<AuditProof> {
  const [, position = null, hash = null] = headPattern.exec(head ?? '') ?? []
  const [row] = await database.snapshot(
    (sql) => sql<{ proof: AuditProof }[]>`
      select api.audit_verify(${position}::text::bigint, decode(${hash}::text, 'hex'), ${goneMs}) as proof`,
  )
  return row?.proof as AuditProof
}

/** Requests of one client and operation. */
export interface PersonRead {
  readonly client?: string
  readonly key?: string
  readonly operation: string
  readonly method?: string
  readonly count: number
  readonly first: string
  readonly last: string
}

/** What is on record of a person, and of the clients there are. */
export interface PersonFacts {
  readonly known: boolean
  readonly since: string | null
  readonly clients: readonly {
    readonly clientId: string
    readonly name: string
    readonly scopes: readonly string[]
    readonly revokedAt: string | null
    /** The collections of its grant; null: all. */
    readonly entities: readonly string[] | null
    readonly hidden: readonly string[]
    /** Whether the person is among those it is granted. */
    readonly isVisible: boolean
  }[]
  readonly reads: readonly PersonRead[]
  readonly lists: readonly PersonRead[]
  readonly exports: readonly PersonRead[]
}

/** Reads as the owner, as of one moment. */
export async function personFacts(
  database: Database,
  sourcedId: string,
  lists: readonly string[],
  exports: readonly string[],
): Promise<PersonFacts> {
  const [row] = await database.snapshot(
    (sql) => sql<{ facts: PersonFacts }[]>`
      select api.audit_person(${sourcedId}, ${textArray(lists)}::text::text[], ${textArray(exports)}::text::text[]) as facts`,
  )
  return row?.facts as PersonFacts
}

export interface Erased {
  /** Rows taken away, by table. */
  readonly removed: Readonly<Record<string, number>>
  /** Rows that had the person among others, by table. */
  readonly rewritten: Readonly<Record<string, number>>
  readonly publishedAt: string
  /** Imports that have yet to run, and whose packages may have the person. */
  readonly waitingImports: readonly string[]
}

/** Takes a person away for good, in one transaction, as the owner. Fails with RH001 where nothing is known of it. */
export async function erasePerson(database: Database, sourcedId: string): Promise<Erased> {
  const [row] = await database.begin((sql) => sql<{ erased: Erased }[]>`select api.erase(${sourcedId}) as erased`)
  return row?.erased as Erased
}
