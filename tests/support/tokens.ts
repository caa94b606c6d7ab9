// The token endpoint as clients use it: the form they post, and what an answer must be, granted or refused.

import { expect } from 'bun:test'
import type { Credentials } from '../../src/clients.ts'
import { origin } from './collections.ts'
import type { Hub } from './hub.ts'
import { faultsOf } from './schemas.ts'

export const grant = { grant_type: 'client_credentials' }
export const basic = ({ clientId, clientSecret }: Credentials): string => `Basic ${btoa(`${clientId}:${clientSecret}`)}`
export const inForm = ({ clientId, clientSecret }: Credentials) => ({
  client_id: clientId,
  client_secret: clientSecret,
})

export const postToken = async ({ fetch }: Hub, body: BodyInit, headers: Record<string, string>): Promise<Response> =>
  fetch(new Request(`${origin}/oauth2/token`, { method: 'POST', headers, body }))

export const askToken = (hub: Hub, form: Record<string, string>, authorization?: string): Promise<Response> =>
  postToken(hub, new URLSearchParams(form), authorization === undefined ? {} : { authorization })

export interface Token {
  readonly access_token: string
  readonly expires_in: number
  readonly scope: string
}

/** No cache may keep an answer of the endpoint, whatever it says. */
async function bodyOf(response: Response, schema: string): Promise<unknown> {
  const body: unknown = await response.json()
  expect([response.status, faultsOf({ service: 'hub', schema }, body)]).toEqual([response.status, []])
  expect(response.headers.get('content-type')).toStartWith('application/json')
  expect([response.headers.get('cache-control'), response.headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
  return body
}

/** The token of an answer that must grant one. */
export async function granted(response: Response): Promise<Token> {
  expect(response.status).toBe(200)
  return (await bodyOf(response, 'Token')) as Token
}

/** Status and error of an answer that must refuse, as `400 invalid_scope`. */
export async function refused(response: Response): Promise<string> {
  return `${response.status} ${((await bodyOf(response, 'TokenError')) as { error: string }).error}`
}
