// Call + what the store answered -> Response: the body as it came, X-Total-Count, Link, ETag. Pure.

import type { One, OneCall, Outcome, Page, PageCall, Pair } from './call.ts'
import { encodeCursor } from './cursor.ts'
import { type Warning, warningMember } from './errors.ts'
import { entityTag, isKnown } from './etag.ts'

const json = 'application/json; charset=utf-8'

/** A collection's answer, or 304; the body is handed on untouched, but for what 1.1 warns of. */
export function pageResponse(call: PageCall, page: Page, warnings: readonly Warning[] = []): Response {
  const tag = entityTag(page.version, call.build)
  if (isKnown(call.knownTags, tag)) return notModified(tag)
  return new Response(withWarnings(call, page.body, warnings), {
    headers: {
      'content-type': json,
      'x-total-count': String(page.total),
      link: links(call, page),
      ...tagged(tag),
    },
  })
}

/** One record, or 304 where the client has this version. */
export function oneResponse(call: OneCall, { body, version }: One, warnings: readonly Warning[] = []): Response {
  const tag = entityTag(version, call.build)
  if (isKnown(call.knownTags, tag)) return notModified(tag)
  return new Response(withWarnings(call, body, warnings), { headers: { 'content-type': json, ...tagged(tag) } })
}

/** 1.2 has no place for warnings. */
function withWarnings(
  { operation }: PageCall | OneCall,
  body: Uint8Array,
  warnings: readonly Warning[],
): Uint8Array<ArrayBuffer> {
  const whole = body as Uint8Array<ArrayBuffer>
  if (operation.service !== 'v1p1' || warnings.length === 0) return whole
  const member = new TextEncoder().encode(`${warningMember(warnings)}}`)
  const warned = new Uint8Array(whole.length - 1 + member.length)
  warned.set(whole)
  warned.set(member, whole.length - 1)
  return warned
}

/** The data are this client's, and good until they change: kept by it alone, and asked after each time. */
const tagged = (tag: string) => ({ etag: tag, 'cache-control': 'private, no-cache', vary: 'authorization, x-api-key' })

export const notModified = (tag: string): Response => new Response(null, { status: 304, headers: tagged(tag) })

/** 201 for a record that is new, 200 for one that was there; neither has a body. */
export const putResponse = ({ outcome }: Outcome): Response =>
  new Response(null, { status: outcome === 'created' ? 201 : 200 })

export const postResponse = (pairs: readonly Pair[]): Response =>
  Response.json({ sourcedIdPairs: pairs }, { status: 201, headers: { 'content-type': json } })

export const removeResponse = (): Response => new Response(null, { status: 204 })

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

/**
 * The answer to HEAD, with the length GET would have told: left unsaid, a server says 0. Where a path has no parameters
 * Elysia has counted already, and takes a 304 for an empty answer. Source: RFC 9110, section 8.6.
 */
export async function withoutBody(response: Response): Promise<Response> {
  const { status, body } = response
  const headers = new Headers(response.headers)
  if (status === 304) headers.delete('content-length')
  else if (body !== null) headers.set('content-length', String((await response.arrayBuffer()).byteLength))
  return new Response(null, { status, headers })
}
