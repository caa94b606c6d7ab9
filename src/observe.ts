// Observation -> log line. What happened comes in as data; only this file knows how it is told.

export interface Observation {
  readonly operation: string
  readonly method: string
  /** As the documents have it, with names for its arguments. */
  readonly path: string
  /** The ids in the path: they may name a person, and stand in no log. */
  readonly arguments: readonly string[]
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
  /** Where the request came from; it may name a person, and stands in no log. */
  readonly address?: string | undefined
  readonly client?: string | undefined
  /** The id of the API key. */
  readonly key?: string | undefined
  /** Records in the answer. */
  readonly rows?: number | undefined
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

/** One JSON line for each observation at or above the level; no query string, no id and no body, so no personal data. */
export function lineObserver(level: 'silent' | 'error' | 'info', write: (line: string) => void): Observe {
  if (level === 'silent') return () => {}
  return ({ requestId, operation, method, status, durationMs, client, key, rows, cause }) => {
    const isError = status >= 500
    if (level === 'error' && !isError) return
    write(
      JSON.stringify({
        time: new Date().toISOString(),
        level: isError ? 'error' : 'info',
        requestId,
        operation,
        method,
        status,
        durationMs: Math.round(durationMs * 100) / 100,
        client,
        key,
        rows,
        ...(isError && cause !== undefined ? { error: errorText(cause) } : {}),
      }),
    )
  }
}

/** Tells each of them. */
export const observeAll =
  (...observers: readonly Observe[]): Observe =>
  (observation) => {
    for (const observe of observers) observe(observation)
  }
