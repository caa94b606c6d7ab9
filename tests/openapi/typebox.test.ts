// Schemas of a document become TypeBox schemas that refuse what the document refuses.

import { describe, expect, test } from 'bun:test'
import { FormatRegistry, type TSchema, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { type Document, readDocument, type Schema, services } from '../../openapi/document.ts'
import { typeboxSource } from '../../openapi/typebox.ts'

const documentOf = (schemas: Record<string, Schema>): Document => ({
  info: { title: 'test' },
  servers: [],
  paths: {},
  components: { schemas },
})

/** The schemas of the source text, run as the module that it becomes. */
function schemasOf(schemas: Record<string, Schema>): Record<string, TSchema> {
  const source = typeboxSource(documentOf(schemas)).replaceAll('export const ', 'const ')
  return new Function('Type', `${source}\nreturn { ${Object.keys(schemas).join(', ')} }`)(Type)
}
const accepts = (schema: Schema, value: unknown, others: Record<string, Schema> = {}): boolean => {
  const made = schemasOf({ ...others, Tested: schema })['Tested']
  return TypeCompiler.Compile(made as TSchema).Check(value)
}

describe('typeboxSource', () => {
  test('requires what is required, and lets nothing in that is not named', () => {
    const schema: Schema = {
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'string' }, 'b-c': { type: 'number' } },
      additionalProperties: false,
    }
    expect(accepts(schema, { a: 'x' })).toBe(true)
    expect(accepts(schema, { a: 'x', 'b-c': 1.5 })).toBe(true)
    for (const value of [{}, { a: 1 }, { a: 'x', 'b-c': '1' }, { a: 'x', d: 1 }, { a: null }, [], null, 'x']) {
      expect(accepts(schema, value)).toBe(false)
    }
    expect(accepts({ ...schema, additionalProperties: true }, { a: 'x', d: 1 })).toBe(true)
    expect(accepts({ ...schema, additionalProperties: { type: 'string' } }, { a: 'x', d: 'y' })).toBe(true)
  })

  test('keeps enumerations, of one word too', () => {
    expect(accepts({ type: 'string', enum: ['active', 'to"be'] }, 'to"be')).toBe(true)
    expect(accepts({ type: 'string', enum: ['active', 'tobedeleted'] }, 'Active')).toBe(false)
    expect(accepts({ type: 'string', enum: ['org'] }, 'org')).toBe(true)
    expect(accepts({ type: 'string', enum: ['org'] }, 'orgs')).toBe(false)
  })

  test('keeps patterns, formats and bounds', () => {
    expect(accepts({ type: 'string', pattern: '^ext:[\\w.-]+$' }, 'ext:a.b')).toBe(true)
    expect(accepts({ type: 'string', pattern: '^ext:[\\w.-]+$' }, 'ext:a b')).toBe(false)
    FormatRegistry.Set('test-format', (text) => text === 'well')
    expect(accepts({ type: 'string', format: 'test-format' }, 'well')).toBe(true)
    expect(accepts({ type: 'string', format: 'test-format' }, 'ill')).toBe(false)
    expect(accepts({ type: 'integer', minimum: 0 }, 0)).toBe(true)
    expect(accepts({ type: 'integer', minimum: 0 }, -1)).toBe(false)
    expect(accepts({ type: 'integer' }, 1.5)).toBe(false)
    expect(accepts({ type: 'number', minimum: 1 }, 0.5)).toBe(false)
    expect(accepts({ type: 'array', minItems: 1, items: { type: 'string' } }, [])).toBe(false)
    expect(accepts({ type: 'array', items: { type: 'string' } }, ['a', 1])).toBe(false)
  })

  test('takes any of several schemas', () => {
    const schema: Schema = {
      anyOf: [
        { type: 'string', enum: ['a'] },
        { type: 'string', pattern: '^ext:' },
      ],
    }
    expect([accepts(schema, 'a'), accepts(schema, 'ext:b'), accepts(schema, 'b')]).toEqual([true, true, false])
  })

  test('puts a schema behind those it refers to, wherever they stand', () => {
    const inner: Schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } }
    const others = { Middle: { type: 'array', items: { $ref: '#/components/schemas/Inner' } }, Inner: inner }
    const outer: Schema = {
      type: 'object',
      properties: {
        list: { $ref: '#/components/schemas/Middle' },
        any: { anyOf: [{ $ref: '#/components/schemas/Inner' }] },
      },
    }
    const names = [...typeboxSource(documentOf({ Tested: outer, ...others })).matchAll(/^export const (\w+)/gm)]
    expect(names.map(([, name]) => name)).toEqual(['Inner', 'Middle', 'Tested'])
    expect(accepts(outer, { list: [{ id: 'x' }] }, others)).toBe(true)
    expect(accepts(outer, { list: [{}] }, others)).toBe(false)
  })

  test('says which schema is missing, and which type it does not know', () => {
    expect(() => typeboxSource(documentOf({ A: { $ref: '#/components/schemas/B' } }))).toThrow('no schema B')
    expect(() => typeboxSource(documentOf({ A: { type: 'file' } }))).toThrow('type file')
  })

  test.each([...services, 'hub'].map((name) => [name]))('is given no word in %s.yaml that it would drop', (name) => {
    const kept = [
      '$ref',
      'additionalProperties',
      'anyOf',
      'enum',
      'format',
      'items',
      'maxItems',
      'maxLength',
      'maximum',
      'minItems',
      'minLength',
      'minimum',
      'pattern',
    ]
    const known = new Set([...kept, 'properties', 'required', 'type', 'default', 'description', 'x-rosterhub'])
    const unknown: string[] = []
    const visit = (at: string, schema: Schema): void => {
      unknown.push(
        ...Object.keys(schema)
          .filter((word) => !known.has(word))
          .map((word) => `${at}: ${word}`),
      )
      for (const [property, inner] of Object.entries(schema.properties ?? {})) visit(`${at}.${property}`, inner)
      for (const inner of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])]) visit(at, inner)
      if (typeof schema.additionalProperties === 'object') visit(at, schema.additionalProperties)
    }
    for (const [at, schema] of Object.entries(readDocument(name).components.schemas)) visit(at, schema)
    expect(unknown).toEqual([])
  })
})
