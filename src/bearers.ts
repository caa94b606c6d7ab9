// Who an access token or an API key speaks for. Both are 256 random bits, of which the database has only the SHA-256. What
// was once checked is believed for `recheckMs`, then asked after again: a revocation is seen by every process within that time.

import { type CredentialStore, callerOf } from './credentials.ts'
import { ApiError } from './errors.ts'
import { isSame, keyPrefix, sha256 } from './secrets.ts'
import type { Caller } from './visit.ts'

export interface BearerOptions {
  readonly recheckMs: number
  readonly now: () => number
}

interface Checked {
  readonly caller: Caller
  readonly expiresAtMs: number
  readonly checkedAtMs: number
}

/** Tokens and keys remembered at most; the one checked first goes first. */
const checkedMax = 10_000
/** How often a process says of a key that it is used. */
const touchMs = 60_000
const tokenPattern = /^[\w-]{43}$/

export const unauthorised = (message: string, parameters = ''): ApiError =>
  new ApiError('unauthorisedrequest', message, {
    headers: { 'www-authenticate': `Bearer realm="oneroster"${parameters}` },
  })

/** What a request holds as its token or key; undefined where it holds none. Throws ApiError: 401 for a header of another form. */
export function readBearer({ headers }: Request): string | undefined {
  const [header, key] = [headers.get('authorization'), headers.get('x-api-key')?.trim()]
  if (header === null && key === undefined) return undefined
  const bearer = header === null ? undefined : /^Bearer +(\S+)$/i.exec(header.trim())?.[1]
  // RFC 6750, section 3.1: more than one method of naming oneself
  if (header !== null && key !== undefined && bearer !== key)
    throw new ApiError('invaliddata', 'X-API-Key and Authorization name two credentials: send one', { status: 400 })
  if (key !== undefined && keyPrefix(key) === undefined)
    throw unauthorised('X-API-Key: is not of the form of a key', ', error="invalid_token"')
  const text = bearer ?? key
  if (text === undefined)
    throw unauthorised('the Authorization header is not of the form Bearer TOKEN', ', error="invalid_request"')
  return text
}

export class Bearers {
  private readonly checked = new Map<string, Checked>()
  /** When each key was last said to be used. */
  private readonly touched = new Map<string, number>()

  constructor(
    private readonly store: CredentialStore,
    private readonly options: BearerOptions,
  ) {}

  /** Throws ApiError: 401 for one that is unknown, expired or revoked. */
  async caller(text: string): Promise<Caller> {
    const now = this.options.now()
    const known = this.checked.get(text)
    if (known !== undefined && now - known.checkedAtMs < this.options.recheckMs && now < known.expiresAtMs)
      return known.caller
    this.checked.delete(text)
    const prefix = keyPrefix(text)
    const found = await (prefix === undefined ? this.token(text) : this.key(text, prefix))
    if (found === undefined) {
      const what = prefix === undefined ? 'access token' : 'API key'
      throw unauthorised(`the ${what} is unknown, expired or revoked`, ', error="invalid_token"')
    }
    this.checked.set(text, { ...found, checkedAtMs: now })
    if (this.checked.size > checkedMax) this.checked.delete(this.checked.keys().next().value as string)
    return found.caller
  }

  private async token(text: string): Promise<Omit<Checked, 'checkedAtMs'> | undefined> {
    const found = tokenPattern.test(text) ? await this.store.token(await sha256(text)) : undefined
    return found && { caller: callerOf(found.client, found), expiresAtMs: found.expiresAtMs }
  }

  private async key(text: string, prefix: string): Promise<Omit<Checked, 'checkedAtMs'> | undefined> {
    const found = await this.store.key(prefix)
    if (found === undefined || !isSame(await sha256(text), bytesOf(found.hash))) return undefined
    return { caller: { ...callerOf(found.client, found), key: found.key }, expiresAtMs: found.expiresAtMs }
  }

  /** Keeps when a key was last used: off the request's path, once a minute. */
  touch(key: string): void {
    const now = this.options.now()
    if (now - (this.touched.get(key) ?? Number.NEGATIVE_INFINITY) < touchMs) return
    this.touched.delete(key)
    this.touched.set(key, now)
    if (this.touched.size > checkedMax) this.touched.delete(this.touched.keys().next().value as string)
    // a database that cannot keep it tells those who need its answer
    this.store.touchKey(key).catch(() => this.touched.delete(key))
  }
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
