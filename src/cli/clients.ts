// `clients create|list|rotate|revoke`: the OAuth 2 clients, told as text or as JSON.

import { allScopes, type Client, createClient, findScope, listClients, revokeClient, rotateClient } from '../clients.ts'
import type { Sql } from '../database.ts'
import { CommandError } from './data.ts'

export interface ClientFlags {
  readonly name: string | undefined
  readonly scopes: readonly string[]
  readonly json: boolean
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
      const made = await createClient(sql, flags.name ?? wanted('--name NAME'), readScopes(flags.scopes))
      return print(
        made,
        `client id      ${made.clientId}\nclient secret  ${made.clientSecret}\nThe secret is not shown again.`,
      )
    }
    case 'list': {
      const clients = await listClients(sql)
      return print(clients, clients.length === 0 ? 'no clients' : clients.map(line).join('\n'))
    }
    case 'rotate': {
      const made = (await rotateClient(sql, id ?? wanted('a client id'))) ?? unknown(id)
      return print(made, `client secret  ${made.clientSecret}\nThe old secret and its tokens are no longer good.`)
    }
    case 'revoke': {
      if (!(await revokeClient(sql, id ?? wanted('a client id')))) unknown(id)
      return print({ clientId: id, revoked: true }, `${id} is revoked; its tokens end within seconds.`)
    }
    default:
      throw new CommandError(
        'clients create --name NAME --scope SCOPE…, clients list, clients rotate ID or clients revoke ID',
      )
  }
}

const line = (client: Client): string =>
  [
    client.clientId,
    client.name,
    client.revokedAt === null ? 'active' : 'revoked',
    client.scopes.map((s) => s.split('/').at(-1)).join(' '),
  ].join('  ')

function readScopes(names: readonly string[]): string[] {
  if (names.length === 0)
    throw new CommandError(`name at least one --scope:\n${allScopes.map((s) => `  ${s.split('/').at(-1)}`).join('\n')}`)
  return names.map(
    (name) =>
      findScope(name) ??
      fail(`no scope "${name}"; there are:\n${allScopes.map((s) => `  ${s.split('/').at(-1)}`).join('\n')}`),
  )
}

const fail = (message: string): never => {
  throw new CommandError(message)
}
const wanted = (what: string): never => fail(`${what} is wanted`)
const unknown = (id: string | undefined): never => fail(`no client "${id}", or it is revoked`)
