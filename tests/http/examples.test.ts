// The examples of the documents: one for each operation, with data, as its schema says; and the demo district answers each
// of them so. Dates, ids that the hub allocates, tokens and measures apart.

import { beforeAll, describe, expect, test } from 'bun:test'
import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { ask, type DemoHub, openDemo, settled } from '../../openapi/demo.ts'
import { type Content, readDocument, refName, services } from '../../openapi/document.ts'
import { type Example, readExamples } from '../../openapi/example.ts'
import * as gradebook from '../../src/generated/gradebook.schemas.ts'
import * as ofHub from '../../src/generated/hub.schemas.ts'
import { operations as registry } from '../../src/generated/operations.ts'
import * as resources from '../../src/generated/resources.schemas.ts'
import * as rostering from '../../src/generated/rostering.schemas.ts'
import * as v1p1 from '../../src/generated/v1p1.schemas.ts'
import { openTestDatabase } from '../support/database.ts'
// it knows the formats
import '../support/schemas.ts'

type Schemas = Readonly<Record<string, Readonly<Record<string, TSchema>>>>
const schemas = { rostering, gradebook, resources, v1p1, hub: ofHub } as unknown as Schemas

let hub: DemoHub
beforeAll(async () => {
  const { owner, app } = await openTestDatabase()
  hub = await openDemo(owner, app.sql)
}, 240_000)

/** An operation of a document, and its example. */
interface Shown {
  readonly service: string
  readonly id: string
  readonly method: string
  readonly path: string
  readonly example: Example
  /** What the document says of the body that is sent, and of the answer with the example's status. */
  readonly request: Content | undefined
  readonly response: Content | undefined
}

const documents = [...services, 'hub'].map((service) => ({
  service,
  document: readDocument(service),
  examples: readExamples(service),
}))

const shown: readonly Shown[] = documents.flatMap(({ service, document, examples }) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const example = examples.operations[operation.operationId]
      if (example === undefined) return []
      const [base, id] = [new URL(document.servers[0]?.url ?? '').pathname.replace(/\/$/, ''), operation.operationId]
      const content = {
        request: operation.requestBody?.content,
        response: operation.responses[example.status]?.content,
      }
      return [{ service, id, method: method.toUpperCase(), path: base + path, example, ...content }]
    }),
  ),
)
const refused: readonly (Shown & { readonly name: string })[] = documents.flatMap(({ service, document, examples }) =>
  Object.entries(examples.responses).map(([name, example]) => {
    const asked = shown.find((one) => one.service === service && one.id === example.operation)
    if (asked === undefined) throw new Error(`${service} ${name}: no operation ${example.operation}`)
    return { ...asked, name, example, response: document.components.responses?.[name]?.content }
  }),
)
const of = (method: string): readonly Shown[] => shown.filter((one) => one.method === method && one.service !== 'hub')

/** What a body breaks of the schema that a document has for it. */
function faultsOf({ service, id }: Shown, content: Content | undefined, body: unknown): string[] {
  if (content === undefined || body === undefined) {
    return content === undefined && body === undefined
      ? []
      : [`${id}: a body without a schema, or a schema without one`]
  }
  return Object.values(content).flatMap(({ schema }) => {
    const known = schemas[service]?.[refName(schema.$ref ?? '')]
    if (known === undefined) return [`${id}: no schema ${schema.$ref}`]
    return [...TypeCompiler.Compile(known).Errors(body)].map(({ path, message }) => `${id} ${path}: ${message}`)
  })
}

/** The status of an answer and its body, to the order of its properties. */
async function answerTo(one: Shown): Promise<string> {
  const response = await ask(hub, one, one.example)
  return `${one.id} ${response.status} ${JSON.stringify(settled(await response.text()))}`
}
const answerIn = ({ id, example }: Shown): string => `${id} ${example.status} ${JSON.stringify(example.answer)}`

async function expectAnswers(asked: readonly Shown[]): Promise<void> {
  expect(asked.length).toBePositive()
  for (const one of asked) expect(await answerTo(one)).toBe(answerIn(one))
}

describe('an example', () => {
  test('is there for every operation of the registry, and of the hub for all but its documents', () => {
    const found = shown.map(({ service, id }) => (service === 'v1p1' ? `v1p1.${id}` : id))
    const own = ['createToken', 'getHealth', 'getLiveness', 'getReadiness']
    expect(found.sort()).toEqual([...registry.map(({ id }) => id), ...own].sort())
  })

  test('of a list shows one record, of a single the record that its path names', () => {
    const first = ({ example }: Shown): unknown => Object.values(example.answer ?? {})[0]
    const isSingle = ({ path }: Shown): boolean => /\{(sourcedId|id)\}$/.test(path)
    const [singles, lists] = [of('GET').filter(isSingle), of('GET').filter((one) => !isSingle(one))]
    expect([singles.length, lists.length]).toEqual(
      ['one', 'page'].map((kind) => registry.filter((o) => o.kind === kind).length),
    )
    expect(lists.filter((one) => (first(one) as unknown[]).length !== 1)).toEqual([])
    for (const one of singles) {
      expect(Object.values(one.example.path ?? {})).toEqual([(first(one) as { sourcedId: string }).sourcedId])
    }
  })

  test('is what the schemas say: of the body that is sent, and of the answer', () => {
    expect(shown.flatMap((one) => faultsOf(one, one.request, one.example.body))).toEqual([])
    expect(shown.flatMap((one) => faultsOf(one, one.response, one.example.answer))).toEqual([])
    expect(refused.flatMap((one) => faultsOf(one, one.response, one.example.answer))).toEqual([])
  })

  test('of a refusal is there for each answer that operations share and that a client can bring about', () => {
    const named = (service: string) =>
      refused.filter((one) => one.service === service).map(({ example }) => example.status)
    const reading = [400, 401, 403, 404]
    expect(documents.map(({ service }) => named(service))).toEqual([
      reading,
      [...reading, 422],
      reading,
      [...reading, 422],
      [401],
    ])
  })
})

describe('the demo district', () => {
  test('answers the example of each read, byte for byte but for its dates', async () => {
    await expectAnswers(of('GET'))
  }, 120_000)

  test('refuses as the examples of refusals say', async () => {
    await expectAnswers(refused)
  }, 60_000)

  test("answers the hub's own examples", async () => {
    await expectAnswers(shown.filter(({ service }) => service === 'hub'))
  }, 60_000)

  test('takes the example of each PUT and POST, and deletes by each DELETE what the PUT has made', async () => {
    await expectAnswers(of('PUT'))
    await expectAnswers(of('POST'))
    await expectAnswers(of('DELETE'))
    const put = of('PUT').map((one) => ({ ...one, method: 'GET' }))
    for (const one of put) {
      const answer = await ask(hub, one, { ...(one.example.path && { path: one.example.path }) })
      const [record] = Object.values((await answer.json()) as Record<string, { status: string }>)
      expect([one.id, record?.status]).toEqual([one.id, 'tobedeleted'])
    }
  }, 60_000)

  test('answers the reads as before, whatever was written beside', async () => {
    await expectAnswers(of('GET').filter(({ example }) => example.query === undefined))
  }, 60_000)
})
