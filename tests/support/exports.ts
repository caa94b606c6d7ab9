// Packages that a hub exports: taken whole, read back, and what two hubs hold compared record by record.

import type { Database } from '../../src/database.ts'
import { exportPackage } from '../../src/exporter.ts'
import { readZip } from '../../src/zip.ts'

export interface Taken {
  readonly archive: Blob
  readonly asOf: string
  readonly name: string
}

export async function takeExport(database: Database, since?: string): Promise<Taken> {
  const { stream, asOf, name } = await exportPackage(database, { client: 'test', since })
  return { archive: await new Response(stream).blob(), asOf, name }
}

/** The tables of what a package carries and REST shows. */
export const carried =
  'orgs academic_sessions courses classes users enrollments demographics resources categories score_scales line_items results'.split(
    ' ',
  )

export interface Held {
  readonly active: boolean
  readonly document: string
}

/** Every record of these tables, "table id" to its document, which has no date. */
export async function documentsOf(database: Database, tables = carried): Promise<ReadonlyMap<string, Held>> {
  const held = new Map<string, Held>()
  for (const table of tables) {
    const rows = await database.sql.unsafe<{ sourced_id: string; active: boolean; document: string }[]>(
      `select sourced_id, status = 'active' as active, document from store.${table} order by sourced_id`,
    )
    for (const { sourced_id: id, active, document } of rows) held.set(`${table} ${id}`, { active, document })
  }
  return held
}

export const activeOf = (held: ReadonlyMap<string, Held>): ReadonlyMap<string, string> =>
  new Map([...held].filter(([, { active }]) => active).map(([key, { document }]) => [key, document]))

/** The texts of an archive's files by name, in their order. */
export async function filesIn(archive: Blob): Promise<Readonly<Record<string, string>>> {
  const files = await readZip(archive, { unpackedBytesMax: 1e9, fileCountMax: 64 })
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.name, await new Response(file.stream()).text()] as const)),
  )
}
