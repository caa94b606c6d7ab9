// Imports in a database at hand: the same commands as behind an address, over the functions that a hub itself calls.

import { toApiError } from '../errors.ts'
import { csvOf, told } from '../imports.ts'
import { isEnded, type Job, type Jobs } from '../jobs.ts'
import { receive, type UploadLimits } from '../upload.ts'
import { CommandError } from './data.ts'
import type { Imports, ToldChange, ToldFault, ToldImport } from './transport.ts'

export interface LocalOptions {
  readonly jobs: Jobs
  readonly limits: UploadLimits
  /** Who is on record as having sent, applied or cancelled. */
  readonly operator: string
  /** Milliseconds between two looks at an import that is followed; default 100. */
  readonly everyMs?: number
  /** Told of each import that waits for a worker. */
  readonly wake?: (job: { id: string; source: string }) => void
}

/** Imports by their functions. A call throws CommandError where there is no such import, else as Jobs do. */
export function localImports({ jobs, limits, operator, everyMs = 100, wake }: LocalOptions): Imports {
  const known = async (id: string): Promise<Job> => {
    const job = /^\d{1,18}$/.test(id) ? await jobs.get(id) : undefined
    if (job === undefined) throw new CommandError(`no import ${id}`)
    return job
  }
  const queued = (job: Job): ToldImport => {
    if (job.status === 'received') wake?.({ id: job.id, source: job.source ?? 'default' })
    return told(job)
  }
  const act = async (id: string, run: (id: string) => Promise<Job>): Promise<ToldImport> =>
    queued(await run((await known(id)).id).catch(inWords))
  return {
    place: '',
    get: async (id) => told(await known(id)),
    send: async (archive, options, onBytes) => {
      const { job, refusal } = await receive(jobs, operator, options, counted(archive, onBytes), limits).catch(inWords)
      if (refusal !== undefined) throw new CommandError(`${refusal.reason} (import ${job.id})`)
      return queued(job)
    },
    list: async ({ status, source, limit = 100 }) => {
      const filter = { ...(status === undefined ? {} : { status }), ...(source === undefined ? {} : { source }) }
      return (await jobs.list({ ...filter, limit })).map(told)
    },
    apply: (id, note) => act(id, (found) => jobs.release(operator, found, note)),
    cancel: (id) => act(id, (found) => jobs.cancel(operator, found)),
    revert: (id, note) => act(id, (found) => jobs.revert(operator, found, note)),
    faults: async (id, limit) => (await jobs.faults((await known(id)).id, 0, limit)) as readonly ToldFault[],
    faultsCsv: async (id) => csvOf(jobs, (await known(id)).id),
    async *changes(id, filter): AsyncGenerator<ToldChange> {
      const { id: found } = await known(id)
      for (let after: string | undefined; ; ) {
        const page = await jobs.changes(found, { ...filter, after, limit: 1000 })
        yield* page.changes
        if (page.after === undefined) return
        after = page.after
      }
    },
    async *follow(id) {
      for (let last = ''; ; await Bun.sleep(everyMs)) {
        const job = await known(id)
        const text = JSON.stringify(job)
        if (text !== last) yield told(job)
        last = text
        if (isEnded(job)) return
      }
    },
  }
}

/** What a client would be refused with, in the same words. */
function inWords(thrown: unknown): never {
  const { status, message } = toApiError(thrown)
  throw status < 500 ? new CommandError(message) : thrown
}

async function* counted(
  archive: Blob,
  onBytes: (doneBytes: number, totalBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let doneBytes = 0
  for await (const chunk of archive.stream()) {
    doneBytes += chunk.length
    onBytes(doneBytes, archive.size)
    yield chunk
  }
}
