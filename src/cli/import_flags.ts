// The flags of the commands about imports -> what those commands want: a place, the options of an import, how to tell it.

import { once } from 'node:events'
import { userInfo } from 'node:os'
import type { Config } from '../config.ts'
import type { Sql } from '../database.ts'
import { type JobOptions, Jobs } from '../jobs.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { CommandError, openData } from './data.ts'
import { type ImportsFlags, importsCommand, type Terminal } from './imports.ts'
import { localImports } from './local.ts'
import { remoteImports } from './remote.ts'
import type { Imports } from './transport.ts'

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
export function importsAt(url: string, flags: Flags, environment: Environment): Imports {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CommandError(`--url must be the address of a hub, such as https://hub.example.org, not "${url}"`)
  const clientId = flags['client-id'] ?? environment['ROSTERHUB_CLIENT_ID']
  const clientSecret = flags['client-secret'] ?? environment['ROSTERHUB_CLIENT_SECRET']
  if (!clientId || !clientSecret)
    throw new CommandError(
      '--url wants the id and the secret of a client: set ROSTERHUB_CLIENT_ID and ROSTERHUB_CLIENT_SECRET',
    )
  return remoteImports({ url: url.replace(/\/+$/, ''), clientId, clientSecret })
}

/** Imports in the database at hand; on record is who has logged in to this machine. */
export function importsOn(sql: Sql, { importMaxBytes, importMaxUnpackedBytes }: Config): Imports {
  const limits = { bytesMax: importMaxBytes, unpackedBytesMax: importMaxUnpackedBytes }
  return localImports({ jobs: new Jobs(sql), limits, operator: `command line: ${userInfo().username}` })
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

/** `imports …` at the address that is named, or on the data at hand; there only a worker runs what is queued. */
export async function importsRun(
  config: Config,
  flags: Flags & { readonly url?: string | undefined; readonly data: string },
  [verb, id]: readonly string[],
  environment: Environment,
): Promise<void> {
  const given = importsFlags(flags)
  if (flags.url !== undefined) {
    process.exitCode = await importsCommand(importsAt(flags.url, flags, environment), verb, id, given, terminal)
    return
  }
  const data = await openData(config, { directory: flags.data, holder: 'an imports command' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    // no worker is there while this process holds the directory
    const asked = data.owner.embedded ? { ...given, noWait: true } : given
    process.exitCode = await importsCommand(importsOn(data.owner.sql, config), verb, id, asked, terminal)
  } finally {
    await data.close()
  }
}

export const terminal: Terminal = {
  out: async (text) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  },
}
