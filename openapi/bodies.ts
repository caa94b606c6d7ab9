// A document -> the schemas its request bodies are checked by: what real clients send, which is less than a record as the
// hub answers it. Pure.

import { type Document, type OperationFacts, refName, type Schema } from './document.ts'
import { refsIn, typeboxSource } from './typebox.ts'

/** What the hub fills in where a client leaves it out: of a reference, and of a record. */
const filledInReference = ['href', 'type']
const filledInRecord = ['status', 'dateLastModified']

/**
 * TypeScript source of the lenient schemas of a service's bodies, each under its document's name; '' where it takes none.
 *
 * A reference needs its sourcedId only; status and dateLastModified may be missing, and what the path of a POST names;
 * flags may be JSON booleans; dates are texts here and read by the database, which takes a date-time for a date.
 */
export function bodiesSource(document: Document, operations: readonly OperationFacts[]): string {
  const used = new Set<string>()
  const visit = (name: string): void => {
    if (used.has(name)) return
    used.add(name)
    for (const inner of refsIn(document.components.schemas[name] ?? {})) visit(inner)
  }
  for (const { kind, schema } of operations) if (kind === 'put' || kind === 'post') visit(schema)
  const schemas: Record<string, Schema> = Object.fromEntries(
    [...used].map((name) => [name, lenient(name, document.components.schemas[name] ?? {})]),
  )
  for (const operation of operations) if (operation.kind === 'post') Object.assign(schemas, placed(operation, schemas))
  return typeboxSource({ ...document, components: { schemas } })
}

/** A POST's own schemas, of the set and of a record in it: what the path names, a record may leave out. */
function placed({ id, schema, envelope, names }: OperationFacts, schemas: Readonly<Record<string, Schema>>) {
  const set = schemas[schema] ?? {}
  const list = set.properties?.[envelope] ?? {}
  const record = schemas[refName(list.items?.$ref ?? '')] ?? {}
  const required = (record.required ?? []).filter((name) => !names.includes(name))
  const items = { $ref: `${id}Record` }
  return {
    [items.$ref]: { ...record, required },
    [id]: { ...set, properties: { ...set.properties, [envelope]: { ...list, items } } },
  }
}

function lenient(name: string, schema: Schema): Schema {
  const isRecord = schema['x-rosterhub']?.entity !== undefined
  const filledIn = name.endsWith('GUIDRefDType') ? filledInReference : isRecord ? filledInRecord : []
  const required = (schema.required ?? []).filter((property) => !filledIn.includes(property))
  const properties = Object.entries(schema.properties ?? {}).map(([property, inner]) => {
    if (property === 'sourcedId') return [property, { ...inner, pattern: '\\S', maxLength: 255 }] as const
    // whatever a client believes its own hrefs and dates to be
    if (property === 'href' || property === 'dateLastModified') return [property, { type: 'string' }] as const
    return [property, lenientProperty(inner)] as const
  })
  return { ...schema, required, properties: Object.fromEntries(properties) }
}

function lenientProperty(schema: Schema): Schema {
  if (schema.enum?.length === 2 && schema.enum.includes('true') && schema.enum.includes('false')) {
    return { anyOf: [schema, { type: 'boolean' }] }
  }
  const { format: _format, ...rest } = schema
  return schema.type === 'string' ? rest : schema
}

/** Source of the one table of bodies: by the id of the operation. */
export function bodyTableSource(operations: readonly OperationFacts[]): string {
  const writers = operations.filter(({ kind }) => kind === 'put' || kind === 'post')
  const services = [...new Set(writers.map(({ service }) => service))]
  const imports = services.map((service) => `import * as ${service} from './${service}.bodies.ts'`)
  const rows = writers.map(
    ({ id, kind, service, schema }) => `  ${JSON.stringify(id)}: ${service}.${kind === 'post' ? id : schema},`,
  )
  return `import type { TSchema } from '@sinclair/typebox'
${imports.join('\n')}

/** The schema that the request body of an operation is checked by. */
export const bodies: Readonly<Record<string, TSchema>> = {
${rows.join('\n')}
}
`
}
