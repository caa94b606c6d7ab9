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

let freshCount = 0

/** A name no other test run has; the database is dropped at the end of the run. */
export function freshName(): string {
  freshCount += 1
  const name = `rosterhub_test_${process.pid}_${freshCount}`
  atEnd(() => onServer(`drop database if exists ${name} with (force)`))
  return name
}

/** What a database holds before a test begins: made once in a run, and copied from there. */
export interface Content {
  readonly name: string
  readonly fill: (database: TestDatabase) => Promise<void>
}

const migrated: Content = {
  name: 'template',
  fill: ({ owner }) => migrate(owner.sql, readSqlFiles(), { base: testBase }).then(() => undefined),
}

const made = new Map<string, Promise<unknown>>()

function once<Made>({ name }: Content, make: () => Promise<Made>): Promise<Made> {
  const known = (made.get(name) ?? make()) as Promise<Made>
  made.set(name, known)
  return known
}

/** The database that others with this content are cut from. */
const templateOf = (content: Content): Promise<string> =>
  once(content, async () => {
    const from = content === migrated ? '' : ` template ${await templateOf(migrated)}`
    const name = `rosterhub_test_${process.pid}_${content.name}`
    await onServer(`create database ${name}${from}`)
    atEnd(() => onServer(`drop database if exists ${name} with (force)`))
    const owner = connectPostgres(databaseUrl(name), { poolSize: 1 })
    await content.fill({ owner, app: owner, url: databaseUrl(name) })
    await owner.close()
    return name
  })

/** A PGlite with this content, dumped: restoring it is faster than filling one again. */
const snapshotOf = (content: Content): Promise<Blob> =>
  once(content, async () => {
    const pglite = await openPglite(undefined, content === migrated ? undefined : await snapshotOf(migrated))
    const owner = await connectEmbedded(pglite)
    await content.fill({ owner, app: owner, url: undefined })
    await owner.close()
    const dump = await pglite.dumpDataDir('none')
    await pglite.close()
    return dump
  })

/** A migrated database with this content, else empty; closed when the next file opens its own, or at the end of the run. */
export async function openTestDatabase(content: Content = migrated): Promise<TestDatabase> {
  const closeOthers = untilNextFile()
  if (backend === 'pglite') {
    const pglite = await openPglite(undefined, await snapshotOf(content))
    const owner = await connectEmbedded(pglite)
    await closeOthers(async () => {
      await owner.close()
      await pglite.close()
    })
    return { owner, app: owner, url: undefined }
  }
  const from = await templateOf(content)
  const name = freshName()
  await onServer(`create database ${name} template ${from}`)
  const url = databaseUrl(name)
  const owner = connectPostgres(url, { poolSize: 2 })
  const app = connectPostgres(url, { poolSize: 2, role: appRole })
  // a server has a hundred connections, and a run more files than that is good for
  await closeOthers(async () => {
    await Promise.all([owner.close(), app.close()])
    await onServer(`drop database if exists ${name} with (force)`)
  })
  return { owner, app, url }
}
