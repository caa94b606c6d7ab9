// Clients that are granted a part of what a hub holds.

import { allScopes, createClient } from '../../src/clients.ts'
import { type Grant, setGrant } from '../../src/grants.ts'
import { origin } from './collections.ts'
import type { Hub } from './hub.ts'

export interface Vendor {
  readonly clientId: string
  readonly token: string
}

export const everything: Grant = { orgs: null, roles: null, entities: null, hidden: [], mayWrite: true }

/** A client with a token, and with this grant unless it is undefined. */
export async function vendorOf(
  hub: Pick<Hub, 'owner' | 'fetch'>,
  grant?: Partial<Grant>,
  scopes: readonly string[] = allScopes,
): Promise<Vendor> {
  const { clientId, clientSecret } = await createClient(hub.owner.sql, 'vendor', scopes)
  if (grant !== undefined) await setGrant(hub.owner.sql, clientId, { ...everything, ...grant })
  const answer = await hub.fetch(
    new Request(`${origin}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    }),
  )
  return { clientId, token: ((await answer.json()) as { access_token: string }).access_token }
}
