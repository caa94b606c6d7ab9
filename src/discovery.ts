// The services' own documents with this hub's addresses in them. Pure.

import gradebook from './generated/gradebook.document.ts'
import resources from './generated/resources.document.ts'
import rostering from './generated/rostering.document.ts'
import v1p1 from './generated/v1p1.document.ts'

interface Served {
  readonly base: string
  readonly files: readonly string[]
  readonly document: {
    readonly servers: readonly unknown[]
    readonly components: { readonly securitySchemes: unknown }
  }
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

/** The document as this hub serves it: its server and its token endpoint. */
export function localised({ base, document }: Served, origin: string): unknown {
  const copy = structuredClone(document) as {
    servers: { url: string; description: string }[]
    components: { securitySchemes: Record<string, { flows?: Record<string, { tokenUrl: string }> }> }
  }
  copy.servers = [{ url: origin + base, description: 'This hub.' }]
  for (const scheme of Object.values(copy.components.securitySchemes)) {
    for (const flow of Object.values(scheme.flows ?? {})) flow.tokenUrl = `${origin}/oauth2/token`
  }
  return copy
}
