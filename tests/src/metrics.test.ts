// What imports leave behind in the numbers that Prometheus reads.

import { describe, expect, test } from 'bun:test'
import { createMetrics } from '../../src/metrics.ts'

const line = { waiting: 2, running: 1, held: 3, oldestWaitingSeconds: 12.5, oldestHeldSeconds: 7200 }
const file = {
  file: 'users.csv',
  mode: 'bulk',
  rows: 10,
  created: 1,
  updated: 2,
  unchanged: 4,
  deleted: 5,
  refused: 3,
} as const
const ended = {
  mode: 'apply',
  status: 'completed',
  sizeBytes: 1000,
  files: [file],
  seconds: { staging: 2, checking: 0.3 },
}

const samples = (text: string): readonly string[] =>
  text.split('\n').filter((one) => one !== '' && !one.startsWith('#') && !one.includes('_bucket'))

describe('the metrics', () => {
  test('tell of an applied import its rows by outcome, its bytes and the seconds of each stage', async () => {
    const metrics = createMetrics(async () => line)
    metrics.importEnded(ended)
    metrics.importEnded({ ...ended, seconds: { staging: 3 } })
    const found = samples(await metrics.text())
    expect(found).toContain('rosterhub_imports_total{mode="apply",status="completed"} 2')
    const rows = { created: 2, updated: 4, unchanged: 8, deleted: 10, refused: 6 }
    for (const [outcome, count] of Object.entries(rows))
      expect(found).toContain(`rosterhub_import_rows_total{file="users.csv",outcome="${outcome}"} ${count}`)
    expect(found).toContain('rosterhub_import_package_bytes_total 2000')
    expect(found).toContain('rosterhub_import_stage_seconds_sum{stage="staging"} 5')
    expect(found).toContain('rosterhub_import_stage_seconds_count{stage="checking"} 1')
  })

  test.each([
    { mode: 'preview', status: 'completed' },
    { mode: 'apply', status: 'held' },
    { mode: 'apply', status: 'cancelled' },
  ])('count no row of an import that changed nothing: $mode, $status', async (outcome) => {
    const metrics = createMetrics(async () => line)
    metrics.importEnded({ ...ended, ...outcome })
    const found = samples(await metrics.text())
    expect(found).toContain(`rosterhub_imports_total{mode="${outcome.mode}",status="${outcome.status}"} 1`)
    expect(found.filter((one) => one.startsWith('rosterhub_import_rows_total'))).toEqual([])
  })

  test('tell how the line is at the moment they are asked for', async () => {
    let now = line
    const metrics = createMetrics(async () => now)
    expect(samples(await metrics.text())).toContain('rosterhub_import_queue_depth{state="waiting"} 2')
    now = { ...line, waiting: 0, oldestWaitingSeconds: 0 }
    const found = samples(await metrics.text())
    expect(found).toContain('rosterhub_import_queue_depth{state="waiting"} 0')
    expect(found).toContain('rosterhub_import_queue_depth{state="running"} 1')
    expect(found).toContain('rosterhub_import_queue_age_seconds 0')
    expect(found).toContain('rosterhub_imports_held 3')
    expect(found).toContain('rosterhub_imports_held_age_seconds 7200')
  })
})
