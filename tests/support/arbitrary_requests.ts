// Requests as fast-check draws them from the documents: ids that are there, elsewhere, nowhere or odd; filters, sorts and fields
// of real names; bodies of their schemas, some of them spoilt. Nothing here knows what is answered.

import fc from 'fast-check'
import { keysOf, origin } from './collections.ts'
import { corpus } from './corpus.ts'
import { type Documented, type Parameter, resolved, type Schema } from './documented.ts'
import { namesOf, propertiesOf } from './schemas.ts'
import { type Asking, registered } from './stage.ts'

/** What the store holds: ids by what a path or a reference calls them, and texts that people could look for. */
export interface Known {
  readonly ids: Readonly<Record<string, readonly string[]>>
  readonly texts: readonly string[]
  /** Clients, keys and imports that may be spent, and forms that are good for a token. */
  readonly own: Readonly<Record<string, readonly string[]>>
  readonly forms: readonly string[]
  readonly archive: Uint8Array<ArrayBuffer>
}

/** A segment of its own: an address takes dots for steps. */
const odd = corpus.filter((text) => !/^[.]{0,2}$/.test(text) && text.length < 1000)
const oddText = fc.oneof(
  fc.constantFrom(...odd),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
)

export const requestOf = (operation: Documented, known: Known): fc.Arbitrary<Asking> =>
  fc
    .record({ path: pathOf(operation, known), query: queryOf(operation, known), headers: headersOf(operation) })
    .chain(({ path, query, headers }) =>
      bodyOf(operation, path.ids, known).map((body) => ({
        method: operation.method,
        url: `${origin}${path.text}${query === '' ? '' : `?${query}`}`,
        headers: { ...headers, ...body.headers },
        ...(body.body === undefined ? {} : { body: body.body }),
      })),
    )

interface Path {
  readonly text: string
  readonly ids: readonly string[]
}

function pathOf(operation: Documented, known: Known): fc.Arbitrary<Path> {
  const found = registered(operation)
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'path')
  const keys = found === undefined ? parameters.map(({ name }) => name) : keysOf(found)
  return fc
    .tuple(
      ...parameters.map((parameter, place) => idOf(parameter, keys[place] ?? '', operation.method === 'PUT', known)),
    )
    .map((ids) => {
      const rest = [...ids]
      return {
        ids,
        text: operation.path.replace(/\{\w+\}/g, () => encodeURIComponent((rest.shift() ?? '').toWellFormed())),
      }
    })
}

function idOf({ schema }: Parameter, key: string, isMade: boolean, { ids, own }: Known): fc.Arbitrary<string> {
  // another file is another path
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String))
  if (key === 'file') return fc.constantFrom('hub.json', 'viewer-0000000000000000.js')
  const mine = own[key] ?? ids[key] ?? ['nobody']
  // a record made under the id of another kind would be taken for that one in what is shown
  const any = isMade ? mine : Object.values(ids).flat()
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...mine) },
    { weight: 2, arbitrary: fc.constantFrom(...any) },
    { weight: 1, arbitrary: fc.constantFrom('nobody', '0', '00000000-0000-4000-8000-000000000000') },
    { weight: 1, arbitrary: oddText.filter((text) => !/^[.]{0,2}$/.test(text)) },
  )
}

const rarely = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 1 })

/** Of the query parameters of the document some, most with a value that means something. */
function queryOf(operation: Documented, known: Known): fc.Arbitrary<string> {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query')
  const values = parameters.map((parameter) =>
    rarely(
      fc.oneof({ weight: 6, arbitrary: valueFor(parameter, operation, known) }, { weight: 1, arbitrary: oddText }),
    ),
  )
  const strange = fc.record({
    name: fc.constantFrom('cursor', 'limit', 'fields', 'access_token', 'x', '__proto__'),
    value: oddText,
  })
  return fc
    .record({ values: fc.tuple(...values), strange: fc.option(strange, { nil: undefined, freq: 12 }) })
    .map((drawn) => {
      const pairs = drawn.values.flatMap((value, place) =>
        value === undefined ? [] : [[parameters[place]?.name ?? '', value.toWellFormed()]],
      )
      if (drawn.strange !== undefined) pairs.push([drawn.strange.name, drawn.strange.value.toWellFormed()])
      return new URLSearchParams(pairs).toString()
    })
}

function valueFor(parameter: Parameter, operation: Documented, known: Known): fc.Arbitrary<string> {
  const found = registered(operation)
  if (found !== undefined) {
    const names = namesOf(found).map(({ name }) => name)
    if (parameter.name === 'filter') return filterOf(names, known)
    if (parameter.name === 'sort') return fc.constantFrom(...names)
    if (parameter.name === 'fields') return selectionOf(propertiesOf(found).map(({ name }) => name))
  }
  if (parameter.name === 'since')
    return fc.constantFrom('2026-01-01T00:00:00Z', '2030-01-01T00:00:00.000Z', '2026-01-01')
  if (parameter.name === 'clientId') return fc.constantFrom(...(known.own['clientId'] ?? ['nobody']))
  const { schema } = parameter
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum.map(String))
  if (schema.type === 'boolean') return fc.boolean().map(String)
  if (schema.type === 'integer')
    return fc
      .oneof(fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 300, 300) }), fc.integer())
      .map(String)
  return fc.constantFrom('default', 'source-1', 'users.csv', 'x')
}

const selectionOf = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.subarray([...names], { minLength: 1, maxLength: 5 }),
      fc.option(fc.constantFrom('nickname', 'password', ''), { nil: undefined, freq: 8 }),
    )
    .map(([some, more]) => [...some, ...(more === undefined ? [] : [more])].join(','))

function filterOf(names: readonly string[], { ids, texts }: Known): fc.Arbitrary<string> {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...texts) },
    { weight: 3, arbitrary: fc.constantFrom(...Object.values(ids).flat()) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'active',
        'tobedeleted',
        'true',
        'student',
        'teacher',
        '5',
        '-1.5',
        '2026-09-01',
        '2026-09-01T08:00:00Z',
        '',
        ',',
      ),
    },
    { weight: 1, arbitrary: oddText },
  )
  const clause = fc
    .tuple(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...names) },
        { weight: 1, arbitrary: fc.constantFrom('metadata.x', 'nickname', 'roles.x.y', 'sourcedid') },
      ),
      fc.constantFrom('=', '!=', '>', '>=', '<', '<=', '~'),
      value,
    )
    .map(([name, operator, text]) => `${name}${operator}'${text.replaceAll("'", "''")}'`)
  return fc
    .array(fc.tuple(clause, fc.constantFrom(' AND ', ' OR ')), { minLength: 1, maxLength: 4 })
    .map((clauses) => clauses.map(([text, joint], place) => (place === 0 ? text : joint + text)).join(''))
}

function headersOf({ method }: Documented): fc.Arbitrary<Readonly<Record<string, string>>> {
  const names =
    method === 'GET' ? ['if-none-match', 'accept', 'range', 'accept-encoding'] : ['if-match', 'accept', 'expect']
  const value = fc.constantFrom(
    '*',
    '"1"',
    'W/"1"',
    '"1-x", *',
    '',
    'text/csv',
    'application/json;q=0',
    'gzip',
    'bytes=0-1',
  )
  return fc
    .option(fc.tuple(fc.constantFrom(...names), value), { nil: undefined, freq: 5 })
    .map((pair) => (pair === undefined ? {} : { [pair[0]]: pair[1] }))
}

interface Body {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

function bodyOf(operation: Documented, path: readonly string[], known: Known): fc.Arbitrary<Body> {
  const type = Object.keys(operation.body ?? {})[0]
  if (type === undefined) return fc.constant({ headers: {} })
  if (operation.id === 'createImport') return packageOf(known)
  if (type === 'application/x-www-form-urlencoded')
    return fc
      .oneof(fc.constantFrom(...known.forms), fc.constantFrom(...known.forms).chain(spoilt))
      .map((body) => ({ headers: { 'content-type': type }, body }))
  const schema = operation.body?.[type]?.schema ?? {}
  const drawn = drawnFrom(operation.service, schema, '', known)
  const aimed = drawn.map((body) => withId(body as Json, operation, path))
  return fc
    .tuple(
      aimed,
      fc.option(fc.tuple(fc.nat(), fc.constantFrom('replace', 'remove', 'add'), oddJson), { nil: undefined, freq: 1 }),
    )
    .map(([body, change]) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change === undefined ? body : changed(body, change[0], change[1], change[2])),
    }))
}

const packageOf = ({ archive }: Known): fc.Arbitrary<Body> =>
  fc
    .tuple(
      fc.constantFrom('application/zip', 'application/octet-stream', 'text/plain', 'multipart/form-data; boundary=x'),
      fc.constantFrom(archive.length, archive.length - 9, 4, 0),
    )
    .map(([type, length]) => ({ headers: { 'content-type': type }, body: archive.slice(0, length) }))

/** A text with one of its characters taken out or doubled. */
const spoilt = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat({ max: text.length - 1 }), fc.constantFrom(0, 2))
    .map(([at, times]) => text.slice(0, at) + (text[at] ?? '').repeat(times) + text.slice(at + 1))

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
const oddJson: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom(...odd).map((text) => text as Json),
  fc.constantFrom<Json>(
    null,
    true,
    -1,
    1e31,
    1e-31,
    0.1,
    [],
    {},
    [[]],
    { sourcedId: 'nobody' },
    { href: 'x' },
    '2026-02-30',
    '',
  ),
)

/** A PUT is about the record of its path, most times. */
function withId(body: Json, operation: Documented, [id = '']: readonly string[]): Json {
  const found = registered(operation)
  if (found?.kind !== 'put' || typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const record = body[found.envelope]
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return body
  return { ...body, [found.envelope]: { ...record, sourcedId: id } }
}

/** One place of it changed: the `at`th, from the outside. */
function changed(json: Json, at: number, how: string, other: Json): Json {
  const places = Array.isArray(json)
    ? json.length
    : typeof json === 'object' && json !== null
      ? Object.keys(json).length
      : 0
  if (places === 0) return other
  const [place, rest] = [at % places, Math.floor(at / places)]
  if (Array.isArray(json))
    return how === 'remove'
      ? json.toSpliced(place, 1)
      : json.with(place, changed(json[place] as Json, rest, how, other))
  const record = json as { [name: string]: Json }
  const name = Object.keys(record)[place] ?? ''
  if (rest % 3 > 0 && typeof record[name] === 'object')
    return { ...record, [name]: changed(record[name] as Json, rest, how, other) }
  if (how === 'add') return { ...record, [typeof other === 'string' ? other : 'nobody']: other }
  const { [name]: _, ...less } = record
  return how === 'remove' ? less : { ...record, [name]: other }
}

/** A value of a schema. `name`: of the property it is; an id or a reference is to something that may be there. */
function drawnFrom(service: string, given: Schema, name: string, known: Known): fc.Arbitrary<unknown> {
  const schema = resolved(service, given)
  const inner = (part: Schema, property = name) => drawnFrom(service, part, property, known)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map((part) => inner(part)))
  if (schema.allOf !== undefined)
    return fc
      .tuple(...schema.allOf.map((part) => inner(part)))
      .map((parts) => Object.assign({}, ...(parts as object[])))
  if (schema.properties !== undefined) return objectOf(schema, (part, property) => inner(part, property), name, known)
  if (schema.type === 'array')
    return fc.array(inner(schema.items ?? {}), {
      minLength: schema.minItems ?? 0,
      maxLength: Math.max(2, schema.minItems ?? 0),
    })
  if (schema.type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e6, 1e6) })
  if (schema.type === 'number') return fc.constantFrom(0, 1, 2.5, -3, 100, 1e6)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'object') return fc.dictionary(fc.constantFrom('x', 'y.z', "o'x"), fc.constantFrom('a', 1, true))
  return textOf(schema, name, known)
}

function objectOf(
  schema: Schema,
  inner: (part: Schema, property: string) => fc.Arbitrary<unknown>,
  name: string,
  known: Known,
): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {})
  // a reference: to one of its kind, by its id alone
  if ('href' in (schema.properties ?? {}))
    return fc.constantFrom(...(known.ids[name] ?? Object.values(known.ids).flat())).map((sourcedId) => ({ sourcedId }))
  const model = Object.fromEntries(properties.map(([property, part]) => [property, inner(part, property)]))
  const requiredKeys = (schema.required ?? []).filter((property) => property in model)
  return fc.record(model, { requiredKeys })
}

function textOf(
  { format, minLength = 0, maxLength = 40 }: Schema,
  name: string,
  { own, ids }: Known,
): fc.Arbitrary<string> {
  if (format === 'date') return fc.constantFrom('2026-09-01', '2027-01-31')
  if (format === 'date-time' || name === 'expiresAt')
    return fc.constantFrom('2026-12-01T08:00:00Z', '2027-06-01T00:00:00.000Z')
  if (name === 'sourcedId') return fc.constantFrom('new-1', 'new-2', 'new-3')
  if (name === 'clientId') return fc.constantFrom(...(own['clientId'] ?? ['nobody']))
  if (name === 'addresses') return fc.constantFrom('192.0.2.0/24', '2001:db8::/32', '10.0.0.1/8', 'x')
  if (name === 'scopes')
    return fc.constantFrom('roster-core.readonly', 'gradebook.readonly', 'urn:rosterhub:scope/admin', 'nothing')
  if (name === 'orgs') return fc.constantFrom(...(ids['orgs'] ?? []), 'nobody')
  if (name === 'roles') return fc.constantFrom('student', 'teacher', 'clown')
  if (name === 'entities' || name === 'hidden')
    return fc.constantFrom('users', 'results', 'users.email', 'demographics', 'users.givenName', 'x')
  return fc.string({ minLength, maxLength: Math.min(maxLength, 40) })
}
