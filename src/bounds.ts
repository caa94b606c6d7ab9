// The address and the headers of a request -> the refusal of one that is larger than it may be, before anything is read of
// it. Bodies are measured by who reads them. Pure.

import { ApiError } from './errors.ts'

export interface RequestLimits {
  /** Bytes of the address, with scheme and host. */
  readonly urlMaxBytes: number
  /** Bytes of all names and values together. */
  readonly headersMaxBytes: number
}

/** More than one for each field of the largest record, and for each of the headers of proxies. */
const parametersMax = 200
const headersMax = 100

/** What is too large of a request: 414, 431, or 400 for a query of too many parameters; undefined for any other. */
export function excessOf(
  { url, headers }: Pick<Request, 'url' | 'headers'>,
  { urlMaxBytes, headersMaxBytes }: RequestLimits,
): ApiError | undefined {
  if (url.length > urlMaxBytes)
    return new ApiError('invaliddata', `the address has more than ${urlMaxBytes} bytes`, { status: 414 })
  if (hasMoreParameters(url))
    return new ApiError('invaliddata', `the query has more than ${parametersMax} parameters`, { status: 400 })
  let [count, sizeBytes] = [0, 0]
  headers.forEach((value, name) => {
    count += 1
    sizeBytes += name.length + value.length
  })
  if (count <= headersMax && sizeBytes <= headersMaxBytes) return undefined
  const limit = count > headersMax ? `are more than ${headersMax}` : `have more than ${headersMaxBytes} bytes`
  return new ApiError('invaliddata', `the headers ${limit}`, { status: 431 })
}

function hasMoreParameters(url: string): boolean {
  let count = 1
  for (let at = url.indexOf('?'); at !== -1; at = url.indexOf('&', at + 1)) {
    if (count > parametersMax) return true
    count += 1
  }
  return false
}
