// The hub as clients that sign by OAuth 1.0a meet it: Auth over its database, such clients, and what becomes of a request.

import { expect } from 'bun:test'
import { Auth, type AuthOptions } from '../../src/auth.ts'
import { type Credentials, createClient } from '../../src/clients.ts'
import { CredentialStore } from '../../src/credentials.ts'
import type { ApiError } from '../../src/errors.ts'
import type { Caller } from '../../src/visit.ts'
import { origin } from './collections.ts'
import { type Hub, openHub, rosteringPath, scopeBase } from './hub.ts'
import { headerOf, type Signing, sign } from './signer.ts'
import { visitOf } from './visits.ts'

export const key = 'the key of a hub in a test, 32 characters or more'
export const core = `${scopeBase}roster-core.readonly`
export const users = `${origin}${rosteringPath}/users`

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

export interface SignedHub extends Hub {
  /** As another process would have it; every consumer is asked after at once, unless told otherwise. */
  readonly auth: (more?: Partial<AuthOptions>) => Auth
  /** A client that may sign. */
  readonly make: (scopes?: readonly string[]) => Promise<Credentials>
  readonly authorise: (request: Request, by?: Auth) => Promise<Caller>
  /** `200`, or status and reason; a 401 must challenge for a signature. */
  readonly outcome: (request: Request, by?: Auth) => Promise<string>
}

/** Over an empty hub, or one that `open` fills. */
export async function openSignedHub(open: typeof openHub = openHub): Promise<SignedHub> {
  const hub = await open({ oauth1Key: key, tokenRecheckMs: 0 })
  const auth: SignedHub['auth'] = (more = {}) =>
    new Auth(new CredentialStore(hub.app.sql), {
      tokenSeconds: 60,
      recheckMs: 0,
      bodyMaxBytes: 1024,
      oauth1Key: key,
      ...more,
    })
  const first = auth()
  const authorise: SignedHub['authorise'] = (request, by = first) =>
    by.authorise(visitOf(request), [core], { signed: true })
  const outcome: SignedHub['outcome'] = async (request, by) => {
    try {
      await authorise(request, by)
      return '200'
    } catch (thrown) {
      const { status, codeMinor, message, headers } = thrown as ApiError
      if (status === 401)
        expect([codeMinor, headers['www-authenticate']]).toEqual(['unauthorisedrequest', 'OAuth realm="oneroster"'])
      return `${status} ${message}`
    }
  }
  const make: SignedHub['make'] = (scopes = [core]) => createClient(hub.owner.sql, 'signer', scopes, undefined, key)
  return { ...hub, auth, make, authorise, outcome }
}

export const signing = ({ clientId, oauth1Secret = '' }: Credentials, more: Partial<Signing> = {}): Signing => ({
  key: clientId,
  secret: oauth1Secret,
  ...more,
})

export type Pairs = readonly (readonly [string, string])[]
export const encoded = (pairs: Pairs): string => new URLSearchParams(pairs.map((pair) => [...pair])).toString()

/** A GET with its signature in the header. */
export function signed(by: Signing, url = users, parameters: Pairs = [], query = encoded(parameters)): Request {
  const authorization = headerOf(sign(by, { url, parameters }), 'hub')
  return new Request(query === '' ? url : `${url}?${query}`, { headers: { authorization } })
}
