// The pipeline of the hub's own operations: authorise -> parameters of the query -> handler. What a parameter may be, the
// registry says; a handler gets its value, or its fallback.

import type { Auth } from './auth.ts'
import { ApiError } from './errors.ts'
import type { HubOperation, QueryParameter } from './generated/hub.operations.ts'
import type { Caller, Visit } from './visit.ts'

type Value = string | number | boolean
export type Parameters = Readonly<Record<string, Value | undefined>>

/** What a handler is asked. */
export interface Asked {
  readonly request: Request
  /** The id of the client that asks. */
  readonly client: string
  /** The same with the scopes in effect. */
  readonly caller: Caller
  readonly url: URL
  readonly parameters: Parameters
  readonly visit: Visit
}

export type Handler = (asked: Asked) => Promise<Response>

/** Answers one operation. Throws ApiError, or what the handler threw. */
export async function answerOwn(
  auth: Auth,
  operation: HubOperation,
  handle: Handler,
  visit: Visit,
): Promise<{ response: Response }> {
  const { request } = visit
  const caller = await auth.authorise(visit, operation.scopes)
  const url = new URL(request.url)
  const parameters = readParameters(url.searchParams, operation)
  return { response: await handle({ request, client: caller.client, caller, url, parameters, visit }) }
}

/** Where another page begins, by the parameters that say so. */
export type Place = Readonly<Record<string, string | number>>

/** RFC 8288: the same question, from another place on. */
export function linkTo(origin: string, { url }: Pick<Asked, 'url'>, place: Place): string {
  const next = new URL(url.pathname + url.search, origin)
  for (const [name, value] of Object.entries(place)) next.searchParams.set(name, String(value))
  return `<${next.href}>; rel="next"`
}

const bad = (name: string, reason: string): ApiError =>
  new ApiError('invaliddata', `${name}: ${reason}`, { status: 400 })

/** The parameters by name. Throws ApiError 400 that names one: unknown, given twice, or of a value it cannot have. */
export function readParameters(sent: URLSearchParams, { query }: Pick<HubOperation, 'query'>): Parameters {
  const known = query.map(({ name }) => name)
  for (const name of sent.keys()) {
    if (!known.includes(name))
      throw bad(name, `no parameter of this operation; ${known.length > 0 ? known.join(', ') : 'none'} may be given`)
  }
  return Object.fromEntries(
    query.map((parameter) => [parameter.name, readValue(sent.getAll(parameter.name), parameter)]),
  )
}

function readValue(sent: readonly string[], parameter: QueryParameter): Value | undefined {
  const { name, type, values, fallback, maxLength = Number.POSITIVE_INFINITY } = parameter
  const [text] = sent
  if (text === undefined) return fallback
  if (sent.length > 1) throw bad(name, `given ${sent.length} times`)
  if (type === 'integer') return wholeNumber(text, parameter)
  if (type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw bad(name, `must be true or false, not "${text}"`)
  }
  if (values !== undefined && !values.includes(text)) throw bad(name, `must be ${oneOf(values)}, not "${text}"`)
  if (text === '' || text.includes('\0') || text.length > maxLength)
    throw bad(name, `must have 1 to ${maxLength} characters, and no NUL`)
  return text
}

function wholeNumber(text: string, { name, minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: QueryParameter): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw bad(name, `must be a whole number from ${minimum} to ${maximum}, not "${text}"`)
}

const oneOf = (values: readonly string[]): string => `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
