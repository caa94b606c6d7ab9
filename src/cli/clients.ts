// `clients create|list|limit|rotate|revoke`: the OAuth clients, told as text or as JSON.

import {
  allScopes,
  type Client,
  type Credentials,
  createClient,
  findScopes,
  KeyMissing,
  type Limits,
  limitClient,
  listClients,
  revokeClient,
  rotateClient,
} from '../clients.ts'
import type { Sql } from '../database.ts'
import { toApiError } from '../errors.ts'
import { CommandError } from './data.ts'
import { type GrantFlags, grantCommand } from './granting.ts'

export interface ClientFlags {
  readonly name: string | undefined
  readonly scopes: readonly string[]
  /** The new client may sign by OAuth 1.0a. */
  readonly oauth1: boolean
  /** CIDR blocks the new client may ask from; none: any. */
  readonly cidr: readonly string[]
  readonly perMinute: number | undefined
  /** OAUTH1_KEY. */
  readonly oauth1Key: string | undefined
  readonly json: boolean
  readonly grant?: GrantFlags
}

/** Runs one verb; answers what to print. Throws CommandError for what the person can mend. */
export async function clientsCommand(
  sql: Sql,
  verb: string | undefined,
  id: string | undefined,
  flags: ClientFlags,
): Promise<string> {
  const print = (value: object, text: string): string => (flags.json ? JSON.stringify(value) : text)
  switch (verb) {
    case 'create': {
      const key = flags.oauth1 ? (flags.oauth1Key ?? wanted('--oauth1: the setting OAUTH1_KEY')) : undefined
      const name = flags.name ?? wanted('--name NAME')
      const made = await createClient(sql, name, readScopes(flags.scopes), undefined, key, limitsOf(flags)).catch(
        inWords,
      )
      return print(made, `client id        ${made.clientId}\n${secrets(made)}\nNo secret is shown again.`)
    }
    case 'list': {
      const clients = await listClients(sql)
      return print(clients, clients.length === 0 ? 'no clients' : clients.map(line).join('\n'))
    }
    case 'limit': {
      if (!(await limitClient(sql, id ?? wanted('a client id'), limitsOf(flags)).catch(inWords))) unknown(id)
      return print({ clientId: id, ...limitsOf(flags) }, `${id} may ask ${limitText(flags)}, within seconds.`)
    }
    case 'rotate': {
      const made = (await rotate(sql, id ?? wanted('a client id'), flags.oauth1Key)) ?? unknown(id)
      return print(made, `${secrets(made)}\nThe old secrets and their tokens are no longer good.`)
    }
    case 'revoke': {
      if (!(await revokeClient(sql, id ?? wanted('a client id')))) unknown(id)
      return print({ clientId: id, revoked: true }, `${id} is revoked; its tokens end within seconds.`)
    }
    case 'grant':
      return grantCommand(sql, id ?? wanted('a client id'), flags.grant ?? {}, flags.json)
    default:
      throw new CommandError(
        'clients create --name NAME --scope SCOPE… [--oauth1] [--cidr BLOCK]… [--per-minute N], clients list, clients limit ID ' +
          '[--cidr BLOCK]… [--per-minute N], clients grant ID, clients rotate ID or clients revoke ID',
      )
  }
}

const limitsOf = ({ cidr, perMinute }: ClientFlags): Limits => ({
  addresses: cidr.length === 0 ? undefined : cidr,
  perMinute,
})

const limitText = ({ cidr, perMinute }: Pick<ClientFlags, 'cidr' | 'perMinute'>): string =>
  `from ${cidr.length === 0 ? 'anywhere' : cidr.join(' ')}, ${perMinute === undefined ? 'as often as everybody' : `${perMinute} times a minute`}`

/** What a request would be refused with, in the same words. */
export function inWords(thrown: unknown): never {
  const { status, message } = toApiError(thrown)
  throw status < 500 ? new CommandError(message) : thrown
}

const secrets = ({ clientSecret, oauth1Secret }: Credentials): string =>
  `client secret    ${clientSecret}${oauth1Secret === undefined ? '' : `\nconsumer secret  ${oauth1Secret}`}`

async function rotate(sql: Sql, id: string, key: string | undefined): Promise<Credentials | undefined> {
  try {
    return await rotateClient(sql, id, key)
  } catch (thrown) {
    throw thrown instanceof KeyMissing ? new CommandError(thrown.message) : thrown
  }
}

const line = (client: Client): string =>
  [
    client.clientId,
    client.name,
    client.revokedAt === null ? 'active' : 'revoked',
    [...new Set(client.scopes.map((scope) => scope.split('/').at(-1)))].join(' '),
    ...(client.oauth1 ? ['signs by OAuth 1.0a'] : []),
    ...(client.addresses === null ? [] : [`from ${client.addresses.join(' ')}`]),
    ...(client.perMinute === null ? [] : [`${client.perMinute} a minute`]),
  ].join('  ')

/** The scopes of names, each of which may stand for several. Throws CommandError that lists what there is. */
export function readScopes(names: readonly string[]): string[] {
  const known = [...new Set(allScopes.map((scope) => `  ${scope.split('/').at(-1)}`))].join('\n')
  if (names.length === 0) throw new CommandError(`name at least one --scope:\n${known}`)
  const found = names.flatMap((name) => {
    const scopes = findScopes(name)
    return scopes.length > 0 ? scopes : fail(`no scope "${name}"; there are:\n${known}`)
  })
  return [...new Set(found)]
}

const fail = (message: string): never => {
  throw new CommandError(message)
}
const wanted = (what: string): never => fail(`${what} is wanted`)
const unknown = (id: string | undefined): never => fail(`no client "${id}", or it is revoked`)
