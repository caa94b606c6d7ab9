// The app as an edge worker, over PostgreSQL by the binding DATABASE_URL; the other settings are bindings too. `bun run
// edge` bundles it, and puts SQL_HASHES in: a worker has no files. There a connection belongs to the request that opened
// it, so each request gets its own, opened at its first query and closed behind its response.

import { AsyncLocalStorage } from 'node:async_hooks'
import { version } from '../package.json' with { type: 'json' }
import { type App, createApp } from './app.ts'
import { auditRow, isAudited } from './audit.ts'
import { writeAudit } from './audit_log.ts'
import { ConfigError, readConfig } from './config.ts'
import { appRole, connectPostgres, type Database, type Sql } from './database.ts'
import { errorResponse, toApiError } from './errors.ts'
import { createGate } from './limits.ts'
import { lineObserver, type Observation, observeAll } from './observe.ts'

/** The files of sql/ and their hashes, as the bundling found them. */
declare const SQL_HASHES: Readonly<Record<string, string>>

type Bindings = Readonly<Record<string, unknown>>

interface Context {
  readonly waitUntil: (promise: Promise<unknown>) => void
}

/** What one request has opened, and what is to be said of it. */
interface Opened {
  database?: Database
  seen?: Observation
}

const opened = new AsyncLocalStorage<Opened>()

/** An `sql` that stands for the connection of the request it is called in. */
function sqlOfRequest(url: string): Sql {
  const current = (): Sql => {
    const request = opened.getStore()
    if (request === undefined) throw new Error('a query outside a request')
    request.database ??= connectPostgres(url, { poolSize: 1, role: appRole, keepsPrepared: false })
    return request.database.sql
  }
  return new Proxy((() => {}) as unknown as Sql, {
    apply: (_target, _this, args) => Reflect.apply(current(), undefined, args),
    get: (_target, name) => Reflect.get(current(), name),
  })
}

interface Audited extends App {
  /** Writes a row of the audit, over the connection of the request. */
  readonly audit: (seen: Observation) => Promise<void>
}

function openApp(bindings: Bindings): Audited {
  const texts = Object.entries(bindings).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  const config = readConfig(Object.fromEntries(texts))
  if (config.databaseUrl === undefined) throw new ConfigError('settings:\n- DATABASE_URL is wanted: PostgreSQL by URL')
  const remember = (observation: Observation): void => {
    const request = opened.getStore()
    if (request !== undefined && isAudited(observation)) request.seen = observation
  }
  const sql = sqlOfRequest(config.databaseUrl)
  return {
    ...createApp({
      sql,
      config,
      observe: observeAll(lineObserver(config.logLevel, console.error), remember),
      sqlHashes: SQL_HASHES,
      version,
      // each isolate counts by itself
      gate: createGate({ config }),
      // the answer to one request may not come of another's I/O
      writesTogether: 1,
      // a worker may not make code while it serves
      aot: false,
    }),
    audit: async (seen) => {
      // nobody sees an isolate end: it is no process, and its rows are of nobody's
      const batch = { process: null, sequence: null, kind: 'rows', lost: 0 } as const
      await writeAudit(sql, { ...batch, rows: [{ ...auditRow(seen), agoMs: 0 }] })
    },
  }
}

/** One an isolate: what it remembers of tokens and totals is good for every request. */
let app: Audited | undefined

async function leave(own: Opened): Promise<void> {
  try {
    if (own.seen !== undefined) await app?.audit(own.seen)
  } catch (thrown) {
    console.error(thrown)
  } finally {
    await own.database?.close()
  }
}

export default {
  async fetch(request: Request, bindings: Bindings, context: Context): Promise<Response> {
    const own: Opened = {}
    try {
      app ??= openApp(bindings)
      const { fetch } = app
      // the network in front of the worker writes it, over what a client may have sent
      const peer = request.headers.get('cf-connecting-ip') ?? undefined
      return await opened.run(own, () => fetch(request, peer))
    } catch (thrown) {
      console.error(thrown instanceof ConfigError ? thrown.message : thrown)
      return errorResponse(toApiError(thrown))
    } finally {
      // behind the response: the row, and then the connection
      context.waitUntil(opened.run(own, () => leave(own)))
    }
  },
}
