// Where absolute addresses begin: at PUBLIC_URL, or at the host the request came to. And the documents of the services,
// with those addresses in them.

import { beforeAll, describe, expect, test } from 'bun:test'
import { documents } from '../../src/discovery.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import { findIds, type Ids, linksOf, origin, pathOf, reads } from '../support/collections.ts'
import { type Hub, openDistrict, rosteringPath, v1p1Path } from '../support/hub.ts'

const publicUrl = 'https://hub.example.org'

let plain: Hub
let published: Hub
let ids: Ids
beforeAll(async () => {
  plain = await openDistrict()
  published = await openDistrict({ publicUrl })
  ids = await findIds(plain)
}, 180_000)

/** Every address in the text of an answer: the hrefs, and those of its Link header. */
async function addresses(response: Response): Promise<readonly string[]> {
  expect(response.status).toBe(200)
  const links = Object.values(linksOf(response))
  const hrefs = [...(await response.text()).matchAll(/"href":"([^"]*)"/g)].map(([, href = '']) => href)
  return [...links, ...hrefs]
}

/** Where addresses of a binding lead: those of 1.1 stay with 1.1, those of 1.2 go from service to service. */
const isBelow = (host: string, { service }: Operation, each: string): boolean =>
  service === 'v1p1'
    ? each.startsWith(`${host}/ims/oneroster/v1p1/`)
    : ['rostering', 'gradebook', 'resources'].some((name) => each.startsWith(`${host}/ims/oneroster/${name}/v1p2/`))

describe.each(reads.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const query = operation.kind === 'page' ? '?limit=2&offset=1' : ''

  test('writes every address with PUBLIC_URL, by whatever host it was asked', async () => {
    for (const host of [origin, 'http://127.0.0.1:3000', 'https://elsewhere.example.com']) {
      const found = await addresses(await published.get(host + pathOf(operation, ids) + query))
      expect(found.filter((each) => !isBelow(publicUrl, operation, each))).toEqual([])
    }
  })

  test("writes every address with the request's own host where PUBLIC_URL is not set", async () => {
    for (const host of [origin, 'http://127.0.0.1:3000', 'https://elsewhere.example.com']) {
      const found = await addresses(await plain.get(host + pathOf(operation, ids) + query))
      expect(found.filter((each) => !isBelow(host, operation, each))).toEqual([])
    }
  })

  test('answers the same records by every host, but for the addresses', async () => {
    const here = await (await plain.get(origin + pathOf(operation, ids) + query)).text()
    const there = await (await plain.get(`https://a.example.com${pathOf(operation, ids)}${query}`)).text()
    expect(there.replaceAll('https://a.example.com/', `${origin}/`)).toBe(here)
  })
})

describe('an address in a filter', () => {
  test.each([
    ['by PUBLIC_URL', () => published, publicUrl],
    ["by the request's host", () => plain, 'https://elsewhere.example.com'],
  ])('is found as it is shown, %s', async (_, hub, host) => {
    const path = `${host}${rosteringPath}`
    const school = `${path}/orgs/${ids['school']}`
    const term = `${path}/academicSessions/${ids['term']}`
    const [older, gradebook] = [`${host}${v1p1Path}`, `${host}/ims/oneroster/gradebook/v1p2`]
    for (const query of [
      `${path}/orgs?filter=children.href='${school}'`,
      `${path}/classes?filter=school.href='${school}'`,
      `${path}/classes?filter=terms.href='${term}'`,
      `${path}/users?filter=roles.org.href='${school}'`,
      `${gradebook}/lineItems?filter=class.href='${path}/classes/${ids['class']}'`,
      `${gradebook}/results?filter=lineItem.href='${gradebook}/lineItems/${ids['lineItem']}'`,
      `${older}/users?filter=orgs.href='${older}/orgs/${ids['school']}'`,
      `${older}/classes?filter=resources.href='${older}/resources/${ids['resources']}'`,
      `${older}/results?filter=lineItem.href='${older}/lineItems/${ids['lineItem']}'`,
    ]) {
      const response = await hub().get(query)
      expect([query, Number(response.headers.get('x-total-count')) > 0]).toEqual([query, true])
      expect(await response.text()).toContain(query.split("'")[1] ?? '')
    }
  })
})

interface Document {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { operationId?: string; security?: Record<string, string[]>[] }>>>
  >
  readonly components: {
    readonly securitySchemes: Readonly<
      Record<string, { flows?: Record<string, { tokenUrl: string; scopes: Record<string, string> }> }>
    >
  }
}

const served = documents.flatMap(({ base, files }) => files.map((file) => [file, base, files] as const))

describe.each(served)('the discovery document %s of %s', (file, base, files) => {
  const read = async (hub: Hub, host: string, name: string = file): Promise<Document> => {
    const response = await hub.fetch(new Request(`${host}${base}/discovery/${name}`))
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^application\/json/),
    ])
    return response.json() as Promise<Document>
  }

  test("needs no token and names this hub's server and token endpoint", async () => {
    for (const [hub, host, shown] of [
      [plain, 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
      [plain, 'https://elsewhere.example.com', 'https://elsewhere.example.com'],
      [published, 'http://127.0.0.1:3000', publicUrl],
    ] as const) {
      const { servers, components, openapi } = await read(hub, host)
      expect(openapi).toStartWith('3.0')
      expect(servers.map(({ url }) => url)).toEqual([shown + base])
      const flows = Object.values(components.securitySchemes).flatMap((scheme) => Object.entries(scheme.flows ?? {}))
      expect(flows.map(([name, { tokenUrl }]) => [name, tokenUrl])).toEqual(
        flows.map(() => ['clientCredentials', `${shown}/oauth2/token`]),
      )
      expect(flows).not.toEqual([])
    }
  })

  test('has the operations of the registry with their scopes, and nothing of our own machinery', async () => {
    const document = await read(plain, origin)
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { operationId }]) => operationId !== undefined)
        .map(([method, { operationId, security }]) => {
          const scopes = [...new Set((security ?? []).flatMap((each) => Object.values(each).flat()))].sort()
          return `${operationId} ${method.toUpperCase()} ${base}${path} ${scopes}`
        }),
    )
    const answered = operations.filter(({ path }) => path.startsWith(`${base}/`))
    expect(found.sort()).toEqual(
      answered
        .map(({ id, method, path, scopes }) => `${id.replace('v1p1.', '')} ${method} ${path} ${[...scopes].sort()}`)
        .sort(),
    )
    expect(found.length).toBeGreaterThan(4)
    expect(JSON.stringify(document).toLowerCase()).not.toContain('x-rosterhub')
  })

  test('is the same under both names, and asking for one address leaves no trace in the next answer', async () => {
    const before = await read(plain, origin)
    await read(plain, 'https://elsewhere.example.com')
    expect(await read(plain, origin)).toEqual(before)
    for (const name of files) expect(await read(plain, origin, name)).toEqual(before)
  })
})
