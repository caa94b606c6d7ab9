// The clients that public generators make of the documents: they compile, strictly, and so do programs that use them; and
// those programs get from a running hub what the types promise.

import { beforeAll, describe, expect, test } from 'bun:test'
import { symlinkSync } from 'node:fs'
import { services } from '../../openapi/document.ts'
import { lintDocuments } from '../../openapi/lint.ts'
import { writeSdk } from '../../openapi/sdk.ts'
import { documentNames, run, writeDocuments } from '../../openapi/tools.ts'
import { openPlace, type Place } from '../support/command.ts'

const generators = ['openapi-fetch', 'hey-api'] as const
const root = new URL('../../', import.meta.url).pathname
const has = (service: string): boolean => (services as readonly string[]).includes(service)

let place: Place
let out: string
let credentials: readonly string[]
beforeAll(async () => {
  place = await openPlace()
  out = `${place.directory}/sdk`
  const { modules } = await writeSdk(out)
  symlinkSync(modules, `${place.directory}/node_modules`)
  const running = place.start(['quickstart', '--json', '--port', '0', '--data', 'data'])
  const line = await running.line()
  if (line === undefined) throw new Error((await running.ended).stderr)
  const { baseUrl, clientId, clientSecret } = JSON.parse(line)
  credentials = [new URL(baseUrl).origin, clientId, clientSecret]
}, 180_000)

/** What the example of a service prints, run as its reader would run it. */
async function example(generator: string, service: string): Promise<unknown> {
  const said = await run([process.execPath, `${service}.example.ts`, ...credentials], `${out}/${generator}`)
  return JSON.parse(said)
}

/** Compiles these files and what they import; answers what the compiler says. */
async function compile(files: readonly string[]): Promise<string> {
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: 'ESNext',
    module: 'ESNext',
    moduleResolution: 'bundler',
    lib: ['ESNext', 'DOM', 'DOM.Iterable'],
    typeRoots: [`${root}node_modules`],
    types: ['bun-types'],
  }
  const project = `${place.directory}/tsconfig.json`
  await Bun.write(project, JSON.stringify({ compilerOptions: options, files }))
  return run([`${root}node_modules/.bin/tsc`, '-p', project], place.directory).catch((thrown: Error) => thrown.message)
}

const wrong = {
  'openapi-fetch': `
import { rosteringClient } from './index.js'
const api = rosteringClient({ baseUrl: 'http://localhost' })
// @ts-expect-error no such path
await api.GET('/pupils', {})
// @ts-expect-error limit is a number
await api.GET('/users', { params: { query: { limit: 'ten' } } })
const { data } = await api.GET('/users', {})
// @ts-expect-error a user has givenName
data?.users?.[0]?.firstName
`,
  'hey-api': `
import { rostering } from './index.js'
// @ts-expect-error no such operation
await rostering.getAllPupils()
// @ts-expect-error limit is a number
await rostering.getAllUsers({ query: { limit: 'ten' } })
const { data } = await rostering.getAllUsers()
// @ts-expect-error a user has givenName
data?.users?.[0]?.firstName
`,
}

describe('the clients of both generators', () => {
  test('compile strictly with the programs that use them, and tell a wrong use from a right one', async () => {
    const examples = ['rostering', 'gradebook'].filter(has).map((service) => `${service}.example.ts`)
    for (const generator of generators) await Bun.write(`${out}/${generator}/wrong.ts`, wrong[generator])
    const files = generators.flatMap((generator) =>
      ['index.ts', 'wrong.ts', ...examples].map((file) => `${out}/${generator}/${file}`),
    )
    expect(await compile(files)).toBe('')
  }, 240_000)

  test.each(generators)(
    'get a token, every user page by page, and what changed since a date: %s',
    async (generator) => {
      const found = (await example(generator, 'rostering')) as {
        total: number
        byOffset: string[]
        byNext: string[]
        since: string
        changed: { sourcedId: string; dateLastModified: string; status: string }[]
        unknown: string[]
      }
      expect(found.total).toBeGreaterThan(1200)
      expect([found.byOffset.length, new Set(found.byOffset).size]).toEqual([found.total, found.total])
      expect(found.byNext).toEqual(found.byOffset)
      expect(found.changed.length).toBeGreaterThan(0)
      expect(found.changed.filter(({ dateLastModified }) => dateLastModified <= found.since)).toEqual([])
      expect(new Set(found.changed.map(({ status }) => status))).toEqual(new Set(['active', 'tobedeleted']))
      expect(found.unknown).toEqual(['unknownobject'])
    },
  )

  test.skipIf(!has('gradebook')).each(generators)(
    'write a grade and read it back: %s [needs the gradebook service]',
    async (generator) => {
      const { statuses, sent, read } = (await example(generator, 'gradebook')) as {
        statuses: number[]
        sent: object
        read: object
      }
      expect(statuses).toEqual([201, 201, 201, 200])
      expect(read).toEqual(sent)
    },
  )

  test('have every document of the hub in them', async () => {
    for (const generator of generators) {
      const index = await Bun.file(`${out}/${generator}/index.ts`).text()
      expect(documentNames.filter((name) => !index.includes(`from './${name}`))).toEqual([])
    }
  })
})

describe('a document as integrators get it', () => {
  test('passes the linter, and one with a fault does not', async () => {
    const files = writeDocuments(`${place.directory}/documents`)
    expect(await lintDocuments([...files.values()])).toContain('valid')
    const broken = await Bun.file(String(files.get('rostering'))).json()
    broken.paths['/users'].get.operationId = broken.paths['/orgs'].get.operationId
    await Bun.write(`${place.directory}/documents/broken.json`, JSON.stringify(broken))
    await expect(lintDocuments([`${place.directory}/documents/broken.json`])).rejects.toThrow(
      'operation-operationId-unique',
    )
  })
})
