// `export FILE.zip`: a package out of the data of a directory or a database, or out of a running hub. The file has its name
// only when it is whole.

import { rename, rm } from 'node:fs/promises'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { exportPackage } from '../exporter.ts'
import { exportScope } from '../exports.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { CommandError, openData } from './data.ts'
import { remoteOf } from './remote.ts'

export interface Exported {
  readonly file: string
  readonly sizeBytes: number
  /** What the next delta is asked for with. */
  readonly asOf: string
}

/** Writes the package to `file`. Throws CommandError for a bad `since`. */
export async function runExport(database: Database, file: string, since: string | undefined): Promise<Exported> {
  const { stream, asOf, ended } = await exportPackage(database, { client: 'operator', since }).catch(
    (thrown: { code?: string; message: string }) => {
      throw thrown.code === 'RH001' ? new CommandError(`--${thrown.message}`) : thrown
    },
  )
  const sizeBytes = await written(file, stream)
  await ended
  return { file, sizeBytes, asOf }
}

export interface Remote {
  /** Where the hub is: https://hub.example.org. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
}

/** The same from a running hub, as one of its clients. Throws CommandError with what the hub refused. */
export async function fetchExport(remote: Remote, file: string, since: string | undefined): Promise<Exported> {
  const url = new URL('/exports/oneroster.zip', remote.url)
  if (since !== undefined) url.searchParams.set('since', since)
  const response = await asked(url, { headers: { authorization: `Bearer ${await tokenOf(remote)}` } })
  if (!response.ok || response.body === null) {
    const { imsx_description: reason } = (await response.json().catch(() => ({}))) as { imsx_description?: string }
    throw new CommandError(`${url.origin} answered ${response.status}: ${reason ?? 'no reason given'}`)
  }
  const sizeBytes = await written(file, response.body)
  return { file, sizeBytes, asOf: response.headers.get('rosterhub-as-of') ?? '' }
}

const asked = (url: URL, init: RequestInit): Promise<Response> =>
  fetch(url, init).catch((cause: Error) => {
    throw new CommandError(`${url.origin} cannot be reached: ${cause.message}`)
  })

async function tokenOf({ url, clientId, clientSecret }: Remote): Promise<string> {
  const token = new URL('/oauth2/token', url)
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: exportScope,
  }
  const response = await asked(token, { method: 'POST', body: new URLSearchParams(form) })
  const answer = (await response.json().catch(() => ({}))) as { access_token?: string; error_description?: string }
  if (answer.access_token !== undefined) return answer.access_token
  throw new CommandError(`${token.origin} gives no token: ${answer.error_description ?? response.status}`)
}

async function written(file: string, stream: ReadableStream<Uint8Array>): Promise<number> {
  const unfinished = `${file}.${process.pid}.part`
  try {
    const sizeBytes = await Bun.write(unfinished, new Response(stream))
    await rename(unfinished, file)
    return sizeBytes
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw new CommandError(`${file} was not written: ${(cause as Error).message}`)
  }
}

interface Flags {
  readonly data: string
  readonly since?: string | undefined
  readonly url?: string | undefined
  readonly 'client-id'?: string | undefined
  readonly 'client-secret'?: string | undefined
  readonly json?: boolean | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** `export FILE` out of the hub at the address that is named, or out of the data at hand. */
export async function exportRun(
  config: Config,
  flags: Flags,
  file: string | undefined,
  environment: Environment,
): Promise<void> {
  if (file === undefined) throw new CommandError('export FILE.zip: name the file')
  const { since, url, json } = flags
  const made =
    url === undefined
      ? await exportHere(config, flags, file)
      : await fetchExport(remoteOf(url, flags, environment), file, since)
  const text = `${made.file}: ${made.sizeBytes} bytes, as of ${made.asOf}; what comes after is --since ${made.asOf}`
  process.stdout.write(`${json ? JSON.stringify(made) : text}\n`)
}

async function exportHere(config: Config, { data: directory, since }: Flags, file: string): Promise<Exported> {
  const data = await openData(config, { directory, holder: 'an export' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    return await runExport(data.owner, file, since)
  } finally {
    await data.close()
  }
}
