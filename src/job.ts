// An import as clients and workers read it, its faults and its changes; what may be asked of one.

import type { FileReport, Warning } from './report.ts'

export type JobStatus = 'received' | 'staging' | 'checking' | 'held' | 'applying' | 'completed' | 'failed' | 'cancelled'

export interface JobOptions {
  readonly mode: 'apply' | 'preview'
  readonly onFault: 'skip' | 'reject'
  /** Absent: the manifest's. */
  readonly source?: string | undefined
  readonly takeOver: boolean
  readonly keepDangling: boolean
  /** Run it whole, also when it repeats the last one of its source. */
  readonly force: boolean
  readonly assume?: 'bulk' | 'delta' | undefined
}

export interface JobProgress {
  readonly file: string
  readonly doneBytes: number
  readonly totalBytes: number
}

/** An import as clients read it. What does not apply is absent. Dates are RFC 3339 with milliseconds. */
export interface Job extends Omit<JobOptions, 'mode'> {
  readonly id: string
  readonly status: JobStatus
  readonly mode: 'apply' | 'preview' | 'revert'
  readonly sentBy: string
  readonly sizeBytes: number
  /** What the package is known again by, hexadecimal: the SHA-256 of the SHA-256s of its chunks. */
  readonly packageHash?: string
  readonly receivedAt: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly attempts: number
  readonly cancelAskedAt?: string
  readonly cancelledBy?: string
  /** Why it is held, or has failed. */
  readonly reason?: string
  readonly releasedBy?: string
  readonly releasedAt?: string
  readonly note?: string
  /** The import whose package this one was sent again. */
  readonly repeats?: string
  readonly reverts?: string
  readonly revertedBy?: string
  readonly publishedAt?: string
  readonly progress?: JobProgress
  /** By stage. */
  readonly seconds?: Readonly<Record<string, number>>
  readonly version?: string
  readonly files?: readonly FileReport[]
  readonly faultCount?: number
  readonly warnings?: readonly Warning[]
}

export interface JobFault {
  readonly number: number
  readonly file: string
  readonly line: number | null
  readonly field: string | null
  readonly value: string | null
  readonly code: string
  readonly message: string
}

/** A row that an import changed, or would. `old` and `new` are by the headers of the file; what is blank is absent. */
export interface JobChange {
  readonly file: string
  readonly sourcedId: string
  readonly action: 'created' | 'updated' | 'deleted'
  readonly old: Readonly<Record<string, unknown>> | null
  readonly new: Readonly<Record<string, unknown>> | null
  /** A client has written the record since: what the import made of it is not known any more, and `new` is null. */
  readonly overwritten: boolean
}

export const isEnded = ({ status }: Pick<Job, 'status'>): boolean =>
  ['held', 'completed', 'failed', 'cancelled'].includes(status)
