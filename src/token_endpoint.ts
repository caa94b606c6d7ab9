// The token endpoint: client credentials in a form -> an access token, by RFC 6749, sections 2.3.1, 4.4, 5.1 and 5.2. A secret
// and a token are 256 random bits each; the database has only their SHA-256.

import { type BodyFault, readText } from './bytes.ts'
import type { CredentialStore } from './credentials.ts'
import { toApiError, tokenErrorResponse, uncached } from './errors.ts'
import { randomSecret, sha256 } from './secrets.ts'
import type { Gate, Visit } from './visit.ts'

export interface TokenEndpointOptions {
  readonly store: CredentialStore
  readonly gate: Gate
  /** Seconds a token is good for. */
  readonly tokenSeconds: number
}

/** Never throws; `cause` is what went wrong inside, for the log. */
export async function answerToken(
  options: TokenEndpointOptions,
  visit: Visit,
): Promise<{ response: Response; cause?: unknown }> {
  try {
    return { response: await grant(options, visit) }
  } catch (thrown) {
    if (thrown instanceof TokenRefusal) return { response: thrown.response() }
    return { response: tokenErrorResponse(toApiError(thrown)), cause: thrown }
  }
}

async function grant({ store, gate, tokenSeconds }: TokenEndpointOptions, visit: Visit): Promise<Response> {
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
  await gate.claim(visit, client)
  const token = randomSecret()
  const granted = await store.createToken(
    client,
    await sha256(secret),
    scopes?.length ? scopes : undefined,
    await sha256(token),
    tokenSeconds,
  )
  if (granted === undefined) {
    await gate.failed(visit, client)
    const headers: Record<string, string> = byHeader ? { 'www-authenticate': 'Basic realm="oneroster"' } : {}
    throw new TokenRefusal('invalid_client', 'unknown client or wrong secret', 401, headers)
  }
  visit.client = client
  await gate.proved(visit, client)
  if (granted.length === 0) throw new TokenRefusal('invalid_scope', 'the client may have none of the scopes asked for')
  const body = { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds, scope: granted.join(' ') }
  return Response.json(body, { headers: uncached })
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
