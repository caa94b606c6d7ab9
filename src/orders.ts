// What an administrator's request orders: the id in its path, its body as the schema has it; and answers without nulls.

import type { Static, TSchema } from '@sinclair/typebox'
import { readObject } from './body.ts'
import { readText } from './bytes.ts'
import { ApiError } from './errors.ts'
import type { Asked } from './own.ts'

const bodyBytesMax = 64 * 1024

export const withoutNulls = (told: object): object =>
  Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null))

export const missing = (what: 'client' | 'key', id: string): never => {
  throw new ApiError('unknownobject', `Unknown Object: no ${what} "${id}", or it is revoked`)
}

/** The path is /admin/clients/{clientId}/…, or of keys. */
export function idOf({ visit }: Asked, what: 'client' | 'key'): string {
  const [id = ''] = visit.arguments
  return id.includes('\0') ? missing(what, id) : id
}

/** The body as its schema has it; `absent` stands for an empty one. Throws ApiError: 422 with the path, 413, 400. */
export async function bodyOf<Schema extends TSchema>(
  { request }: Asked,
  schema: Schema,
  absent = '',
): Promise<Static<Schema>> {
  const text = await readText(request, {
    bytesMax: bodyBytesMax,
    refusal: (what, cause) => {
      if (what === 'size')
        return new ApiError('invaliddata', `the body has more than ${bodyBytesMax} bytes`, { status: 413 })
      if (what === 'encoding') return new ApiError('invaliddata', '/: the body is not UTF-8', { cause })
      return new ApiError('invaliddata', '/: the body broke off', { status: 400, cause })
    },
  })
  return readObject(schema, text.trim() === '' ? absent : text)
}
