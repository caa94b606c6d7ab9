// GET /metrics of a hub and of a worker: how the line of imports is by their database, and what became of the imports that
// the process ran.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { metricsOf, workerApp } from '../../src/cli/working.ts'
import { readConfig } from '../../src/config.ts'
import type { Metrics } from '../../src/metrics.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { jobOf, send } from '../support/importing.ts'
import { claimNext, runAll } from '../support/jobs.ts'
import { zipOf } from '../support/packages.ts'
import { lines, packageOf } from '../support/rows.ts'

setDefaultTimeout(120_000)

let room: TestDatabase
beforeAll(async () => {
  room = await openTestDatabase()
})

const orgs = (count: number): string =>
  lines('sourcedId,name,type', ...Array.from({ length: count }, (_, at) => `o${at},Org ${at},school`))
const sendOrgs = async (source: string, count: number, options: Parameters<typeof send>[3] = {}): Promise<string> => {
  const archive = await zipOf(packageOf('bulk', { orgs: orgs(count) }))
  return send(room, await archive.bytes(), source, options)
}

/** A hub, or a worker, whose metrics are these. */
const asks = {
  'the hub': (metrics: Metrics) =>
    createApp({
      sql: room.app.sql,
      config: readConfig({}),
      observe: () => {},
      sqlHashes: {},
      version: 'test',
      metrics,
    }).fetch,
  'a worker': (metrics: Metrics) => workerApp(metrics).fetch,
}

async function samples(fetch: (request: Request) => Promise<Response> | Response): Promise<Record<string, number>> {
  const response = await fetch(new Request('http://localhost/metrics'))
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const told = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    told.map((line) => /^(.+) (\S+)$/.exec(line)?.slice(1)).map((one) => [one?.[0], Number(one?.[1])]),
  )
}

describe.each(Object.keys(asks) as (keyof typeof asks)[])('the numbers of %s', (who) => {
  test('tell what waits, runs and is held, and of an import that ran its rows, bytes and stages', async () => {
    const metrics = metricsOf(room.app)
    const fetch = asks[who](metrics)
    // a source of its own each time: what another one left is not in the way
    const source = who.replace(' ', '-')
    const before = await samples(fetch)
    expect(before['rosterhub_import_queue_depth{state="waiting"}']).toBe(0)
    const heldBefore = before['rosterhub_imports_held'] ?? Number.NaN

    const id = await sendOrgs(source, 10, { takeOver: true })
    const waiting = await samples(fetch)
    expect(waiting['rosterhub_import_queue_depth{state="waiting"}']).toBe(1)
    expect(waiting['rosterhub_import_queue_age_seconds']).toBeGreaterThan(0)
    expect(await runAll(room)).toEqual([id])
    metrics.importEnded(await jobOf(room, id))

    // nine of ten orgs would go: held
    const held = await sendOrgs(source, 1)
    await runAll(room, { maxDeletePercent: 10, maxFaultPercent: 20 })
    metrics.importEnded(await jobOf(room, held))
    await sendOrgs(source, 10)
    const { worker, job } = await claimNext(room)
    const after = await samples(fetch)
    expect(after).toMatchObject({
      'rosterhub_import_queue_depth{state="waiting"}': 0,
      'rosterhub_import_queue_depth{state="running"}': 1,
      rosterhub_import_queue_age_seconds: 0,
      rosterhub_imports_held: heldBefore + 1,
      'rosterhub_imports_total{mode="apply",status="completed"}': 1,
      'rosterhub_imports_total{mode="apply",status="held"}': 1,
      'rosterhub_import_stage_seconds_count{stage="staging"}': 2,
    })
    const rows = ['created', 'updated', 'unchanged'].map(
      (outcome) => after[`rosterhub_import_rows_total{file="orgs.csv",outcome="${outcome}"}`] ?? 0,
    )
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(10)
    const sizes = await Promise.all([id, held].map(async (one) => (await jobOf(room, one)).sizeBytes))
    expect(after['rosterhub_import_package_bytes_total']).toBe(sizes.reduce((sum, size) => sum + size, 0))
    expect(after['rosterhub_imports_held_age_seconds']).toBeGreaterThan(0)
    await worker.end(job.id, { status: 'cancelled' })
  })
})

test('a hub without numbers has no such path', async () => {
  const { fetch } = createApp({
    sql: room.app.sql,
    config: readConfig({}),
    observe: () => {},
    sqlHashes: {},
    version: 'test',
  })
  expect((await fetch(new Request('http://localhost/metrics'))).status).toBe(404)
})
