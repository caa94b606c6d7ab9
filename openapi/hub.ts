// The hub's own operations: its document -> the source of their registry. Pure.

import type { Document, Parameter } from './document.ts'
import { refName } from './document.ts'

/** What a parameter of the query may be, as its schema says. */
export interface QueryFacts {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean'
  readonly values?: readonly string[] | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly maxLength?: number | undefined
  readonly fallback?: string | number | boolean | undefined
}

export interface HubOperationFacts {
  readonly id: string
  readonly method: string
  readonly path: string
  /** Any one of them opens it; none for one that asks for no token. */
  readonly scopes: readonly string[]
  readonly query: readonly QueryFacts[]
}

interface OwnParameter extends Parameter {
  readonly in?: string
  readonly schema?: {
    readonly type: QueryFacts['type']
    readonly enum?: readonly string[]
    readonly minimum?: number
    readonly maximum?: number
    readonly maxLength?: number
    readonly default?: string | number | boolean
  }
}

/** Every operation of the hub's document, in its order. */
export function hubOperationsOf(document: Document): HubOperationFacts[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security, parameters = [] }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      scopes: security.flatMap((alternative) => Object.values(alternative).flat()),
      query: parameters
        .map((one): OwnParameter | undefined =>
          one.$ref === undefined ? one : document.components.parameters?.[refName(one.$ref)],
        )
        .flatMap((one) => (one?.in === 'query' ? [queryFacts(one)] : [])),
    })),
  )
}

function queryFacts({ name, schema }: OwnParameter): QueryFacts {
  if (schema === undefined) throw new Error(`the parameter ${name} has no schema`)
  const { type, enum: values, minimum, maximum, maxLength, default: fallback } = schema
  return { name, type, values, minimum, maximum, maxLength, fallback }
}

/** Source text of the registry. */
export function hubOperationsSource(document: Document): string {
  const rows = hubOperationsOf(document).map((facts) => `  ${JSON.stringify(facts)},`)
  return `/** A parameter of the query; \`fallback\` is its value where it is absent. */
export interface QueryParameter {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean'
  readonly values?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly fallback?: string | number | boolean
}

/** One operation of the hub's own; one without scopes asks for no token. */
export interface HubOperation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly scopes: readonly string[]
  readonly query: readonly QueryParameter[]
}

export const hubOperations: readonly HubOperation[] = [
${rows.join('\n')}
]
`
}
