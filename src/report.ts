// What is told of an import: how far it is, what became of each file, what was refused and why. Words only.

/** How a file is to be read: all there is, or what changed. */
export type Mode = 'bulk' | 'delta'

export interface Progress {
  readonly stage: 'staging' | 'loading'
  readonly file: string
  readonly doneBytes: number
  readonly totalBytes: number
}

export interface Fault {
  readonly file: string
  readonly line: number
  readonly field: string | null
  readonly value: string | null
  readonly code: string
  readonly reason: string
}

export interface FileReport {
  readonly file: string
  readonly mode: Mode
  readonly rows: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly deleted: number
  readonly refused: number
}

/** Told once for each column and code, of the first row, with how many rows there are. */
export interface Warning extends Omit<Fault, 'line'> {
  readonly line: number | null
  readonly rows: number
}

export interface ImportReport {
  readonly source: string
  readonly version: string
  /** When readers saw the change; null when nothing changed or nothing was kept. */
  readonly publishedAt: string | null
  /** False when --strict met a fault: the store is as it was. */
  readonly applied: boolean
  readonly files: readonly FileReport[]
  readonly faultCount: number
  readonly warnings: readonly Warning[]
}

/** How the line of imports is now; shared by all processes, so take the maximum over them, not the sum. */
export interface ImportLine {
  readonly waiting: number
  readonly running: number
  readonly held: number
  readonly oldestWaitingSeconds: number
  readonly oldestHeldSeconds: number
}
