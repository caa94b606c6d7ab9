// The text of a request body -> the records in it, checked against the operation's schema. Every fault names the JSON path
// it stands at. Pure. The only importer of TypeBox's checks.

import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { SentRecord } from './call.ts'
import { ApiError } from './errors.ts'
import { excessOf } from './extent.ts'
import { bodies } from './generated/bodies.ts'
import type { Operation } from './generated/operations.ts'

/** Deeper than any record of the standard with generous metadata. */
const depthMax = 32
/** Of brackets in the text: what is deeper is refused unparsed, and so without its path. */
const levelsMax = 2 * depthMax
/** As many as a page has, unless a setting says otherwise. */
const recordsMax = 10_000
/** jsonb writes a number out: 1e308, five bytes when it is sent, takes 309 in the store and in every answer. */
const [sizeMin, sizeMax] = [1e-30, 1e30]

const fault = (path: string, reason: string): ApiError => new ApiError('invaliddata', `${path || '/'}: ${reason}`)

/**
 * The records that a PUT (one) or a POST (a set) brings, without what is null.
 *
 * Throws ApiError (invaliddata) with the path of the first fault: 422 `/result/score: Expected number`, 413 for a set of
 * too many records, or with one that has more than `recordBytesMax`.
 */
export function readRecords(operation: Operation, text: string, recordBytesMax: number): readonly SentRecord[] {
  const schema = bodies[operation.id]
  if (schema === undefined) throw new Error(`${operation.id} takes no body`)
  checkExtent(operation, text, recordBytesMax)
  const body = withoutNulls(parse(text), '', 0)
  const first = Value.Check(schema, body) ? undefined : Value.Errors(schema, body).First()
  if (first !== undefined) throw fault(first.path, first.message)
  const records = (body as Readonly<Record<string, SentRecord | SentRecord[] | undefined>>)[operation.envelope] ?? []
  return Array.isArray(records) ? records : [records]
}

/**
 * The object that a body of the hub's own brings, as `schema` has it and with nothing else in it, null neither.
 * Throws ApiError: 422 with the path of the first fault.
 */
export function readObject<Schema extends TSchema>(schema: Schema, text: string): Static<Schema> {
  if (excessOf(text, { levelsMax, ...unbounded }) !== undefined) throw fault('', `more than ${levelsMax} levels deep`)
  const body = parse(text)
  const first = Value.Check(schema, body) ? undefined : Value.Errors(schema, body).First()
  if (first !== undefined) throw fault(first.path, first.message)
  return withoutNulls(body, '', 0) as Static<Schema>
}

/** The body of a PUT is one record, whose size was looked at when it was read. */
function checkExtent({ kind, envelope }: Operation, text: string, recordBytesMax: number): void {
  const ofSet = kind === 'post' ? { itemsMax: recordsMax, itemBytesMax: recordBytesMax } : unbounded
  const excess = excessOf(text, { levelsMax, ...ofSet })
  if (excess === undefined) return
  if (excess.what === 'levels') throw fault('', `more than ${levelsMax} levels deep`)
  const reason =
    excess.what === 'items'
      ? `/${envelope}: more than ${recordsMax} records`
      : `/${envelope}/${excess.index}: the record has more than ${recordBytesMax} bytes`
  throw new ApiError('invaliddata', reason, { status: 413 })
}

const unbounded = { itemsMax: Number.POSITIVE_INFINITY, itemBytesMax: Number.POSITIVE_INFINITY }

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
  if (typeof value === 'number' && !isStorable(value))
    throw fault(path, `a number may be up to ${sizeMax} in size, and if it is not 0 no smaller than ${sizeMin}`)
  if (Array.isArray(value)) return value.map((item, index) => withoutNulls(item, `${path}/${index}`, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([name, inner]) => [storable(name, path), withoutNulls(inner, `${path}/${name}`, depth + 1)]),
  )
}

/** What JSON.parse makes of 1e999 is infinite, and so beyond as well. */
const isStorable = (number: number): boolean =>
  number === 0 || (Math.abs(number) <= sizeMax && Math.abs(number) >= sizeMin)

function storable(text: string, path: string): string {
  if (!text.includes('\0') && text.isWellFormed()) return text
  throw fault(path, 'a text may hold neither a NUL character nor half of a surrogate pair')
}
