// Where a page ended <-> the opaque text that a `next` link carries. Pure.

import type { Cursor, PageCall } from './call.ts'

const signature = (sort: string | undefined, descending: boolean): string => `${sort ?? ''}${descending ? '-' : '+'}`

/** The opaque `cursor` of a `next` link: where the page ended, and the order it was in. */
export function encodeCursor(call: PageCall, last: Cursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([signature(call.sort, call.descending), ...last]))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** A cursor of another order, or one nobody gave out, is no cursor: the offset beside it still holds. */
export function decodeCursor(text: string | null, sort: string | undefined, descending: boolean): Cursor | undefined {
  if (text === null) return undefined
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (!Array.isArray(value) || value.length !== 3) return undefined
    const [order, key, sourcedId] = value as unknown[]
    if (order !== signature(sort, descending) || typeof sourcedId !== 'string' || sourcedId.includes('\0'))
      return undefined
    if (key !== null && (typeof key !== 'string' || key.includes('\0'))) return undefined
    return [key as string | null, sourcedId]
  } catch {
    return undefined
  }
}
