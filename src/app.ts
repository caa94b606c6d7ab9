// The app without a port: one loop over the registry registers answer(). Exports what has `fetch`. The only importer of
// Elysia.

import { Elysia } from 'elysia'
import { clientAddress } from './address.ts'
import { adminHandlers } from './admin.ts'
import { answer, type Stages } from './answer.ts'
import { auditHandlers } from './audit_reading.ts'
import { Auth } from './auth.ts'
import { excessOf } from './bounds.ts'
import type { Config } from './config.ts'
import { type Cors, corsOf } from './cors.ts'
import { CredentialStore } from './credentials.ts'
import type { Sql } from './database.ts'
import { documents, localised } from './discovery.ts'
import { ApiError, errorResponse, toApiError, tokenErrorResponse } from './errors.ts'
import { hashOf } from './etag.ts'
import type { Exportable } from './exporter.ts'
import { exportHandlers } from './exports.ts'
import { hubOperations } from './generated/hub.operations.ts'
import { type Operation, operations } from './generated/operations.ts'
import { grantingHandlers } from './granting.ts'
import { secure } from './headers.ts'
import { health, readiness } from './health.ts'
import { type ImportHooks, importHandlers } from './imports.ts'
import { Jobs } from './jobs.ts'
import type { Metrics } from './metrics.ts'
import type { Observe } from './observe.ts'
import { answerOwn } from './own.ts'
import { referenceRoutes, type Viewer } from './reference.ts'
import { nowhere, operationOf, type Route, refused, respond } from './respond.ts'
import { withoutBody } from './response.ts'
import { Store } from './store.ts'
import { type Gate, openGate, type Visit } from './visit.ts'

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
    | 'trustProxy'
    | 'corsOrigins'
    | 'urlMaxBytes'
    | 'headersMaxBytes'
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
  /** What keeps requests out; absent: nothing does. */
  readonly gate?: Gate
}

export interface App {
  /** `peer`: the address at the other end of the connection, where the runtime tells. */
  readonly fetch: (request: Request, peer?: string) => Promise<Response> | Response
}

export interface RoutedApp extends App {
  /** What is answered: `GET /imports/:p2`. */
  readonly routes: readonly string[]
}

export function createApp(given: AppOptions): RoutedApp {
  const peers = new WeakMap<Request, string>()
  const cors = corsOf(given.config.corsOrigins)
  const addressOf = (request: Request): string | undefined =>
    clientAddress(peers.get(request), request.headers.get('x-forwarded-for'), given.config.trustProxy)
  const options = { ...given, cors, gate: given.gate ?? openGate, addressOf }
  const routes = [...hubRoutes(options), ...serviceRoutes(options)]
  const router = routerOf(routes, options, true)
  let shortRouter: ReturnType<typeof routerOf> | undefined
  const answerTo = async (request: Request): Promise<Response> => {
    const isPlaced = URL.canParse(request.url)
    const excess = isPlaced ? excessOf(request, given.config) : hostless
    if (excess !== undefined) {
      const path = isPlaced ? new URL(request.url).pathname : '/'
      return respond(refused(path, excess), request, addressOf(request), options)
    }
    if (hasShortHost(request.url)) shortRouter ??= routerOf(routes, options, false)
    const response = await (hasShortHost(request.url) ? (shortRouter ?? router) : router).fetch(request)
    return request.method === 'HEAD' ? withoutBody(response) : response
  }
  return {
    routes: routes.flatMap(({ path, methods }) => Object.keys(methods).map((method) => `${method} ${path}`)),
    fetch: async (request, peer) => {
      if (peer !== undefined) peers.set(request, peer)
      const response = await answerTo(request).catch((thrown) => errorResponse(toApiError(thrown)))
      return secure(cors.allow(response, request), given.config)
    },
  }
}

const hostless = new ApiError('invaliddata', 'the Host header names no host', { status: 400 })

/**
 * Elysia looks for the path behind the eleventh character of an address, and, told that hosts are not standard ones, behind
 * the seventh: neither finds it in both http://api/ and https://hub.example.org/.
 */
const hasShortHost = (url: string): boolean => url.startsWith('http:') && url.indexOf('/', 7) < 11

interface RouterOptions extends AppOptions {
  readonly cors: Cors
  readonly gate: Gate
  readonly addressOf: (request: Request) => string | undefined
}

function routerOf(routes: readonly Route[], options: RouterOptions, standardHostname: boolean) {
  const { aot = true, addressOf, cors } = options
  const elysia = new Elysia({ aot, handler: { standardHostname } })
  // the stages read the raw request; without aot Elysia does not look at `parse` but at `type`, which it does not declare
  const unread = { parse: 'none', type: 'none' } as { parse: 'none' }
  for (const route of routes) {
    elysia.all(
      route.path,
      ({ request }) => {
        const operation = cors.preflight(route, request) ?? operationOf(route, request.method)
        return respond(operation, request, addressOf(request), options)
      },
      unread,
    )
  }
  return elysia.onError(({ error, code, request }) => {
    const { pathname } = new URL(request.url)
    const operation = code === 'NOT_FOUND' ? nowhere(pathname) : refused(pathname, error)
    return respond(operation, request, addressOf(request), options)
  })
}

/** Paths by position: a router refuses two parameter names in one place, and OneRoster has eight such places. */
const positional = (path: string): string =>
  path
    .split('/')
    .map((segment, place) => (segment.startsWith('{') ? `:p${place}` : segment))
    .join('/')

/** The same data rendered by other SQL, or for another address, is another representation. */
function buildOf({ sqlHashes, config }: AppOptions): string {
  return hashOf(JSON.stringify([Object.entries(sqlHashes).sort(), config.publicUrl, config.pageLimitMax]))
}

function serviceRoutes(given: RouterOptions): Route[] {
  const { sql, config } = given
  const store = new Store(sql, given.writesTogether)
  const auth = new Auth(new CredentialStore(sql), { ...config, recheckMs: config.tokenRecheckMs, gate: given.gate })
  const { publicUrl, pageLimitMax, bodyMaxBytes: bodyBytesMax, recordMaxBytes: recordBytesMax } = config
  const options = { publicUrl, pageLimitMax, bodyBytesMax, recordBytesMax, build: buildOf(given) }
  const stages = { auth, store, options }
  const byPath = Map.groupBy(operations, (operation) => positional(operation.path))
  const methods = (group: readonly Operation[]): Route['methods'] =>
    Object.fromEntries(
      group.map((o) => [o.method, { name: o.id, path: o.path, answer: (visit: Visit) => answer(stages, o, visit) }]),
    )
  const token = { name: 'createToken', path: '/oauth2/token', answer: (visit: Visit) => auth.token(visit) }
  return [
    { path: '/oauth2/token', methods: { POST: { ...token, refuse: tokenErrorResponse } } },
    ...[...byPath].map(([path, group]) => ({ path, methods: methods(group) })),
    ...ownRoutes(stages, given),
  ]
}

const nobody: ImportHooks = { wake: () => {}, cancelled: () => {} }

/** The hub's own operations that ask for a scope. */
function ownRoutes(stages: Stages, { sql, config, imports: hooks = nobody, exports, observe }: AppOptions): Route[] {
  const { auth, store, options } = stages
  const handlers = {
    ...importHandlers({ jobs: new Jobs(sql), config, hooks }),
    ...exportHandlers(exports, observe),
    ...adminHandlers({ sql, oauth1Key: config.oauth1Key }),
    ...grantingHandlers({ sql, store, options }),
    ...auditHandlers(sql, config.publicUrl),
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
        {
          name: operation.id,
          path: operation.path,
          answer: (visit: Visit) => answerOwn(auth, operation, handle, visit),
        },
      ]),
    ),
  }))
}

function hubRoutes({ sql, config, sqlHashes, version, metrics, viewer }: AppOptions): Route[] {
  const options = { store: new Store(sql), expected: sqlHashes, version, startedAtMs: Date.now() }
  const get = (path: string, name: string, read: (request: Request) => Response | Promise<Response>): Route => ({
    path,
    methods: { GET: { name, path, answer: async ({ request }) => ({ response: await read(request) }) } },
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
