// `keys issue|list|rotate|extend|revoke`: the API keys, told as text or as JSON. And the words of the terminal for scopes and
// spans of time.

import type { Sql } from '../database.ts'
import { extendKey, type IssuedKey, issueKey, type Key, listKeys, revokeKey, rotateKey } from '../keys.ts'
import { inWords, readScopes } from './clients.ts'
import { CommandError } from './data.ts'

export interface KeyFlags {
  readonly client: string | undefined
  readonly name: string | undefined
  readonly scopes: readonly string[]
  /** CIDR blocks. */
  readonly cidr: readonly string[]
  readonly perMinute: number | undefined
  /** How long a new key is good, as 90d; a year where nothing is said. */
  readonly expires: string | undefined
  /** How long the old key is good beside the new one, as 24h; a day where nothing is said. */
  readonly overlap: string | undefined
  readonly for: string | undefined
  /** A date, or a date and time as RFC 3339 has it. */
  readonly until: string | undefined
  readonly json: boolean
}

const keysUsage =
  'keys issue --name NAME (--client ID | --scope SCOPE…) [--expires 365d] [--cidr BLOCK]… [--per-minute N], keys list ' +
  '[--client ID], keys rotate ID [--overlap 24h], keys extend ID (--for 90d | --until DATE) or keys revoke ID'

/** Runs one verb; answers what to print. Throws CommandError for what the person can mend. */
export async function keysCommand(
  sql: Sql,
  verb: string | undefined,
  id: string | undefined,
  flags: KeyFlags,
): Promise<string> {
  const print = (value: object, text: string): string => (flags.json ? JSON.stringify(value) : text)
  const wantedId = (): string => id ?? fail('the id of a key is wanted; `keys list` has it')
  switch (verb) {
    case 'issue': {
      const made = await issue(sql, flags)
      return print(made, `${shown(made)}\nThe key is not shown again.`)
    }
    case 'list': {
      const keys = await listKeys(sql, flags.client)
      return print(keys, keys.length === 0 ? 'no keys' : keys.map(line).join('\n'))
    }
    case 'rotate': {
      const overlapSeconds = readSpan('--overlap', flags.overlap ?? '24h')
      const made = (await rotateKey(sql, wantedId(), overlapSeconds).catch(inWords)) ?? unknown(id)
      return print(
        made,
        `${shown(made)}\nThe key is not shown again. The old one is good for ${flags.overlap ?? '24h'} more.`,
      )
    }
    case 'extend': {
      const key = (await extendKey(sql, wantedId(), readMoment(flags)).catch(inWords)) ?? unknown(id)
      return print(key, `${key.prefix} is good until ${key.expiresAt}.`)
    }
    case 'revoke': {
      const key = (await revokeKey(sql, wantedId())) ?? unknown(id)
      return print(key, `${key.prefix} is revoked; every process refuses it within seconds.`)
    }
    default:
      throw new CommandError(keysUsage)
  }
}

async function issue(sql: Sql, flags: KeyFlags): Promise<IssuedKey> {
  const { client: clientId, scopes, cidr, perMinute, expires } = flags
  if (clientId === undefined && scopes.length === 0)
    fail('whose key is it? --client ID for one of a client, or --scope SCOPE… for one with a client of its own')
  const made = await issueKey(sql, {
    name: flags.name ?? fail('--name NAME is wanted'),
    clientId,
    scopes: scopes.length === 0 ? undefined : readScopes(scopes),
    addresses: cidr.length === 0 ? undefined : cidr,
    perMinute,
    expiresAt: expires === undefined ? undefined : after(readSpan('--expires', expires)),
  }).catch(inWords)
  return made ?? fail(`no client "${clientId}", or it is revoked`)
}

const shown = ({ key, keyId, clientId, expiresAt }: IssuedKey): string =>
  `key         ${key}\nkey id      ${keyId}\nclient id   ${clientId}\ngood until  ${expiresAt}`

const line = (key: Key): string =>
  [
    key.keyId,
    key.prefix,
    key.status.padEnd(8),
    key.name,
    `client ${key.clientId}`,
    [...new Set(key.scopes.map((scope) => scope.split('/').at(-1)))].join(' '),
    `until ${key.expiresAt}`,
    key.lastUsedAt === null ? 'never used' : `used ${key.lastUsedAt}`,
    ...(key.addresses === null ? [] : [`from ${key.addresses.join(' ')}`]),
    ...(key.perMinute === null ? [] : [`${key.perMinute} a minute`]),
  ].join('  ')

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `90d` -> seconds; units are s, m, h and d. Throws CommandError that names the flag. */
export function readSpan(flag: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (secondsOf[unit] ?? Number.NaN)
  return Number.isNaN(seconds) ? fail(`${flag} must be a number and s, m, h or d, such as 24h, not "${text}"`) : seconds
}

const after = (seconds: number): Date => new Date(Date.now() + seconds * 1000)

function readMoment(flags: KeyFlags): Date {
  if ((flags.for === undefined) === (flags.until === undefined))
    return fail('one of --for 90d and --until DATE is wanted')
  if (flags.until === undefined) return after(readSpan('--for', flags.for ?? ''))
  const moment = new Date(/^\d{4}-\d\d-\d\d(T.+(Z|[+-]\d\d:\d\d))?$/.test(flags.until) ? flags.until : Number.NaN)
  return Number.isNaN(moment.getTime())
    ? fail(`--until must be a date, or a date and time such as 2027-01-31T00:00:00Z, not "${flags.until}"`)
    : moment
}

const fail = (message: string): never => {
  throw new CommandError(message)
}
const unknown = (id: string | undefined): never => fail(`no key "${id}", or it is revoked`)
