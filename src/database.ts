// Config -> the one `sql`: PostgreSQL by URL, or PGlite in this process. Hides what the two do differently: how rows are
// copied in and out, and how a role is taken. The only importer of postgres.js and PGlite.

import { Duplex, type Readable } from 'node:stream'
import type { PGlite } from '@electric-sql/pglite'
import postgres from 'postgres'
import { RowBlocks } from './blocks.ts'
import { readTls } from './sslmode.ts'
import { inTransaction, isLoss } from './transaction.ts'

export type Sql = postgres.Sql<Record<string, unknown>>
export type Transaction = postgres.TransactionSql<Record<string, unknown>>

export interface Database {
  readonly sql: Sql
  readonly embedded: boolean
  /** A transaction as the login itself: on the one embedded session, out of the application's role for its length. */
  readonly begin: <Result>(run: (transaction: Transaction) => Promise<Result>) => Promise<Result>
  /** A transaction that reads alone, all of it of the moment it began; it acts as the connections do. */
  readonly snapshot: <Result>(run: (transaction: Transaction) => Promise<Result>) => Promise<Result>
  /** Rows of CSV text, cut at line ends, into columns of a table; its name may have a schema before a dot. */
  readonly copy: (
    transaction: Transaction,
    table: string,
    columns: readonly string[],
    rows: AsyncIterable<Uint8Array>,
  ) => Promise<void>
  /**
   * The rows of a query as CSV text, in blocks cut at line ends; the transaction is busy until the last is read. Leaving
   * early, or an error of the reader's, fails the transaction. Embedded, all rows are in memory before the first is read.
   */
  readonly copyOut: (transaction: Transaction, query: string, options?: CopyOutOptions) => AsyncGenerator<Uint8Array>
  readonly close: () => Promise<void>
}

export interface CopyOutOptions {
  /** Whether the names of the columns come first; default false. */
  readonly header?: boolean
  /** What ends each row; default LF. */
  readonly lineEnd?: '\n' | '\r\n'
  /** Ends the reading as leaving does, even where no row comes. */
  readonly signal?: AbortSignal
}

export interface PostgresOptions {
  readonly poolSize: number
  /** The role to act as; absent: the login's own. */
  readonly role?: string
  /** Whether statements stay prepared in the session; false for a connection that answers one request. Default true. */
  readonly keepsPrepared?: boolean
  /** What stands in the file that sslrootcert in the URL names. */
  readonly rootCert?: string | undefined
  /** Milliseconds a statement may take, but for those of a snapshot, which lasts as its reader does; 0, the default: no end. */
  readonly statementTimeoutMs?: number
}

/** The role requests act as: it may execute schema api and nothing else. */
export const appRole = 'rosterhub_app'

/** A text[] as PostgreSQL writes it; send it as `${textArray(values)}::text::text[]`, which needs no type look-up. */
export const textArray = (values: readonly (string | null)[]): string =>
  `{${values.map((value) => (value === null ? 'null' : `"${value.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`

const ofOneMoment = 'isolation level repeatable read, read only'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

// every cell is text and an empty one is null, quoted or not, so nothing that the scanner lets pass can be rejected
const copyText = (table: string, columns: readonly string[], from: string): string => {
  const names = columns.map(quoted).join(', ')
  return `copy ${table.split('.').map(quoted).join('.')} (${names}) from ${from} with (format csv, force_null (${names}))`
}

/**
 * What suits the statements that api.page keeps prepared: planned once, never compiled, a large page sorted in memory. Set
 * for the session, because setting it for each call costs a fifth of a small page.
 */
const serving = { plan_cache_mode: 'force_generic_plan', jit: 'off', work_mem: '32MB' }

/** Makes the one embedded session that of the application: its role and its settings. */
export async function serveEmbedded(sql: Sql, role: string): Promise<void> {
  for (const [name, value] of Object.entries(serving)) await sql.unsafe(`set ${name} = '${value}'`)
  await sql.unsafe(`set role ${quoted(role)}`)
}

/** PostgreSQL behind a URL, by TLS as the URL says (sslmode.ts). Connects at the first query. */
export function connectPostgres(url: string, options: PostgresOptions): Database {
  const { url: address, ssl } = readTls(url, options.rootCert)
  const sql = postgres(address, {
    ssl,
    max: options.poolSize,
    onnotice: () => {},
    // no array crosses the wire as one, so that a new connection need not ask for their types first
    fetch_types: false,
    // seconds; the client's own grow to 20, and what is asked meanwhile waits for them
    backoff: () => 0.25,
    prepare: options.keepsPrepared ?? true,
    connection: {
      application_name: 'rosterhub',
      ...(options.role === undefined ? {} : { role: options.role, ...serving }),
      ...(options.statementTimeoutMs ? { statement_timeout: options.statementTimeoutMs } : {}),
    },
    transform: { undefined: null },
  }) as Sql
  return {
    sql,
    embedded: false,
    begin: (run) =>
      inTransaction<Transaction, Awaited<ReturnType<typeof run>>>((body) => sql.begin(body) as never, run as never),
    snapshot: (run) =>
      inTransaction<Transaction, Awaited<ReturnType<typeof run>>>((body) => sql.begin(ofOneMoment, body) as never, ((
        transaction: Transaction,
      ) => transaction.unsafe('set local statement_timeout = 0').then(() => run(transaction))) as never),
    copy: (transaction, table, columns, rows) => copyIn(transaction, copyText(table, columns, 'stdin'), rows),
    copyOut: (transaction, query, options) => copyOut(transaction, query, options, true),
    close: () => sql.end({ timeout: 5 }),
  }
}

async function copyIn(transaction: Transaction, text: string, rows: AsyncIterable<Uint8Array>): Promise<void> {
  const stream = await transaction.unsafe(text).writable()
  const failed = new Promise<never>((_resolve, reject) => stream.once('error', reject))
  failed.catch(() => {})
  try {
    for await (const chunk of rows) {
      if (!stream.write(chunk)) await Promise.race([failed, new Promise((resolve) => stream.once('drain', resolve))])
    }
    await Promise.race([failed, new Promise((resolve) => stream.write(new Uint8Array(0), resolve))])
  } catch (thrown) {
    // the server is told that no more comes; what it answers is not told to anybody: a query behind it waits for it
    if (!stream.destroyed) stream.destroy(thrown as Error)
    await transaction`select 1`.catch(() => {})
    throw thrown
  }
  stream.end()
  // A COPY that the server rejects after its last byte never settles in the client (porsager/postgres #1173). Once the
  // stream has let go of the connection, in the next turn of the loop, a query queues behind the COPY and fails with it.
  await new Promise((resolve) => setImmediate(resolve))
  await transaction`select 1`.catch((cause: unknown) => {
    throw new Error('the database refused rows that the scanner had let pass; its log names the line', { cause })
  })
}

async function* copyOut(
  transaction: Transaction,
  text: string,
  { header = false, lineEnd = '\n', signal }: CopyOutOptions = {},
  isCancellable: boolean,
): AsyncGenerator<Uint8Array> {
  const query = transaction.unsafe(`copy (${text}) to stdout with (format csv, header ${header})`)
  const stream = await query.readable()
  const blocks = new RowBlocks(stream, lineEnd)
  const stop = () => blocks.stop(signal?.reason)
  signal?.addEventListener('abort', stop)
  let isWhole = false
  try {
    if (signal?.aborted) stop()
    yield* blocks.read()
    isWhole = true
  } finally {
    signal?.removeEventListener('abort', stop)
    if (!isWhole) {
      const isOver = blocks.isOver
      // the client takes a query whose stream it has handed over for done, and would not cancel it
      if (isCancellable && !isOver) await Object.assign(query, { active: true }).cancel()
      await blocks.discard()
      // whoever went on would take a part of the rows for all; after the database's own error nobody can
      if (!(isOver && blocks.failure !== undefined) && !isLoss(blocks.failure))
        await transaction`select 1/0`.catch(() => {})
    }
    resume(stream)
  }
}

/** A COPY whose end comes while its stream is full leaves the connection paused (porsager/postgres #499). */
function resume(stream: Readable): void {
  try {
    stream._read(0)
  } catch {
    // the connection is gone
  }
}

/** PGlite that is already open; `role` is taken for the whole session, of which there is one. */
export async function connectEmbedded(pglite: PGlite, role?: string): Promise<Database> {
  const sql = postgres({
    host: 'pglite',
    user: 'postgres',
    database: 'postgres',
    max: 1,
    onnotice: () => {},
    fetch_types: false,
    transform: { undefined: null },
    socket: () => protocolStream(pglite),
  } as unknown as postgres.Options<Record<string, postgres.PostgresType>>) as Sql
  if (role !== undefined) await serveEmbedded(sql, role)
  return {
    sql,
    embedded: true,
    snapshot: (run) => sql.begin(ofOneMoment, run) as Promise<Awaited<ReturnType<typeof run>>>,
    begin: (run) =>
      sql.begin(async (transaction) => {
        await transaction`set local role none`
        return run(transaction)
      }) as Promise<Awaited<ReturnType<typeof run>>>,
    copy: async (_transaction, table, columns, rows) => {
      for await (const blob of blobs(rows)) await pglite.query(copyText(table, columns, "'/dev/blob'"), [], { blob })
    },
    copyOut: (transaction, query, options) => copyOut(transaction, query, options, false),
    close: () => sql.end({ timeout: 5 }),
  }
}

/** Opens PGlite in a directory, or in memory without one; `dump` is what dumpDataDir made. */
export async function openPglite(directory?: string, dump?: Blob): Promise<PGlite> {
  const { PGlite } = await import('@electric-sql/pglite')
  return PGlite.create({
    ...(directory === undefined ? {} : { dataDir: directory }),
    ...(dump === undefined ? {} : { loadDataDir: dump }),
  })
}

const blobBytes = 8 * 1024 * 1024

async function* blobs(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Blob> {
  let parts: Uint8Array<ArrayBuffer>[] = []
  let sizeBytes = 0
  for await (const chunk of rows) {
    parts.push(chunk.slice() as Uint8Array<ArrayBuffer>)
    sizeBytes += chunk.length
    if (sizeBytes < blobBytes) continue
    yield new Blob(parts)
    parts = []
    sizeBytes = 0
  }
  if (sizeBytes > 0) yield new Blob(parts)
}

/** The wire protocol without a wire: what postgres.js writes, PGlite executes and answers. */
function protocolStream(pglite: PGlite): Duplex & { readyState: string } {
  const stream = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      pglite
        .runExclusive(() =>
          pglite.execProtocolRawStream(chunk, { onRawData: (data) => void stream.push(data.slice()) }),
        )
        .then(() => done(), done)
    },
    final(done) {
      stream.push(null)
      done()
    },
  }) as Duplex & { readyState: string }
  stream.readyState = 'open'
  return stream
}
