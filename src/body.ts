// The text of a request body -> the records in it, checked against the operation's schema. Every fault names the JSON path
// it stands at. Pure. The only importer of TypeBox's checks.

import { Value } from '@sinclair/typebox/value'
import type { SentRecord } from './call.ts'
import { ApiError } from './errors.ts'
import { bodies } from './generated/bodies.ts'
import type { Operation } from './generated/operations.ts'

/** Deeper than any record of the standard with generous metadata. */
const depthMax = 32

const fault = (path: string, reason: string): ApiError => new ApiError('invaliddata', `${path || '/'}: ${reason}`)

/**
 * The records that a PUT (one) or a POST (a set) brings, without what is null.
 *
 * Throws ApiError (invaliddata, 422) with the path of the first fault: `/result/score: Expected number`.
 */
export function readRecords(operation: Operation, text: string): readonly SentRecord[] {
  const schema = bodies[operation.id]
  if (schema === undefined) throw new Error(`${operation.id} takes no body`)
  const body = withoutNulls(parse(text), '', 0)
  const first = Value.Check(schema, body) ? undefined : Value.Errors(schema, body).First()
  if (first !== undefined) throw fault(first.path, first.message)
  const records = (body as Readonly<Record<string, SentRecord | SentRecord[] | undefined>>)[operation.envelope] ?? []
  return Array.isArray(records) ? records : [records]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw fault('', text.trim() === '' ? 'a JSON body is wanted' : `the body is not JSON: ${(cause as Error).message}`)
  }
}

/** A property that is null is one that is absent. Refuses what no text of the database can hold. */
function withoutNulls(value: unknown, path: string, depth: number): unknown {
  if (depth > depthMax) throw fault(path, `more than ${depthMax} levels deep`)
  if (typeof value === 'string') return storable(value, path)
  // what JSON.parse makes of 1e999
  if (typeof value === 'number' && !Number.isFinite(value)) throw fault(path, 'a number beyond the range of a double')
  if (Array.isArray(value)) return value.map((item, index) => withoutNulls(item, `${path}/${index}`, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [storable(name, path), withoutNulls(inner, `${path}/${name}`, depth + 1)]),
  )
}

function storable(text: string, path: string): string {
  if (!text.includes('\0') && text.isWellFormed()) return text
  throw fault(path, 'a text may hold neither a NUL character nor half of a surrogate pair')
}
