// The examples of a document, as examples/*.json keep them -> the document with them in it: what a client sends and what it
// is answered. Types and schemas are made without them. Pure, but for reading the file.

import { existsSync } from 'node:fs'
import { type Content, type Document, type Operation, type Parameter, readText, refName } from './document.ts'

type Value = string | number

/** One request and its answer. What differs from run to run stands there as a fixed value. */
export interface Example {
  /** Of an example that is no operation's own: the operation that is asked. */
  readonly operation?: string
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, Value>>
  /** The scope of the token; '' where none is sent. Without it, a token of every scope. */
  readonly scope?: string
  readonly body?: object
  readonly status: number
  /** Undefined where the answer has no body. */
  readonly answer?: object
}

export interface Examples {
  /** By operationId. */
  readonly operations: Readonly<Record<string, Example>>
  /** Of the answers that operations share, by their name in the document. */
  readonly responses: Readonly<Record<string, Example>>
}

const fileOf = (name: string): string => `examples/${name}.json`

/** None where the file is not made yet. */
export const readExamples = (name: string): Examples =>
  existsSync(new URL(fileOf(name), import.meta.url))
    ? JSON.parse(readText(fileOf(name)))
    : { operations: {}, responses: {} }

/** A copy of the document with the examples at its requests, answers and parameters. */
export function withExamples(document: Document, { operations, responses }: Examples): Document {
  const copy = structuredClone(document)
  const { parameters = {}, responses: shared = {} } = copy.components
  const asked = Object.values(copy.paths).flatMap((methods) =>
    Object.values(methods).flatMap((operation) => {
      const example = operations[operation.operationId]
      return example === undefined ? [] : [{ operation, example }]
    }),
  )
  for (const { operation, example } of asked) {
    put(operation.requestBody?.content, example.body)
    put(operation.responses[example.status]?.content, example.answer)
  }
  for (const [name, example] of Object.entries(responses)) put(shared[name]?.content, example.answer)
  for (const [name, parameter] of Object.entries(parameters)) {
    putValues(name, parameter, asked)
    if (!isReferredTo(name, copy)) delete parameters[name]
  }
  return copy
}

function put(content: Content | undefined, example: object | undefined): void {
  if (example !== undefined) for (const media of Object.values(content ?? {})) media.example = example
}

/** A parameter has its example where all operations share it; where theirs differ, each has a copy with its own. */
function putValues(name: string, parameter: Parameter, asked: { operation: Operation; example: Example }[]): void {
  const uses = asked.flatMap(({ operation, example }) => {
    const place = (operation.parameters ?? []).findIndex(({ $ref }) => $ref !== undefined && refName($ref) === name)
    const value = { ...example.path, ...example.query }[parameter.name]
    return place === -1 || value === undefined ? [] : [{ operation, place, value }]
  })
  const [first] = uses
  if (first === undefined) return
  if (uses.every(({ value }) => value === first.value)) {
    parameter.example = first.value
    return
  }
  for (const { operation, place, value } of uses)
    operation.parameters?.splice(place, 1, { ...parameter, example: value })
}

const isReferredTo = (name: string, { paths }: Document): boolean =>
  Object.values(paths)
    .flatMap((methods) => Object.values(methods).flatMap(({ parameters = [] }) => parameters))
    .some(({ $ref }) => $ref !== undefined && refName($ref) === name)
