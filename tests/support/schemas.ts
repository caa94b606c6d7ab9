// The generated TypeBox schemas as judges: does a body say what its document promises, and which names has an entity.

import { expect } from 'bun:test'
import { FormatRegistry, type TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import * as gradebook from '../../src/generated/gradebook.schemas.ts'
import * as hub from '../../src/generated/hub.schemas.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import * as resources from '../../src/generated/resources.schemas.ts'
import * as rostering from '../../src/generated/rostering.schemas.ts'
import * as v1p1 from '../../src/generated/v1p1.schemas.ts'
import { statusOf } from './collections.ts'

const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().slice(0, 10) === text

FormatRegistry.Set('date', isDay)
FormatRegistry.Set('date-time', (text) => /^.{10}T\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && isDay(text.slice(0, 10)))
FormatRegistry.Set('uri', (text) => /^[a-z][a-z0-9+.-]*:[^\s<>"]+$/i.test(text) && URL.canParse(text))

/** By service: a name such as UserDType stands in several of them. */
const schemas = { gradebook, hub, resources, rostering, v1p1 } as unknown as Readonly<
  Record<string, Readonly<Record<string, TSchema>>>
>
const compiled = new Map<string, ReturnType<typeof TypeCompiler.Compile>>()

/** A schema by its service and its name. */
export type SchemaName = Pick<Operation, 'service' | 'schema'>

function schemaNamed({ service, schema }: SchemaName): TSchema {
  const found = schemas[service]?.[schema]
  if (found === undefined) throw new Error(`no schema ${schema} in ${service}`)
  return found
}

/** A schema of 1.2 by its name alone, where only one service has it. */
export function singleOf(schema: string): SchemaName {
  const found = ['rostering', 'gradebook', 'resources'].filter((service) => schemas[service]?.[schema] !== undefined)
  if (found.length !== 1) throw new Error(`${schema} stands in ${found.length} services`)
  return { service: String(found[0]), schema }
}

/** What a body breaks of the schema of an operation's answer, as `path: message`; [] when it is what the schema says. */
export function faultsOf(name: SchemaName, body: unknown): string[] {
  const key = `${name.service}.${name.schema}`
  const check = compiled.get(key) ?? TypeCompiler.Compile(schemaNamed(name))
  compiled.set(key, check)
  return [...check.Errors(body)].map((error) => `${error.path}: ${error.message}, not ${JSON.stringify(error.value)}`)
}

/** What a refusal breaks of the schema that its service has for refusals, the service's own list of codes included. */
export const statusFaultsOf = ({ service }: Pick<Operation, 'service'>, body: unknown): string[] =>
  faultsOf({ service, schema: service === 'v1p1' ? 'imsx_StatusInfoSetDType' : 'imsx_StatusInfoDType' }, body)

/** Status, code and text of a refusal, as refusal has them, once its body is seen to be its service's own. */
export async function refusalOf(operation: Pick<Operation, 'service'>, response: Response): Promise<string> {
  const body: unknown = await response.json()
  const { major, code, description } = statusOf(body)
  const told = [response.headers.get('content-type')?.slice(0, 16), major, statusFaultsOf(operation, body)]
  expect(told).toEqual(['application/json', 'failure error', []])
  return `${response.status} ${code}: ${description}`
}

type Kind = 'text' | 'number' | 'flag' | 'date' | 'time' | 'instant' | 'reference' | 'metadata' | 'object'

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
  if (node.type === 'number') return 'number'
  if (node.format === 'date') return 'date'
  if (node.format === 'date-time') return name === 'dateLastModified' ? 'instant' : 'time'
  return 'text'
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
export function namesOf({
  service,
  schema,
  envelope,
}: Pick<Operation, 'service' | 'schema' | 'envelope'>): readonly Name[] {
  const record = (schemaNamed({ service, schema }) as Node).properties?.[envelope]
  if (record === undefined) throw new Error(`${schema} has no ${envelope}`)
  return namesIn(record.items ?? record, '', false)
}

/** The properties of a record: the names without a dot. */
export const propertiesOf = (operation: Operation): readonly Name[] =>
  namesOf(operation).filter(({ name }) => !name.includes('.'))

/** The operations that answer the whole of an entity: users, not students. */
export const entities = operations.filter(
  ({ kind, path, envelope, pathParameters }) =>
    kind === 'page' && pathParameters.length === 0 && path.endsWith(`/${envelope}`),
)
