// Who is calling, with which scopes; the token endpoint. A secret and a token are 256 random bits each; the database has
// only their SHA-256. A token once checked is believed for `recheckMs`, then asked after again: a revocation is seen by
// every process within that time. Signed requests are for consumers.ts.

import { type BodyFault, readText } from './bytes.ts'
import { Consumers } from './consumers.ts'
import { ApiError, toApiError, tokenErrorResponse, uncached } from './errors.ts'
import { challenge } from './oauth1.ts'
import { randomSecret, sha256 } from './secrets.ts'
import type { Store, Token } from './store.ts'
import { type Caller, type Gate, openGate, type Visit } from './visit.ts'

export interface AuthOptions {
  readonly tokenSeconds: number
  readonly recheckMs: number
  /** OAuth 1.0a; absent: signed requests are refused. */
  readonly oauth1Key?: string | undefined
  readonly oauth1WindowSeconds?: number
  /** The address clients use, where it is not the request's own: it is what they sign. */
  readonly publicUrl?: string | undefined
  /** Bytes that the body of a signed request may have. */
  readonly bodyMaxBytes: number
  /** What keeps callers out once they are known; absent: nothing does. */
  readonly gate?: Gate
  readonly now?: () => number
}

interface Checked extends Caller {
  readonly expiresAtMs: number
  readonly checkedAtMs: number
}

/** Tokens remembered at most; the one checked first goes first. */
const checkedMax = 10_000
const tokenPattern = /^[\w-]{43}$/

const unauthorised = (message: string, parameters = ''): ApiError =>
  new ApiError('unauthorisedrequest', message, {
    headers: { 'www-authenticate': `Bearer realm="oneroster"${parameters}` },
  })

const lacking = (who: string, scopes: readonly string[], headers: Record<string, string> = {}): ApiError =>
  new ApiError('forbidden', `the ${who} lacks a scope: any of ${scopes.join(' ')}`, { headers })

export class Auth {
  private readonly checked = new Map<string, Checked>()
  private readonly consumers: Consumers
  private readonly gate: Gate
  private readonly now: () => number

  constructor(
    private readonly store: Store,
    private readonly options: AuthOptions,
  ) {
    this.now = options.now ?? Date.now
    this.gate = options.gate ?? openGate
    this.consumers = new Consumers(store, {
      key: options.oauth1Key,
      windowSeconds: options.oauth1WindowSeconds ?? 300,
      recheckMs: options.recheckMs,
      publicUrl: options.publicUrl,
      bodyMaxBytes: options.bodyMaxBytes,
      now: this.now,
    })
  }

  /**
   * The caller, when it may have any one of `scopes`: by its token, or by its signature where the operation takes those
   * (`signed`). Throws ApiError: 401 without a good token or signature, 403 without a scope. Source: RFC 6750, section 3.
   */
  async authorise(visit: Visit, scopes: readonly string[], { signed = false } = {}): Promise<Caller> {
    const caller =
      (signed ? await this.consumers.caller(visit.request) : undefined) ?? (await this.bearer(visit, signed))
    visit.client = caller.client
    if (caller.key !== undefined) visit.key = caller.key
    await this.gate.admit(visit, caller)
    if (scopes.some((scope) => caller.scopes.has(scope))) return caller
    throw visit.request.headers.get('authorization')?.startsWith('Bearer')
      ? lacking('token', scopes, {
          'www-authenticate': `Bearer realm="oneroster", error="insufficient_scope", scope="${scopes.join(' ')}"`,
        })
      : lacking('client', scopes)
  }

  private async bearer({ request }: Visit, signed: boolean): Promise<Caller> {
    const header = request.headers.get('authorization')
    if (header === null)
      throw signed
        ? unauthorised(
            'an access token or a signature is wanted: send Authorization: Bearer or OAuth',
            `, ${challenge}`,
          )
        : unauthorised('an access token is wanted: send Authorization: Bearer')
    const token = /^Bearer +(\S+)$/i.exec(header.trim())?.[1]
    if (token === undefined)
      throw unauthorised('the Authorization header is not of the form Bearer TOKEN', ', error="invalid_request"')
    return this.caller(token)
  }

  private async caller(token: string): Promise<Checked> {
    const now = this.now()
    const known = this.checked.get(token)
    if (known !== undefined && now - known.checkedAtMs < this.options.recheckMs && now < known.expiresAtMs) return known
    this.checked.delete(token)
    const found: Token | undefined = tokenPattern.test(token) ? await this.store.token(await sha256(token)) : undefined
    if (found === undefined)
      throw unauthorised('the access token is unknown, expired or revoked', ', error="invalid_token"')
    const checked = {
      client: found.client,
      scopes: new Set(found.scopes),
      expiresAtMs: found.expiresAtMs,
      checkedAtMs: now,
    }
    this.checked.set(token, checked)
    if (this.checked.size > checkedMax) this.checked.delete(this.checked.keys().next().value as string)
    return checked
  }

  /**
   * The token endpoint: client credentials, RFC 6749 sections 2.3.1, 4.4, 5.1 and 5.2. Never throws; `cause` is what went
   * wrong inside, for the log.
   */
  async token(visit: Visit): Promise<{ response: Response; cause?: unknown }> {
    try {
      return { response: await this.grant(visit) }
    } catch (thrown) {
      if (thrown instanceof TokenRefusal) return { response: thrown.response() }
      return { response: tokenErrorResponse(toApiError(thrown)), cause: thrown }
    }
  }

  private async grant(visit: Visit): Promise<Response> {
    const { request } = visit
    const form = await readForm(request)
    const grantType = form.get('grant_type')
    if (grantType === null) throw new TokenRefusal('invalid_request', 'grant_type is missing')
    if (grantType !== 'client_credentials')
      throw new TokenRefusal('unsupported_grant_type', 'only client_credentials is supported')
    const { client, secret, byHeader } = readCredentials(request, form)
    const scopes = form
      .get('scope')
      ?.split(' ')
      .filter((scope) => scope !== '')
    await this.gate.claim(visit, client)
    const token = randomSecret()
    const granted = await this.store.createToken(
      client,
      await sha256(secret),
      scopes?.length ? scopes : undefined,
      await sha256(token),
      this.options.tokenSeconds,
    )
    if (granted === undefined) {
      await this.gate.failed(visit, client)
      const headers: Record<string, string> = byHeader ? { 'www-authenticate': 'Basic realm="oneroster"' } : {}
      throw new TokenRefusal('invalid_client', 'unknown client or wrong secret', 401, headers)
    }
    visit.client = client
    await this.gate.proved(visit, client)
    if (granted.length === 0)
      throw new TokenRefusal('invalid_scope', 'the client may have none of the scopes asked for')
    const body = {
      access_token: token,
      token_type: 'Bearer',
      expires_in: this.options.tokenSeconds,
      scope: granted.join(' '),
    }
    return Response.json(body, { headers: uncached })
  }
}

class TokenRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }

  response(): Response {
    return Response.json(
      { error: this.code, error_description: this.message },
      { status: this.status, headers: { ...uncached, ...this.headers } },
    )
  }
}

const formBytesMax = 16 * 1024
const formFaults: Readonly<Record<BodyFault, string>> = {
  size: `has more than ${formBytesMax} bytes`,
  encoding: 'is not UTF-8',
  end: 'broke off',
}
/** Whoever asks is nobody yet: no more is read for them than a form can have. */
const formBounds = {
  bytesMax: formBytesMax,
  refusal: (fault: BodyFault) => new TokenRefusal('invalid_request', `the body ${formFaults[fault]}`),
}

async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new TokenRefusal('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const text = await readText(request, formBounds)
  const form = new URLSearchParams(text)
  for (const name of new Set(form.keys())) {
    if (form.getAll(name).length > 1) throw new TokenRefusal('invalid_request', `${name} is given twice`)
  }
  if (text.includes('%00') || text.includes('\0'))
    throw new TokenRefusal('invalid_request', 'the body holds a NUL character')
  return form
}

function readCredentials(
  request: Request,
  form: URLSearchParams,
): { client: string; secret: string; byHeader: boolean } {
  const header = request.headers.get('authorization')
  const inForm = form.get('client_secret')
  if (header !== null) {
    if (inForm !== null)
      throw new TokenRefusal('invalid_request', 'the client names itself twice: by header and in the form')
    const [client, secret] = decodeBasic(header)
    return { client, secret, byHeader: true }
  }
  const client = form.get('client_id')
  if (client === null || inForm === null)
    throw new TokenRefusal('invalid_client', 'the client must name itself, by HTTP Basic or in the form', 401)
  return { client, secret: inForm, byHeader: false }
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined and put into base64. */
function decodeBasic(header: string): [string, string] {
  const refusal = new TokenRefusal('invalid_client', 'the Authorization header is not of the form Basic', 401, {
    'www-authenticate': 'Basic realm="oneroster"',
  })
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(header.trim())?.[1]
  if (encoded === undefined) throw refusal
  try {
    const text = atob(encoded)
    const colon = text.indexOf(':')
    const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '))
    const decoded: [string, string] = [decode(text.slice(0, colon)), decode(text.slice(colon + 1))]
    if (colon > 0 && !decoded.join('').includes('\0')) return decoded
  } catch {
    // falls through to the same refusal
  }
  throw refusal
}
