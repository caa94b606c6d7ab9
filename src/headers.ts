// An answer -> the same answer with what browsers, proxies and caches are to be told of every answer: that it is no page, is
// not framed, sniffed, embedded or kept. An answer that says something else of its own is left as it is. Knows no route.

export interface HeaderOptions {
  /** The address clients use; where it is https, browsers are told to come by no other way. */
  readonly publicUrl: string | undefined
}

/** Of every answer. */
const always = Object.entries({
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  // by fetch alone, and so by CORS: no page of another site shows an answer as an image or runs it as a script
  'cross-origin-resource-policy': 'same-origin',
})

/** Of an answer that has none of its own: the page at /docs has its policy, and what has an entity tag may be kept. */
const unlessSaid = Object.entries({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
})

/** A year. Not for subdomains: they are not the hub's. */
const httpsOnly = 'max-age=31536000'

/** Puts them on, in place. */
export function secure(response: Response, { publicUrl }: HeaderOptions): Response {
  const { headers } = response
  for (const [name, value] of always) headers.set(name, value)
  for (const [name, value] of unlessSaid) if (!headers.has(name)) headers.set(name, value)
  if (publicUrl?.startsWith('https:')) headers.set('strict-transport-security', httpsOnly)
  return response
}
