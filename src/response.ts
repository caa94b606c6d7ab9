// Call + Page -> Response: the body as it came, X-Total-Count, Link. Pure.

import type { Page, PageCall } from './call.ts'
import { encodeCursor } from './cursor.ts'

const json = 'application/json; charset=utf-8'

/** A collection's answer; the body is handed on untouched. */
export function pageResponse(call: PageCall, page: Page): Response {
  return new Response(page.body as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': json, 'x-total-count': String(page.total), link: links(call, page) },
  })
}

export const oneResponse = (body: Uint8Array): Response =>
  new Response(body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': json } })

/** RFC 8288: first, prev, next, last; next only where there is more, prev only after the first page. */
function links(call: PageCall, page: Page): string {
  const { limit, offset } = call
  const phase = offset % limit
  const lastOffset = page.total <= phase ? 0 : phase + Math.floor((page.total - 1 - phase) / limit) * limit
  const base = linkBase(call)
  const found = [link(base, call, 'first', 0)]
  if (offset > 0) found.push(link(base, call, 'prev', Math.max(0, Math.min(offset - limit, lastOffset))))
  if (page.hasMore) found.push(link(base, call, 'next', offset + page.count, cursorAfter(call, page)))
  found.push(link(base, call, 'last', lastOffset))
  return found.join(', ')
}

/** A key as long as a cell may be would not fit into a header that clients take; the offset leads on as well. */
const keyCharsMax = 300

function cursorAfter(call: PageCall, { last }: Page): string | undefined {
  if (last === undefined || (last[0]?.length ?? 0) + last[1].length > keyCharsMax) return undefined
  return encodeCursor(call, last)
}

/** The address of another page: every parameter as it was sent, but those that name the page or sign the request. */
function link(base: string, call: PageCall, relation: string, offset: number, cursor?: string): string {
  const place = `limit=${call.limit}&offset=${offset}${cursor === undefined ? '' : `&cursor=${cursor}`}`
  return `<${base}${place}>; rel="${relation}"`
}

const placing = new Set(['limit', 'offset', 'cursor'])

function linkBase({ url }: PageCall): string {
  const kept = new URLSearchParams(
    [...url.searchParams].filter(([name]) => !placing.has(name) && !name.startsWith('oauth_')),
  ).toString()
  return `${url.origin}${url.pathname}?${kept === '' ? '' : `${kept}&`}`
}
