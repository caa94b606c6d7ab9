// What a filter means, said a second time: over the JSON of a record, without SQL. Absent values are no values.

import type { Clause, Filter } from '../../src/call.ts'
import type { Json } from './collections.ts'
import type { Name } from './schemas.ts'

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

const ordered = (order: number, operator: string): boolean =>
  operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0

/** How two values of a kind stand to each other: numbers by size, dates and times as moments, texts by code points. */
function compare(kind: Name['kind'], a: string, b: string): number {
  if (kind === 'number') return Math.sign(Number(a) - Number(b))
  if (kind === 'date' || kind === 'time' || kind === 'instant') return Math.sign(instantOf(a) - instantOf(b))
  return compareText(a, b)
}

/** Of a list: each item is compared, dates in it as texts. */
function holdsForList(values: readonly string[], kind: Name['kind'], operator: string, value: string): boolean {
  const items = value.split(',').map((item) => item.replace(/^ +| +$/g, ''))
  const order = (a: string, b: string): number => compare(kind === 'number' ? kind : 'text', a, b)
  const has = (item: string): boolean => values.some((found) => order(found, item) === 0)
  if (operator === '=') return items.every(has)
  if (operator === '~') return items.some(has)
  return values.some((found) => ordered(order(found, items.join(',')), operator))
}

function holds(record: Json, { field, operator, value }: Clause, names: ReadonlyMap<string, Name>): boolean {
  if (operator === '!=') return !holds(record, { field, operator: '=', value, position: 0 }, names)
  const { kind = 'text', isList = false } = names.get(field) ?? {}
  const values = valuesOf(record, field)
  if (isList) return holdsForList(values, kind, operator, value)
  const [found] = values
  if (found === undefined) return false
  if (operator === '~') return found.includes(value)
  const order = compare(kind, found, value)
  return operator === '=' ? order === 0 : ordered(order, operator)
}

/** Whether a record answers the filter. `names` say what is compared how; a name that is not among them is a text. */
export function matches(record: Json, filter: Filter, names: ReadonlyMap<string, Name>): boolean {
  const clauses = filter.flat()
  const seesDeleted = clauses.some(({ field }) => field === 'status' || field === 'dateLastModified')
  if (record['status'] !== 'active' && !seesDeleted) return false
  return filter.some((alternative) => alternative.every((clause) => holds(record, clause, names)))
}

/** Ascending: an absent value first, then the order of its kind; records of one value by their sourcedId. */
export function sorted(records: readonly Json[], { name, kind }: Name): readonly Json[] {
  // an empty text stands with the absent ones
  const order = (a = '', b = ''): number =>
    a === '' || b === '' ? Number(b === '') - Number(a === '') : compare(kind, a, b)
  return [...records].sort(
    (a, b) =>
      order(valuesOf(a, name)[0], valuesOf(b, name)[0]) || compareText(String(a['sourcedId']), String(b['sourcedId'])),
  )
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
