// The demo district behind an app without a port, and how an example asks it: what the examples are made with, and tested
// with. It knows no operation.

import { type App, createApp } from '../src/app.ts'
import { importDemo, putAssessments } from '../src/cli/demo.ts'
import { allScopes, createClient } from '../src/clients.ts'
import { readConfig } from '../src/config.ts'
import type { Database } from '../src/database.ts'
import { sqlHashes } from '../src/migrate.ts'
import type { Example } from './example.ts'

/** Where a quickstart is, and the documents of openapi/ say the hub is. */
const home = 'http://localhost:3000'
const tokenPath = '/oauth2/token'

/** What differs from run to run, by the property it stands in, and what stands there in an example. */
const fixed: ReadonlyMap<string, string | number> = new Map<string, string | number>([
  ['dateLastModified', '2026-08-20T06:00:00.000Z'],
  ['allocatedSourcedId', '5f0c9a52-6d0b-4c1e-9a57-3c8f4f3b2d10'],
  ['access_token', 'THE-TOKEN'],
  ['version', '0.1.0'],
  ['uptimeSeconds', 86400],
  ['durationMs', 1.25],
])

/** Stands in an example for the secret of the demo's client. */
export const shownSecret = 'SECRET'

/** The body of an answer as an example keeps it; undefined where there is none. */
export const settled = (text: string): object | undefined =>
  text === ''
    ? undefined
    : JSON.parse(text, (key, value) => (typeof value === 'object' ? value : (fixed.get(key) ?? value)))

export interface DemoHub {
  readonly fetch: App['fetch']
  /** A token with these scopes; the same one each time. */
  readonly token: (scopes: readonly string[]) => Promise<string>
  readonly clientId: string
  readonly clientSecret: string
}

/** Fills an empty, migrated database with what a quickstart has. It is served as `sql`. */
export async function openDemo(owner: Database, sql = owner.sql): Promise<DemoHub> {
  const config = readConfig({})
  await importDemo(owner, config, () => {})
  const { clientId, clientSecret } = await createClient(owner.sql, 'quickstart demo', allScopes, 'demo')
  const app = createApp({ sql, config, observe: () => {}, sqlHashes: sqlHashes(), version: '' })
  await putAssessments(app, { clientId, clientSecret })
  const make = async (scope: string): Promise<string> => {
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, scope }
    const answer = await app.fetch(new Request(home + tokenPath, { method: 'POST', body: new URLSearchParams(form) }))
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const tokens = new Map<string, Promise<string>>()
  const token = (scopes: readonly string[]): Promise<string> => {
    const scope = scopes.join(' ')
    const made = tokens.get(scope) ?? make(scope)
    tokens.set(scope, made)
    return made
  }
  return { fetch: app.fetch, token, clientId, clientSecret }
}

/** Sends what an example sends, with a token where it has one. */
export async function ask(
  hub: DemoHub,
  { method, path }: { readonly method: string; readonly path: string },
  example: Omit<Example, 'status' | 'answer'>,
): Promise<Response> {
  const url = new URL(
    home + path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(example.path?.[name]))),
  )
  for (const [name, value] of Object.entries(example.query ?? {})) url.searchParams.set(name, String(value))
  const headers = new Headers()
  const scopes = example.scope === undefined ? allScopes : [example.scope]
  if (example.scope !== '') headers.set('authorization', `Bearer ${await hub.token(scopes)}`)
  if (example.body === undefined) return hub.fetch(new Request(url, { method, headers }))
  if (path === tokenPath) return hub.fetch(new Request(url, { method, body: form(hub, example.body) }))
  headers.set('content-type', 'application/json')
  return hub.fetch(new Request(url, { method, headers, body: JSON.stringify(example.body) }))
}

/** The form of a token request; its secret, where it is the one of the examples, is the hub's. */
function form({ clientSecret }: DemoHub, body: object): URLSearchParams {
  const sent = new URLSearchParams(body as Record<string, string>)
  if (sent.get('client_secret') === shownSecret) sent.set('client_secret', clientSecret)
  return sent
}
