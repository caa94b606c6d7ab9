// Entity tags: the version of what is shown, and what a request says of the versions it knows. Pure.

import type { OneCall, PageCall } from './call.ts'

/** `version` of the data and `build`, which tells renderings of different software apart, as a strong tag. */
export const entityTag = (version: string | number, build: string): string => `"${version}-${build}"`

/** The tags of an If-Match or If-None-Match header, `*` among them as it stands; undefined without one. RFC 9110, 8.8.3. */
export function readTags(header: string | null): readonly string[] | undefined {
  if (header === null) return undefined
  return header.trim() === '*' ? ['*'] : (header.match(/(?:W\/)?"[^"]*"/g) ?? [])
}

/** If-None-Match: whether the client has this version, or any; compared weakly, as proxies may have weakened a tag. */
export const isKnown = (tags: readonly string[] | undefined, tag: string): boolean =>
  tags?.some((known) => known === '*' || known.replace(/^W\//, '') === tag) ?? false

/** If-Match: the versions that a record may have, of any build; a weak tag matches none. RFC 9110, 13.1.1. */
export const versionsOf = (tags: readonly string[] | undefined): readonly string[] | undefined =>
  tags?.flatMap((tag) => (tag === '*' ? [tag] : (/^"(\d+)-[^"]*"$/.exec(tag)?.slice(1) ?? [])))

/** Of a text, in a few characters: to tell representations apart, not to keep a secret. */
export function hashOf(text: string): string {
  let hash = 0
  for (let at = 0; at < text.length; at += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) >>> 0
  return hash.toString(36)
}

/**
 * What the tags of a call end in: of its build, whoever asks and all that it asks for, in 22 characters. Nobody finds two
 * calls that end alike, so a tag of one address says nothing of another.
 */
export async function callBuild(client: string, call: PageCall | OneCall): Promise<string> {
  const { build, operation, arguments: ids, fields, base } = call
  const page = call.kind === 'page' ? pageOf(call) : null
  const text = JSON.stringify([build, client, operation.id, ids, fields, base, page])
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return btoa(String.fromCharCode(...digest.subarray(0, 16)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Not the address itself: a signature in it is another one each time. */
const pageOf = ({ filterText, sort, descending, limit, offset, cursor }: PageCall) => [
  filterText,
  sort,
  descending,
  limit,
  offset,
  cursor,
]
