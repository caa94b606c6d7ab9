// Request + operation -> Call. Reads the raw query string, because a router keeps the last of a repeated key. Pure.

import type { Call } from './call.ts'
import { decodeCursor } from './cursor.ts'
import { ApiError } from './errors.ts'
import { parseFilter } from './filter.ts'
import type { Operation } from './generated/operations.ts'

const int32Max = 2_147_483_647
const rootPath = '/ims/oneroster/'

export interface RequestOptions {
  readonly publicUrl: string | undefined
  readonly pageLimitMax: number
}

/** What the request asks for. Throws ApiError that names the parameter. */
export function readCall(request: Request, operation: Operation, options: RequestOptions): Call {
  const sent = new URL(request.url)
  const origin = options.publicUrl ?? sent.origin
  const parameters = sent.searchParams
  const asked = {
    operation,
    arguments: pathArguments(sent.pathname, operation),
    fields: readFields(parameters),
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

/** No field has a NUL in its name, and PostgreSQL no text: such a sort names nothing, like any unknown one. */
function readSort(parameters: URLSearchParams): string | undefined {
  const text = single(parameters, 'sort', 'invaliddata')
  return text?.includes('\0') ? undefined : text
}

function readOrder(parameters: URLSearchParams): boolean {
  const text = single(parameters, 'orderBy', 'invaliddata')
  if (text === undefined || text === 'asc') return false
  if (text === 'desc') return true
  throw new ApiError('invaliddata', `orderBy: must be asc or desc, not "${text}"`, { status: 400 })
}

/** `fields=a,b` and `fields=a&fields=b` alike. */
function readFields(parameters: URLSearchParams): string[] | undefined {
  if (!parameters.has('fields')) return undefined
  const names = parameters
    .getAll('fields')
    .flatMap((text) => text.split(','))
    .map((name) => name.trim())
  if (names.some((name) => name === '' || name.includes('\0'))) {
    throw new ApiError('invalid_selection_field', 'fields: a name is blank; give names separated by commas')
  }
  return [...new Set(names)]
}
