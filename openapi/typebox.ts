// A document's schemas -> TypeScript source of TypeBox schemas, strict as the document is. Pure.

import { type Document, refName, type Schema } from './document.ts'

/** Source text of one exported TypeBox schema for each schema of the document, referenced ones first. */
export function typeboxSource(document: Document): string {
  const schemas = document.components.schemas
  const done = new Set<string>()
  const lines: string[] = []
  const visit = (name: string): void => {
    if (done.has(name)) return
    done.add(name)
    const schema = schemas[name]
    if (schema === undefined) throw new Error(`no schema ${name}`)
    for (const used of refsIn(schema)) visit(used)
    lines.push(`export const ${name} = ${expression(schema)}`)
  }
  Object.keys(schemas).forEach(visit)
  return lines.join('\n\n')
}

/** The names of the schemas that a schema uses. */
export function refsIn(schema: Schema): string[] {
  if (schema.$ref !== undefined) return [refName(schema.$ref)]
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
  ]
  return inner.flatMap(refsIn)
}

function expression(schema: Schema): string {
  if (schema.$ref !== undefined) return refName(schema.$ref)
  if (schema.anyOf !== undefined) return `Type.Union([${schema.anyOf.map(expression).join(', ')}])`
  if (schema.enum !== undefined) return union(schema.enum)
  switch (schema.type) {
    case 'array':
      return `Type.Array(${expression(schema.items ?? {})}${options({ minItems: schema.minItems, maxItems: schema.maxItems })})`
    case 'object':
      return object(schema)
    case 'integer':
      return `Type.Integer(${options({ minimum: schema.minimum, maximum: schema.maximum }, '')})`
    case 'number':
      return `Type.Number(${options({ minimum: schema.minimum, maximum: schema.maximum }, '')})`
    case 'boolean':
      return 'Type.Boolean()'
    case 'string':
      return `Type.String(${options(textOptions(schema), '')})`
    default:
      throw new Error(`a schema of type ${schema.type} is not known to the generator`)
  }
}

const textOptions = ({ format, pattern, minLength, maxLength }: Schema) => ({ format, pattern, minLength, maxLength })

function union(values: readonly string[]): string {
  const literals = values.map((value) => `Type.Literal(${JSON.stringify(value)})`)
  return literals.length === 1 ? (literals[0] as string) : `Type.Union([${literals.join(', ')}])`
}

function object(schema: Schema): string {
  const required = new Set(schema.required ?? [])
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) =>
      `  ${JSON.stringify(name)}: ${required.has(name) ? expression(property) : `Type.Optional(${expression(property)})`},\n`,
  )
  const open = schema.additionalProperties === true || typeof schema.additionalProperties === 'object'
  return `Type.Object({\n${properties.join('')}}, { additionalProperties: ${open} })`
}

function options(values: Record<string, unknown>, separator = ', '): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return given.length === 0 ? '' : `${separator}${JSON.stringify(Object.fromEntries(given))}`
}
