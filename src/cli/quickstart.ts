// `quickstart`: from nothing to a served district. Data directory or PostgreSQL, migrations, a demo district through the
// real import, a client that holds every scope, a port, and three curl lines.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { allScopes, type Credentials, createClient, isCurrent, listClients, rotateClient } from '../clients.ts'
import type { Config } from '../config.ts'
import type { Database, Sql } from '../database.ts'
import { district, districtDelta } from '../district/district.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { writeZip } from '../zip.ts'
import { CommandError, type Data, openData } from './data.ts'
import { type ImportFlags, reportText, runImport } from './importing.ts'
import { appFor, listen, untilSignal } from './serving.ts'

export interface QuickstartOptions {
  readonly port: number
  readonly directory: string
  readonly json: boolean
  readonly importFile: string | undefined
  readonly importFlags: ImportFlags
}

/** The demo has about 1,500 people (these students, their teachers and some of their guardians) and a gradebook. */
const demo = { students: 1150, seed: 1, gradebook: true }
const demoClient = 'demo'

export async function quickstart(config: Config, options: QuickstartOptions): Promise<void> {
  const tell = (line: string): void => void (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const data = await openData(config, { directory: options.directory, holder: `a quickstart on port ${options.port}` })
  try {
    const credentials = await prepare(data, config, options, tell)
    const app = await data.app()
    const server = listen(appFor(app, config), options.port)
    const baseUrl = config.publicUrl ?? `http://localhost:${server.port}`
    const ready = {
      baseUrl: `${baseUrl}/ims/oneroster/rostering/v1p2`,
      tokenUrl: `${baseUrl}/oauth2/token`,
      ...credentials,
    }
    process.stdout.write(options.json ? `${JSON.stringify(ready)}\n` : welcome(ready))
    await untilSignal()
    await server.stop()
  } finally {
    await data.close()
  }
}

async function prepare(
  data: Data,
  config: Config,
  options: QuickstartOptions,
  tell: (line: string) => void,
): Promise<Credentials> {
  const { owner } = data
  tell(owner.embedded ? `Data in ${options.directory} (embedded PGlite).` : 'Data in PostgreSQL (DATABASE_URL).')
  const base = `${config.publicUrl ?? `http://localhost:${options.port}`}/ims/oneroster/`
  const applied = await migrate(owner.sql, readSqlFiles(), { base })
  if (applied.length > 0) tell(`Applied ${applied.length} SQL files.`)
  if (options.importFile !== undefined) {
    const archive = Bun.file(options.importFile)
    if (!(await archive.exists())) throw new CommandError(`${options.importFile}: no such file`)
    tell(reportText(await runImport(owner, archive, options.importFlags, config)))
  } else if (await isEmpty(owner.sql)) await importDemo(owner, config, tell)
  return demoCredentials(owner.sql, options.directory)
}

async function isEmpty(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ empty: boolean }[]>`select not exists (select from store.publications) as empty`
  return row?.empty ?? true
}

/** Two nights: the whole district, then the changes that leave some records deleted. */
async function importDemo(owner: Database, config: Config, tell: (line: string) => void): Promise<void> {
  tell('Importing the demo district.')
  for (const files of [district(demo), districtDelta(demo)]) {
    const archive = await new Response(writeZip(files)).blob()
    tell(reportText(await runImport(owner, archive, {}, config)))
  }
}

/** The hub keeps only the hash of a secret, so the demo client's is kept in the data directory. */
async function demoCredentials(sql: Sql, directory: string): Promise<Credentials> {
  const path = `${directory}/demo-client.json`
  const kept = readCredentials(path)
  if (kept !== undefined && (await isCurrent(sql, kept))) return kept
  const isKnown = (await listClients(sql)).some((client) => client.clientId === demoClient)
  const credentials = isKnown
    ? await rotateClient(sql, demoClient)
    : await createClient(sql, 'quickstart demo', allScopes, demoClient)
  if (credentials === undefined)
    throw new CommandError('the demo client was revoked; make one with `clients create`, then `serve`')
  mkdirSync(directory, { recursive: true })
  writeFileSync(path, `${JSON.stringify(credentials)}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  return credentials
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
