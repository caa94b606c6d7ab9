// Imports as jobs for tests: packages sent, a worker whose words are heard, what a database holds, and locks that hold an
// import up at one of its stages.

import { connectPostgres, type Database } from '../../src/database.ts'
import { type DistrictOptions, district } from '../../src/district/district.ts'
import { chunkBytes, type Job, type JobOptions, Jobs } from '../../src/jobs.ts'
import type { Happening } from '../../src/observe.ts'
import { writeZip } from '../../src/zip.ts'
import { atEnd } from './cleanup.ts'
import type { TestDatabase } from './database.ts'

export const districtZip = async (options: DistrictOptions): Promise<Uint8Array> =>
  new Response(writeZip(district(options))).bytes()

const asSent = { mode: 'apply', onFault: 'skip', takeOver: false, keepDangling: false, force: false } as const

/** Receives a package as a client sends it; the job waits, and nobody is told. */
export async function send(
  { app }: TestDatabase,
  bytes: Uint8Array,
  source: string,
  options: Partial<JobOptions> = {},
): Promise<string> {
  const jobs = new Jobs(app.sql)
  const id = await jobs.open('sender', { ...asSent, source, ...options })
  for (let position = 0; position * chunkBytes < bytes.length; position += 1)
    await jobs.write(id, position, bytes.slice(position * chunkBytes, (position + 1) * chunkBytes))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()))
  await jobs.received(id, { source, sizeBytes: bytes.length, hash })
  return id
}

export async function jobOf({ app }: TestDatabase, id: string): Promise<Job> {
  const job = await new Jobs(app.sql).get(id)
  if (job === undefined) throw new Error(`no import ${id}`)
  return job
}

/** Chunks that are kept of an import. */
export async function chunkCount({ owner }: TestDatabase, id: string): Promise<number> {
  const [row] = await owner.begin(
    (sql) =>
      sql<{ count: number }[]>`select count(*)::integer as count from store.import_chunks where import_id = ${id}`,
  )
  return Number(row?.count)
}

/** Every row of every entity, its document too, but for revisions and the dates of changes. */
export async function fingerprint({ owner }: TestDatabase): Promise<string> {
  return owner.begin(async (sql) => {
    const entities = await sql<{ entity: string }[]>`select entity from catalog.csv_files order by position`
    const hashes: string[] = []
    for (const { entity } of entities) {
      const [row] = await sql.unsafe<{ count: string; hash: string }[]>(`
        select count(*) as count, md5(coalesce(string_agg(regexp_replace((to_jsonb(r) - 'revision')::text,
          '\\\\?"(dateLastModified|date_last_modified)\\\\?": ?\\\\?"[^"]*"', '', 'g'), E'\\n' order by sourced_id), '')) as hash
        from store.${entity} as r`)
      hashes.push(`${entity} ${row?.count} ${row?.hash}`)
    }
    return hashes.join('\n')
  })
}

/** What a worker told, and a way to wait for more of it. */
export function hearing() {
  const heard: Happening[] = []
  const causes: unknown[] = []
  let look = (): void => {}
  return {
    heard,
    /** What went wrong, as it was told. */
    causes,
    tell: (happening: Happening, cause?: unknown): void => {
      heard.push(happening)
      if (cause !== undefined) causes.push(cause)
      look()
    },
    /** Settles when so many happenings fit. */
    until: (fits: (happening: Happening) => boolean, count = 1): Promise<void> =>
      new Promise((resolve) => {
        const before = look
        look = () => {
          before()
          if (heard.filter(fits).length >= count) resolve()
        }
        look()
      }),
  }
}

export const isEnd =
  (id: string) =>
  (happening: Happening): boolean =>
    /^import_(end|left)$/.test(happening.event) && happening['id'] === id

/** Where an import can be held up from outside, on PostgreSQL: by a lock it has to wait for. */
export const holdUps = {
  staging: `select pg_advisory_xact_lock(hashtextextended('rosterhub import held', 0))`,
  checking: 'lock table store.users in share mode',
  applying: `select pg_advisory_xact_lock(hashtextextended('rosterhub publish', 0))`,
} as const

/** Holds imports up until let go. */
export async function holdUp(url: string, statement: string): Promise<{ letGo: () => Promise<void> }> {
  const other = connectPostgres(url, { poolSize: 1 })
  atEnd(() => other.close())
  const held = Promise.withResolvers<void>()
  const free = Promise.withResolvers<void>()
  const done = other.sql.begin(async (sql) => {
    await sql.unsafe(statement)
    held.resolve()
    await free.promise
  })
  await held.promise
  return {
    letGo: async () => {
      free.resolve()
      await done
      await other.close()
    },
  }
}

/** Settles when an import waits for a lock. */
export async function untilHeldUp(owner: Database, id: string): Promise<void> {
  for (;;) {
    const [row] = await owner.sql<{ waits: boolean; ended: boolean }[]>`select exists (select from pg_stat_activity
      where application_name = ${`rosterhub import ${id}`} and wait_event_type = 'Lock') as waits,
      (select ended_at is not null from store.imports where import_id = ${id}) as ended`
    if (row?.waits) return
    if (row?.ended) throw new Error(`import ${id} has ended; nothing held it up`)
    await Bun.sleep(5)
  }
}
