// The generated TypeBox schemas as judges: does a body say what its document promises, and which names has an entity.

import { FormatRegistry, type TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import * as gradebook from '../../src/generated/gradebook.schemas.ts'
import * as hub from '../../src/generated/hub.schemas.ts'
import { operations } from '../../src/generated/operations.ts'
import * as resources from '../../src/generated/resources.schemas.ts'
import * as rostering from '../../src/generated/rostering.schemas.ts'

const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().slice(0, 10) === text

FormatRegistry.Set('date', isDay)
FormatRegistry.Set('date-time', (text) => /^.{10}T\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && isDay(text.slice(0, 10)))
FormatRegistry.Set('uri', (text) => /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i.test(text) && URL.canParse(text))

const schemas = { ...gradebook, ...resources, ...rostering, ...hub } as unknown as Readonly<Record<string, TSchema>>
const compiled = new Map<string, ReturnType<typeof TypeCompiler.Compile>>()

function schemaNamed(name: string): TSchema {
  const schema = schemas[name]
  if (schema === undefined) throw new Error(`no schema ${name}`)
  return schema
}

/** What a body breaks of the schema, as `path: message`; [] when it is what the schema says. */
export function faultsOf(name: string, body: unknown): string[] {
  const check = compiled.get(name) ?? TypeCompiler.Compile(schemaNamed(name))
  compiled.set(name, check)
  return [...check.Errors(body)].map((error) => `${error.path}: ${error.message}, not ${JSON.stringify(error.value)}`)
}

type Kind = 'text' | 'flag' | 'date' | 'instant' | 'reference' | 'metadata' | 'object'

/** A name that filters may use: a property, or a path of properties joined by dots. */
export interface Name {
  readonly name: string
  readonly kind: Kind
  /** It is a list, or leads through one. */
  readonly isList: boolean
}

interface Node {
  readonly type?: string
  readonly format?: string
  readonly items?: Node
  readonly anyOf?: readonly { readonly const?: string }[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: boolean
}

function kindOf(name: string, node: Node): Kind {
  if (node.properties !== undefined) {
    if (name === 'metadata') return 'metadata'
    return 'href' in node.properties ? 'reference' : 'object'
  }
  if (node.anyOf?.some((member) => member.const === 'true')) return 'flag'
  if (node.format === 'date') return 'date'
  return node.format === 'date-time' ? 'instant' : 'text'
}

function namesIn(node: Node, prefix: string, isList: boolean): Name[] {
  return Object.entries(node.properties ?? {}).flatMap(([property, member]) => {
    const name = prefix + property
    const inside = member.items ?? member
    const through = isList || member.items !== undefined
    return [
      { name, kind: kindOf(name, inside), isList: through },
      ...(name === 'metadata' ? [] : namesIn(inside, `${name}.`, through)),
    ]
  })
}

/** Every name of a record that an operation answers, dotted ones included, as the document has them. */
export function namesOf(schema: string): readonly Name[] {
  const [envelope] = Object.values((schemaNamed(schema) as Node).properties ?? {})
  if (envelope === undefined) throw new Error(`${schema} is no envelope`)
  return namesIn(envelope.items ?? envelope, '', false)
}

/** The properties of a record: the names without a dot. */
export const propertiesOf = (schema: string): readonly Name[] =>
  namesOf(schema).filter(({ name }) => !name.includes('.'))

/** The operations that answer the whole of an entity: users, not students. */
export const entities = operations.filter(
  ({ kind, path, envelope, pathParameters }) =>
    kind === 'page' && pathParameters.length === 0 && path.endsWith(`/${envelope}`),
)
