// Observations -> rows of the audit, written off the request's path: gathered, sent together, kept while the database is
// away. What there is no room for is counted, and the count is written. Never throws, and never holds a request up.

import { type AuditBatch, type AuditRow, beatAudit, beatMs, writeAudit } from './audit_log.ts'
import type { Sql } from './database.ts'
import type { Observation, Observe, Tell } from './observe.ts'
import { isLoss } from './transaction.ts'

export interface AuditOptions {
  /** Milliseconds that rows wait for company; default 200. */
  readonly waitMs?: number
  /** Rows in a batch at most; default 500. */
  readonly batchRows?: number
  /** Rows that are kept while the database is away or behind; default 100,000, some 40 MB. */
  readonly keptRows?: number
  /** Milliseconds before a batch that failed is sent again, doubled each time up to ten times as many; default 500. */
  readonly retryMs?: number
  /** Milliseconds that `close` waits for a database that takes nothing; default 5000. */
  readonly closeMs?: number
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number
  readonly tell?: Tell
}

export interface Audit {
  readonly observe: Observe
  /** Settles when all that was observed is written, or is being kept for a database that is away. */
  readonly flush: () => Promise<void>
  /** Writes what is left and that this process has ended. */
  readonly close: () => Promise<void>
}

interface Kept extends Omit<AuditRow, 'agoMs'> {
  readonly at: number
}

/** Probes and numbers tell nothing of anybody, and come every few seconds. */
const unheard = new Set(['getHealth', 'getLiveness', 'getReadiness', 'getMetrics'])

/** Whether a request belongs into the audit: all but probes that went well. */
export const isAudited = ({ operation, status }: Observation): boolean => !(unheard.has(operation) && status < 400)

/** Ids are asked after by the OneRoster services alone: elsewhere a path has ids of imports and the like. */
const hasSubjects = (path: string): boolean => path.startsWith('/ims/oneroster/') && path.includes('{')

/** An observation as it is kept: nothing of a query, a body or a failure. */
export function auditRow(observation: Observation): Omit<AuditRow, 'agoMs'> {
  const { operation, method, path, status, requestId, address, client, key, rows } = observation
  // jsonb has no NUL, and no record such an id
  const subjects = hasSubjects(path)
    ? observation.arguments.map((id) => (id.length > 255 || id.includes('\0') ? null : id))
    : undefined
  return { client, key, operation, method, path, subjects, status, address, rows, requestId }
}

/** Begins at once: the audit knows of a process before its first request. */
export function startAudit(sql: Sql, options: AuditOptions = {}): Audit {
  const { waitMs = 200, batchRows = 500, keptRows = 100_000, retryMs = 500, closeMs = 5000 } = options
  const now = options.now ?? (() => performance.now())
  const tell = options.tell ?? (() => {})
  const process = crypto.randomUUID()
  const kept: Kept[] = []
  const marks: ('start' | 'end')[] = ['start']
  let lost = 0
  let sequence = 0
  let failures = 0
  let writtenCount = 0
  /** What was sent and not answered: sent again as it is. */
  let sent:
    | { readonly batch: Omit<AuditBatch, 'rows'> & { readonly sequence: number }; readonly rows: readonly Kept[] }
    | undefined
  let running: Promise<void> | undefined
  let waiting: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  const next = (): typeof sent => {
    const kind: AuditBatch['kind'] | undefined = marks[0] === 'start' || kept.length === 0 ? marks.shift() : 'rows'
    if (kind === undefined) return undefined
    const batch = { process, sequence, kind, lost }
    sequence += 1
    lost = 0
    return { batch, rows: kind === 'rows' ? kept.splice(0, batchRows) : [] }
  }

  /** Sends the next batch; false where the database did not take it, or there is none. */
  const send = async (): Promise<boolean> => {
    sent ??= next()
    if (sent === undefined) return false
    const { batch, rows } = sent
    try {
      const sentAt = now()
      await writeAudit(sql, { ...batch, rows: rows.map(({ at, ...row }) => ({ ...row, agoMs: sentAt - at })) })
      sent = undefined
      writtenCount += 1
      if (failures > 0) tell({ event: 'audit_caught_up', waiting: kept.length })
      failures = 0
      return true
    } catch (cause) {
      if (rows.length > 0 && isRefused(cause)) {
        // rows that no database would take: the others must not wait for them
        lost += batch.lost + rows.length
        sequence = batch.sequence
        sent = undefined
        tell({ event: 'audit_refused', rows: rows.length }, cause)
        return true
      }
      failures += 1
      if (failures === 1) tell({ event: 'audit_behind', waiting: rows.length + kept.length }, cause)
      return false
    }
  }

  /** Sends what has gathered; `all`: what is too little for a batch too, until nothing is left. */
  const run = async (all: boolean): Promise<void> => {
    clearTimeout(waiting)
    waiting = undefined
    let isMore = await send()
    while (isMore && (all || marks.length > 0 || kept.length >= batchRows)) isMore = await send()
  }
  const pump = (all = false): Promise<void> => {
    running ??= run(all).finally(() => {
      running = undefined
      if (sent !== undefined) later(Math.min(retryMs * 2 ** (failures - 1), 10 * retryMs))
      else if (kept.length > 0) later(waitMs)
    })
    return running
  }
  const later = (ms: number): void => {
    if (isClosed) return
    waiting ??= setTimeout(() => {
      // one that goes off while a batch is under way leaves the next wait to the end of that
      waiting = undefined
      void pump()
    }, ms)
  }

  const beats = setInterval(() => {
    if (running === undefined && failures === 0) beatAudit(sql, process).catch(() => {})
  }, beatMs)
  /** What came while a batch was under way is sent behind it. */
  const flush = async (): Promise<void> => {
    do {
      await running
      await pump(true)
    } while (kept.length > 0 && failures === 0)
  }
  void pump()

  return {
    observe: (observation) => {
      if (!isAudited(observation)) return
      if (kept.length >= keptRows) {
        if (lost === 0) tell({ event: 'audit_full', waiting: kept.length }, new Error('rows of the audit are given up'))
        lost += 1
        return
      }
      kept.push({ ...auditRow(observation), at: now() })
      // one that failed is sent again when its time has come
      if (kept.length === batchRows && failures === 0) void pump()
      else later(waitMs)
    },
    flush,
    close: async () => {
      clearInterval(beats)
      isClosed = true
      clearTimeout(waiting)
      marks.push('end')
      // as long as batches are taken nothing is given up, however many there are
      let taken = writtenCount
      for (let until = now() + closeMs; now() < until; ) {
        await Promise.race([flush(), after(until - now())])
        if (sent === undefined && kept.length === 0 && marks.length === 0) return
        if (writtenCount > taken) until = now() + closeMs
        else await after(Math.min(retryMs, until - now()))
        taken = writtenCount
      }
      const rows = lost + kept.length + (sent?.rows.length ?? 0)
      tell({ event: 'audit_lost', rows }, new Error('the database was away to the end'))
    },
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)))

/** Data that cannot be stored: to send them again would not help. */
const isRefused = (thrown: unknown): boolean =>
  !isLoss(thrown) && /^(22|23)/.test(String((thrown as { code?: unknown } | undefined)?.code))
