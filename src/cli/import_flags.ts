// The flags of the commands about imports -> what those commands want: a place, the options of an import, how to tell it.

import { once } from 'node:events'
import { userInfo } from 'node:os'
import type { Config } from '../config.ts'
import type { Sql } from '../database.ts'
import { type JobOptions, Jobs } from '../jobs.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { CommandError, type Data, openData } from './data.ts'
import { type ImportsFlags, importsCommand, sendPackage, type Terminal } from './imports.ts'
import { localImports } from './local.ts'
import { remoteImports, remoteOf } from './remote.ts'
import type { Imports } from './transport.ts'
import { startImports } from './working.ts'

type Environment = Readonly<Record<string, string | undefined>>

interface Flags {
  readonly json?: boolean | undefined
  readonly source?: string | undefined
  readonly assume?: string | undefined
  readonly strict?: boolean | undefined
  readonly 'keep-dangling'?: boolean | undefined
  readonly 'take-over'?: boolean | undefined
  readonly faults?: string | undefined
  readonly 'client-id'?: string | undefined
  readonly 'client-secret'?: string | undefined
  readonly preview?: boolean | undefined
  readonly 'on-fault'?: string | undefined
  readonly force?: boolean | undefined
  readonly 'no-wait'?: boolean | undefined
  readonly note?: string | undefined
  readonly status?: string | undefined
  readonly limit?: string | undefined
  readonly file?: string | undefined
  readonly action?: string | undefined
}

/** Imports behind an address. Throws CommandError where it is none, or the credentials are not there. */
const importsAt = (url: string, flags: Flags, environment: Environment): Imports =>
  remoteImports(remoteOf(url, flags, environment))

/** Imports in the database at hand; on record is who has logged in to this machine. */
function importsOn(
  sql: Sql,
  { importMaxBytes, importMaxUnpackedBytes }: Config,
  wake?: (job: { id: string; source: string }) => void,
): Imports {
  const limits = { bytesMax: importMaxBytes, unpackedBytesMax: importMaxUnpackedBytes }
  const operator = `command line: ${userInfo().username}`
  return localImports({ jobs: new Jobs(sql), limits, operator, ...(wake === undefined ? {} : { wake }) })
}

/** Imports on the data at hand, with a worker for the time of the command: it runs what waits, of others too. */
export async function withWorker<Result>(
  data: Data,
  config: Config,
  run: (imports: Imports) => Promise<Result>,
): Promise<Result> {
  const worker = startImports(data, config)
  try {
    return await run(importsOn(data.owner.sql, config, worker.wake))
  } finally {
    await worker.close()
  }
}

/** What an import is asked to be. Throws CommandError that names the flag. */
export function jobOptions(flags: Flags): JobOptions {
  const onFault = flags['on-fault'] ?? (flags.strict ? 'reject' : 'skip')
  if (onFault !== 'skip' && onFault !== 'reject') throw new CommandError('--on-fault must be skip or reject')
  const { assume } = flags
  if (assume !== undefined && assume !== 'bulk' && assume !== 'delta')
    throw new CommandError('--assume must be bulk or delta')
  return {
    mode: flags.preview ? 'preview' : 'apply',
    onFault,
    source: flags.source,
    takeOver: flags['take-over'] ?? false,
    keepDangling: flags['keep-dangling'] ?? false,
    force: flags.force ?? false,
    assume,
  }
}

export function importsFlags(flags: Flags): ImportsFlags {
  const { limit, note, status, source, file, action } = flags
  if (limit !== undefined && !/^[1-9]\d{0,3}$/.test(limit)) throw new CommandError('--limit must be from 1 to 1000')
  return {
    json: flags.json ?? false,
    noWait: flags['no-wait'] ?? false,
    faultsFile: flags.faults,
    limit: limit === undefined ? undefined : Number(limit),
    ...{ note, status, source, file, action },
  }
}

type Placed = Flags & { readonly url?: string | undefined; readonly data: string }

/** `import FILE` at the address that is named, or into the data at hand. */
export async function importRun(
  config: Config,
  flags: Placed,
  file: string | undefined,
  environment: Environment,
): Promise<void> {
  if (file === undefined) throw new CommandError('import FILE.zip: name the package')
  const archive = Bun.file(file)
  if (!(await archive.exists())) throw new CommandError(`${file}: no such file`)
  const send = (imports: Imports): Promise<number> =>
    sendPackage(imports, archive, jobOptions(flags), importsFlags(flags), terminal)
  process.exitCode =
    flags.url === undefined
      ? await onData(config, flags, 'an import', (data) =>
          flags['no-wait'] ? send(importsOn(data.owner.sql, config)) : withWorker(data, config, send),
        )
      : await send(importsAt(flags.url, flags, environment))
}

/** `imports …` at the address that is named, or on the data at hand. */
export async function importsRun(
  config: Config,
  flags: Placed,
  [verb, id]: readonly string[],
  environment: Environment,
): Promise<void> {
  const run = (imports: Imports): Promise<number> => importsCommand(imports, verb, id, importsFlags(flags), terminal)
  const isRun = (verb === 'apply' || verb === 'revert') && !flags['no-wait']
  process.exitCode =
    flags.url === undefined
      ? await onData(config, flags, 'an imports command', (data) =>
          isRun ? withWorker(data, config, run) : run(importsOn(data.owner.sql, config)),
        )
      : await run(importsAt(flags.url, flags, environment))
}

async function onData(
  config: Config,
  flags: Placed,
  holder: string,
  run: (data: Data) => Promise<number>,
): Promise<number> {
  const data = await openData(config, { directory: flags.data, holder })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    return await run(data)
  } finally {
    await data.close()
  }
}

export const terminal: Terminal = {
  out: async (text) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  },
}
