// The chain of the audit: what is done to its rows and batches is found, wherever it is done; what never came in is seen;
// months that retention drops leave a chain that verifies.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type AuditProof, type AuditRow, purgeAudit, verifyAudit, writeAudit } from '../../src/audit_log.ts'
import type { Database, Transaction } from '../../src/database.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { bulk, school } from '../support/rows.ts'

const processes = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const

let room: TestDatabase
let owner: Database
beforeAll(async () => {
  room = await openTestDatabase()
  owner = room.owner
  await bulk(owner, school)
  for (const process of processes)
    await writeAudit(room.app.sql, { process, sequence: 0, kind: 'start', lost: 0, rows: [] })
  for (let sequence = 1; sequence <= 4; sequence += 1)
    for (const process of processes) await write(process, sequence, 5)
}, 60_000)

const row = (more: Partial<AuditRow> = {}): AuditRow => ({
  agoMs: 100,
  client: 'c1',
  key: undefined,
  operation: 'getUser',
  method: 'GET',
  path: '/ims/oneroster/rostering/v1p2/users/{sourcedId}',
  subjects: ['u1'],
  status: 200,
  address: '203.0.113.7',
  rows: 1,
  requestId: 'r',
  ...more,
})

const write = (process: string | null, sequence: number | null, count: number, more: Partial<AuditRow> = {}) =>
  writeAudit(room.app.sql, {
    process,
    sequence,
    kind: 'rows',
    lost: 0,
    rows: Array.from({ length: count }, (_, place) => row({ requestId: `${sequence}-${place}`, ...more })),
  })

class Undo extends Error {}

/** What is found after `tamper`, which is then taken back. */
async function found(
  tamper: (sql: Transaction) => Promise<unknown>,
  patienceMs = 1e9,
  [position, hash]: readonly [string | null, string | null] = [null, null],
): Promise<AuditProof> {
  let proof: AuditProof | undefined
  await owner
    .begin(async (sql) => {
      await tamper(sql)
      const [row] = await sql<{ proof: AuditProof }[]>`
        select api.audit_verify(${position}::text::bigint, decode(${hash}::text, 'hex'), ${patienceMs}) as proof`
      proof = row?.proof
      throw new Undo()
    })
    .catch((thrown: unknown) => {
      if (!(thrown instanceof Undo)) throw thrown
    })
  return proof as AuditProof
}

const faultsOf = async (statement: string): Promise<string[]> =>
  (await found((sql) => sql.unsafe(statement))).faults.map(({ code, batch, row }) =>
    [code, batch ?? '-', row ?? '-'].join(' '),
  )

/** Batches 1 and 2 are the starts; rows 1 to 5 are batch 3, and so on to batch 10 with rows 36 to 40. */
const logs = 'store.api_key_audit_logs'

describe('a chain', () => {
  test('that nobody touched has no fault, and tells its end', async () => {
    const proof = await verifyAudit(owner)
    expect([proof.faultCount, proof.faults, proof.batches, proof.rows]).toEqual([0, [], 10, 40])
    expect(proof.head).toMatch(/^10:[0-9a-f]{64}$/)
    expect((await verifyAudit(owner, proof.head)).faultCount).toBe(0)
  })

  test('is the same in whatever time zone and style of dates it is read', async () => {
    const proof = await found(async (sql) => {
      await sql.unsafe(`set local timezone = 'Asia/Kolkata'`)
      await sql.unsafe(`set local datestyle = 'German'`)
      await sql.unsafe(`set local bytea_output = 'escape'`)
      await sql.unsafe('set local extra_float_digits = 0')
    })
    expect(proof.faults).toEqual([])
  })

  test('names the row that was altered, removed or inserted', async () => {
    expect(await faultsOf(`update ${logs} set client_id = 'c2' where audit_id = 12`)).toEqual(['row_altered 5 12'])
    expect(await faultsOf(`update ${logs} set subjects = null where audit_id = 12`)).toEqual(['row_altered 5 12'])
    expect(await faultsOf(`delete from ${logs} where audit_id in (12, 13)`)).toEqual([
      'row_removed 5 12',
      'row_removed 5 13',
    ])
    const made = `insert into ${logs} select (jsonb_populate_record(r, '{"audit_id": 41, "request_id": "x"}')).* from ${logs} as r where audit_id = 40`
    expect(await faultsOf(made)).toContain('row_inserted 10 41')
    const twice = `insert into ${logs} select (jsonb_populate_record(r, jsonb_build_object('created_at', created_at + interval '1 ms'))).* from ${logs} as r where audit_id = 40`
    expect(await faultsOf(twice)).toContain('row_inserted 10 40')
  })

  test('finds rows that changed places, and a row that was altered with its hash', async () => {
    const swapped = `update ${logs} as r set request_id = o.request_id, client_id = o.client_id, created_at = o.created_at
      from ${logs} as o where r.audit_id in (11, 12) and o.audit_id = 23 - r.audit_id`
    expect(await faultsOf(swapped)).toEqual(['row_altered 5 11', 'row_altered 5 12'])
    const hashed = `update ${logs} set client_id = 'c2' where audit_id = 12; update ${logs} as r set hash = load.audit_hash(r) where audit_id = 12`
    expect(await faultsOf(hashed)).toEqual(['rows_altered 5 -'])
  })

  test('finds batches that are gone, at the beginning, in the middle and at the end', async () => {
    const gone = (where: string): string =>
      `delete from ${logs} where batch in (select position from store.audit_batches where ${where}); delete from store.audit_batches where ${where}`
    expect(await faultsOf(gone('position <= 2'))).toEqual(['batch_removed 1 -'])
    expect(await faultsOf(gone('position in (5, 6)'))).toEqual([
      'batch_removed 5 -',
      'sequence_broken 7 -',
      'sequence_broken 8 -',
    ])
    expect(await faultsOf(gone('position >= 9'))).toEqual(['end_removed 9 -'])
    expect(await faultsOf(gone('true'))).toEqual(['end_removed 1 -'])
    expect(await faultsOf(`truncate ${logs}`)).toHaveLength(40)
    expect(await faultsOf('delete from store.audit_head')).toEqual(['head_altered - -'])
  })

  test('that is cut and given a shorter end is another chain to whoever keeps the head', async () => {
    const { head } = await verifyAudit(owner)
    const [position, hash] = String(head).split(':')
    const cut = async (sql: Transaction): Promise<void> => {
      await sql.unsafe(`delete from ${logs} where batch >= 9; delete from store.audit_batches where position >= 9;
        update store.audit_head set position = 8, last_id = 30, hash = (select hash from store.audit_batches where position = 8)`)
    }
    // within the database it cannot be seen
    expect((await found(cut)).faultCount).toBe(0)
    let codes: string[] = []
    await owner
      .begin(async (sql) => {
        await cut(sql)
        const [row] = await sql<{ proof: AuditProof }[]>`
          select api.audit_verify(${String(position)}::text::bigint, decode(${String(hash)}, 'hex'), 1000) as proof`
        codes = row?.proof.faults.map(({ code }) => code) ?? []
        throw new Undo()
      })
      .catch(() => {})
    expect(codes).toEqual(['other_chain'])
  })

  /** As if everything up to a batch had been dropped with its month. */
  const cutBeginning = (position: number): string =>
    `update store.audit_head set anchor_position = ${position}, anchor_hash = (select hash from store.audit_batches where position = ${position});
      delete from ${logs} where batch <= ${position}; delete from store.audit_batches where position <= ${position}`

  test('whose beginning is cut off is not intact, whatever the anchor says, for no purge says so', async () => {
    for (const position of [1, 2, 5, 10])
      expect(await faultsOf(cutBeginning(position))).toContain(`anchor_altered ${position} -`)
    const bare = `update store.audit_head set anchor_position = 0, anchor_hash = load.audit_genesis()`
    expect(await faultsOf(`${cutBeginning(5)}; ${bare}`)).toContain('batch_removed 1 -')
  })

  test('shows an anchor that was moved to whoever keeps a head of before or behind it', async () => {
    const { head } = await verifyAudit(owner)
    const [early] = await owner.sql<{ head: string }[]>`
      select position || ':' || encode(hash, 'hex') as head from store.audit_batches where position = 4`
    const codesWith = async (kept: string): Promise<string[]> => {
      const [position, hash] = kept.split(':')
      return (await found((sql) => sql.unsafe(cutBeginning(5)), 1e9, [String(position), String(hash)])).faults.map(
        ({ code }) => code,
      )
    }
    expect(await codesWith(String(head))).toEqual(['anchor_altered'])
    expect(await codesWith(String(early?.head))).toEqual(['anchor_altered', 'other_chain'])
  })

  test('shows any alteration, of whatever column, batch or row, hashes made anew with it or not', async () => {
    const column = fc.constantFrom(
      ...`client_id = client_id || 'x';key_id = 'k';operation = 'getOrg';method = 'PUT';path = '/x';subjects = array[gen_random_uuid()];status = 403;address = null;
      row_count = 7;request_id = 'x';created_at = created_at + interval '1 microsecond';batch = batch + 1`.split(
        /;\s*/,
      ),
    )
    const batchColumn = fc.constantFrom(
      ...`lost = lost + 1;row_count = row_count + 1;first_id = first_id + 1;sequence = sequence + 1;kind = 'end';month = null;
      written_at = written_at + interval '1 second';rows_hash = sha256('x');hash = sha256('x');process_id = null`.split(
        /;\s*/,
      ),
    )
    const rehashed = [
      `update ${logs} as r set hash = load.audit_hash(r)`,
      `update store.audit_batches as b set rows_hash = r.hash from (select batch, sha256(string_agg(hash, '' order by audit_id)) as hash
        from ${logs} group by batch) as r where r.batch = b.position and b.rows_hash <> r.hash`,
      `update store.audit_batches as b set hash = load.audit_batch_hash(p.hash, b) from store.audit_batches as p
        where p.position = b.position - 1 and b.hash <> load.audit_batch_hash(p.hash, b) and b.position < 10`,
    ]
    const tampering = fc.oneof(
      fc
        .tuple(column, fc.integer({ min: 1, max: 35 }), fc.integer({ min: 0, max: 3 }))
        .map(([set, id, depth]) => [`update ${logs} set ${set} where audit_id = ${id}`, ...rehashed.slice(0, depth)]),
      fc
        .tuple(batchColumn, fc.integer({ min: 3, max: 10 }))
        .map(([set, position]) => [`update store.audit_batches set ${set} where position = ${position}`]),
      fc.integer({ min: 1, max: 40 }).map((id) => [`delete from ${logs} where audit_id = ${id}`]),
      fc
        .integer({ min: 1, max: 10 })
        .map((position) => [
          `delete from ${logs} where batch = ${position}`,
          `delete from store.audit_batches where position = ${position}`,
        ]),
      fc
        .constantFrom(
          'position = position + 1',
          'position = position - 1',
          `hash = sha256('x')`,
          'last_id = 7',
          'anchor_position = anchor_position + 1',
          `anchor_hash = sha256('x')`,
        )
        .map((set) => [`update store.audit_head set ${set}`]),
    )
    await fc.assert(
      fc.asyncProperty(tampering, async (statements) => {
        const { faultCount } = await found(async (sql) => {
          for (const statement of statements) await sql.unsafe(statement)
        })
        expect(faultCount).toBeGreaterThan(0)
      }),
      { numRuns: 150 },
    )
  }, 120_000)
})

describe('a batch', () => {
  test('that is sent again is written once', async () => {
    const before = await verifyAudit(owner)
    expect(await write(processes[0], 4, 5)).toBe(false)
    expect((await verifyAudit(owner)).head).toBe(String(before.head))
  })

  test('whose rows are of two months stands in both, and is one batch of its process', async () => {
    const today = new Date()
    const agoMs = today.getTime() - Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 1) + 60_000
    const rows = [row(), row({ agoMs })]
    expect(await writeAudit(room.app.sql, { process: processes[1], sequence: 5, kind: 'rows', lost: 0, rows })).toBe(
      true,
    )
    const proof = await verifyAudit(owner)
    expect([proof.faultCount, proof.batches]).toEqual([0, 12])
  })

  test('maps ids of records alone: none of a stranger, none that somebody made up, whatever came of it', async () => {
    for (const status of [200, 204, 304, 403, 404]) await write(null, null, 1, { subjects: ['made-up'], status })
    await write(null, null, 1, { subjects: ['u2'], status: 404 })
    await write(null, null, 1, { subjects: ['stranger'], status: 200, client: undefined })
    await write(null, null, 1, { subjects: ['x'.repeat(256)], status: 200 })
    await write(null, null, 1, { subjects: ['k1', null], status: 304 })
    const ids = await owner.sql<{ id: string }[]>`select sourced_id as id from store.audit_subjects order by 1`
    expect(ids.map(({ id }) => id)).toEqual(['k1', 'u1', 'u2'])
    const last = await owner.sql<{ subjects: unknown }[]>`
      select (select jsonb_agg(s.sourced_id order by place) from unnest(subjects) with ordinality as t(subject, place)
        left join store.audit_subjects as s using (subject)) as subjects from store.api_key_audit_logs order by audit_id desc limit 5`
    expect(last.map(({ subjects }) => subjects)).toEqual([['k1', null], [null], [null], ['u2'], [null]])
  })
})

test('whom a row was about cannot be changed, swapped or forgotten without an erasure', async () => {
  const subjects = 'store.audit_subjects'
  const codes = async (statement: string): Promise<string[]> => [
    ...new Set((await faultsOf(statement)).map((fault) => String(fault.split(' ')[0]))),
  ]
  expect(await codes(`update ${subjects} set sourced_id = 'innocent' where sourced_id = 'u1'`)).toEqual([
    'subject_altered',
  ])
  expect(await codes(`update ${subjects} set salt = gen_random_uuid() where sourced_id = 'u1'`)).toEqual([
    'subject_altered',
  ])
  const swapped = `update ${subjects} set sourced_id = 'x' where sourced_id = 'u1'; update ${subjects} set sourced_id = 'u1' where sourced_id = 'u2';
    update ${subjects} set sourced_id = 'u2' where sourced_id = 'x'`
  expect(await codes(swapped)).toEqual(['subject_altered'])
  // with a hash that fits, it is not the one of the rows
  const rehashed = `update ${subjects} set sourced_id = 'innocent', subject = load.audit_subject('innocent', salt) where sourced_id = 'u1'`
  expect(await codes(rehashed)).toEqual(['subject_removed'])
  const [row] = await owner.sql<{ count: number }[]>`
    select count(*)::integer as count from store.api_key_audit_logs where subjects @> array[(select subject from store.audit_subjects where sourced_id = 'u1')]`
  expect(row?.count).toBeGreaterThan(0)
  expect(await faultsOf(`delete from ${subjects} where sourced_id = 'u1'`)).toHaveLength(Number(row?.count))
  expect(
    await faultsOf(`delete from ${subjects} where sourced_id = 'u1'; select load.audit_mark('erase', null)`),
  ).toEqual([])
})

test('an id may be of a record of any kind that can be asked for', async () => {
  const [row] = await owner.sql<{ asked: string[]; looked: string[] }[]>`
    select (select to_jsonb(array_agg(distinct table_name::text collate "C" order by table_name::text collate "C")) from catalog.entities) as asked,
      (select to_jsonb(array_agg(m[1] collate "C" order by m[1] collate "C")) from pg_proc, regexp_matches(prosrc, 'store[.](\\w+)', 'g') as m
        where proname = 'audit_names') as looked`
  expect(row?.looked).toEqual(row?.asked ?? [])
})

describe('a gap', () => {
  test('is a process that was not seen for a while and never ended, with its last batch', async () => {
    const { gaps, faultCount } = await found(async () => {}, 0)
    expect(faultCount).toBe(0)
    expect(gaps.map(({ code, process, sequence }) => `${code} ${process} ${sequence}`)).toEqual([
      `not_ended ${processes[0]} 4`,
      `not_ended ${processes[1]} 5`,
    ])
    expect((await found(async () => {})).gaps).toEqual([])
  })

  test('is none of a process that ended, and one of rows that were given up', async () => {
    for (const [place, process] of processes.entries())
      await writeAudit(room.app.sql, { process, sequence: 5 + place, kind: 'end', lost: 7 * place, rows: [] })
    const { gaps } = await found(async () => {}, 0)
    expect(gaps.map(({ code, process, rows }) => `${code} ${process} ${rows}`)).toEqual([`lost ${processes[1]} 7`])
  })
})

describe('retention', () => {
  /** As if the rows had been written so many days ago, with a chain of that time. */
  const age = async (days: number): Promise<void> => {
    await owner.sql.unsafe(`
      select load.audit_partition(load.audit_month(now() - interval '${days} days'));
      update store.audit_batches set written_at = written_at - interval '${days} days',
        month = case when month is not null then load.audit_month(now() - interval '${days} days') end;
      update ${logs} set created_at = date_trunc('hour', now() - interval '${days} days');
      update ${logs} as r set hash = load.audit_hash(r);
      update store.audit_batches as b set rows_hash = r.hash from (select batch, sha256(string_agg(hash, '' order by audit_id)) as hash
        from ${logs} group by batch) as r where r.batch = b.position;
      do $$ declare p bytea := (select anchor_hash from store.audit_head); b store.audit_batches; begin
        for b in select * from store.audit_batches order by position loop
          p := load.audit_batch_hash(p, b);
          update store.audit_batches set hash = p where position = b.position;
        end loop;
        update store.audit_head set hash = p;
      end $$`)
  }

  test('drops whole months, says so in the chain, and what follows verifies from the last batch dropped', async () => {
    await age(100)
    expect((await verifyAudit(owner)).faults).toEqual([])
    await write(null, null, 3, { subjects: ['k1'] })
    const { rows } = await verifyAudit(owner)
    expect(await purgeAudit(owner, 200)).toBe(0)
    expect(await purgeAudit(owner, 60)).toBe(1)
    const proof = await verifyAudit(owner)
    expect([proof.faults, proof.rows, proof.batches]).toEqual([[], 3, 2])
    expect(rows).toBeGreaterThan(40)
    expect(proof.keptFrom).toMatch(/^\d{4}-\d\d-01$/)
    // ids that no row names any more are forgotten
    const ids = await owner.sql<{ id: string }[]>`select sourced_id as id from store.audit_subjects`
    expect(ids.map(({ id }) => id)).toEqual(['k1'])
    expect(await purgeAudit(owner, 60)).toBe(0)
  })

  test('leaves an anchor that the chain holds: none can be put in its place, nor the purge be taken away', async () => {
    const [purge] = await owner.sql<{ position: number; anchor: number }[]>`
      select position::integer, anchor_position::integer as anchor from store.audit_batches where kind = 'purge'`
    const cut = `delete from ${logs} where batch <= ${Number(purge?.position) - 1};
      update store.audit_head set anchor_position = ${Number(purge?.position) - 1},
        anchor_hash = (select hash from store.audit_batches where position = ${Number(purge?.position) - 1});
      delete from store.audit_batches where position < ${purge?.position}`
    expect(await faultsOf(cut)).toContain(`anchor_altered ${Number(purge?.position) - 1} -`)
    const moved = `update store.audit_batches set anchor_position = anchor_position + 1 where kind = 'purge'`
    expect(await faultsOf(moved)).toEqual([`anchor_altered ${purge?.anchor} -`, `batch_altered ${purge?.position} -`])
  })

  test('is the only way to lose a month: one that is dropped by hand is missed', async () => {
    const [month] = await owner.sql<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits where inhparent = 'store.api_key_audit_logs'::regclass order by 1 desc limit 1`
    const { faults } = await found((sql) => sql.unsafe(`drop table ${month?.name}`))
    expect(faults.map(({ code }) => code)).toEqual(['row_removed', 'row_removed', 'row_removed'])
  })
})
