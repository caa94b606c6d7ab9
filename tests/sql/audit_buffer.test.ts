// What waits for the audit: gathered, sent again when the database was away, counted where there was no room for it, and
// never written twice.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Audit, type AuditOptions, startAudit } from '../../src/audit.ts'
import { verifyAudit } from '../../src/audit_log.ts'
import type { Sql } from '../../src/database.ts'
import type { Happening, Observation } from '../../src/observe.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

setDefaultTimeout(60_000)

let room: TestDatabase
beforeAll(async () => {
  room = await openTestDatabase()
}, 60_000)

const observation = (requestId: string, more: Partial<Observation> = {}): Observation => ({
  operation: 'getAllUsers',
  method: 'GET',
  path: '/ims/oneroster/rostering/v1p2/users',
  arguments: [],
  status: 200,
  durationMs: 1,
  requestId,
  client: 'c',
  rows: 1,
  ...more,
})

const away = Object.assign(new Error('the database is away'), { code: 'ECONNREFUSED' })

/** The audit over a connection that can be lost: before a statement, or behind it, when its answer is on the way. */
function startRoom(options: AuditOptions = {}) {
  const state = { lost: undefined as 'before' | 'behind' | undefined, sent: 0 }
  const sql = new Proxy(room.app.sql, {
    apply: async (target, self, args) => {
      state.sent += 1
      if (state.lost === 'before') throw away
      const answer = await Reflect.apply(target, self, args)
      if (state.lost === 'behind') throw away
      return answer
    },
  }) as Sql
  const told: Happening[] = []
  // nothing is sent but when a test says so, or a batch is full
  const audit = startAudit(sql, {
    waitMs: 3600_000,
    retryMs: 1,
    closeMs: 20_000,
    tell: (happening) => told.push(happening),
    ...options,
  })
  return { audit, state, told }
}

const observe = (audit: Audit, prefix: string, count: number): void => {
  for (let number = 1; number <= count; number += 1) audit.observe(observation(`${prefix}-${number}`))
}

const written = async (prefix: string): Promise<string[]> => {
  const rows = await room.owner.sql<{ id: string }[]>`
    select request_id as id from store.api_key_audit_logs where request_id like ${`${prefix}-%`} order by audit_id`
  return rows.map(({ id }) => id)
}
const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, at) => `${prefix}-${at + 1}`)

/** The batches of the process that has ended last, the earliest first. */
async function batches(): Promise<string[]> {
  const rows = await room.owner.sql<{ text: string }[]>`
    select concat_ws(' ', kind, row_count, lost) as text from store.audit_batches where process_id = (
      select process_id from store.audit_batches where process_id is not null order by position desc limit 1) order by position`
  return rows.map(({ text }) => text)
}

describe('what was observed', () => {
  test('is written in its order, between the beginning and the end of its process', async () => {
    const { audit, state } = startRoom({ batchRows: 4 })
    observe(audit, 'order', 10)
    await audit.close()
    expect(await written('order')).toEqual(ids('order', 10))
    expect(await batches()).toEqual(['start 0 0', 'rows 4 0', 'rows 4 0', 'rows 2 0', 'end 0 0'])
    expect(state.sent).toBe(5)
  })

  test('waits while the database is away, and is written when it is there again', async () => {
    const { audit, state, told } = startRoom({ batchRows: 4 })
    await audit.flush()
    state.lost = 'before'
    observe(audit, 'away', 6)
    await audit.flush()
    expect(await written('away')).toEqual([])
    state.lost = undefined
    await audit.close()
    expect(await written('away')).toEqual(ids('away', 6))
    expect(told.map(({ event }) => event)).toEqual(['audit_behind', 'audit_caught_up'])
  })

  test('is written once where the answer was lost on the way', async () => {
    const { audit, state } = startRoom({ batchRows: 4 })
    await audit.flush()
    state.lost = 'behind'
    observe(audit, 'once', 3)
    await audit.flush()
    state.lost = undefined
    observe(audit, 'twice', 1)
    await audit.close()
    expect([await written('once'), await written('twice')]).toEqual([ids('once', 3), ids('twice', 1)])
    expect(await batches()).toEqual(['start 0 0', 'rows 3 0', 'rows 1 0', 'end 0 0'])
  })

  test('is counted where there is no room for it, and the count is written', async () => {
    const { audit, state, told } = startRoom({ batchRows: 4, keptRows: 6 })
    await audit.flush()
    state.lost = 'before'
    observe(audit, 'full', 3)
    await audit.flush()
    observe(audit, 'more', 20)
    state.lost = undefined
    await audit.close()
    expect([...(await written('full')), ...(await written('more'))]).toEqual([...ids('full', 3), ...ids('more', 6)])
    expect(await batches()).toEqual(['start 0 0', 'rows 3 0', 'rows 4 14', 'rows 2 0', 'end 0 0'])
    expect(told.filter(({ event }) => event === 'audit_full').length).toBe(1)
    const { faults, gaps } = await verifyAudit(room.owner)
    expect([faults, gaps.map(({ code, rows }) => `${code} ${rows}`)]).toEqual([[], ['lost 14']])
  })

  test('and cannot be stored holds nothing else up, and is counted', async () => {
    const { audit, told } = startRoom()
    await audit.flush()
    audit.observe(observation('poison', { status: 1e6 }))
    await audit.flush()
    observe(audit, 'after', 2)
    await audit.close()
    expect(await written('after')).toEqual(ids('after', 2))
    expect(await batches()).toEqual(['start 0 0', 'rows 2 1', 'end 0 0'])
    expect(told).toEqual([{ event: 'audit_refused', rows: 1 }])
    expect((await verifyAudit(room.owner)).faults).toEqual([])
  })

  test('and is lost at the end, with the database away, is told of', async () => {
    const { audit, state, told } = startRoom({ closeMs: 50 })
    await audit.flush()
    state.lost = 'before'
    observe(audit, 'gone', 5)
    await audit.close()
    expect(told.at(-1)).toEqual({ event: 'audit_lost', rows: 5 })
  })

  test('is written without being asked to when a batch is full or its time has come', async () => {
    const { audit, state } = startRoom({ batchRows: 3, waitMs: 1 })
    observe(audit, 'timed', 2)
    const until = Date.now() + 20_000
    while ((await written('timed')).length < 2 && Date.now() < until) await Bun.sleep(2)
    observe(audit, 'batch', 3)
    while ((await written('batch')).length < 3 && Date.now() < until) await Bun.sleep(2)
    expect([await written('timed'), await written('batch')]).toEqual([ids('timed', 2), ids('batch', 3)])
    expect(state.sent).toBe(3)
    await audit.close()
  })
})
