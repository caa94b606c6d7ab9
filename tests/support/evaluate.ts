// What a filter means, said a second time: over the JSON of a record, without SQL. Absent values are no values.

import type { Clause, Filter } from '../../src/call.ts'
import type { Json } from './collections.ts'

/** Unicode code points, not the UTF-16 units JavaScript compares: UTF-8 keeps their order. */
export const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

function step(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => step(item, path))
  const [name, ...rest] = path
  if (name === undefined) return isObject(value) ? [value['sourcedId']] : [value]
  return isObject(value) && Object.hasOwn(value, name) ? step(value[name], rest) : []
}

/** The values a name has in a record: of a reference its sourcedId, of a list every item, of an absent property none. */
export function valuesOf(record: Json, field: string): string[] {
  const [first, ...rest] = field.split('.')
  const metadata = record['metadata']
  const whole = rest.join('.')
  const found =
    first === 'metadata' && isObject(metadata) && Object.hasOwn(metadata, whole)
      ? [metadata[whole]]
      : step(record, field.split('.'))
  return found.map(String)
}

/** Milliseconds of a date (midnight UTC) or a date and time (UTC where no zone is said). */
export function instantOf(text: string): number {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d{1,3})?(?:Z|([+-]\d\d):?(\d\d)?)?)?$/i.exec(text)
  const [, day, minutes = '00:00', seconds = ':00', fraction = '', hours, rest = '00'] = match ?? []
  return Date.parse(`${day}T${minutes}${seconds}${fraction}${hours === undefined ? 'Z' : `${hours}:${rest}`}`)
}

const dated = new Set(['startDate', 'endDate', 'beginDate', 'birthDate', 'dateLastModified'])

const ordered = (order: number, operator: string): boolean =>
  operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0

function holds(record: Json, { field, operator, value }: Clause, isList: boolean): boolean {
  const values = valuesOf(record, field)
  const items = value.split(',').map((item) => item.replace(/^ +| +$/g, ''))
  if (operator === '!=') return !holds(record, { field, operator: '=', value, position: 0 }, isList)
  if (isList) {
    if (operator === '=') return items.every((item) => values.includes(item))
    if (operator === '~') return items.some((item) => values.includes(item))
    return values.some((found) => ordered(compareText(found, items.join(',')), operator))
  }
  const [found] = values
  if (found === undefined) return false
  if (operator === '~') return found.includes(value)
  const order = dated.has(field) ? Math.sign(instantOf(found) - instantOf(value)) : compareText(found, value)
  return operator === '=' ? order === 0 : ordered(order, operator)
}

/** Whether a record answers the filter. `lists` are the names that are lists or lead through one. */
export function matches(record: Json, filter: Filter, lists: ReadonlySet<string>): boolean {
  const clauses = filter.flat()
  const seesDeleted = clauses.some(({ field }) => field === 'status' || field === 'dateLastModified')
  if (record['status'] !== 'active' && !seesDeleted) return false
  return filter.some((alternative) => alternative.every((clause) => holds(record, clause, lists.has(clause.field))))
}

/** Filter -> its text, quotes doubled. */
export const textOf = (filter: Filter): string =>
  filter
    .map((alternative) =>
      alternative
        .map(({ field, operator, value }) => `${field}${operator}'${value.replaceAll("'", "''")}'`)
        .join(' AND '),
    )
    .join(' OR ')
