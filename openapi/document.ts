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
  minimum?: number
  required?: string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  default?: unknown
  'x-rosterhub'?: { entity?: string; collection?: string; type?: string; column?: string | null }
}

interface Operation {
  operationId: string
  security: Record<string, string[]>[]
  parameters?: { $ref: string }[]
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  'x-rosterhub'?: { reads?: string[] }
}

export interface Document {
  info: { title: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
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

export interface CsvBinding {
  files: Record<string, { table: string; only?: string; columns: Record<string, CsvColumn> }>
}

/** The services of the standard that the hub serves, by the name of their document. */
export const services = ['rostering'] as const

const folder = new URL('.', import.meta.url).pathname

export const readText = (file: string): string => readFileSync(folder + file, 'utf8')
export const readDocument = (name: string): Document => parse(readText(`${name}.yaml`))
export const readCsvBinding = (): CsvBinding => parse(readText('csv.yaml'))

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The last part of a `$ref`: the name of the schema or parameter it leads to. */
export const refName = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

export interface OperationFacts {
  readonly id: string
  readonly service: string
  readonly method: string
  readonly path: string
  readonly kind: 'page' | 'one'
  readonly entity: string
  readonly envelope: string
  readonly schema: string
  readonly scopes: readonly string[]
  readonly pathParameters: readonly string[]
  readonly parents: readonly string[]
  readonly reads: readonly string[]
}

/** The operations of a service, in the order of its document. */
export function operationsOf(service: string, document: Document): OperationFacts[] {
  const base = new URL(document.servers[0]?.url ?? '').pathname
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => facts(service, base + path, method, operation, document)),
  )
}

function facts(
  service: string,
  path: string,
  method: string,
  operation: Operation,
  document: Document,
): OperationFacts {
  const schema = refName(operation.responses['200']?.content?.['application/json']?.schema.$ref ?? '')
  const [envelope, property] = Object.entries(document.components.schemas[schema]?.properties ?? {})[0] ?? ['', {}]
  const rows = document.components.schemas[refName((property.items ?? property).$ref ?? '')]
  const entity = rows?.['x-rosterhub']?.entity
  if (entity === undefined) throw new Error(`${operation.operationId}: its 200 leads to no schema with an entity`)
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)
  const kind = property.type === 'array' ? 'page' : 'one'
  return {
    id: operation.operationId,
    service,
    method: method.toUpperCase(),
    path,
    kind,
    entity,
    envelope,
    schema,
    scopes: operation.security.flatMap((alternative) => Object.values(alternative).flat()),
    pathParameters,
    parents: kind === 'page' ? parentsOf(pathParameters) : [],
    reads: [entity, ...(operation['x-rosterhub']?.reads ?? [])],
  }
}

/** `{schoolSourcedId}/…/{classSourcedId}` must find a row in source.get_school(1) and source.get_class_in_school(1, 2). */
function parentsOf(pathParameters: readonly string[]): string[] {
  const names = pathParameters.map((parameter) => snakeCase(parameter.replace(/SourcedId$/, '')))
  return names.map((name, index) => (index === 0 ? `get_${name}` : `get_${name}_in_${names[index - 1]}`))
}
