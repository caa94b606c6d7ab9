// Examples in documents: where they stand, and that a document is the same but for them.

import { describe, expect, test } from 'bun:test'
import { type Document, type Operation, readDocument, refName, services } from '../../openapi/document.ts'
import { readExamples, withExamples } from '../../openapi/example.ts'
import gradebook from '../../src/generated/gradebook.document.ts'
import hub from '../../src/generated/hub.document.ts'
import resources from '../../src/generated/resources.document.ts'
import rostering from '../../src/generated/rostering.document.ts'
import v1p1 from '../../src/generated/v1p1.document.ts'

const served = { rostering, gradebook, resources, v1p1, hub } as unknown as Readonly<Record<string, Document>>
const operationsOf = ({ paths }: Document): Operation[] => Object.values(paths).flatMap(Object.values)

/** An operation's parameters, each as it is, wherever it stands. */
const parametersOf = ({ components }: Document, { parameters = [] }: Operation) =>
  parameters.map((one) => (one.$ref === undefined ? one : components.parameters?.[refName(one.$ref)]))

/** A document with its parameters in place and without examples. */
function plain(document: Document): unknown {
  const { parameters: _parameters, ...components } = document.components
  const copy = structuredClone({ ...document, components })
  for (const operation of operationsOf(copy)) {
    if (operation.parameters !== undefined) {
      operation.parameters = parametersOf(document, operation) as Operation['parameters'] & object
    }
  }
  const ours = new Set(['example', 'x-rosterhub'])
  return JSON.parse(JSON.stringify(copy, (name, value) => (ours.has(name) ? undefined : value)))
}

describe.each([...services, 'hub'])('the document of %s', (service) => {
  const document = served[service] as Document
  const examples = readExamples(service)

  test('is the one of openapi/, but for the examples', () => {
    expect(plain(document)).toEqual(plain(readDocument(service)))
  })

  test('shows at each operation what is sent and answered', () => {
    const found = operationsOf(document).flatMap((operation) => {
      const example = examples.operations[operation.operationId]
      if (example === undefined) return []
      const sent = Object.values(operation.requestBody?.content ?? {}).map((media) => media.example)
      const answered = Object.values(operation.responses[example.status]?.content ?? {}).map((media) => media.example)
      expect([operation.operationId, sent, answered]).toEqual([
        operation.operationId,
        example.body === undefined ? [] : [example.body],
        example.answer === undefined ? [] : [example.answer],
      ])
      const values = parametersOf(document, operation).flatMap((one) =>
        one?.example === undefined ? [] : [[one.name, one.example] as const],
      )
      expect([operation.operationId, Object.fromEntries(values)]).toEqual([
        operation.operationId,
        { ...example.path, ...example.query },
      ])
      return [operation.operationId]
    })
    expect(found.length).toBe(Object.keys(examples.operations).length)
  })

  test('shows the refusals at the answers that operations share', () => {
    for (const [name, { answer }] of Object.entries(examples.responses)) {
      const content = Object.values(document.components.responses?.[name]?.content ?? {})
      expect([name, content.map((media) => media.example)]).toEqual([name, [answer]])
    }
  })

  test('points at no parameter that is not there, and has none that nothing points at', () => {
    const named = new Set(
      operationsOf(document).flatMap(({ parameters = [] }) => parameters.map(({ $ref }) => $ref ?? '')),
    )
    named.delete('')
    expect([...named].map(refName).sort()).toEqual(Object.keys(document.components.parameters ?? {}).sort())
  })
})

test('a parameter whose value is another at each operation stands there, with its own example', () => {
  const operation = (id: string) => ({
    operationId: id,
    security: [],
    parameters: [{ $ref: '#/components/parameters/id' }, { $ref: '#/components/parameters/limit' }],
    responses: {},
  })
  const document: Document = {
    info: { title: '' },
    servers: [],
    paths: { '/a/{id}': { get: operation('getA') }, '/b/{id}': { get: operation('getB') } },
    components: { schemas: {}, parameters: { id: { name: 'id' }, limit: { name: 'limit' } } },
  }
  const example = (id: string) => ({ path: { id }, query: { limit: 1 }, status: 200 })
  const made = withExamples(document, { operations: { getA: example('a1'), getB: example('b1') }, responses: {} })
  expect(operationsOf(made).map(({ parameters }) => parameters?.[0])).toEqual([
    { name: 'id', example: 'a1' },
    { name: 'id', example: 'b1' },
  ])
  expect(made.components.parameters).toEqual({ limit: { name: 'limit', example: 1 } })
  expect(document.components.parameters).toEqual({ id: { name: 'id' }, limit: { name: 'limit' } })
})
