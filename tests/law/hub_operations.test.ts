// The hub's own operations: its document, the registry and the router name the same ones, with the same scopes and
// parameters, and the document's examples are as its schemas say.

import { describe, expect, test } from 'bun:test'
import { type Document, readDocument, refName } from '../../openapi/document.ts'
import { hubOperationsOf } from '../../openapi/hub.ts'
import { createApp } from '../../src/app.ts'
import { viewer } from '../../src/cli/serving.ts'
import { allScopes, findScopes } from '../../src/clients.ts'
import { readConfig } from '../../src/config.ts'
import type { Database, Sql } from '../../src/database.ts'
import { hubOperations } from '../../src/generated/hub.operations.ts'
import { operations } from '../../src/generated/operations.ts'
import { faultsOf } from '../support/schemas.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: { readonly enum?: readonly string[] }
}

const document = readDocument('hub')
const { securitySchemes } = document.components as unknown as {
  securitySchemes: { OAuth2CC: { flows: { clientCredentials: { scopes: Record<string, string> } } } }
}
const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)
const parametersOf = ({ operation }: (typeof documented)[number]): Parameter[] =>
  (operation.parameters ?? []).map(
    (one) =>
      (one.$ref === undefined ? one : document.components.parameters?.[refName(one.$ref)]) as unknown as Parameter,
  )

// no statement is sent: what is routed is known before
const app = createApp({
  sql: (() => {}) as unknown as Sql,
  config: readConfig({}),
  observe: () => {},
  sqlHashes: {},
  version: '',
  viewer,
  metrics: { text: async () => '', contentType: 'text/plain' },
  exports: {} as unknown as Database,
})

const positional = (path: string): string =>
  path
    .split('/')
    .map((segment, place) => (/^[{:]/.test(segment) ? `:${place}` : segment))
    .join('/')

/** A path for each value of a parameter that has few. */
function pathsOf(one: (typeof documented)[number]): string[] {
  const names = parametersOf(one).find((parameter) => parameter.in === 'path' && parameter.schema.enum !== undefined)
  return names?.schema.enum?.map((value) => one.path.replace(`{${names.name}}`, value)) ?? [one.path]
}

describe('an operation of the hub', () => {
  test('stands in the registry as the document has it', () => {
    expect(JSON.parse(JSON.stringify(hubOperationsOf(document)))).toEqual(JSON.parse(JSON.stringify(hubOperations)))
    const named = documented.map(({ operation }) => operation.operationId)
    expect(hubOperations.map(({ id }) => id)).toEqual(named)
    expect(new Set([...named, ...operations.map(({ id }) => id)]).size).toBe(named.length + operations.length)
  })

  test('is routed, and nothing else is but the operations of the standard', () => {
    const ours = documented.flatMap((one) => pathsOf(one).map((path) => `${one.method} ${positional(path)}`))
    const standard = operations.map(({ method, path }) => `${method} ${positional(path)}`)
    const routed = app.routes.map((route) => {
      const [method, path = ''] = route.split(' ')
      return `${method} ${positional(path)}`
    })
    expect(routed.toSorted()).toEqual([...ours, ...standard].toSorted())
  })

  test('asks for scopes that the document describes, each of them asked for, and a client can have', () => {
    const asked = new Set(hubOperations.flatMap(({ scopes }) => scopes))
    expect([...asked].sort()).toEqual(Object.keys(securitySchemes.OAuth2CC.flows.clientCredentials.scopes).sort())
    for (const scope of asked)
      expect([scope, allScopes.includes(scope), findScopes(scope)]).toEqual([scope, true, [scope]])
    expect(findScopes('import')).toEqual(['urn:rosterhub:scope/import'])
    expect(findScopes('import.readonly')).toEqual(['urn:rosterhub:scope/import.readonly'])
  })

  test('has the parameters of its path and no other there, and says of each what it is', () => {
    for (const one of documented) {
      const inPath = parametersOf(one).filter((parameter) => parameter.in === 'path')
      const wanted = [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect([one.path, inPath.map(({ name }) => name)]).toEqual([one.path, wanted.map(String)])
      expect(inPath.filter(({ required }) => required !== true)).toEqual([])
    }
    const { query } = hubOperations.find(({ id }) => id === 'createImport') ?? { query: [] }
    expect(query.map(({ name }) => name)).toEqual([
      'mode',
      'onFault',
      'source',
      'takeOver',
      'keepDangling',
      'force',
      'assume',
    ])
  })

  test('that asks for a scope answers 400, 401 and 403 as the status object says', () => {
    for (const { operation } of documented.filter((one) => one.operation.security.length > 0)) {
      const refs = ['400', '401', '403'].map(
        (status) => (operation.responses[status] as unknown as { $ref?: string } | undefined)?.$ref,
      )
      expect([operation.operationId, refs.map((ref) => refName(String(ref)))]).toEqual([
        operation.operationId,
        ['BadRequest', 'Unauthorised', 'Forbidden'],
      ])
    }
  })
})

test('an example that stands in the document is as its schema says', () => {
  const shown = documented.flatMap(({ operation }) =>
    Object.values(operation.responses).flatMap(({ content }) => Object.entries(content ?? {})),
  )
  const examples = shown.filter(([type, { example }]) => type === 'application/json' && example !== undefined)
  expect(examples.length).toBeGreaterThan(3)
  for (const [, { schema, example }] of examples) {
    const name = refName(String(schema.$ref))
    expect([name, faultsOf({ service: 'hub', schema: name }, example)]).toEqual([name, []])
  }
})

test('every object of the document is closed, but rows, which have the headers of their files', () => {
  const open: string[] = []
  const look = (at: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const schema = value as Document['components']['schemas'][string]
    if (schema.type === 'object' && schema.properties !== undefined && schema.additionalProperties !== false)
      open.push(at)
    for (const [name, inner] of Object.entries(value)) look(`${at}/${name}`, inner)
  }
  for (const [name, schema] of Object.entries(document.components.schemas)) look(name, schema)
  // a form may have what it likes
  expect(open).toEqual(['TokenRequest'])
})
