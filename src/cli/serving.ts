// The app behind a port, until a signal asks it to end.

import packageJson from '../../package.json' with { type: 'json' }
import { type App, type AppOptions, createApp } from '../app.ts'
import { type Audit, startAudit } from '../audit.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { errorResponse, toApiError } from '../errors.ts'
import { sqlHashes } from '../migrate.ts'
import { lineObserver, lineTeller, observeAll } from '../observe.ts'
import { CommandError } from './data.ts'

const writeLine = (line: string): void => void process.stderr.write(`${line}\n`)

/** Serves with the audit of this process, over the connections that answer requests; it is written to its end in any case. */
export async function withAudit(
  database: Database,
  config: Config,
  serve: (audit: Audit) => Promise<void>,
): Promise<void> {
  const audit = startAudit(database.sql, { tell: lineTeller(config.logLevel, writeLine) })
  try {
    await serve(audit)
  } finally {
    await audit.close()
  }
}

type More = Pick<AppOptions, 'imports' | 'metrics' | 'gate'> & { readonly audit: Audit }

/** The app over a database; `more` is what not every place has. */
export function appFor(database: Database, config: Config, { audit, ...more }: More): App {
  const observe = observeAll(lineObserver(config.logLevel, writeLine), audit.observe)
  return createApp({
    sql: database.sql,
    exports: database,
    config,
    observe,
    sqlHashes: sqlHashes(),
    version: packageJson.version,
    // Deno, which serves the app too, reads no file as Bun does: no reference there
    ...(typeof Bun === 'undefined' ? {} : { viewer }),
    ...more,
  })
}

/** The viewer of the reference: @scalar/api-reference, as `bun run viewer` put it there. */
export const viewer = (): Promise<Uint8Array<ArrayBuffer>> =>
  Bun.file(new URL('../viewer/scalar.js.gz', import.meta.url)).bytes()

/** Packages and events: embedded, they may wait for an import to let go of the one session. */
const isLong = /^https?:\/\/[^/]+\/imports(?:[/?]|$)/
const longIdleSeconds = 255
/** How long requests in flight, an import that is followed among them, may keep a server from ending. */
const graceMs = 3000

/** Listens on every address; port 0 takes a free one. Throws CommandError where the port is taken. */
export function listen(app: App, port: number): { readonly port: number; readonly stop: () => Promise<void> } {
  try {
    const server = Bun.serve({
      port,
      idleTimeout: 60,
      development: false,
      // whoever reads a body counts it, and says why it is too large; Bun's own limit would cut in without a word
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request, server) => {
        if (isLong.test(request.url)) server.timeout(request, longIdleSeconds)
        return app.fetch(request, server.requestIP(request)?.address)
      },
      error: (thrown) => errorResponse(toApiError(thrown)),
    })
    const stop = async (): Promise<void> => {
      await Promise.race([server.stop(), Bun.sleep(graceMs)])
      await server.stop(true)
    }
    return { port: server.port ?? port, stop }
  } catch (thrown) {
    if ((thrown as { code?: string }).code === 'EADDRINUSE') {
      throw new CommandError(`port ${port} is taken; name another with --port N`)
    }
    throw thrown
  }
}

/** Settles at the first SIGINT or SIGTERM. */
export const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
