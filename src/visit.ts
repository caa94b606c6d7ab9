// One request on its way through the stages, and what they find out about it. Made once a request; the stages fill in who
// asks and how many records they were given, and what is observed of the request is read from here, refusals included.

import type { ApiError } from './errors.ts'

/** Who asks, as a credential tells. */
export interface Caller {
  readonly client: string
  readonly scopes: ReadonlySet<string>
  /** The id of the API key it came with; absent for a token or a signature. */
  readonly key?: string | undefined
  /** Addresses the credential may be used from, as CIDR blocks; absent: any. */
  readonly addresses?: readonly string[] | undefined
  /** Requests a minute, where it is not what everybody has. */
  readonly perMinute?: number | undefined
}

export interface Visit {
  readonly request: Request
  /** Sent by the client as X-Request-Id, or made here; every answer and every log line has it. */
  readonly requestId: string
  /** Where the request comes from, behind the proxies that are trusted; absent where the runtime does not tell. */
  readonly address: string | undefined
  /** The operationId, or none. */
  readonly operation: string
  /** The path with the names of its arguments, as the documents have it: no id is in it. */
  readonly path: string
  /** The ids in the path, in its order. */
  readonly arguments: readonly string[]
  client?: string
  key?: string
  /** Records in the answer. */
  rows?: number
  /** What the answer carries beside its own headers. */
  readonly headers: Record<string, string>
}

/** What keeps requests out: addresses that may not ask, and more requests than are fair. */
export interface Gate {
  /** Before anything else is done for the request. Throws ApiError: 403 by address, 429 by rate. */
  enter(visit: Visit): Promise<void>
  /** Before a secret of `client` is looked at. Throws ApiError 429 where it came too soon after wrong ones, or too often. */
  claim(visit: Visit, client: string): Promise<void>
  /** The secret of `client` was right: wrong ones before it are forgotten. Throws ApiError 429 where it comes too often. */
  proved(visit: Visit, client: string): Promise<void>
  /** Once the caller is known, before its scopes are looked at. Throws ApiError as `enter` does. */
  admit(visit: Visit, caller: Caller): Promise<void>
  /**
   * A credential that proved wrong, of `client` where one was named: whoever guesses waits longer each time. Throws ApiError
   * 429 where it came too soon after others.
   */
  failed(visit: Visit, client?: string): Promise<void>
  /** A refusal on its way out, one by `enter` and `admit` too -> the one to answer: a 401 counts as `failed`. */
  refused(visit: Visit, error: ApiError): Promise<ApiError>
}

/** Keeps nobody out. */
export const openGate: Gate = {
  enter: async () => {},
  claim: async () => {},
  proved: async () => {},
  admit: async () => {},
  failed: async () => {},
  refused: async (_visit, error) => error,
}

const requestIdPattern = /^[\w.:-]{1,64}$/

/** The id a client gave its request, where it can stand in a log line, or a new one. */
export function requestIdOf(request: Request): string {
  const sent = request.headers.get('x-request-id')
  return sent !== null && requestIdPattern.test(sent) ? sent : crypto.randomUUID()
}

/** The values a path has where the documents' path has names; one that is no UTF-8 as it was sent. */
export function argumentsOf(path: string, url: string): string[] {
  const names = path.split('/')
  if (!path.includes('{')) return []
  const sent = new URL(url).pathname.split('/')
  return sent.flatMap((segment, place) => (names[place]?.startsWith('{') ? [decoded(segment)] : []))
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
