// sql/ -> a database that has it: numbered migrations once, each with its hash, then the repeatable functions and the
// catalog whenever their text changed. Takes a lock, so that two may start at once.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Sql, Transaction } from './database.ts'

export interface SqlFile {
  readonly name: string
  readonly text: string
  readonly hash: string
}

export interface SqlFiles {
  readonly migrations: readonly SqlFile[]
  readonly repeatable: readonly SqlFile[]
}

export interface MigrateOptions {
  /** The address references begin with, when it is known: https://host/ims/oneroster/. */
  readonly base?: string
}

const root = new URL('../sql/', import.meta.url).pathname

function readFile(name: string): SqlFile {
  const text = readFileSync(root + name, 'utf8')
  return { name, text, hash: createHash('sha256').update(text).digest('hex') }
}

/** The files of sql/ in the order they are applied: shape, source, load, api, then the catalog. */
export function readSqlFiles(): SqlFiles {
  const list = (folder: string): string[] =>
    readdirSync(root + folder)
      .filter((f) => f.endsWith('.sql'))
      .sort()
      .map((f) => `${folder}/${f}`)
  return {
    migrations: list('migrations').map(readFile),
    repeatable: [
      ...['shape', 'source', 'load', 'api'].flatMap((f) => list(`functions/${f}`)),
      'generated/catalog.sql',
    ].map(readFile),
  }
}

/** Each file of sql/ and its hash: what a database of this build has applied. */
export function sqlHashes(): Record<string, string> {
  const { migrations, repeatable } = readSqlFiles()
  return Object.fromEntries([...migrations, ...repeatable].map(({ name, hash }) => [name, hash]))
}

/** Brings the database to what `files` say; answers the names applied. Throws where an applied migration was edited. */
export async function migrate(sql: Sql, files: SqlFiles, options: MigrateOptions = {}): Promise<string[]> {
  // its own short transaction: create schema if not exists may collide with another's, which then finds it there
  await sql.begin(async (transaction) => {
    await transaction`select pg_advisory_xact_lock(hashtextextended('rosterhub migrate', 0))`
    await transaction`create schema if not exists migration`
    await transaction`create table if not exists migration.files (
      name text, hash text, applied_at timestamptz not null, constraint files_pkey primary key (name, hash))`
  })
  const applied: string[] = []
  for (const file of files.migrations) if (await applyMigration(sql, file)) applied.push(file.name)
  applied.push(...(await applyRepeatable(sql, files.repeatable)))
  if (options.base !== undefined) await applyBase(sql, options.base)
  return applied
}

/** The hash each file was last applied with. Older ones stay on record: a build they belong to may still be serving. */
async function lockedHashes(transaction: Transaction): Promise<Map<string, string>> {
  await transaction`select pg_advisory_xact_lock(hashtextextended('rosterhub migrate', 0))`
  const rows = await transaction<{ name: string; hash: string }[]>`
    select distinct on (name) name, hash from migration.files order by name, applied_at desc`
  return new Map(rows.map((row) => [row.name, row.hash]))
}

async function record(transaction: Transaction, file: SqlFile): Promise<void> {
  await transaction`insert into migration.files values (${file.name}, ${file.hash}, clock_timestamp())
    on conflict (name, hash) do update set applied_at = excluded.applied_at`
}

async function applyMigration(sql: Sql, file: SqlFile): Promise<boolean> {
  return sql.begin(async (transaction) => {
    const known = (await lockedHashes(transaction)).get(file.name)
    if (known === file.hash) return false
    if (known !== undefined) {
      throw new Error(
        `${file.name} was edited after it was applied: restore it, and write a new migration for the change`,
      )
    }
    await transaction.unsafe(file.text)
    await record(transaction, file)
    return true
  })
}

async function applyRepeatable(sql: Sql, files: readonly SqlFile[]): Promise<string[]> {
  return sql.begin(async (transaction) => {
    const known = await lockedHashes(transaction)
    if (files.every((file) => known.get(file.name) === file.hash)) return []
    // a function may name one that a later file makes
    await transaction`set local check_function_bodies = off`
    for (const file of files) {
      await transaction.unsafe(file.text)
      await record(transaction, file)
    }
    return files.filter((file) => known.get(file.name) !== file.hash).map((file) => file.name)
  })
}

/** Documents hold absolute references: when the address changes they are rewritten, once, here. */
async function applyBase(sql: Sql, base: string): Promise<void> {
  await sql.begin(async (transaction) => {
    await lockedHashes(transaction)
    await transaction`select store.change_base(${base})`
  })
}
