// What the commands need of imports, wherever they are: behind a hub's address, or in a database at hand. Words only.

import type { told } from '../imports.ts'
import type { JobChange, JobFault, JobOptions } from '../job.ts'

/** An import as a hub tells it. */
export type ToldImport = ReturnType<typeof told>
export type ToldFault = Pick<JobFault, 'number' | 'file' | 'code' | 'message'> & Partial<JobFault>
export type ToldChange = Pick<JobChange, 'file' | 'sourcedId' | 'action'> & Partial<JobChange>

export interface ListFilter {
  readonly status?: string | undefined
  readonly source?: string | undefined
  readonly limit?: number | undefined
}

export interface Imports {
  /** How a person names an import at this place in another command: ` --url URL`, or nothing. */
  readonly place: string
  readonly send: (
    archive: Blob,
    options: JobOptions,
    onBytes: (doneBytes: number, totalBytes: number) => void,
  ) => Promise<ToldImport>
  readonly list: (filter: ListFilter) => Promise<readonly ToldImport[]>
  readonly get: (id: string) => Promise<ToldImport>
  readonly apply: (id: string, note: string | undefined) => Promise<ToldImport>
  readonly cancel: (id: string) => Promise<ToldImport>
  readonly revert: (id: string, note: string | undefined) => Promise<ToldImport>
  readonly faults: (id: string, limit: number) => Promise<readonly ToldFault[]>
  /** All faults as CSV. */
  readonly faultsCsv: (id: string) => Promise<ReadableStream<Uint8Array>>
  readonly changes: (
    id: string,
    filter: { readonly file?: string | undefined; readonly action?: string | undefined },
  ) => AsyncIterable<ToldChange>
  /** The import each time it stands otherwise; ends behind the one that is ended. */
  readonly follow: (id: string) => AsyncIterable<ToldImport>
}
