// Where absolute addresses begin: at PUBLIC_URL, or at the host the request came to. And the documents of the services,
// with those addresses in them.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { findIds, type Ids, linksOf, origin, pathOf } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { importDistrict } from '../support/packages.ts'

const publicUrl = 'https://hub.example.org'
const files = ['onerosterv1p2rostersservice_openapi3_v1p0.json', 'imsorv1p2_rostering_openapi3_v1p0.json']

let plain: Hub
let published: Hub
let ids: Ids
beforeAll(async () => {
  plain = await openHub()
  published = await openHub({ publicUrl })
  for (const hub of [plain, published]) await importDistrict(hub.owner)
  ids = await findIds(plain)
}, 60_000)

/** Every address in the text of an answer: the hrefs, and those of its Link header. */
async function addresses(response: Response): Promise<readonly string[]> {
  expect(response.status).toBe(200)
  const links = Object.values(linksOf(response))
  const hrefs = [...(await response.text()).matchAll(/"href":"([^"]*)"/g)].map(([, href = '']) => href)
  return [...links, ...hrefs]
}

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const query = operation.kind === 'page' ? '?limit=2&offset=1' : ''

  test('writes every address with PUBLIC_URL, by whatever host it was asked', async () => {
    for (const host of [origin, 'http://127.0.0.1:3000', 'https://elsewhere.example.com']) {
      const found = await addresses(await published.get(host + pathOf(operation, ids) + query))
      expect(found.filter((each) => !each.startsWith(`${publicUrl}${rosteringPath}/`))).toEqual([])
    }
  })

  test("writes every address with the request's own host where PUBLIC_URL is not set", async () => {
    for (const host of [origin, 'http://127.0.0.1:3000', 'https://elsewhere.example.com']) {
      const found = await addresses(await plain.get(host + pathOf(operation, ids) + query))
      expect(found.filter((each) => !each.startsWith(`${host}${rosteringPath}/`))).toEqual([])
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
    for (const query of [
      `orgs?filter=children.href='${school}'`,
      `classes?filter=school.href='${school}'`,
      `classes?filter=terms.href='${term}'`,
      `users?filter=roles.org.href='${school}'`,
    ]) {
      const response = await hub().get(`${path}/${query}`)
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
      Record<string, { flows: Record<string, { tokenUrl: string; scopes: Record<string, string> }> }>
    >
  }
}

describe.each(files)('the discovery document %s', (file) => {
  const read = async (hub: Hub, host: string): Promise<Document> => {
    const response = await hub.fetch(new Request(`${host}${rosteringPath}/discovery/${file}`))
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
      expect(servers.map(({ url }) => url)).toEqual([shown + rosteringPath])
      const flows = Object.values(components.securitySchemes).flatMap((scheme) => Object.entries(scheme.flows))
      expect(flows.map(([name, { tokenUrl }]) => [name, tokenUrl])).toEqual(
        flows.map(() => ['clientCredentials', `${shown}/oauth2/token`]),
      )
      expect(flows).not.toEqual([])
    }
  })

  test('has the 41 operations of the registry with their scopes, and nothing of our own machinery', async () => {
    const document = await read(plain, origin)
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { operationId }]) => operationId !== undefined)
        .map(([method, { operationId, security }]) => {
          const scopes = [...new Set((security ?? []).flatMap((each) => Object.values(each).flat()))].sort()
          return `${operationId} ${method.toUpperCase()} ${rosteringPath}${path} ${scopes}`
        }),
    )
    expect(found.sort()).toEqual(
      operations.map(({ id, method, path, scopes }) => `${id} ${method} ${path} ${[...scopes].sort()}`).sort(),
    )
    expect(found.length).toBe(41)
    expect(JSON.stringify(document).toLowerCase()).not.toContain('x-rosterhub')
  })

  test('is the same under both names, and asking for one address leaves no trace in the next answer', async () => {
    const before = await read(plain, origin)
    await read(plain, 'https://elsewhere.example.com')
    expect(await read(plain, origin)).toEqual(before)
    const other = await plain.fetch(
      new Request(`${origin}${rosteringPath}/discovery/${files.find((each) => each !== file)}`),
    )
    expect(await other.json()).toEqual(before)
  })
})
