// Request + operation -> Call. Reads the raw query string, because a router keeps the last of a repeated key, and the body of
// a write. Pure but for the stream it reads.

import { readRecords } from './body.ts'
import { type BodyBounds, readText } from './bytes.ts'
import type { Call, OneCall, PageCall, PutCall } from './call.ts'
import { decodeCursor } from './cursor.ts'
import { ApiError } from './errors.ts'
import { readTags, versionsOf } from './etag.ts'
import { parseFilter } from './filter.ts'
import type { Operation } from './generated/operations.ts'

const int32Max = 2_147_483_647
const rootPath = '/ims/oneroster/'

export interface RequestOptions {
  readonly publicUrl: string | undefined
  readonly pageLimitMax: number
  /** Bytes that the body of a write may have. */
  readonly bodyBytesMax: number
  /** Bytes that a record may have: the body of a PUT, or one of the records of a POST. */
  readonly recordBytesMax: number
  /** What entity tags of this build end in. */
  readonly build: string
}

/** What the request asks for. Throws ApiError that names the parameter, or the path in the body. */
export async function readCall(request: Request, operation: Operation, options: RequestOptions): Promise<Call> {
  const { kind } = operation
  if (kind === 'page' || kind === 'one') return readReading(request, operation, options)
  const asked = { operation, arguments: pathArguments(new URL(request.url).pathname, operation) }
  const versions = versionsOf(readTags(request.headers.get('if-match')))
  if (kind === 'remove') return { kind, ...asked, versions }
  const { bodyBytesMax, recordBytesMax } = options
  const bounds = bodyBounds(kind === 'put' ? Math.min(bodyBytesMax, recordBytesMax) : bodyBytesMax)
  const records = readRecords(operation, await readText(request, bounds), recordBytesMax)
  return kind === 'post' ? { kind, ...asked, records } : { kind, ...asked, versions, record: ofPath(records, asked) }
}

function ofPath(
  [record]: readonly PutCall['record'][],
  { operation, arguments: [id] }: Pick<PutCall, 'operation' | 'arguments'>,
): PutCall['record'] {
  if (record !== undefined && record.sourcedId === id) return record
  throw new ApiError('invaliddata', `/${operation.envelope}/sourcedId: must be the one in the path, "${id}"`)
}

const bodyBounds = (bytesMax: number): BodyBounds => ({
  bytesMax,
  refusal: (fault, cause) => {
    if (fault === 'size')
      return new ApiError('invaliddata', `the body has more than ${bytesMax} bytes`, { status: 413 })
    if (fault === 'encoding') return new ApiError('invaliddata', '/: the body is not UTF-8', { cause })
    return new ApiError('invaliddata', '/: the body broke off', { status: 400, cause })
  },
})

/** What a GET asks for. Throws ApiError that names the parameter. */
export function readReading(request: Request, operation: Operation, options: RequestOptions): PageCall | OneCall {
  const sent = new URL(request.url)
  const origin = options.publicUrl ?? sent.origin
  const parameters = sent.searchParams
  const asked = {
    operation,
    arguments: pathArguments(sent.pathname, operation),
    fields: readFields(parameters, operation),
    knownTags: readTags(request.headers.get('if-none-match')),
    build: options.build,
    base: origin + rootPath,
  }
  if (operation.kind === 'one') return { kind: 'one', ...asked }
  const filterText = single(parameters, 'filter', 'invalid_filter_field')
  const sort = readSort(parameters)
  const descending = readOrder(parameters)
  return {
    kind: 'page',
    ...asked,
    filter: filterText === undefined ? undefined : parseFilter(filterText),
    filterText,
    sort,
    descending,
    limit: Math.min(readInteger(parameters, 'limit', 100, 1), options.pageLimitMax),
    offset: readInteger(parameters, 'offset', 0, 0),
    cursor: decodeCursor(parameters.get('cursor'), sort, descending),
    url: new URL(origin + sent.pathname + sent.search),
  }
}

/** The path's ids, each decoded inside its own segment: a sourcedId may hold a slash, sent as %2F. */
function pathArguments(pathname: string, operation: Operation): string[] {
  const sent = pathname.split('/')
  return operation.path.split('/').flatMap((segment, index) => {
    if (!segment.startsWith('{')) return []
    try {
      const decoded = decodeURIComponent(sent[index] ?? '')
      if (!decoded.includes('\0')) return [decoded]
    } catch {
      // falls through to the same refusal
    }
    throw new ApiError(
      'unknownobject',
      `Unknown Object: ${segment.slice(1, -1)} "${sent[index]}" is not percent-encoded UTF-8`,
    )
  })
}

function single(
  parameters: URLSearchParams,
  name: string,
  code: 'invalid_filter_field' | 'invaliddata',
): string | undefined {
  const values = parameters.getAll(name)
  if (values.length > 1) throw new ApiError(code, `${name}: given ${values.length} times`, { status: 400 })
  return values[0]
}

function readInteger(parameters: URLSearchParams, name: string, fallback: number, minimum: number): number {
  const text = single(parameters, name, 'invaliddata')
  if (text === undefined) return fallback
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= int32Max) return value
  throw new ApiError('invaliddata', `${name}: must be a whole number from ${minimum} to ${int32Max}, not "${text}"`, {
    status: 400,
  })
}

/** No field has a NUL in its name, and PostgreSQL no text: such a sort names nothing, like any unknown one, and says so. */
function readSort(parameters: URLSearchParams): string | undefined {
  return single(parameters, 'sort', 'invaliddata')?.replaceAll('\0', '\uFFFD')
}

function readOrder(parameters: URLSearchParams): boolean {
  const text = single(parameters, 'orderBy', 'invaliddata')
  if (text === undefined || text === 'asc') return false
  if (text === 'desc') return true
  throw new ApiError('invaliddata', `orderBy: must be asc or desc, not "${text}"`, { status: 400 })
}

/** `fields=a,b` and `fields=a&fields=b` alike. */
function readFields(parameters: URLSearchParams, { service }: Operation): string[] | undefined {
  if (!parameters.has('fields')) return undefined
  const names = parameters
    .getAll('fields')
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
  if (names.some((name) => name === '' || name.includes('\0'))) {
    const code = service === 'v1p1' ? 'invalid_blank_selection_field' : 'invalid_selection_field'
    throw new ApiError(code, 'fields: a name is blank; give names separated by commas')
  }
  return [...new Set(names)]
}
