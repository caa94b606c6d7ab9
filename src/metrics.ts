// What happened to imports -> numbers in the text format of Prometheus. The only importer of prom-client. What this process
// did is counted here; how long the line is, the database says when somebody asks.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { FileReport, ImportLine } from './report.ts'

/** An import that this process ran to its end. */
export interface EndedImport {
  readonly mode: string
  readonly status: string
  readonly sizeBytes: number
  readonly files?: readonly FileReport[]
  /** By stage. */
  readonly seconds?: Readonly<Record<string, number>>
}

export interface Metrics {
  readonly importEnded: (ended: EndedImport) => void
  /** Everything, as text. Throws what `readLine` threw. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

const outcomes = ['created', 'updated', 'unchanged', 'deleted', 'refused'] as const
const stageBuckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900]

export function createMetrics(readLine: () => Promise<ImportLine>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const imports = new Counter({
    name: 'rosterhub_imports_total',
    help: 'Imports that this process ran, by how they ended.',
    labelNames: ['mode', 'status'],
    registers,
  })
  const rows = new Counter({
    name: 'rosterhub_import_rows_total',
    help: 'Rows of packages that were applied, by file and by what became of them.',
    labelNames: ['file', 'outcome'],
    registers,
  })
  const bytes = new Counter({
    name: 'rosterhub_import_package_bytes_total',
    help: 'Bytes of the packages that were read, as they were sent.',
    registers,
  })
  const seconds = new Histogram({
    name: 'rosterhub_import_stage_seconds',
    help: 'How long each stage of an import took.',
    labelNames: ['stage'],
    buckets: stageBuckets,
    registers,
  })
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers })
  const depth = new Gauge({
    name: 'rosterhub_import_queue_depth',
    help: 'Imports that wait for a worker, and that run.',
    labelNames: ['state'],
    registers,
  })
  const age = gauge('rosterhub_import_queue_age_seconds', 'How long the import has waited that has waited longest.')
  const held = gauge('rosterhub_imports_held', 'Imports that the guard holds until somebody applies or cancels them.')
  const heldAge = gauge('rosterhub_imports_held_age_seconds', 'How long the import has been held that is held longest.')
  return {
    contentType: registry.contentType,
    importEnded: (ended) => {
      imports.inc({ mode: ended.mode, status: ended.status })
      bytes.inc(ended.sizeBytes)
      for (const [stage, took] of Object.entries(ended.seconds ?? {})) seconds.observe({ stage }, took)
      if (ended.status !== 'completed' || ended.mode === 'preview') return
      for (const file of ended.files ?? [])
        for (const outcome of outcomes) rows.inc({ file: file.file, outcome }, file[outcome])
    },
    text: async () => {
      const line = await readLine()
      depth.set({ state: 'waiting' }, line.waiting)
      depth.set({ state: 'running' }, line.running)
      age.set(line.oldestWaitingSeconds)
      held.set(line.held)
      heldAge.set(line.oldestHeldSeconds)
      return registry.metrics()
    },
  }
}
