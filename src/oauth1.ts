// A request signed with OAuth 1.0a, two-legged: its parts in; what it claims, with its signature base string, out; then
// whether a secret fits the claim. Knows no client, no nonce and no clock. Pure. Source: RFC 5849, section 3.

import { ApiError } from './errors.ts'

export interface Signable {
  readonly method: string
  /** The address that the client used, with its query. */
  readonly url: URL
  readonly authorization: string | null
  /** The body, where its type is application/x-www-form-urlencoded. */
  readonly form?: string | undefined
}

/** What a signed request says of itself; nothing of it is checked yet but its form. */
export interface Claim {
  readonly consumerKey: string
  readonly method: SignatureMethod
  readonly signature: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly nonce: string
  /** Base64 of the body's hash, where the client sends one: OAuth Request Body Hash, for bodies that are no form. */
  readonly bodyHash: string | undefined
  readonly baseString: string
  /** What was signed, for the person who looks for their mistake: `GET https://…`. */
  readonly target: string
}

export type Pair = readonly [name: string, value: string]

const hashes = { 'HMAC-SHA1': 'SHA-1', 'HMAC-SHA256': 'SHA-256' } as const
export type SignatureMethod = keyof typeof hashes

/** Characters of a nonce or a consumer key at most: both are kept. */
const keptCharsMax = 255

export const challenge = 'OAuth realm="oneroster"'

/** 401, with the parameter that is at fault first in the message. */
export const refusal = (message: string): ApiError =>
  new ApiError('unauthorisedrequest', message, { headers: { 'www-authenticate': challenge } })

/** Section 3.6: all but letters, digits and - . _ ~ as %XX of their UTF-8. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw refusal(`Authorization: "${text}" is not percent-encoded UTF-8`)
  }
}

/** Whether the header's scheme is OAuth: other schemes are another's business. */
export const isOAuthHeader = (authorization: string): boolean => /^oauth(\s|$)/i.test(authorization)

const element = /[\s,]*([^\s=",]+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?=,|$)/y

/** Section 3.5.1: `OAuth realm="…", oauth_consumer_key="…", …`, the realm left out. */
function readHeader(authorization: string): Pair[] {
  const text = authorization.slice('OAuth'.length)
  const pairs: Pair[] = []
  let end = 0
  for (;;) {
    element.lastIndex = end
    const [whole, name = '', value = ''] = element.exec(text) ?? []
    if (whole === undefined) break
    end += whole.length
    if (name.toLowerCase() !== 'realm') pairs.push([percentDecode(name), percentDecode(value)])
  }
  if (/[^\s,]/.test(text.slice(end))) throw refusal('Authorization: not of the form OAuth name="value", name="value"')
  return pairs
}

interface Sources {
  readonly header: readonly Pair[]
  readonly query: readonly Pair[]
  readonly form: readonly Pair[]
}

/** Section 3.4.1.3.1: everything that is signed, by where it stands; decoded as those who read the request will. */
const sourcesOf = ({ authorization, url, form }: Signable): Sources => ({
  header: authorization !== null && isOAuthHeader(authorization) ? readHeader(authorization) : [],
  query: [...new URLSearchParams(url.search)],
  form: [...new URLSearchParams(form ?? '')],
})

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Section 3.4.1: the method, the address without its query, and the sorted parameters without the signature. */
export function baseString(method: string, url: URL, parameters: readonly Pair[]): string {
  const normalised = parameters
    .filter(([name]) => name !== 'oauth_signature')
    .map(([name, value]): Pair => [percentEncode(name), percentEncode(value)])
    // by name and then by value: sorting the joined text would put "a-=1" before "a=1"
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map((pair) => pair.join('='))
    .join('&')
  return [method.toUpperCase(), addressOf(url), normalised].map(percentEncode).join('&')
}

/** Section 3.4.1.2. A URL has its scheme and host in lower case, and no default port. */
const addressOf = (url: URL): string => url.origin + url.pathname

export function signatureBase(request: Signable): string {
  const { header, query, form } = sourcesOf(request)
  return baseString(request.method, request.url, [...header, ...query, ...form])
}

/** What a request claims; undefined when nothing in it speaks of OAuth 1.0a. Throws ApiError that names the parameter. */
export function readClaim(request: Signable): Claim | undefined {
  const sources = sourcesOf(request)
  const places = Object.entries(sources).flatMap(([place, pairs]: [string, readonly Pair[]]) =>
    pairs.some(([name]) => name.startsWith('oauth_')) ? [place] : [],
  )
  const hasHeader = request.authorization !== null
  if (hasHeader ? !isOAuthHeader(request.authorization) : places.length === 0) return undefined
  if (places.length > 1)
    throw refusal(`oauth_ parameters stand in ${places.join(' and ')}: RFC 5849 wants them in one place`)
  const all = [...sources.header, ...sources.query, ...sources.form]
  const protocol = readProtocol(all)
  const nonce = wanted(protocol, 'oauth_nonce')
  const consumerKey = wanted(protocol, 'oauth_consumer_key')
  for (const [name, value] of Object.entries({ oauth_nonce: nonce, oauth_consumer_key: consumerKey })) {
    if (value.length > keptCharsMax) throw refusal(`${name}: has more than ${keptCharsMax} characters`)
  }
  return {
    consumerKey,
    nonce,
    method: readMethod(wanted(protocol, 'oauth_signature_method')),
    signature: wanted(protocol, 'oauth_signature'),
    timestamp: readTimestamp(wanted(protocol, 'oauth_timestamp')),
    bodyHash: protocol.get('oauth_body_hash'),
    baseString: baseString(request.method, request.url, all),
    target: `${request.method.toUpperCase()} ${addressOf(request.url)}`,
  }
}

/** The oauth_ parameters by name; those that have one meaning only are checked here. */
function readProtocol(parameters: readonly Pair[]): ReadonlyMap<string, string> {
  const protocol = new Map<string, string>()
  for (const [name, value] of parameters.filter(([name]) => name.startsWith('oauth_'))) {
    if (protocol.has(name)) throw refusal(`${name}: is given twice`)
    if (value.includes('\0')) throw refusal(`${name}: holds a NUL character`)
    protocol.set(name, value)
  }
  const version = protocol.get('oauth_version')
  if (version !== undefined && version !== '1.0') throw refusal(`oauth_version: must be 1.0, not "${version}"`)
  // two-legged clients may send an empty one
  if (protocol.get('oauth_token')) throw refusal('oauth_token: there are no tokens here; leave it out or empty')
  return protocol
}

function wanted(protocol: ReadonlyMap<string, string>, name: string): string {
  const value = protocol.get(name)
  if (value) return value
  throw refusal(`${name}: is missing`)
}

function readMethod(name: string): SignatureMethod {
  if (Object.hasOwn(hashes, name)) return name as SignatureMethod
  throw refusal(`oauth_signature_method: must be ${Object.keys(hashes).join(' or ')}, not "${name}"`)
}

function readTimestamp(text: string): number {
  if (/^\d{1,12}$/.test(text) && Number(text) > 0) return Number(text)
  throw refusal(`oauth_timestamp: must be the seconds since 1970, not "${text}"`)
}

/** Whether the claim is signed with this secret and no token's. Section 3.4.2. */
export const isSignedWith = (claim: Claim, secret: string): Promise<boolean> =>
  isSignature(claim.signature, claim.method, claim.baseString, `${percentEncode(secret)}&`)

/** Whether the body is the one that was signed; true where the claim says nothing of it. */
export async function isBody(claim: Claim, body: BufferSource): Promise<boolean> {
  if (claim.bodyHash === undefined) return true
  const hash = new Uint8Array(await crypto.subtle.digest(hashes[claim.method], body))
  return claim.bodyHash === btoa(String.fromCharCode(...hash))
}

/** Whether this is the base64 of the HMAC of `text`. subtle.verify compares in constant time. */
export async function isSignature(
  signature: string,
  method: SignatureMethod,
  text: string,
  key: string,
): Promise<boolean> {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature) || signature.length % 4 !== 0) return false
  const sent = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))
  const utf8 = new TextEncoder()
  const hmac = { name: 'HMAC', hash: hashes[method] }
  const imported = await crypto.subtle.importKey('raw', utf8.encode(key), hmac, false, ['verify'])
  return crypto.subtle.verify('HMAC', imported, sent, utf8.encode(text))
}
