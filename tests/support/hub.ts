// The app over a test database, as HTTP through app.fetch, with clients and tokens by scope.

import { type App, type AppOptions, createApp } from '../../src/app.ts'
import { putAssessments } from '../../src/cli/demo.ts'
import { allScopes, createClient } from '../../src/clients.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Sql } from '../../src/database.ts'
import { sqlHashes } from '../../src/migrate.ts'
import type { Observation, Observe } from '../../src/observe.ts'
import { type Content, openTestDatabase, type TestDatabase } from './database.ts'
import { districtOptions, importDistrict } from './packages.ts'

export const scopeBase = 'https://purl.imsglobal.org/spec/or/v1p2/scope/'
export const rosteringPath = '/ims/oneroster/rostering/v1p2'
export const v1p1Path = '/ims/oneroster/v1p1'
const origin = 'http://localhost'

export interface Hub extends TestDatabase {
  readonly fetch: App['fetch']
  /** Everything the app said of its requests, 5xx causes included. */
  readonly observations: Observation[]
  /** A bearer token with these scopes (a short name is one of 1.2), or with every scope. */
  readonly token: (scopes?: readonly string[]) => Promise<string>
  /** GET below the rostering base, with a token of every scope unless one is given. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>
}

/** What else an app may be given, and the database's content. */
export interface HubOptions extends Pick<AppOptions, 'imports' | 'gate' | 'metrics' | 'viewer'> {
  readonly content?: Content
  /** Told of each request beside `observations`. */
  readonly observe?: Observe
  /** Called for each statement of the app's own. */
  readonly onStatement?: () => void
}

export async function openHub(settings: Partial<Config> = {}, options: HubOptions = {}): Promise<Hub> {
  return hubOver(await openTestDatabase(options.content), settings, options)
}

/** The small district and its assessments: every entity of the hub has rows. */
export const openDistrict = (settings: Partial<Config> = {}, options: HubOptions = {}): Promise<Hub> =>
  openHub(settings, { ...options, content: district })

const district: Content = {
  name: 'district',
  fill: async (database) => {
    await importDistrict(database.owner)
    const credentials = await createClient(database.owner.sql, 'assessor', allScopes)
    await putAssessments(hubOver(database), credentials, districtOptions)
  },
}

const told = (sql: Sql, onStatement: () => void): Sql =>
  new Proxy(sql, {
    apply: (target, self, args) => {
      onStatement()
      return Reflect.apply(target, self, args)
    },
  })

/** The app over a database that is open already. */
export function hubOver(
  database: TestDatabase,
  settings: Partial<Config> = {},
  { imports, gate, metrics, viewer, observe, onStatement }: HubOptions = {},
): Hub {
  const observations: Observation[] = []
  const app = createApp({
    sql: onStatement === undefined ? database.app.sql : told(database.app.sql, onStatement),
    exports: database.app,
    config: { ...readConfig({}), ...settings },
    observe: (observation) => {
      observations.push(observation)
      observe?.(observation)
    },
    sqlHashes: sqlHashes(),
    version: 'test',
    ...(imports === undefined ? {} : { imports }),
    ...(gate === undefined ? {} : { gate }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(viewer === undefined ? {} : { viewer }),
  })
  const token = async (scopes?: readonly string[]): Promise<string> => {
    const wanted =
      scopes === undefined ? allScopes : scopes.map((scope) => (scope.includes(':') ? scope : scopeBase + scope))
    const { clientId, clientSecret } = await createClient(database.owner.sql, 'test', wanted)
    const answer = await app.fetch(
      new Request(`${origin}/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      }),
    )
    return ((await answer.json()) as { access_token: string }).access_token
  }
  let everything: Promise<string> | undefined
  const get: Hub['get'] = async (path, headers) => {
    everything ??= token()
    const url = path.startsWith('http') ? path : origin + rosteringPath + path
    return app.fetch(new Request(url, { headers: headers ?? { authorization: `Bearer ${await everything}` } }))
  }
  return { ...database, fetch: app.fetch, observations, token, get }
}
