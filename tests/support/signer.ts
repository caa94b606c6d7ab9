// A client that signs by OAuth 1.0a with a library that is not ours: requests as OneRoster 1.1 clients send them.

import { createHmac, randomUUID } from 'node:crypto'
import OAuth from 'oauth-1.0a'
import type { SignatureMethod } from '../../src/oauth1.ts'

export interface Signing {
  readonly key: string
  readonly secret: string
  readonly method?: SignatureMethod
  /** Sent instead of what the signer would make. */
  readonly nonce?: string
  readonly timestamp?: number
}

export interface ToSign {
  readonly httpMethod?: string
  /** Without a query. */
  readonly url: string
  /** Decoded, of the query and of the form together; a name may stand here more than once. */
  readonly parameters?: readonly (readonly [string, string])[]
}

const algorithms = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' } as const

/** The oauth_ parameters of a request, its signature among them. */
export function sign(signing: Signing, { httpMethod = 'GET', url, parameters = [] }: ToSign): Record<string, string> {
  const method = signing.method ?? 'HMAC-SHA1'
  const oauth = new OAuth({
    consumer: { key: signing.key, secret: signing.secret },
    signature_method: method,
    hash_function: (text, key) => createHmac(algorithms[method], key).update(text).digest('base64'),
  })
  const own = {
    oauth_consumer_key: signing.key,
    oauth_nonce: signing.nonce ?? randomUUID(),
    oauth_signature_method: method,
    oauth_timestamp: String(signing.timestamp ?? Math.floor(Date.now() / 1000)),
    oauth_version: '1.0',
  }
  // by value and a copy, because its own reading of a query does not decode names, and it writes into what it is given
  const data: Record<string, string[]> = Object.create(null)
  for (const [name, value] of parameters) data[name] = [...(data[name] ?? []), value]
  const signature = oauth.getSignature({ url, method: httpMethod, data }, undefined, { ...own } as never)
  return { ...own, oauth_signature: signature }
}

export const headerOf = (signed: Readonly<Record<string, string>>, realm?: string): string =>
  `OAuth ${[
    ...(realm === undefined ? [] : [`realm="${realm}"`]),
    ...Object.entries(signed).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`),
  ].join(', ')}`
