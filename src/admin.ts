// Clients and API keys over HTTP: a handler for each operation, by its operationId. What each may give, the database says.

import {
  type Credentials,
  createClient,
  findScopes,
  KeyMissing,
  limitClient,
  listClients,
  revokeClient,
  rotateClient,
} from './clients.ts'
import type { Sql } from './database.ts'
import { ApiError } from './errors.ts'
import { ClientOrder, KeyExtension, KeyOrder, KeyRotation, Limits } from './generated/hub.schemas.ts'
import { extendKey, type IssuedKey, issueKey, listKeys, revokeKey, rotateKey } from './keys.ts'
import { bodyOf, idOf, missing, withoutNulls } from './orders.ts'
import type { Asked, Handler } from './own.ts'

export interface AdminOptions {
  readonly sql: Sql
  /** What consumer secrets are derived from; absent: no client is given one. */
  readonly oauth1Key: string | undefined
}

const overlapSecondsUsual = 24 * 3600

/** The handlers by operationId. */
export function adminHandlers({ sql, oauth1Key }: AdminOptions): Readonly<Record<string, Handler>> {
  const clientNow = async ({ caller }: Asked, id: string): Promise<Response> => {
    // as its list has it: whoever may change a client may read of all of them
    const found = (await listClients(sql, caller)).find(({ clientId }) => clientId === id)
    return found === undefined ? missing('client', id) : Response.json(withoutNulls(found))
  }
  return {
    listClients: async ({ caller }) =>
      Response.json({ clients: (await listClients(sql, caller)).map((client) => withoutNulls(client)) }),

    createClient: async (asked) => {
      const { name, scopes, oauth1 = false, addresses, perMinute } = await bodyOf(asked, ClientOrder)
      if (oauth1 && oauth1Key === undefined) throw fault('/oauth1', 'requests signed by OAuth 1.0a are not taken here')
      const limits = { by: asked.caller, addresses, perMinute }
      return secret(
        await createClient(sql, name, readScopes(scopes), undefined, oauth1 ? oauth1Key : undefined, limits),
        201,
      )
    },

    limitClient: async (asked) => {
      const id = idOf(asked, 'client')
      const isDone = await limitClient(sql, id, await bodyOf(asked, Limits), asked.caller)
      return isDone ? clientNow(asked, id) : missing('client', id)
    },

    rotateClient: async (asked) => {
      const id = idOf(asked, 'client')
      const made = await rotateClient(sql, id, oauth1Key, asked.caller).catch((thrown: unknown): never => {
        throw thrown instanceof KeyMissing ? new ApiError('invaliddata', thrown.message, { status: 409 }) : thrown
      })
      return made === undefined ? missing('client', id) : secret(made)
    },

    revokeClient: async (asked) => {
      const id = idOf(asked, 'client')
      return (await revokeClient(sql, id, asked.caller)) ? clientNow(asked, id) : missing('client', id)
    },

    listKeys: async ({ caller, parameters }) => {
      const keys = await listKeys(sql, parameters['clientId'] as string | undefined, caller)
      return Response.json({ keys: keys.map((key) => withoutNulls(key)) })
    },

    issueKey: async (asked) => {
      const { scopes, expiresAt, ...order } = await bodyOf(asked, KeyOrder)
      if (order.clientId === undefined && scopes === undefined)
        throw fault('/scopes', 'are wanted where no client is named')
      const made = await issueKey(
        sql,
        {
          ...order,
          scopes: scopes === undefined ? undefined : readScopes(scopes),
          expiresAt: expiresAt === undefined ? undefined : readMoment(expiresAt),
        },
        asked.caller,
      )
      return made === undefined ? missing('client', String(order.clientId)) : secret(made, 201)
    },

    rotateKey: async (asked) => {
      const id = idOf(asked, 'key')
      const { overlapSeconds = overlapSecondsUsual } = await bodyOf(asked, KeyRotation, '{}')
      const made = await rotateKey(sql, id, overlapSeconds, asked.caller)
      return made === undefined ? missing('key', id) : secret(made, 201)
    },

    extendKey: async (asked) => {
      const id = idOf(asked, 'key')
      const { expiresAt } = await bodyOf(asked, KeyExtension)
      const key = await extendKey(sql, id, readMoment(expiresAt), asked.caller)
      return key === undefined ? missing('key', id) : Response.json(withoutNulls(key))
    },

    revokeKey: async (asked) => {
      const id = idOf(asked, 'key')
      const key = await revokeKey(sql, id, asked.caller)
      return key === undefined ? missing('key', id) : Response.json(withoutNulls(key))
    },
  }
}

/** No cache may keep an answer with a secret in it. */
const secret = (made: Credentials | IssuedKey, status = 200): Response =>
  Response.json(withoutNulls(made), { status, headers: { 'cache-control': 'no-store' } })

const fault = (path: string, reason: string): ApiError => new ApiError('invaliddata', `${path}: ${reason}`)

/** By their names, as the command line takes them; one name may stand for several. */
const readScopes = (names: readonly string[]): string[] => [
  ...new Set(
    names.flatMap((name, place) => {
      const found = findScopes(name)
      if (found.length > 0) return found
      throw fault(`/scopes/${place}`, `no scope "${name}"`)
    }),
  ),
]

function readMoment(text: string): Date {
  const moment = new Date(text)
  if (Number.isNaN(moment.getTime())) throw fault('/expiresAt', `no such moment "${text}"`)
  return moment
}
