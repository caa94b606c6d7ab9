// What the documents say of every operation: who may call it, with which parameters and body, and what it may answer. Read from
// the documents alone, so that an answer is judged by what clients were promised and never by the code that made it.

import gradebook from '../../src/generated/gradebook.document.ts'
import hub from '../../src/generated/hub.document.ts'
import resources from '../../src/generated/resources.document.ts'
import rostering from '../../src/generated/rostering.document.ts'
import v1p1 from '../../src/generated/v1p1.document.ts'
import { faultsOf } from './schemas.ts'

/** A JSON Schema, as far as the documents use it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly (string | number | boolean)[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>

interface Answer {
  readonly $ref?: string
  readonly content?: Content
}

export interface Parameter {
  readonly $ref?: string
  readonly name: string
  readonly in: string
  readonly schema: Schema
}

interface RawOperation {
  readonly operationId: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly $ref?: string; readonly content: Content }
  readonly responses: Readonly<Record<string, Answer>>
}

interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface Documented {
  /** As the registries have it. */
  readonly id: string
  readonly service: string
  readonly method: string
  /** From the root of the hub. */
  readonly path: string
  /** Any one of them opens it; none: nobody is asked who they are. */
  readonly scopes: readonly string[]
  /** A signature by OAuth 1.0a is taken, too. */
  readonly isSigned: boolean
  readonly parameters: readonly Parameter[]
  readonly body: Content | undefined
  readonly answers: Readonly<Record<string, Content>>
}

const documents = { rostering, gradebook, resources, v1p1, hub } as unknown as Readonly<Record<string, Document>>

/** What a reference of a document leads to; anything else as it is. */
export function resolved<Part extends { readonly $ref?: string }>(service: string, part: Part): Part {
  if (part.$ref === undefined) return part
  const [, , kind = '', name = ''] = part.$ref.split('/')
  return resolved(service, documents[service]?.components[kind]?.[name] as Part)
}

const kinds = ['get', 'put', 'post', 'delete']

function read(service: string, base: string, path: string, method: string, raw: RawOperation): Documented {
  const { security = [], parameters = [], requestBody, responses } = raw
  return {
    id: `${service === 'v1p1' ? 'v1p1.' : ''}${raw.operationId}`,
    service,
    method: method.toUpperCase(),
    path: base + path,
    scopes: [...new Set(security.flatMap((one) => one['OAuth2CC'] ?? []))],
    isSigned: security.some((one) => 'OAuth1' in one),
    parameters: parameters.map((one) => resolved(service, one)),
    body: requestBody === undefined ? undefined : resolved(service, requestBody).content,
    answers: Object.fromEntries(
      Object.entries(responses).map(([status, one]) => [status, resolved(service, one).content ?? {}]),
    ),
  }
}

/** Every operation of every document. */
export const documented: readonly Documented[] = Object.entries(documents).flatMap(([service, { servers, paths }]) => {
  const base = new URL(servers[0]?.url ?? '').pathname.replace(/\/$/, '')
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => kinds.includes(method))
      .map(([method, raw]) => read(service, base, path, method, raw)),
  )
})

/** The status that the document promises where all is well. */
export const successOf = ({ answers }: Documented): number =>
  Math.min(
    ...Object.keys(answers).map((status) => (status.startsWith('2') ? Number(status) : Number.POSITIVE_INFINITY)),
  )

/** A missing property is no fault of a record of which some fields were asked for. */
const isOfSelection = (fault: string): boolean => fault.endsWith(', not undefined')

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/**
 * What an answer breaks of its document: [] where its status, its content type and its body are as promised. `url`: what was
 * asked; fields that were selected may be all there are. An answer with 304 is what ETag's words promise.
 */
export function faultsOfAnswer(operation: Documented, url: string, { status, headers, text }: Told): string[] {
  const content = operation.answers[String(status)] ?? operation.answers['default']
  if (status === 304 && operation.method === 'GET') return text === '' ? [] : ['304 with a body']
  if (status >= 500 && !(String(status) in operation.answers)) return [`${status} is no answer`]
  if (content === undefined) return [`${status} is not documented`]
  const types = Object.keys(content)
  if (types.length === 0) return text === '' ? [] : [`${status} has a body`]
  const type = headers.get('content-type')?.split(';')[0] ?? ''
  const schema = content[type]?.schema
  if (schema === undefined) return [`${status} is ${type || 'of no type'}, not ${types.join(' or ')}`]
  if (type !== 'application/json') return []
  const name = schema.$ref?.split('/').at(-1)
  try {
    const body: unknown = JSON.parse(text)
    if (name === undefined) return typeof body === 'object' ? [] : [`${status} is no object`]
    const faults = faultsOf({ service: operation.service, schema: name }, body)
    return status === 200 && url.includes('fields=') ? faults.filter((fault) => !isOfSelection(fault)) : faults
  } catch (thrown) {
    return [`${status}: ${thrown}`]
  }
}
