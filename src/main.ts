// Bun's command line, and the composition root: reads the arguments and the environment, opens what a command needs, and
// runs it. Answers go to stdout, everything else to stderr.

import { parseArgs } from 'node:util'
import { clientsCommand } from './cli/clients.ts'
import { CommandError, openData } from './cli/data.ts'
import { bundleEdge } from './cli/edge.ts'
import { type Exported, fetchExport, runExport } from './cli/exporting.ts'
import { type ImportFlags, reportText, runImport } from './cli/importing.ts'
import { quickstart } from './cli/quickstart.ts'
import { appFor, listen, untilSignal } from './cli/serving.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { district } from './district/district.ts'
import { ImportError } from './importer.ts'
import { migrate, readSqlFiles } from './migrate.ts'
import { writeZip, ZipError } from './zip.ts'

const usage = `RosterHub: OneRoster packages in, the OneRoster REST API out.

  quickstart [--port 3000] [--data .rosterhub] [--import FILE.zip] [--json]
  serve [--port 3000] [--data .rosterhub]
  migrate [--data .rosterhub]
  import FILE.zip [--source NAME] [--assume bulk|delta] [--strict] [--keep-dangling] [--take-over] [--faults FILE.csv] [--json]
  export FILE.zip [--since INSTANT] [--data .rosterhub] [--url URL [--client-id ID] [--client-secret SECRET]] [--json]
  clients create --name NAME --scope SCOPE… [--oauth1] | list | rotate ID | revoke ID [--json]
  district --students N --out FILE.zip [--seed K] [--gradebook]
  edge --out FILE.js

Settings come from the environment: DATABASE_URL (PostgreSQL instead of the embedded PGlite), PUBLIC_URL, LOG_LEVEL and
those the README lists.`

const options = {
  port: { type: 'string' },
  data: { type: 'string' },
  import: { type: 'string' },
  json: { type: 'boolean' },
  source: { type: 'string' },
  assume: { type: 'string' },
  strict: { type: 'boolean' },
  'keep-dangling': { type: 'boolean' },
  'take-over': { type: 'boolean' },
  faults: { type: 'string' },
  since: { type: 'string' },
  url: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  oauth1: { type: 'boolean' },
  students: { type: 'string' },
  out: { type: 'string' },
  seed: { type: 'string' },
  gradebook: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

type Flags = ReturnType<typeof parse>['values']
const parse = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })

const directoryOf = (flags: Flags): string => flags.data ?? '.rosterhub'

function integer(name: string, text: string | undefined, fallback?: number): number {
  const value = text === undefined ? fallback : Number(text)
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value
  throw new CommandError(`--${name} must be a whole number${text === undefined ? '' : `, not "${text}"`}`)
}

function importFlags(flags: Flags): ImportFlags {
  if (flags.assume !== undefined && flags.assume !== 'bulk' && flags.assume !== 'delta') {
    throw new CommandError('--assume must be bulk or delta')
  }
  return {
    source: flags.source,
    assume: flags.assume,
    strict: flags.strict ?? false,
    keepDangling: flags['keep-dangling'] ?? false,
    takeOver: flags['take-over'] ?? false,
    faultsFile: flags.faults,
  }
}

async function serveCommand(config: Config, flags: Flags): Promise<void> {
  const port = integer('port', flags.port, 3000)
  const data = await openData(config, { directory: directoryOf(flags), holder: `a server on port ${port}` })
  try {
    // embedded, there is no operator who would migrate beforehand
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    const server = listen(appFor(await data.app(), config), port)
    process.stderr.write(`listening on port ${server.port}\n`)
    await untilSignal()
    await server.stop()
  } finally {
    await data.close()
  }
}

async function migrateCommand(config: Config, flags: Flags): Promise<void> {
  const data = await openData(config, { directory: directoryOf(flags), holder: 'a migration' })
  try {
    const base = config.publicUrl === undefined ? {} : { base: `${config.publicUrl}/ims/oneroster/` }
    const applied = await migrate(data.owner.sql, readSqlFiles(), base)
    process.stdout.write(applied.length === 0 ? 'nothing to apply\n' : `applied ${applied.join(', ')}\n`)
  } finally {
    await data.close()
  }
}

async function importCommand(config: Config, flags: Flags, file: string | undefined): Promise<void> {
  if (file === undefined) throw new CommandError('import FILE.zip: name the package')
  const archive = Bun.file(file)
  if (!(await archive.exists())) throw new CommandError(`${file}: no such file`)
  const data = await openData(config, { directory: directoryOf(flags), holder: 'an import' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    const result = await runImport(data.owner, archive, importFlags(flags), config)
    process.stdout.write(`${flags.json ? JSON.stringify(result.report) : reportText(result)}\n`)
    if (!result.report.applied) process.exitCode = 1
  } finally {
    await data.close()
  }
}

async function exportCommand(config: Config, flags: Flags, file: string | undefined): Promise<void> {
  if (file === undefined) throw new CommandError('export FILE.zip: name the file')
  const made =
    flags.url === undefined ? await exportHere(config, flags, file) : await exportFrom(flags.url, flags, file)
  const text = `${made.file}: ${made.sizeBytes} bytes, as of ${made.asOf}; what comes after is --since ${made.asOf}`
  process.stdout.write(`${flags.json ? JSON.stringify(made) : text}\n`)
}

async function exportHere(config: Config, flags: Flags, file: string): Promise<Exported> {
  const data = await openData(config, { directory: directoryOf(flags), holder: 'an export' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    return await runExport(data.owner, file, flags.since)
  } finally {
    await data.close()
  }
}

function exportFrom(url: string, flags: Flags, file: string): Promise<Exported> {
  const { ROSTERHUB_CLIENT_ID, ROSTERHUB_CLIENT_SECRET } = process.env
  const clientId = flags['client-id'] ?? ROSTERHUB_CLIENT_ID
  const clientSecret = flags['client-secret'] ?? ROSTERHUB_CLIENT_SECRET
  if (!URL.canParse(url)) throw new CommandError(`--url must be the address of a hub, not "${url}"`)
  if (clientId === undefined || clientSecret === undefined) {
    throw new CommandError('--url wants a client: --client-id and --client-secret, or ROSTERHUB_CLIENT_ID and _SECRET')
  }
  return fetchExport({ url, clientId, clientSecret }, file, flags.since)
}

async function clientsRun(
  config: Config,
  flags: Flags,
  verb: string | undefined,
  id: string | undefined,
): Promise<void> {
  const data = await openData(config, { directory: directoryOf(flags), holder: 'a client command' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    const { oauth1Key } = config
    const { name, scope: scopes = [], oauth1 = false, json = false } = flags
    const given = { name, scopes, oauth1, oauth1Key, json }
    process.stdout.write(`${await clientsCommand(data.owner.sql, verb, id, given)}\n`)
  } finally {
    await data.close()
  }
}

async function districtCommand(flags: Flags): Promise<void> {
  if (flags.out === undefined) throw new CommandError('district --students N --out FILE.zip: name the file')
  const files = district({
    students: integer('students', flags.students),
    seed: integer('seed', flags.seed, 1),
    gradebook: flags.gradebook ?? false,
  })
  const sizeBytes = await Bun.write(flags.out, new Response(writeZip(files)))
  process.stderr.write(`${flags.out}: ${sizeBytes} bytes\n`)
}

async function edgeCommand(flags: Flags): Promise<void> {
  if (flags.out === undefined) throw new CommandError('edge --out FILE.js: name the file')
  const { text, files } = await bundleEdge()
  const sizeBytes = await Bun.write(flags.out, text)
  process.stderr.write(`${flags.out}: ${sizeBytes} bytes out of ${files.length} files\n`)
}

async function run(argv: string[]): Promise<void> {
  const { values: flags, positionals } = parse(argv)
  const [command, ...rest] = positionals
  if (flags.help || command === undefined) return void process.stdout.write(`${usage}\n`)
  // a newcomer's terminal shows what they asked for, not a line a request
  const quiet = command === 'quickstart' ? { LOG_LEVEL: 'error' } : {}
  const config = readConfig({ ...quiet, ...process.env })
  switch (command) {
    case 'quickstart':
      return quickstart(config, {
        port: integer('port', flags.port, 3000),
        directory: directoryOf(flags),
        json: flags.json ?? false,
        importFile: flags.import,
        importFlags: importFlags(flags),
      })
    case 'serve':
      return serveCommand(config, flags)
    case 'migrate':
      return migrateCommand(config, flags)
    case 'import':
      return importCommand(config, flags, rest[0])
    case 'export':
      return exportCommand(config, flags, rest[0])
    case 'clients':
      return clientsRun(config, flags, rest[0], rest[1])
    case 'district':
      return districtCommand(flags)
    case 'edge':
      return edgeCommand(flags)
    default:
      throw new CommandError(`no command "${command}"\n\n${usage}`)
  }
}

try {
  await run(process.argv.slice(2))
  process.exit()
} catch (thrown) {
  const isTheirs =
    [CommandError, ConfigError, ImportError, ZipError].some((kind) => thrown instanceof kind) ||
    String((thrown as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`${isTheirs ? (thrown as Error).message : ((thrown as Error).stack ?? String(thrown))}\n`)
  process.exit(1)
}
