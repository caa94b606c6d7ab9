// The app without a port: one loop over the registry registers answer(). Exports what has `fetch`. The only importer of
// Elysia.

import { Elysia } from 'elysia'
import { answer } from './answer.ts'
import { Auth } from './auth.ts'
import type { Config } from './config.ts'
import type { Sql } from './database.ts'
import { documents, localised } from './discovery.ts'
import { ApiError, errorResponse, toApiError } from './errors.ts'
import type { Exportable } from './exporter.ts'
import { exportHandlers } from './exports.ts'
import { hubOperations } from './generated/hub.operations.ts'
import { type Operation, operations } from './generated/operations.ts'
import { health, readiness } from './health.ts'
import { type ImportHooks, importHandlers } from './imports.ts'
import { Jobs } from './jobs.ts'
import type { Metrics } from './metrics.ts'
import type { Observe } from './observe.ts'
import { answerOwn } from './own.ts'
import { referenceRoutes, type Viewer } from './reference.ts'
import { withoutBody } from './response.ts'
import { Store } from './store.ts'

export interface AppOptions {
  readonly sql: Sql
  readonly config: Pick<
    Config,
    | 'publicUrl'
    | 'tokenSeconds'
    | 'tokenRecheckMs'
    | 'oauth1Key'
    | 'oauth1WindowSeconds'
    | 'pageLimitMax'
    | 'bodyMaxBytes'
    | 'recordMaxBytes'
    | 'importMaxBytes'
    | 'importMaxUnpackedBytes'
  >
  readonly observe: Observe
  /** The SQL files of this build, name to hash: ready means that the database has them. */
  readonly sqlHashes: Readonly<Record<string, string>>
  readonly version: string
  /** Records written in one transaction at most, when clients send them at the same time; default 64. */
  readonly writesTogether?: number
  /** Compiles each route at its first request; false where a runtime forbids code made at run time. Default true. */
  readonly aot?: boolean
  /** What /metrics answers; without it there is none. */
  readonly metrics?: Pick<Metrics, 'text' | 'contentType'>
  /** What can be exported; without it nothing can, as where a connection ends with its request. */
  readonly exports?: Exportable
  /** What shows the reference at /docs; without it there is none. */
  readonly viewer?: Viewer
  /** Whom to tell of imports; absent, the workers find them by themselves. */
  readonly imports?: ImportHooks
}

export interface App {
  readonly fetch: (request: Request) => Promise<Response> | Response
}

export interface RoutedApp extends App {
  /** What is answered: `GET /imports/:p2`. */
  readonly routes: readonly string[]
}

type Answer = (request: Request) => Promise<{ response: Response; client?: string; cause?: unknown }>

interface Route {
  readonly path: string
  /** By method: the name of the operation, and what answers it. */
  readonly methods: Readonly<Record<string, { readonly name: string; readonly answer: Answer }>>
}

export function createApp(options: AppOptions): RoutedApp {
  const routes = [...hubRoutes(options), ...serviceRoutes(options)]
  const router = routerOf(routes, options, true)
  let shortRouter: ReturnType<typeof routerOf> | undefined
  return {
    routes: routes.flatMap(({ path, methods }) => Object.keys(methods).map((method) => `${method} ${path}`)),
    fetch: async (request) => {
      if (!URL.canParse(request.url)) {
        return errorResponse(new ApiError('invaliddata', 'the Host header names no host', { status: 400 }))
      }
      if (hasShortHost(request.url)) shortRouter ??= routerOf(routes, options, false)
      const response = await (hasShortHost(request.url) ? (shortRouter ?? router) : router).fetch(request)
      return request.method === 'HEAD' ? withoutBody(response) : response
    },
  }
}

/**
 * Elysia looks for the path behind the eleventh character of an address, and, told that hosts are not standard ones, behind
 * the seventh: neither finds it in both http://api/ and https://hub.example.org/.
 */
const hasShortHost = (url: string): boolean => url.startsWith('http:') && url.indexOf('/', 7) < 11

function routerOf(routes: readonly Route[], { aot = true, observe }: AppOptions, standardHostname: boolean) {
  const elysia = new Elysia({ aot, handler: { standardHostname } })
  // the stages read the raw request; without aot Elysia does not look at `parse` but at `type`, which it does not declare
  const unread = { parse: 'none', type: 'none' } as { parse: 'none' }
  for (const route of routes) elysia.all(route.path, ({ request }) => respond(route, request, observe), unread)
  return elysia.onError(({ error, code, request }) => {
    const known =
      code === 'NOT_FOUND'
        ? new ApiError('unknownobject', `Unknown Object: no such path ${new URL(request.url).pathname}`)
        : toApiError(error)
    observe({
      operation: 'none',
      method: request.method,
      status: known.status,
      durationMs: 0,
      cause: known.cause ?? error,
    })
    return errorResponse(known, new URL(request.url).pathname)
  })
}

async function respond(route: Route, request: Request, observe: Observe): Promise<Response> {
  const startedAt = performance.now()
  // HEAD is answered as GET in everything, the words of a refusal too: they make the length
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const operation = route.methods[method]
  const name = operation?.name ?? 'none'
  try {
    if (operation === undefined) throw wrongMethod(route, method)
    const { response, client, cause } = await operation.answer(request)
    observe({
      operation: name,
      method: request.method,
      status: response.status,
      durationMs: performance.now() - startedAt,
      client,
      cause,
    })
    return response
  } catch (thrown) {
    const error = toApiError(thrown)
    observe({
      operation: name,
      method: request.method,
      status: error.status,
      durationMs: performance.now() - startedAt,
      cause: error.cause ?? error,
    })
    return errorResponse(error, route.path)
  }
}

function wrongMethod(route: Route, method: string): ApiError {
  const allowed = Object.keys(route.methods).flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known]))
  return new ApiError(
    'invaliddata',
    `${method} is not a method of this path; ${allowed.join(', ')} ${allowed.length > 1 ? 'are' : 'is'}`,
    {
      status: 405,
      headers: { allow: allowed.join(', ') },
    },
  )
}

/** Paths by position: a router refuses two parameter names in one place, and OneRoster has eight such places. */
const positional = (path: string): string =>
  path
    .split('/')
    .map((segment, place) => (segment.startsWith('{') ? `:p${place}` : segment))
    .join('/')

/** The same data rendered by other SQL, or for another address, is another representation. */
function buildOf({ sqlHashes, config }: AppOptions): string {
  const text = JSON.stringify([Object.entries(sqlHashes).sort(), config.publicUrl, config.pageLimitMax])
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0
  return hash.toString(36)
}

function serviceRoutes(given: AppOptions): Route[] {
  const { sql, config } = given
  const store = new Store(sql, given.writesTogether)
  const auth = new Auth(store, { ...config, recheckMs: config.tokenRecheckMs })
  const { publicUrl, pageLimitMax, bodyMaxBytes: bodyBytesMax, recordMaxBytes: recordBytesMax } = config
  const options = { publicUrl, pageLimitMax, bodyBytesMax, recordBytesMax, build: buildOf(given) }
  const stages = { auth, store, options }
  const byPath = Map.groupBy(operations, (operation) => positional(operation.path))
  const methods = (group: readonly Operation[]): Route['methods'] =>
    Object.fromEntries(
      group.map((o) => [o.method, { name: o.id, answer: (request: Request) => answer(stages, o, request) }]),
    )
  const token = { name: 'createToken', answer: (request: Request) => auth.token(request) }
  return [
    { path: '/oauth2/token', methods: { POST: token } },
    ...[...byPath].map(([path, group]) => ({ path, methods: methods(group) })),
    ...ownRoutes(auth, given),
  ]
}

const nobody: ImportHooks = { wake: () => {}, cancelled: () => {} }

/** The hub's own operations that ask for a scope. */
function ownRoutes(auth: Auth, { sql, config, imports: hooks = nobody, exports, observe }: AppOptions): Route[] {
  const handlers = {
    ...importHandlers({ jobs: new Jobs(sql), config, hooks }),
    ...exportHandlers(exports, observe),
  }
  const own = hubOperations.flatMap((operation) => {
    const handle = handlers[operation.id]
    return handle === undefined ? [] : [{ operation, handle }]
  })
  return [...Map.groupBy(own, ({ operation }) => positional(operation.path))].map(([path, group]) => ({
    path,
    methods: Object.fromEntries(
      group.map(({ operation, handle }) => [
        operation.method,
        { name: operation.id, answer: (request: Request) => answerOwn(auth, operation, handle, request) },
      ]),
    ),
  }))
}

function hubRoutes({ sql, config, sqlHashes, version, metrics, viewer }: AppOptions): Route[] {
  const options = { store: new Store(sql), expected: sqlHashes, version, startedAtMs: Date.now() }
  const get = (path: string, name: string, read: (request: Request) => Response | Promise<Response>): Route => ({
    path,
    methods: { GET: { name, answer: async (request) => ({ response: await read(request) }) } },
  })
  return [
    get('/health', 'getHealth', () => health(options)),
    get('/health/live', 'getLiveness', () => Response.json({ status: 'ok' })),
    get('/health/ready', 'getReadiness', () => readiness(options)),
    ...(metrics === undefined ? [] : [get('/metrics', 'getMetrics', () => told(metrics))]),
    ...referenceRoutes(viewer, config.publicUrl).map(({ path, name, read }) => get(path, name, read)),
    ...documents.flatMap((served) =>
      served.files.map((file) =>
        get(`${served.base}/discovery/${file}`, 'getDiscoveryDocument', (request) =>
          Response.json(localised(served, config.publicUrl ?? new URL(request.url).origin)),
        ),
      ),
    ),
  ]
}

const told = async ({ text, contentType }: Pick<Metrics, 'text' | 'contentType'>): Promise<Response> =>
  new Response(await text(), { headers: { 'content-type': contentType } })
