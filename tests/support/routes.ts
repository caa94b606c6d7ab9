// An app with everything that it can be given, and a request to each of its routes: what holds for every answer is asked of
// all of them.

import { createApp, type RoutedApp } from '../../src/app.ts'
import { viewer } from '../../src/cli/serving.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Sql } from '../../src/database.ts'
import { sqlHashes } from '../../src/migrate.ts'
import { openTestDatabase } from './database.ts'

export interface Routed extends RoutedApp {
  /** Every path the app answers, its arguments filled in. */
  readonly paths: readonly string[]
}

/** The whole app over a migrated database, or over another `sql`. */
export async function openRoutes(settings: Partial<Config> = {}, sql?: Sql): Promise<Routed> {
  const app = createApp({
    sql: sql ?? (await openTestDatabase()).app.sql,
    config: { ...readConfig({}), ...settings },
    observe: () => {},
    sqlHashes: sqlHashes(),
    version: 'test',
    viewer,
    metrics: { text: async () => 'up 1\n', contentType: 'text/plain' },
  })
  const paths = app.routes.map((route) => route.slice(route.indexOf(' ') + 1).replaceAll(/:\w+/g, 'x1'))
  return { ...app, paths: [...new Set(paths)] }
}

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const
