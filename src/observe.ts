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

/** Something that happened to no request: an import began, or ended. */
export interface Happening {
  readonly event: string
  readonly [detail: string]: string | number | boolean | undefined
}

/** `cause`: it went wrong, and by what. */
export type Tell = (happening: Happening, cause?: unknown) => void

/** One JSON line for each happening at or above the level. */
export function lineTeller(level: 'silent' | 'error' | 'info', write: (line: string) => void): Tell {
  return (happening, cause) => {
    if (level === 'silent' || (level === 'error' && cause === undefined)) return
    const told = { time: new Date().toISOString(), level: cause === undefined ? 'info' : 'error', ...happening }
    write(JSON.stringify(cause === undefined ? told : { ...told, error: errorText(cause) }))
  }
}

const errorText = (cause: unknown): string => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))

/** One JSON line for each observation at or above the level; no query string and no body, so no personal data. */
export function lineObserver(level: 'silent' | 'error' | 'info', write: (line: string) => void): Observe {
  if (level === 'silent') return () => {}
  return ({ cause, durationMs, ...rest }) => {
    const isError = rest.status >= 500
    if (level === 'error' && !isError) return
    const error = isError && cause !== undefined ? { error: errorText(cause) } : {}
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
