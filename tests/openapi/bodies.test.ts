// The schemas of request bodies: lenient where clients are, strict where the store needs it, and no wider than that.

import { describe, expect, test } from 'bun:test'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { bodiesSource, bodyTableSource } from '../../openapi/bodies.ts'
import { operationsOf, readDocument } from '../../openapi/document.ts'
import { bodies } from '../../src/generated/bodies.ts'
import * as strict from '../../src/generated/gradebook.schemas.ts'
import { operations } from '../../src/generated/operations.ts'
import { type Envelope, knownTo, least, puts, whole } from '../support/classroom.ts'

const accepts = (id: string, body: unknown): boolean => Value.Check(bodies[id] as TSchema, body)

test('every operation that takes a body has a schema, and no other', () => {
  const writers = operations.filter(({ kind }) => kind === 'put' || kind === 'post').map(({ id }) => id)
  expect(Object.keys(bodies).sort()).toEqual(writers.sort())
})

describe.each(puts.map((operation) => [operation.id, operation] as const))('the body of %s', (id, operation) => {
  const envelope = operation.envelope as Envelope
  const body = (record: object) => ({ [envelope]: { sourcedId: 'a', ...record } })
  const full = knownTo(operation, whole[envelope])

  test('may say the least and the most', () => {
    expect(accepts(id, body(knownTo(operation, least[envelope])))).toBe(true)
    expect(accepts(id, body(full))).toBe(true)
    expect(accepts(id, body({ ...full, status: 'active', dateLastModified: 'whenever' }))).toBe(true)
  })

  test('must have every property that the record cannot be without', () => {
    for (const name of Object.keys(knownTo(operation, least[envelope]))) {
      const { [name]: _left, ...record } = full
      expect([name, accepts(id, body(record))]).toEqual([name, false])
    }
    expect(accepts(id, { [envelope]: full })).toBe(false)
  })

  test('has references by id alone, of the right type where it is told', () => {
    for (const [name, value] of Object.entries(full)) {
      if (typeof value !== 'object' || value === null || !('sourcedId' in value)) continue
      expect(accepts(id, body({ ...full, [name]: { sourcedId: 'x', href: 'no address' } }))).toBe(true)
      for (const wrong of [
        { sourcedId: 'x', type: 'unicorn' },
        { href: 'x' },
        { sourcedId: ' ' },
        'x',
        [],
        { sourcedId: 1 },
      ]) {
        expect([name, wrong, accepts(id, body({ ...full, [name]: wrong }))]).toEqual([name, wrong, false])
      }
    }
  })
})

test('flags may be JSON booleans, and nothing else that is like one', () => {
  const body = (late: unknown) => ({ result: { sourcedId: 'a', ...least.result, late } })
  expect([true, false, 'true', 'false'].every((late) => accepts('putResult', body(late)))).toBe(true)
  expect(['True', 1, 0, '', 'yes', null].some((late) => accepts('putResult', body(late)))).toBe(false)
})

test('a POST asks for nothing that its path says', () => {
  const { lineItem: _lineItem, ...result } = { sourcedId: 'a', ...least.result }
  expect(accepts('postResultsForLineItem', { results: [result] })).toBe(true)
  expect(accepts('postResultsForAcademicSessionForClass', { results: [result] })).toBe(false)
  const { class: _class, ...ofSchool } = { sourcedId: 'a', ...least.lineItem }
  const { school: _school, ...ofClass } = { sourcedId: 'a', ...least.lineItem }
  expect(accepts('postLineItemsForClass', { lineItems: [ofSchool] })).toBe(true)
  expect(accepts('postLineItemsForClass', { lineItems: [ofClass] })).toBe(false)
  expect(accepts('postLineItemsForSchool', { lineItems: [ofClass] })).toBe(true)
  expect(accepts('postLineItemsForSchool', { lineItems: [ofSchool] })).toBe(false)
})

test('the schemas of answers stay strict', () => {
  expect(Value.Check(strict.SingleCategoryDType, { category: { sourcedId: 'a', title: 'A' } })).toBe(false)
})

test('a document whose operations take no body has no such schemas', () => {
  const document = readDocument('resources')
  expect(bodiesSource(document, operationsOf('resources', document))).toBe('')
  expect(bodyTableSource(operationsOf('resources', document))).not.toContain('import * as resources')
})
