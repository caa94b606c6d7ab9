// After a change of much of a table the planner must not go by what it knew before.

import type { Database } from './database.ts'
import type { FileReport } from './report.ts'

/** Analyses the tables of which an import changed more than a fifth. A table that another session analyses is left to it. */
export async function refreshStatistics(database: Database, files: readonly FileReport[]): Promise<void> {
  await database.begin(async (transaction) => {
    const tables = await transaction<{ file: string; entity: string; rows: number }[]>`
      select file, entity, greatest(reltuples, 0)::float8 as rows from catalog.csv_files
        join pg_class on oid = format('store.%I', entity)::regclass`
    for (const { created, updated, deleted, file } of files) {
      const table = tables.find((one) => one.file === file)
      if (table === undefined || (created + updated + deleted) * 5 <= table.rows) continue
      await transaction.unsafe(`analyze (skip_locked) store.${table.entity}`)
    }
  })
}
