// Bun's command line, and the composition root: reads the arguments and the environment, opens what a command needs, and
// runs it. Answers go to stdout, everything else to stderr.

import { auditRun } from './cli/audit.ts'
import { clientsCommand } from './cli/clients.ts'
import { CommandError, openData } from './cli/data.ts'
import { bundleEdge } from './cli/edge.ts'
import { eraseRun } from './cli/erase.ts'
import { exportRun } from './cli/exporting.ts'
import { type Flags, parse, usage } from './cli/flags.ts'
import { importRun, importsFlags, importsRun, jobOptions } from './cli/import_flags.ts'
import { keysCommand } from './cli/keys.ts'
import { serverGate } from './cli/limiting.ts'
import { quickstart } from './cli/quickstart.ts'
import { appFor, listen, untilSignal, withAudit } from './cli/serving.ts'
import { announceImports, metricsOf, startImports, workerApp } from './cli/working.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { district } from './district/district.ts'
import { ImportError } from './importer.ts'
import { migrate, readSqlFiles } from './migrate.ts'
import { writeZip, ZipError } from './zip.ts'

const directoryOf = (flags: Flags): string => flags.data ?? '.rosterhub'

function integer(name: string, text: string | undefined, fallback?: number): number {
  const value = text === undefined ? fallback : Number(text)
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value
  throw new CommandError(`--${name} must be a whole number${text === undefined ? '' : `, not "${text}"`}`)
}

async function serveCommand(config: Config, flags: Flags): Promise<void> {
  const port = integer('port', flags.port, 3000)
  const data = await openData(config, { directory: directoryOf(flags), holder: `a server on port ${port}` })
  try {
    // embedded, there is no operator who would migrate beforehand
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    const database = await data.app()
    // embedded, no other process could run them
    const metrics = metricsOf(database)
    const imports = flags.work || data.owner.embedded ? startImports(data, config, metrics) : announceImports(config)
    const { gate, close } = serverGate(config)
    await withAudit(database, config, async (audit) => {
      const server = listen(appFor(database, config, { imports, metrics, gate, audit }), port)
      process.stderr.write(`listening on port ${server.port}\n`)
      await untilSignal()
      await server.stop()
      close()
      await imports.close()
    })
  } finally {
    await data.close()
  }
}

async function workCommand(config: Config, flags: Flags): Promise<void> {
  if (config.databaseUrl === undefined) {
    throw new CommandError(
      'work wants DATABASE_URL: embedded data are held by one process, and `serve` or `quickstart` runs the imports in it',
    )
  }
  const data = await openData(config, { directory: '', holder: 'a worker' })
  try {
    const metrics = metricsOf(data.owner)
    const imports = startImports(data, config, metrics)
    const server = flags.port === undefined ? undefined : listen(workerApp(metrics), integer('port', flags.port))
    process.stderr.write(server === undefined ? 'working\n' : `working, and listening on port ${server.port}\n`)
    await untilSignal()
    await imports.close()
    await server?.stop()
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

async function credentialsRun(
  config: Config,
  flags: Flags,
  [command, verb, id]: readonly (string | undefined)[],
): Promise<void> {
  const data = await openData(config, { directory: directoryOf(flags), holder: `a command about ${command}` })
  try {
    const { sql, embedded } = data.owner
    if (embedded) await migrate(sql, readSqlFiles())
    const { scope: scopes = [], cidr = [], json = false, 'per-minute': rate } = flags
    const perMinute = rate === undefined ? undefined : integer('per-minute', rate)
    if (perMinute === 0) throw new CommandError('--per-minute must be at least 1')
    const { client, name, oauth1 = false, expires, overlap, until } = flags
    const given = { name, scopes, cidr, perMinute, json }
    const { org: orgs, role: roles, entity: entities, hide, 'read-only': readOnly, all } = flags
    const grant = { orgs, roles, entities, hide, readOnly, all }
    const text = await (command === 'clients'
      ? clientsCommand(sql, verb, id, { ...given, oauth1, oauth1Key: config.oauth1Key, grant })
      : keysCommand(sql, verb, id, { ...given, client, expires, overlap, for: flags.for, until }))
    process.stdout.write(`${text}\n`)
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
  const quiet = ['quickstart', 'import', 'imports'].includes(command) ? { LOG_LEVEL: 'error' } : {}
  const config = readConfig({ ...quiet, ...process.env })
  switch (command) {
    case 'quickstart':
      return quickstart(config, {
        port: integer('port', flags.port, 3000),
        directory: directoryOf(flags),
        json: flags.json ?? false,
        importFile: flags.import,
        importOptions: jobOptions(flags),
        importFlags: importsFlags(flags),
      })
    case 'serve':
      return serveCommand(config, flags)
    case 'work':
      return workCommand(config, flags)
    case 'migrate':
      return migrateCommand(config, flags)
    case 'import':
      return importRun(config, { ...flags, data: directoryOf(flags) }, rest[0], process.env)
    case 'imports':
      return importsRun(config, { ...flags, data: directoryOf(flags) }, rest, process.env)
    case 'export':
      return exportRun(config, { ...flags, data: directoryOf(flags) }, rest[0], process.env)
    case 'clients':
    case 'keys':
      return credentialsRun(config, flags, positionals)
    case 'audit':
      return auditRun(config, { ...flags, data: directoryOf(flags) }, rest)
    case 'erase':
      return eraseRun(config, { ...flags, data: directoryOf(flags) }, rest[0])
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
  // whoever read the output has read enough
  if ((thrown as { code?: string }).code === 'EPIPE') process.exit(0)
  const isTheirs =
    [CommandError, ConfigError, ImportError, ZipError].some((kind) => thrown instanceof kind) ||
    String((thrown as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`${isTheirs ? (thrown as Error).message : ((thrown as Error).stack ?? String(thrown))}\n`)
  process.exit(1)
}
