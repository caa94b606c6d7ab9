// Who signed a request by OAuth 1.0a: a request in, its caller out, once. A consumer once asked after is believed for
// `recheckMs`, as tokens are; a nonce is used up in the database, after the signature has proved good, for all processes.

import { readBytes } from './bytes.ts'
import { type CredentialStore, callerOf } from './credentials.ts'
import { ApiError } from './errors.ts'
import { type Claim, isBody, isOAuthHeader, isSignedWith, readClaim, refusal } from './oauth1.ts'
import { consumerSecret } from './secrets.ts'
import type { Caller } from './visit.ts'

export interface ConsumerOptions {
  /** OAUTH1_KEY; absent: a signed request is refused. */
  readonly key: string | undefined
  readonly windowSeconds: number
  readonly recheckMs: number
  /** The address that clients sign, without a slash at the end; absent: the request's own. */
  readonly publicUrl: string | undefined
  /** Bytes that a body may have whose hash is signed. */
  readonly bodyMaxBytes: number
  readonly now: () => number
}

interface Known {
  /** What those outside are told: the secret stays here. */
  readonly caller: Caller
  readonly secret: string
  readonly checkedAtMs: number
}

/** Consumers remembered at most; the one asked after first goes first. */
const knownMax = 10_000
const formBytesMax = 64 * 1024

export class Consumers {
  private readonly known = new Map<string, Known>()

  constructor(
    private readonly store: CredentialStore,
    private readonly options: ConsumerOptions,
  ) {}

  /** Who signed the request; undefined where it is not signed at all. Throws ApiError: 401 that names the parameter. */
  async caller(request: Request): Promise<Caller | undefined> {
    const claim = await this.claim(request)
    if (claim === undefined) return undefined
    const { key, windowSeconds, bodyMaxBytes } = this.options
    if (key === undefined) throw refusal('requests signed by OAuth 1.0a are not taken here: no OAUTH1_KEY is set')
    const { caller } = await this.signer(claim, key)
    if (claim.bodyHash !== undefined && !(await isBody(claim, await readCopy(request, 'body', bodyMaxBytes))))
      throw refusal('oauth_body_hash: does not fit the body')
    const isFresh = await this.store.useNonce(claim.consumerKey, claim.nonce, claim.timestamp, windowSeconds)
    if (isFresh === undefined)
      throw refusal(`oauth_timestamp: ${claim.timestamp} is not within ${windowSeconds} seconds of the hub's clock`)
    if (!isFresh) throw refusal('oauth_nonce: was used before; every request wants its own')
    return caller
  }

  private async claim(request: Request): Promise<Claim | undefined> {
    const authorization = request.headers.get('authorization')
    if (authorization !== null && !isOAuthHeader(authorization)) return undefined
    const { pathname, search, origin } = new URL(request.url)
    return readClaim({
      method: request.method,
      url: new URL((this.options.publicUrl ?? origin) + pathname + search),
      authorization,
      form: await readForm(request),
    })
  }

  /** The consumer whose secret made the signature. */
  private async signer(claim: Claim, key: string): Promise<Known> {
    const known = this.remembered(claim.consumerKey)
    if (known !== undefined && (await isSignedWith(claim, known.secret))) return known
    // also where the signature did not fit: the secret may have been rotated since
    const found = await this.ask(claim.consumerKey, key)
    if (found === undefined) throw refusal('oauth_consumer_key: is unknown, revoked or may not sign')
    if (found.secret !== known?.secret && (await isSignedWith(claim, found.secret))) return found
    throw refusal(`oauth_signature: does not fit ${claim.target}, its parameters and the consumer's secret`)
  }

  private remembered(client: string): Known | undefined {
    const known = this.known.get(client)
    return known !== undefined && this.options.now() - known.checkedAtMs < this.options.recheckMs ? known : undefined
  }

  private async ask(client: string, key: string): Promise<Known | undefined> {
    const checkedAtMs = this.options.now()
    this.known.delete(client)
    const found = await this.store.consumer(client)
    if (found === undefined) return undefined
    const secret = await consumerSecret(key, client, found.generation)
    const known = { caller: callerOf(client, found), secret, checkedAtMs }
    this.known.set(client, known)
    if (this.known.size > knownMax) this.known.delete(this.known.keys().next().value as string)
    return known
  }
}

async function readForm(request: Request): Promise<string | undefined> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded' || request.body === null) return undefined
  return new TextDecoder().decode(await readCopy(request, 'form', formBytesMax))
}

/** Read from a copy: who comes after reads the body again. */
const readCopy = (request: Request, what: 'form' | 'body', bytesMax: number): Promise<Uint8Array<ArrayBuffer>> =>
  readBytes(request.clone(), {
    bytesMax,
    refusal: (fault, cause) =>
      fault === 'size'
        ? new ApiError('invaliddata', `the ${what} has more than ${bytesMax} bytes`, { status: 413 })
        : new ApiError('invaliddata', `the ${what} broke off`, { status: 400, cause }),
  })
