// The app on Deno, over PostgreSQL by DATABASE_URL: `--port N` and the environment in, a server until a signal ends it.
// Never opens an embedded database, and never migrates.

import { parseArgs } from 'node:util'
import { appFor, untilSignal, withAudit } from './cli/serving.ts'
import { ConfigError, readConfig } from './config.ts'
import { appRole, connectPostgres } from './database.ts'
import { errorResponse, toApiError } from './errors.ts'
import { createGate } from './limits.ts'

/** Whom a request comes from; the host is absent where that is no address of the internet. */
interface Info {
  readonly remoteAddr: { readonly hostname?: string }
}

/** What is used of Deno here. */
declare const Deno: {
  readonly args: string[]
  readonly env: { readonly toObject: () => Record<string, string> }
  readonly exit: (code: number) => never
  readonly serve: (
    options: {
      readonly port: number
      readonly onListen: (address: { readonly port: number }) => void
      readonly onError: (thrown: unknown) => Response
    },
    handler: (request: Request, info: Info) => Response | Promise<Response>,
  ) => { readonly shutdown: () => Promise<void> }
}

async function serve(): Promise<void> {
  const { values } = parseArgs({ args: Deno.args, options: { port: { type: 'string', default: '3000' } } })
  if (!/^\d{1,5}$/.test(values.port)) throw new ConfigError(`--port must be a whole number, not "${values.port}"`)
  const config = readConfig(Deno.env.toObject())
  if (config.databaseUrl === undefined) throw new ConfigError('settings:\n- DATABASE_URL is wanted: PostgreSQL by URL')
  const database = connectPostgres(config.databaseUrl, { poolSize: config.poolSize, role: appRole })
  await withAudit(database, config, async (audit) => {
    const { fetch } = appFor(database, config, { audit, gate: createGate({ config }) })
    const server = Deno.serve(
      {
        port: Number(values.port),
        onListen: ({ port }) => console.error(`listening on port ${port}`),
        onError: (thrown) => errorResponse(toApiError(thrown)),
      },
      (request, { remoteAddr }) => fetch(request, remoteAddr.hostname),
    )
    await untilSignal()
    await server.shutdown()
  })
  await database.close()
}

try {
  await serve()
  Deno.exit(0)
} catch (thrown) {
  const isTheirs =
    thrown instanceof ConfigError || String((thrown as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  console.error(isTheirs ? (thrown as Error).message : thrown)
  Deno.exit(1)
}
