// What the numbers were measured on, and what a process holds of its memory. Reads /proc; changes nothing but a peak.

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Sql } from '../../src/database.ts'

/** One line: cores, CPU, memory, PostgreSQL, Bun, and the settings that move the numbers. */
export async function hardware(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string; settings: string }[]>`
    select current_setting('server_version') as version, string_agg(name || ' ' || current_setting(name), ', ' order by name) as settings
    from pg_settings where name in ('shared_buffers', 'fsync', 'max_wal_size')`
  const model = cpus()[0]?.model ?? 'unknown CPU'
  const gib = Math.round(totalmem() / 1024 ** 3)
  return `${cpus().length} cores, ${model}, ${gib} GiB; PostgreSQL ${row?.version} (${row?.settings}); Bun ${Bun.version}`
}

export interface Memory {
  readonly rssBytes: number
  readonly peakBytes: number
}

/** Resident memory now and at its peak; undefined where the process is gone or there is no /proc. */
export function memoryOf(pid: number): Memory | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
    const memory = { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
    return Number.isNaN(memory.peakBytes) ? undefined : memory
  } catch {
    return undefined
  }
}

/** Lets the peak of a process begin anew at what it holds now (proc(5), clear_refs). */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // not permitted everywhere: the peak is then that of the whole life
  }
}
