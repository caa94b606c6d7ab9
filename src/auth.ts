// Who is calling, with which scopes: by a token or an API key (bearers.ts), or by a signature (consumers.ts); and the door to
// the token endpoint.

import { Bearers, readBearer, unauthorised } from './bearers.ts'
import { Consumers } from './consumers.ts'
import type { CredentialStore } from './credentials.ts'
import { ApiError } from './errors.ts'
import { challenge } from './oauth1.ts'
import { answerToken } from './token_endpoint.ts'
import { type Caller, type Gate, openGate, type Visit } from './visit.ts'

export interface AuthOptions {
  readonly tokenSeconds: number
  /** Milliseconds a checked token or key is believed without asking again. */
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

const lacking = (who: string, scopes: readonly string[], headers: Record<string, string> = {}): ApiError =>
  new ApiError('forbidden', `the ${who} lacks a scope: any of ${scopes.join(' ')}`, { headers })

export class Auth {
  private readonly bearers: Bearers
  private readonly consumers: Consumers
  private readonly gate: Gate

  constructor(
    private readonly store: CredentialStore,
    private readonly options: AuthOptions,
  ) {
    const { recheckMs, gate = openGate, now = Date.now } = options
    this.gate = gate
    this.bearers = new Bearers(store, { recheckMs, now })
    this.consumers = new Consumers(store, {
      key: options.oauth1Key,
      windowSeconds: options.oauth1WindowSeconds ?? 300,
      recheckMs,
      publicUrl: options.publicUrl,
      bodyMaxBytes: options.bodyMaxBytes,
      now,
    })
  }

  /**
   * The caller, when it may have any one of `scopes`: by its token or key, or by its signature where the operation takes
   * those (`signed`). Throws ApiError: 401 without a good credential, 400 with two, 403 without a scope. Source: RFC 6750,
   * section 3.
   */
  async authorise(visit: Visit, scopes: readonly string[], { signed = false } = {}): Promise<Caller> {
    const caller = await this.caller(visit.request, signed)
    visit.client = caller.client
    if (caller.key !== undefined) visit.key = caller.key
    await this.gate.admit(visit, caller)
    if (caller.key !== undefined) this.bearers.touch(caller.key)
    if (scopes.some((scope) => caller.scopes.has(scope))) return caller
    const { headers } = visit.request
    throw caller.key === undefined && !headers.get('authorization')?.startsWith('Bearer')
      ? lacking('client', scopes)
      : lacking(caller.key === undefined ? 'token' : 'key', scopes, {
          'www-authenticate': `Bearer realm="oneroster", error="insufficient_scope", scope="${scopes.join(' ')}"`,
        })
  }

  private async caller(request: Request, signed: boolean): Promise<Caller> {
    const signer = signed && !request.headers.has('x-api-key') ? await this.consumers.caller(request) : undefined
    if (signer !== undefined) return signer
    const bearer = readBearer(request)
    if (bearer !== undefined) return this.bearers.caller(bearer)
    throw signed
      ? unauthorised(
          'an access token, an API key or a signature is wanted: send Authorization or X-API-Key',
          `, ${challenge}`,
        )
      : unauthorised('an access token or an API key is wanted: send Authorization: Bearer or X-API-Key')
  }

  /** The token endpoint. Never throws; `cause` is what went wrong inside, for the log. */
  token(visit: Visit): Promise<{ response: Response; cause?: unknown }> {
    return answerToken({ store: this.store, gate: this.gate, tokenSeconds: this.options.tokenSeconds }, visit)
  }
}
