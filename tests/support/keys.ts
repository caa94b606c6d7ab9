// API keys as clients send them.

import { type IssuedKey, issueKey, type KeyOrder } from '../../src/keys.ts'
import { origin } from './collections.ts'
import { type Hub, rosteringPath, scopeBase } from './hub.ts'

export const adminScope = 'urn:rosterhub:scope/admin'
export const coreScope = `${scopeBase}roster-core.readonly`

/** A key with a client of its own, which may read the core of rosters, unless the order says otherwise. */
export async function makeKey({ owner }: Hub, order: Partial<KeyOrder> = {}): Promise<IssuedKey> {
  const scopes = order.clientId === undefined ? { scopes: [coreScope] } : {}
  const made = await issueKey(owner.sql, { name: 'a tool', ...scopes, ...order })
  if (made === undefined) throw new Error('no such client')
  return made
}

/** GET /orgs with these headers. */
export const askOrgs = async ({ fetch }: Pick<Hub, 'fetch'>, headers: Record<string, string>): Promise<Response> =>
  fetch(new Request(`${origin}${rosteringPath}/orgs`, { headers }))
