// `quickstart`: from nothing to a served district. Data directory or PostgreSQL, migrations, a demo district through the
// real import, a client that holds every scope, a port, and three curl lines.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import {
  allowOauth1,
  allowScopes,
  allScopes,
  type Credentials,
  createClient,
  isCurrent,
  listClients,
  rotateClient,
} from '../clients.ts'
import { type Config, oauth1KeyCharsMin } from '../config.ts'
import type { Sql } from '../database.ts'
import type { JobOptions } from '../job.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { randomSecret } from '../secrets.ts'
import { CommandError, type Data, openData } from './data.ts'
import { importDemo, putAssessments } from './demo.ts'
import { withWorker } from './import_flags.ts'
import { type ImportsFlags, sendPackage } from './imports.ts'
import { serverGate } from './limiting.ts'
import { appFor, listen, untilSignal, withAudit } from './serving.ts'
import { metricsOf, startImports } from './working.ts'

export interface QuickstartOptions {
  readonly port: number
  readonly directory: string
  readonly json: boolean
  readonly importFile: string | undefined
  readonly importOptions: JobOptions
  readonly importFlags: ImportsFlags
}

const demoClient = 'demo'

export async function quickstart(settings: Config, options: QuickstartOptions): Promise<void> {
  const tell = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const data = await openData(settings, {
    directory: options.directory,
    holder: `a quickstart on port ${options.port}`,
  })
  try {
    const config = { ...settings, oauth1Key: settings.oauth1Key ?? keptKey(options.directory) }
    const { credentials, isNewDemo } = await prepare(data, config, options, tell)
    const database = await data.app()
    const metrics = metricsOf(database)
    const imports = startImports(data, config, metrics)
    const { gate, close } = serverGate(config)
    await withAudit(database, config, async (audit) => {
      if (isNewDemo) await putAssessments(appFor(database, config, { audit }), credentials)
      const server = listen(appFor(database, config, { imports, metrics, gate, audit }), options.port)
      const baseUrl = config.publicUrl ?? `http://localhost:${server.port}`
      const ready = {
        baseUrl: `${baseUrl}/ims/oneroster/rostering/v1p2`,
        tokenUrl: `${baseUrl}/oauth2/token`,
        ...credentials,
      }
      process.stdout.write(options.json ? `${JSON.stringify(ready)}\n` : welcome(ready))
      await untilSignal()
      await server.stop()
      close()
      await imports.close()
    })
  } finally {
    await data.close()
  }
}

async function prepare(
  data: Data,
  config: Config & { readonly oauth1Key: string },
  options: QuickstartOptions,
  tell: (line: string) => void,
): Promise<{ credentials: Credentials; isNewDemo: boolean }> {
  const { owner } = data
  tell(owner.embedded ? `Data in ${options.directory} (embedded PGlite).` : 'Data in PostgreSQL (DATABASE_URL).')
  const base = `${config.publicUrl ?? `http://localhost:${options.port}`}/ims/oneroster/`
  const applied = await migrate(owner.sql, readSqlFiles(), { base })
  if (applied.length > 0) tell(`Applied ${applied.length} SQL files.`)
  if (options.importFile !== undefined) {
    const archive = Bun.file(options.importFile)
    if (!(await archive.exists())) throw new CommandError(`${options.importFile}: no such file`)
    const { importOptions, importFlags } = options
    const terminal = { out: async (text: string) => tell(text.trimEnd()) }
    const code = await withWorker(data, config, (imports) =>
      sendPackage(imports, archive, importOptions, { ...importFlags, json: false, noWait: false }, terminal),
    )
    if (code !== 0) throw new CommandError(`${options.importFile} was not imported`)
  }
  const isNewDemo = options.importFile === undefined && (await isEmpty(owner.sql))
  if (isNewDemo) await importDemo(owner, config, tell)
  return { credentials: await demoCredentials(owner.sql, options.directory, config.oauth1Key), isNewDemo }
}

async function isEmpty(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ empty: boolean }[]>`select not exists (select from store.publications) as empty`
  return row?.empty ?? true
}

/** The hub keeps only the hash of a secret, so the demo client's is kept in the data directory. */
async function demoCredentials(sql: Sql, directory: string, oauth1Key: string): Promise<Credentials> {
  const path = `${directory}/demo-client.json`
  const kept = readCredentials(path)
  const isKept = kept !== undefined && (await isCurrent(sql, kept))
  const credentials = isKept ? kept : await makeDemoClient(sql, oauth1Key)
  const oauth1Secret = credentials && (await allowOauth1(sql, demoClient, oauth1Key))
  // one that an older build made lacks the scopes that have come since
  await allowScopes(sql, demoClient, allScopes)
  if (credentials === undefined || oauth1Secret === undefined)
    throw new CommandError('the demo client was revoked; make one with `clients create`, then `serve`')
  const { clientId, clientSecret } = credentials
  if (!isKept) keepPrivate(directory, path, JSON.stringify({ clientId, clientSecret }))
  return { clientId, clientSecret, oauth1Secret }
}

async function makeDemoClient(sql: Sql, oauth1Key: string): Promise<Credentials | undefined> {
  const isKnown = (await listClients(sql)).some((client) => client.clientId === demoClient)
  return isKnown
    ? rotateClient(sql, demoClient, oauth1Key)
    : createClient(sql, 'quickstart demo', allScopes, demoClient)
}

/** The key that consumer secrets are derived from: made at the first start, the same at every later one. */
function keptKey(directory: string): string {
  const path = `${directory}/oauth1.key`
  const kept = existsSync(path) ? readFileSync(path, 'utf8').trim() : ''
  if (kept.length >= oauth1KeyCharsMin) return kept
  const key = randomSecret()
  keepPrivate(directory, path, key)
  return key
}

function keepPrivate(directory: string, path: string, text: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(path, `${text}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
}

function readCredentials(path: string): Credentials | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Credentials
  } catch {
    return undefined
  }
}

function welcome(ready: { baseUrl: string; tokenUrl: string } & Credentials): string {
  return `
RosterHub is ready.

  base URL       ${ready.baseUrl}
  reference      ${new URL('/docs', ready.baseUrl)}
  client id      ${ready.clientId}
  client secret  ${ready.clientSecret}

Try:

  TOKEN=$(curl -s -u ${ready.clientId}:${ready.clientSecret} -d grant_type=client_credentials ${ready.tokenUrl} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s -H "Authorization: Bearer $TOKEN" ${ready.baseUrl}/schools
  curl -s -H "Authorization: Bearer $TOKEN" -G ${ready.baseUrl}/students --data-urlencode "filter=familyName~'an' AND status='active'" -d limit=2 -d fields=sourcedId,givenName,familyName

Ctrl-C ends it; the data stay.
`
}
