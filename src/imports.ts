// Imports over HTTP: a handler for each operation, by its operationId. What comes in goes to Jobs, what Jobs answer goes out.

import { preferred } from './accept.ts'
import { readText } from './bytes.ts'
import type { Config } from './config.ts'
import { ApiError } from './errors.ts'
import { Following } from './following.ts'
import { isEnded, type Job, type JobChange, type JobFault, type JobOptions, type Jobs } from './jobs.ts'
import { type Asked, type Handler, linkTo, type Place } from './own.ts'
import { packageOf, receive } from './upload.ts'

/** Whom to tell of an import; what nobody is told of, a worker finds by itself. */
export interface ImportHooks {
  /** It waits for a worker. */
  readonly wake: (job: { readonly id: string; readonly source: string }) => void
  /** It is about to be cancelled. Embedded, the one session may be busy with it. */
  readonly cancelled: (id: string) => void
}

export interface ImportsOptions {
  readonly jobs: Jobs
  readonly config: Pick<Config, 'publicUrl' | 'importMaxBytes' | 'importMaxUnpackedBytes'>
  readonly hooks: ImportHooks
}

/** A note has 2,000 characters at most, which JSON may write with six bytes each. */
const noteCharsMax = 2000
const noteBytesMax = 16 * 1024
const faultsTogether = 1000
const faultColumns = ['file', 'line', 'field', 'value', 'code', 'message'] as const

/** The handlers by operationId. */
export function importHandlers({ jobs, config, hooks }: ImportsOptions): Readonly<Record<string, Handler>> {
  const { publicUrl, importMaxBytes: bytesMax, importMaxUnpackedBytes: unpackedBytesMax } = config
  const limits = { bytesMax, unpackedBytesMax }
  const following = new Following(jobs)
  const origin = ({ url }: Asked): string => publicUrl ?? url.origin
  const address = (asked: Asked, { id }: Job): string => `${origin(asked)}/imports/${id}`
  const wake = (job: Job): void => hooks.wake({ id: job.id, source: job.source ?? 'default' })
  const found = async (asked: Asked): Promise<Job> => (await jobs.get(idOf(asked))) ?? missing(idOf(asked))
  const queued = (asked: Asked, job: Job): Response => {
    wake(job)
    return Response.json(told(job), { status: 202, headers: { location: address(asked, job) } })
  }
  /** One more than the page has was asked for, to know whether there is a next one. */
  const page = <Row>(asked: Asked, name: string, rows: readonly Row[], next: (last: Row) => Place): Response => {
    const shown = rows.slice(0, limitOf(asked))
    const last = shown.at(-1)
    const link =
      rows.length > shown.length && last !== undefined ? { link: linkTo(origin(asked), asked, next(last)) } : {}
    return Response.json({ [name]: shown }, { headers: link })
  }

  return {
    createImport: async (asked) => {
      const { request, client, parameters } = asked
      const chunks = packageOf(request, limits)
      const { job, refusal } = await receive(jobs, client, parameters as unknown as JobOptions, chunks, limits)
      const location = address(asked, job)
      if (refusal !== undefined)
        throw new ApiError('invaliddata', refusal.reason, { status: refusal.status, headers: { location } })
      return isEnded(job) ? Response.json(told(job), { headers: { location } }) : queued(asked, job)
    },

    listImports: async (asked) => {
      const { status, source, before } = asked.parameters as Readonly<Record<string, string | number | undefined>>
      const filter = {
        ...(status === undefined ? {} : { status: String(status) }),
        ...(source === undefined ? {} : { source: String(source) }),
        ...(before === undefined ? {} : { before: String(before) }),
      }
      const rows = await jobs.list({ ...filter, limit: limitOf(asked) + 1 })
      return page(asked, 'imports', rows.map(told), (last) => ({ before: last.id }))
    },

    getImport: async (asked) => Response.json(told(await found(asked))),

    listImportFaults: async (asked) => {
      const type = preferred(asked.request.headers.get('accept'), ['application/json', 'text/csv'])
      if (type === undefined)
        throw new ApiError('invaliddata', 'Accept: faults are told as application/json or text/csv', { status: 406 })
      const { id } = await found(asked)
      if (type === 'text/csv') return csvResponse(id, asked.request.method === 'HEAD' ? null : csvOf(jobs, id))
      const rows = await jobs.faults(id, Number(asked.parameters['after']), limitOf(asked) + 1)
      return page(asked, 'faults', rows.map(withoutNulls<JobFault>), (last) => ({ after: last.number }))
    },

    listImportChanges: async (asked) => {
      const { id } = await found(asked)
      const { file, action, after } = asked.parameters as Readonly<Record<string, string | undefined>>
      const read = await jobs.changes(id, { file, action, after, limit: limitOf(asked) })
      const link = read.after === undefined ? {} : { link: linkTo(origin(asked), asked, { after: read.after }) }
      return Response.json({ changes: read.changes.map(changeTold) }, { headers: link })
    },

    followImport: async (asked) => {
      const job = await found(asked)
      const lastId = /^\d{1,15}$/.exec(asked.request.headers.get('last-event-id') ?? '')?.[0] ?? 0
      const body = asked.request.method === 'HEAD' ? null : following.events(job, Number(lastId), told)
      // a proxy that buffers would keep the events to itself
      const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
      return new Response(body, { headers })
    },

    applyImport: async (asked) => queued(asked, await jobs.release(asked.client, idOf(asked), await noteOf(asked))),

    cancelImport: async (asked) => {
      const id = idOf(asked)
      hooks.cancelled(id)
      const job = await jobs.cancel(asked.client, id)
      return Response.json(told(job), { status: isEnded(job) ? 200 : 202 })
    },

    revertImport: async (asked) => queued(asked, await jobs.revert(asked.client, idOf(asked), await noteOf(asked))),
  }
}

const missing = (id: string): never => {
  throw new ApiError('unknownobject', `Unknown Object: no import ${id}`)
}

/** The path is /imports/{importId}, and more. */
function idOf({ url }: Asked): string {
  const id = url.pathname.split('/')[2] ?? ''
  return /^\d{1,18}$/.test(id) ? id : missing(`"${id}"`)
}

/** An import as it is told: a warning says its reason as a fault does, and nothing is null. */
export const told = ({ warnings, ...job }: Job) => ({
  ...job,
  ...(warnings === undefined
    ? {}
    : { warnings: warnings.map(({ reason, ...rest }) => withoutNulls({ ...rest, message: reason })) }),
})

const withoutNulls = <Row extends object>(row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row

/** `overwritten` is told where it is so. */
const changeTold = ({ overwritten, ...change }: JobChange) => ({
  ...withoutNulls(change),
  ...(overwritten ? { overwritten } : {}),
})

const limitOf = ({ parameters }: Asked): number => Number(parameters['limit'])

/** The note in the body; undefined where there is no body. Throws ApiError: 422 with the path, 413 for a large body. */
async function noteOf({ request }: Asked): Promise<string | undefined> {
  const text = await readText(request, {
    bytesMax: noteBytesMax,
    refusal: (fault, cause) => {
      if (fault === 'size')
        return new ApiError('invaliddata', `the body has more than ${noteBytesMax} bytes`, { status: 413 })
      if (fault === 'encoding') return new ApiError('invaliddata', '/: the body is not UTF-8', { cause })
      return new ApiError('invaliddata', '/: the body broke off', { status: 400, cause })
    },
  })
  if (text.trim() === '') return undefined
  const body = parse(text)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError('invaliddata', '/: an object with a note is wanted')
  const unknown = Object.keys(body).find((name) => name !== 'note')
  if (unknown !== undefined) throw new ApiError('invaliddata', `/${unknown}: only a note may be given`)
  const { note } = body as { note?: unknown }
  if (note === undefined || note === null) return undefined
  if (typeof note === 'string' && note.length <= noteCharsMax && !note.includes('\0') && note.isWellFormed())
    return note
  throw new ApiError('invaliddata', `/note: must be a text of ${noteCharsMax} characters at most, without NUL`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ApiError('invaliddata', `/: the body is not JSON: ${(cause as Error).message}`, { cause })
  }
}

const csvResponse = (id: string, body: ReadableStream<Uint8Array> | null): Response =>
  new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="import-${id}-faults.csv"`,
    },
  })

/** All faults as CSV, read as they are taken: RFC 4180, the header always. */
export function csvOf(jobs: Jobs, id: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let after = -1
  return new ReadableStream({
    async pull(controller) {
      if (after === -1) {
        after = 0
        return controller.enqueue(encoder.encode(`${faultColumns.join(',')}\r\n`))
      }
      const faults = await jobs.faults(id, after, faultsTogether)
      after = faults.at(-1)?.number ?? after
      if (faults.length > 0) controller.enqueue(encoder.encode(faults.map(csvLine).join('')))
      if (faults.length < faultsTogether) controller.close()
    },
  })
}

const csvLine = (fault: JobFault): string =>
  `${faultColumns.map((column) => cell(String(fault[column] ?? ''))).join(',')}\r\n`

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
