// Reads the documents of this folder: YAML in, typed records out. What the generator's parts share; it writes nothing.

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Schema {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  description?: string
  enum?: string[]
  anyOf?: Schema[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  required?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  default?: unknown
  'x-rosterhub'?: {
    entity?: string
    table?: string
    collection?: string
    type?: string
    column?: string | null
    path?: string[]
    computed?: string
  }
}

export type Content = Record<string, { schema: Schema; example?: unknown }>

export interface Parameter {
  name: string
  example?: unknown
}

export interface Operation {
  operationId: string
  security: Record<string, string[]>[]
  parameters?: ({ $ref: string } | (Parameter & { $ref?: never }))[]
  requestBody?: { content: Content }
  responses: Record<string, { content?: Content }>
  'x-rosterhub'?: { reads?: string[] }
}

export interface Document {
  info: { title: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    parameters?: Record<string, Parameter>
    responses?: Record<string, { content?: Content }>
  }
}

export interface CsvColumn {
  type: string
  required?: 'always' | 'delta'
  list?: boolean
  vocabulary?: string[]
  extensible?: boolean
  target?: string
  only?: string
  column?: string | null
}

export interface CsvFile {
  table: string
  only?: string
  fills?: { table: string; key: string; column: string }
  columns: Record<string, CsvColumn>
}

export interface CsvBinding {
  files: Record<string, CsvFile>
}

/** The services of the standard that the hub serves, by the name of their document. */
export const services = ['rostering', 'gradebook', 'resources', 'v1p1'] as const

const folder = new URL('.', import.meta.url).pathname

export const readText = (file: string): string => readFileSync(folder + file, 'utf8')
export const readDocument = (name: string): Document => parse(readText(`${name}.yaml`))
export const readCsvBinding = (): CsvBinding => parse(readText('csv.yaml'))

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The last part of a `$ref`: the name of the schema or parameter it leads to. */
export const refName = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

export interface OperationFacts {
  /** The operationId; of 1.1, which has the same ones, with its name before it: `v1p1.getUser`. */
  readonly id: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly kind: 'page' | 'one' | 'put' | 'post' | 'remove'
  readonly entity: string
  readonly envelope: string
  /** Of the answer with data, or of the request body. */
  readonly schema: string
  readonly scopes: readonly string[]
  /** Whether OAuth 1.0a signed requests are taken. */
  readonly signed: boolean
  readonly pathParameters: readonly string[]
  /** What the path parameters name: `class` for {classSourcedId} and {class_id}. */
  readonly names: readonly string[]
  /** The function of schema source that finds the rows. */
  readonly source: string
  readonly parents: readonly string[]
  readonly reads: readonly string[]
}

/** The operations of a service, in the order of its document. */
export function operationsOf(service: string, document: Document): OperationFacts[] {
  const base = new URL(document.servers[0]?.url ?? '').pathname
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      service,
      method: method.toUpperCase(),
      path: base + path,
      id: service === 'v1p1' ? `${service}.${operation.operationId}` : operation.operationId,
      ...securityOf(operation),
      ...factsOf(path, method, operation, document),
    })),
  )
}

const securityOf = ({ security }: Operation) => ({
  scopes: security.flatMap((alternative) => Object.values(alternative).flat()),
  signed: security.some((alternative) => 'OAuth1' in alternative),
})

const kinds: Readonly<Record<string, OperationFacts['kind']>> = { put: 'put', post: 'post', delete: 'remove' }
const schemaOf = (content: Content | undefined): string => refName(content?.['application/json']?.schema.$ref ?? '')

function factsOf(path: string, method: string, operation: Operation, document: Document) {
  // a DELETE has no body of its own to tell by: it is about what the GET of its path reads
  const reader = document.paths[path]?.['get'] ?? operation
  const schema = schemaOf(
    method === 'delete' || method === 'get' ? reader.responses['200']?.content : operation.requestBody?.content,
  )
  const [envelope, property] = Object.entries(document.components.schemas[schema]?.properties ?? {})[0] ?? ['', {}]
  const rows = document.components.schemas[refName((property.items ?? property).$ref ?? '')]
  const entity = rows?.['x-rosterhub']?.entity
  if (entity === undefined) throw new Error(`${operation.operationId}: its body leads to no schema with an entity`)
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const kind = kinds[method] ?? (property.type === 'array' ? 'page' : 'one')
  const names = namesOf(path)
  return {
    kind,
    entity,
    envelope,
    schema,
    pathParameters,
    names,
    source: snakeCase(kind === 'put' || kind === 'remove' ? reader.operationId : operation.operationId),
    parents: kind === 'page' || kind === 'post' ? parentsOf(names) : [],
    reads: [rows?.['x-rosterhub']?.table ?? entity, ...(operation['x-rosterhub']?.reads ?? [])],
  }
}

/** What stands before a parameter names it: `class` in /classes/{…}. */
const namesOf = (path: string): string[] =>
  [...path.matchAll(/(\w+)\/\{/g)].map(([, segment = '']) =>
    segment === 'classes' ? 'class' : segment.replace(/s$/, ''),
  )

/** /schools/{…}/classes/{…}/ must find a row in source.get_school(1) and source.get_class_in_school(1, 2). */
const parentsOf = (names: readonly string[]): string[] =>
  names.map(snakeCase).map((name, index, all) => (index === 0 ? `get_${name}` : `get_${name}_in_${all[index - 1]}`))
