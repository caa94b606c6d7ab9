// Live, ready, and health in detail: whether the database answers and has every file this build knows.

import { toApiError } from './errors.ts'
import type { Store } from './store.ts'

interface Check {
  readonly status: 'ok' | 'failing'
  readonly detail?: string
  readonly durationMs?: number
}

export interface HealthOptions {
  readonly store: Store
  /** The SQL files of this build, name to hash. */
  readonly expected: Readonly<Record<string, string>>
  readonly version: string
  readonly startedAtMs: number
}

async function checks({ store, expected }: HealthOptions): Promise<Record<string, Check>> {
  const startedAt = performance.now()
  try {
    const applied = await store.appliedMigrations()
    const durationMs = Math.round((performance.now() - startedAt) * 100) / 100
    const behind = Object.entries(expected)
      .filter(([name, hash]) => !applied[name]?.includes(hash))
      .map(([name]) => name)
    const migrations: Check =
      behind.length === 0 ? { status: 'ok' } : { status: 'failing', detail: `not applied: ${behind.join(', ')}` }
    return { database: { status: 'ok', durationMs }, migrations }
  } catch (thrown) {
    // 42: reached, but the schema is not there yet
    const isReached = String((thrown as { code?: unknown }).code ?? '').startsWith('42')
    if (isReached)
      return { database: { status: 'ok' }, migrations: { status: 'failing', detail: 'none is applied: run migrate' } }
    return { database: { status: 'failing', detail: toApiError(thrown).message } }
  }
}

/** 200 when every check is ok, 503 otherwise. */
export async function readiness(options: HealthOptions): Promise<Response> {
  const found = await checks(options)
  const status = Object.values(found).every((check) => check.status === 'ok') ? 'ok' : 'failing'
  return Response.json(
    { status, checks: found },
    { status: status === 'ok' ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  )
}

/** The same with the build's version and the time it has been up. */
export async function health(options: HealthOptions): Promise<Response> {
  const ready = await readiness(options)
  const uptimeSeconds = Math.round((Date.now() - options.startedAtMs) / 1000)
  return Response.json(
    { ...((await ready.json()) as object), version: options.version, uptimeSeconds },
    { status: ready.status, headers: { 'cache-control': 'no-store' } },
  )
}
