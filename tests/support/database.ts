// A migrated database for a test file: PGlite in this process, or a new PostgreSQL database cut from a template. Which of
// the two, TEST_DATABASE says; every suite runs on both.

import { appRole, connectEmbedded, connectPostgres, type Database, openPglite } from '../../src/database.ts'
import { migrate, readSqlFiles } from '../../src/migrate.ts'
import { atEnd, untilNextFile } from './cleanup.ts'

export const backend: 'pglite' | 'postgres' = process.env['TEST_DATABASE'] === 'postgres' ? 'postgres' : 'pglite'
export const postgresUrl = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres'
export const testBase = 'http://localhost/ims/oneroster/'

export interface TestDatabase {
  /** Acts as the owner. */
  readonly owner: Database
  /** Acts as the application's role; on PGlite, which has one session, as the owner too. */
  readonly app: Database
  /** Of a PostgreSQL database, for child processes. */
  readonly url: string | undefined
}

export const databaseUrl = (name: string): string => {
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Runs one statement on the server's maintenance database. */
export async function onServer(statement: string): Promise<void> {
  const server = connectPostgres(postgresUrl, { poolSize: 1 })
  try {
    await server.sql.unsafe(statement)
  } finally {
    await server.close()
  }
}

let made = 0

/** A name no other test run has; the database is dropped at the end of the run. */
export function freshName(): string {
  made += 1
  const name = `rosterhub_test_${process.pid}_${made}`
  atEnd(() => onServer(`drop database if exists ${name} with (force)`))
  return name
}

let template: Promise<string> | undefined

/** The migrated database others are cut from: one a process. */
function migratedTemplate(): Promise<string> {
  template ??= (async () => {
    const name = `rosterhub_test_${process.pid}_template`
    await onServer(`create database ${name}`)
    const database = connectPostgres(databaseUrl(name), { poolSize: 1 })
    await migrate(database.sql, readSqlFiles(), { base: testBase })
    await database.close()
    atEnd(() => onServer(`drop database if exists ${name} with (force)`))
    return name
  })()
  return template
}

let snapshot: Promise<Blob> | undefined

/** A migrated PGlite, dumped: restoring it is faster than migrating again. */
function migratedSnapshot(): Promise<Blob> {
  snapshot ??= (async () => {
    const pglite = await openPglite()
    const database = await connectEmbedded(pglite)
    await migrate(database.sql, readSqlFiles(), { base: testBase })
    await database.close()
    const dump = await pglite.dumpDataDir('none')
    await pglite.close()
    return dump
  })()
  return snapshot
}

/** An empty, migrated database, closed when the next file opens its own, or at the end of the run. Call it in beforeAll. */
export async function openTestDatabase(): Promise<TestDatabase> {
  if (backend === 'pglite') {
    const pglite = await openPglite(undefined, await migratedSnapshot())
    const owner = await connectEmbedded(pglite)
    await untilNextFile(async () => {
      await owner.close()
      await pglite.close()
    })
    return { owner, app: owner, url: undefined }
  }
  const from = await migratedTemplate()
  const name = freshName()
  await onServer(`create database ${name} template ${from}`)
  const url = databaseUrl(name)
  const owner = connectPostgres(url, { poolSize: 2 })
  const app = connectPostgres(url, { poolSize: 2, role: appRole })
  atEnd(async () => {
    await Promise.all([owner.close(), app.close()])
  })
  return { owner, app, url }
}
