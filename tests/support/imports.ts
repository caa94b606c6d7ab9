// The hub's own operations of imports as clients use them: packages in, jobs out, refusals in words.

import { expect } from 'bun:test'
import { hubOperations } from '../../src/generated/hub.operations.ts'
import { origin } from './collections.ts'
import type { Hub } from './hub.ts'
import { type Files, manifest, zipOf } from './packages.ts'
import { faultsOf, refusalOf } from './schemas.ts'

export const runScope = 'urn:rosterhub:scope/import'
export const readScope = 'urn:rosterhub:scope/import.readonly'
export const own = hubOperations.filter(({ path }) => path.startsWith('/imports'))

export type Answered = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly status: string
  readonly source?: string
  readonly reason?: string
}

export interface Client {
  /** A request below the hub's origin, with a token that may run imports. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  /** Sends a package; the answer is checked to be a job as its schema says. */
  readonly send: (archive: BodyInit, query?: string) => Promise<{ response: Response; job: Answered }>
  readonly job: (id: string) => Promise<Answered>
}

export const zipType = { 'content-type': 'application/zip' }

export async function clientOf(hub: Hub): Promise<Client> {
  const authorization = `Bearer ${await hub.token([runScope])}`
  const ask: Client['ask'] = async (path, init = {}) =>
    hub.fetch(
      new Request(origin + path, { ...init, headers: { authorization, ...(init.headers as Record<string, string>) } }),
    )
  return {
    ask,
    send: async (archive, query = '') => {
      const response = await ask(`/imports${query}`, { method: 'POST', headers: zipType, body: archive })
      return { response, job: await jobIn(response) }
    },
    job: async (id) => jobIn(await ask(`/imports/${id}`)),
  }
}

/** The import of an answer that must have one, as its schema says. */
export async function jobIn(response: Response): Promise<Answered> {
  const job = await bodyIn(response, 'Import')
  expect(['asked', response.status < 300]).toEqual(['asked', true])
  return job as Answered
}

export async function bodyIn(response: Response, schema: string): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await response.json()
  expect([body, faultsOf({ service: 'hub', schema }, body)]).toEqual([body, []])
  return body as Readonly<Record<string, unknown>>
}

/** `404 unknownobject: …`, once its body is seen to be as the hub's document has it. */
export const refusal = (response: Response): Promise<string> => refusalOf({ service: 'hub' }, response)

/** Orgs, some of them good. */
export const orgsCsv = (names: readonly string[], rows: readonly string[] = []): string =>
  [
    'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
    ...names.map((name, index) => `org-${index + 1},,,${name},district,,`),
    ...rows,
  ].join('\r\n')

export const packageFiles = (orgs: string, properties: Readonly<Record<string, string>> = {}): Files => ({
  'manifest.csv': manifest({ orgs: 'bulk' }, properties),
  'orgs.csv': orgs,
})

export const packageOf = (orgs: string, properties?: Readonly<Record<string, string>>): Promise<Blob> =>
  zipOf(packageFiles(orgs, properties))

/** The package as a stream in pieces of these sizes, over and over. */
export function inPieces(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let [at, turn] = [0, 0]
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      const size = sizes[turn % sizes.length] ?? 1
      controller.enqueue(bytes.slice(at, at + size))
      at += size
      turn += 1
    },
  })
}
