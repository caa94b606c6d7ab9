// The app behind a port, until a signal asks it to end.

import packageJson from '../../package.json' with { type: 'json' }
import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { errorResponse, toApiError } from '../errors.ts'
import { sqlHashes } from '../migrate.ts'
import { lineObserver } from '../observe.ts'
import { CommandError } from './data.ts'

export function appFor(database: Database, config: Config): App {
  const observe = lineObserver(config.logLevel, (line) => process.stderr.write(`${line}\n`))
  return createApp({
    sql: database.sql,
    exports: database,
    config,
    observe,
    sqlHashes: sqlHashes(),
    version: packageJson.version,
    viewer,
  })
}

/** The viewer of the reference: @scalar/api-reference, as `bun run viewer` put it there. */
export const viewer = (): Promise<Uint8Array<ArrayBuffer>> =>
  Bun.file(new URL('../viewer/scalar.js.gz', import.meta.url)).bytes()

/** Listens on every address; port 0 takes a free one. Throws CommandError where the port is taken. */
export function listen(app: App, port: number): { readonly port: number; readonly stop: () => Promise<void> } {
  try {
    const server = Bun.serve({
      port,
      idleTimeout: 60,
      development: false,
      fetch: app.fetch,
      error: (thrown) => errorResponse(toApiError(thrown)),
    })
    return { port: server.port ?? port, stop: () => server.stop() }
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
