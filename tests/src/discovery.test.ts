// The services' own documents: with this hub's addresses, and nothing of the machine they were made on.

import { describe, expect, test } from 'bun:test'
import { documents, localised } from '../../src/discovery.ts'
import { operations } from '../../src/generated/operations.ts'

interface Localised {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
  readonly components: {
    readonly securitySchemes: Readonly<
      Record<
        string,
        { readonly flows?: Readonly<Record<string, { readonly tokenUrl: string; readonly scopes: object }>> }
      >
    >
  }
}
const origin = 'https://sis.example/hub'

describe('a document', () => {
  test('is served under the names of the binding and of the certification guide', () => {
    expect(documents.flatMap(({ base, files }) => files.map((file) => `${base}/discovery/${file}`))).toEqual([
      '/ims/oneroster/rostering/v1p2/discovery/onerosterv1p2rostersservice_openapi3_v1p0.json',
      '/ims/oneroster/rostering/v1p2/discovery/imsorv1p2_rostering_openapi3_v1p0.json',
      '/ims/oneroster/gradebook/v1p2/discovery/onerosterv1p2gradebookservice_openapi3_v1p0.json',
      '/ims/oneroster/gradebook/v1p2/discovery/imsorv1p2_gradebook_openapi3_v1p0.json',
      '/ims/oneroster/resources/v1p2/discovery/onerosterv1p2resourcesservice_openapi3_v1p0.json',
      '/ims/oneroster/resources/v1p2/discovery/imsorv1p2_resources_openapi3_v1p0.json',
      '/ims/oneroster/v1p1/discovery/onerosterv1p1_openapi3_v1p0.json',
    ])
  })

  for (const served of documents) {
    const document = localised(served, origin) as Localised

    test(`of ${served.base} names this hub's server and token endpoint and no other`, () => {
      expect(document.servers.map(({ url }) => url)).toEqual([origin + served.base])
      const schemes = Object.values(document.components.securitySchemes)
      const flows = schemes.flatMap((scheme) => Object.values(scheme.flows ?? {}))
      expect(flows.length).toBePositive()
      for (const flow of flows) expect(flow.tokenUrl).toBe(`${origin}/oauth2/token`)
      expect(JSON.stringify(document)).not.toMatch(/localhost|127\.0\.0\.1|example\.(com|org)/)
    })

    test(`of ${served.base} has every operation that is answered there, its scopes, and no word of ours`, () => {
      const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(
          ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${served.base}${path}`,
        ),
      )
      const answered = operations.filter(({ path }) => path.startsWith(`${served.base}/`))
      const named = answered.map(({ id, method, path }) => `${id.replace(/^v1p1\./, '')} ${method} ${path}`)
      expect(listed.sort()).toEqual(named.sort())
      const flows = Object.values(document.components.securitySchemes).flatMap((scheme) =>
        Object.values(scheme.flows ?? {}),
      )
      const scopes = [...new Set(flows.flatMap((flow) => Object.keys(flow.scopes)))].sort()
      expect(scopes).toEqual([...new Set(answered.flatMap((operation) => operation.scopes))].sort())
      expect(JSON.stringify(document)).not.toContain('x-rosterhub')
    })

    test(`of ${served.base} is another for every hub: making one changes none that was made`, () => {
      const other = localised(served, 'http://other.test') as Localised
      expect(other.servers[0]?.url).toBe(`http://other.test${served.base}`)
      expect(document.servers[0]?.url).toBe(origin + served.base)
      expect(localised(served, origin)).toEqual(document)
    })
  }
})
