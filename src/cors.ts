// Which web pages may read answers: those of the origins that are listed, and none where none is. A request -> the answer to
// a preflight, and what an answer says of it. Compares whole origins, letter by letter. Source: the Fetch standard, CORS.

import { allowedMethods, type Route, type RoutedOperation } from './respond.ts'

/** What a page may send beside what any page may; there are no cookies, so credentials are never allowed. */
const requestHeaders = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'last-event-id',
  'x-api-key',
  'x-request-id',
].join(', ')

/** What a page may read beside what any page may. */
const exposedHeaders = [
  'Content-Disposition',
  'ETag',
  'Link',
  'Location',
  'RateLimit-Limit',
  'RateLimit-Policy',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'RosterHub-As-Of',
  'WWW-Authenticate',
  'X-Request-Id',
  'X-Total-Count',
].join(', ')

/** An hour; browsers take no more than two. */
const maxAgeSeconds = 3600

export interface Cors {
  /** What answers a preflight of a page that may ask; undefined for any other request. */
  readonly preflight: (route: Route, request: Request) => RoutedOperation | undefined
  /** Says on an answer, in place, who may read it. */
  readonly allow: (response: Response, request: Request) => Response
}

/** `origins`: as browsers send them, https://sis.example; empty: no page of another site may read anything. */
export function corsOf(origins: readonly string[]): Cors {
  const listed = new Set(origins)
  const originOf = ({ headers }: Request): string | undefined => {
    const origin = headers.get('origin')
    return origin !== null && listed.has(origin) ? origin : undefined
  }
  return {
    preflight: (route, request) => {
      if (request.method !== 'OPTIONS' || originOf(request) === undefined) return undefined
      return request.headers.has('access-control-request-method') ? preflightOf(route) : undefined
    },
    allow: (response, request) => {
      if (listed.size === 0) return response
      const { headers } = response
      headers.append('vary', 'origin')
      const origin = originOf(request)
      if (origin === undefined) return response
      headers.set('access-control-allow-origin', origin)
      headers.set('access-control-expose-headers', exposedHeaders)
      return response
    },
  }
}

const preflightOf = (route: Route): RoutedOperation => ({
  name: 'preflight',
  path: Object.values(route.methods)[0]?.path ?? route.path,
  answer: async () => ({
    response: new Response(null, {
      status: 204,
      headers: {
        'access-control-allow-methods': allowedMethods(route).join(', '),
        'access-control-allow-headers': requestHeaders,
        'access-control-max-age': String(maxAgeSeconds),
      },
    }),
  }),
})
