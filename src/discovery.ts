// The services' own documents with this hub's addresses in them. Pure.

import gradebook from './generated/gradebook.document.ts'
import resources from './generated/resources.document.ts'
import rostering from './generated/rostering.document.ts'
import v1p1 from './generated/v1p1.document.ts'

interface Served {
  readonly base: string
  readonly files: readonly string[]
  readonly document: { readonly servers: readonly { readonly url: string }[] }
}

/** Two file names are in use for each document of 1.2: the binding's and the certification guide's. */
export const documents: readonly Served[] = [
  {
    base: '/ims/oneroster/rostering/v1p2',
    files: ['onerosterv1p2rostersservice_openapi3_v1p0.json', 'imsorv1p2_rostering_openapi3_v1p0.json'],
    document: rostering,
  },
  {
    base: '/ims/oneroster/gradebook/v1p2',
    files: ['onerosterv1p2gradebookservice_openapi3_v1p0.json', 'imsorv1p2_gradebook_openapi3_v1p0.json'],
    document: gradebook,
  },
  {
    base: '/ims/oneroster/resources/v1p2',
    files: ['onerosterv1p2resourcesservice_openapi3_v1p0.json', 'imsorv1p2_resources_openapi3_v1p0.json'],
    document: resources,
  },
  {
    // 1.1 has no discovery: this is our own name
    base: '/ims/oneroster/v1p1',
    files: ['onerosterv1p1_openapi3_v1p0.json'],
    document: v1p1,
  },
]

/** The document as this hub serves it: its server, its token endpoint, and its addresses in the examples. */
export function localised({ base, document }: Served, origin: string): unknown {
  const home = new URL(document.servers[0]?.url ?? '').origin
  const moved = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith(`${home}/`) ? origin + value.slice(home.length) : value
    if (Array.isArray(value)) return value.map(moved)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, moved(inner)]))
  }
  return { ...(moved(document) as object), servers: [{ url: origin + base, description: 'This hub.' }] }
}
