// The app as an edge worker, over PostgreSQL by the binding DATABASE_URL; the other settings are bindings too. `bun run
// edge` bundles it, and puts SQL_HASHES in: a worker has no files. There a connection belongs to the request that opened
// it, so each request gets its own, opened at its first query and closed behind its response.

import { AsyncLocalStorage } from 'node:async_hooks'
import { version } from '../package.json' with { type: 'json' }
import { type App, createApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { appRole, connectPostgres, type Database, type Sql } from './database.ts'
import { errorResponse, toApiError } from './errors.ts'
import { lineObserver } from './observe.ts'

/** The files of sql/ and their hashes, as the bundling found them. */
declare const SQL_HASHES: Readonly<Record<string, string>>

type Bindings = Readonly<Record<string, unknown>>

interface Context {
  readonly waitUntil: (promise: Promise<unknown>) => void
}

/** What one request has opened. */
interface Opened {
  database?: Database
}

const opened = new AsyncLocalStorage<Opened>()

/** An `sql` that stands for the connection of the request it is called in. */
function sqlOfRequest(url: string, statementTimeoutMs: number): Sql {
  const current = (): Sql => {
    const request = opened.getStore()
    if (request === undefined) throw new Error('a query outside a request')
    request.database ??= connectPostgres(url, { poolSize: 1, role: appRole, keepsPrepared: false, statementTimeoutMs })
    return request.database.sql
  }
  return new Proxy((() => {}) as unknown as Sql, {
    apply: (_target, _this, args) => Reflect.apply(current(), undefined, args),
    get: (_target, name) => Reflect.get(current(), name),
  })
}

function openApp(bindings: Bindings): App {
  const texts = Object.entries(bindings).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const config = readConfig(Object.fromEntries(texts))
  if (config.databaseUrl === undefined) throw new ConfigError('settings:\n- DATABASE_URL is wanted: PostgreSQL by URL')
  return createApp({
    sql: sqlOfRequest(config.databaseUrl, config.statementTimeoutMs),
    config,
    observe: lineObserver(config.logLevel, console.error),
    sqlHashes: SQL_HASHES,
    version,
    // the answer to one request may not come of another's I/O
    writesTogether: 1,
    // a worker may not make code while it serves
    aot: false,
  })
}

/** One an isolate: what it remembers of tokens and totals is good for every request. */
let app: App | undefined

export default {
  async fetch(request: Request, bindings: Bindings, context: Context): Promise<Response> {
    const own: Opened = {}
    try {
      app ??= openApp(bindings)
      const { fetch } = app
      return await opened.run(own, () => fetch(request))
    } catch (thrown) {
      console.error(thrown instanceof ConfigError ? thrown.message : thrown)
      return errorResponse(toApiError(thrown))
    } finally {
      if (own.database !== undefined) context.waitUntil(own.database.close())
    }
  },
}
