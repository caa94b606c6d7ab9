// The store -> a package of OneRoster 1.2, as a stream: manifest first, then each file that has rows, copied out of the
// database and packed while it is read. All of it is of one moment. Knows no entity: the database says which files there are.

import { csvLine } from './csv.ts'
import type { Database, Transaction } from './database.ts'
import { writeZip } from './zip.ts'

export interface ExportOptions {
  /** Who asks, by its client id. */
  readonly client: string
  /** Only what was published after this moment, RFC 3339: a delta package. Absent: a bulk package. */
  readonly since?: string | undefined
}

export interface Export {
  /** The archive. Breaks off where the database fails; cancelling it ends the transaction at once. */
  readonly stream: ReadableStream<Uint8Array>
  /** The last publication in it, RFC 3339: what the next delta is asked for with. */
  readonly asOf: string
  /** A name for the archive: what it is, and of when. */
  readonly name: string
  /** Settles when the transaction has ended. Rejects with what broke the stream off; a reader who left did not. */
  readonly ended: Promise<void>
}

export type Exportable = Pick<Database, 'snapshot' | 'copyOut' | 'embedded'>

interface Opened {
  readonly asOf: string
  /** Every file of the standard; without a query it has no rows. */
  readonly files: readonly { readonly file: string; readonly header: readonly string[]; readonly query?: string }[]
}

const encoder = new TextEncoder()

/**
 * Begins an export. Throws what the database raised, before a byte is made: RH001 with 400 for a bad `since`. Embedded, all of
 * it is made before: the one session is not held for as long as a reader takes.
 */
export async function exportPackage(database: Exportable, { client, since }: ExportOptions): Promise<Export> {
  const { promise: begun, resolve, reject } = Promise.withResolvers<Omit<Export, 'ended'>>()
  const left = new AbortController()
  const run = async (transaction: Transaction): Promise<void> => {
    const [row] = await transaction<{ opened: Opened }[]>`
      select api.export_open(${client}, ${since ?? null}) as opened`
    const opened = row?.opened as Opened
    let copying: AsyncGenerator<Uint8Array> | undefined
    const rowsOf = (query: string) => {
      copying = database.copyOut(transaction, query, { lineEnd: '\r\n', signal: left.signal })
      return copying
    }
    // where the session is shared the end is not waited for by the last byte, but by whoever asked
    const last = database.embedded ? undefined : ended
    const { stream, over } = watched(writeZip(filesOf(opened, since, rowsOf)), left, last)
    over.catch(() => {})
    const name = `oneroster-${since === undefined ? 'bulk' : 'delta'}-${opened.asOf.replace(/[-:]|\.\d+/g, '')}.zip`
    try {
      const made = database.embedded ? (await new Response(stream).blob()).stream() : stream
      resolve({ stream: made, asOf: opened.asOf, name })
      await over
    } finally {
      // the transaction has the connection until the last copy has let go of it
      await copying?.return(undefined)
    }
  }
  const ended = database.snapshot(run).catch((cause: unknown) => {
    reject(cause)
    if (!left.signal.aborted) throw cause
  }) as Promise<void>
  ended.catch(() => {})
  const made = await begun
  if (database.embedded) await ended
  return { ...made, ended }
}

function filesOf({ files }: Opened, since: string | undefined, rowsOf: (query: string) => AsyncIterable<Uint8Array>) {
  const mode = since === undefined ? 'bulk' : 'delta'
  const present = files.flatMap(({ file, header, query }) => {
    if (query === undefined) return []
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield encoder.encode(csvLine(header))
      yield* rowsOf(query)
    }
    return [{ name: file, chunks }]
  })
  const lines = [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', '1.2'],
    ...files
      .map(({ file, query }) => [`file.${file.replace(/\.csv$/, '')}`, query === undefined ? 'absent' : mode])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ['source.systemName', 'RosterHub'],
    ['source.systemCode', 'rosterhub'],
  ]
  const manifest = { name: 'manifest.csv', chunks: () => [encoder.encode(lines.map(csvLine).join(''))] }
  return [manifest, ...present]
}

/** The same stream, its end held back for `last`; and when it is over: read to its end, broken off, or left by its reader. */
function watched(archive: ReadableStream<Uint8Array>, left: AbortController, last: Promise<void> | undefined) {
  const reader = archive.getReader()
  const { promise: over, resolve, reject } = Promise.withResolvers<void>()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        resolve()
        await last
        controller.close()
      } catch (cause) {
        reject(cause)
        throw cause
      }
    },
    async cancel() {
      const cause = new Error('the reader left')
      left.abort(cause)
      await reader.cancel(cause).catch(() => {})
      reject(cause)
    },
  })
  return { stream, over }
}
