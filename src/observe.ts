// Observation -> log line. What happened comes in as data; only this file knows how it is told.

export interface Observation {
  readonly operation: string
  readonly method: string
  readonly status: number
  readonly durationMs: number
  readonly client?: string | undefined
  /** What went wrong below a 5xx: for the log, never for the client. */
  readonly cause?: unknown
}

export type Observe = (observation: Observation) => void

/** One JSON line for each observation at or above the level; no query string and no body, so no personal data. */
export function lineObserver(level: 'silent' | 'error' | 'info', write: (line: string) => void): Observe {
  if (level === 'silent') return () => {}
  return ({ cause, durationMs, ...rest }) => {
    const isError = rest.status >= 500
    if (level === 'error' && !isError) return
    const error =
      isError && cause !== undefined
        ? { error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }
        : {}
    write(
      JSON.stringify({
        time: new Date().toISOString(),
        level: isError ? 'error' : 'info',
        ...rest,
        durationMs: Math.round(durationMs * 100) / 100,
        ...error,
      }),
    )
  }
}
