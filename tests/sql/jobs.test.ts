// Jobs at the edges: a worker that hangs, a cancel at the last moment, an old package beside a newer one.

import { beforeEach, describe, expect, test } from 'bun:test'
import { Jobs, WorkerJobs } from '../../src/jobs.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { ran, runNext, send } from '../support/engine.ts'
import { lines, packageOf, school } from '../support/rows.ts'

let database: TestDatabase
let jobs: Jobs
beforeEach(async () => {
  database = await openTestDatabase()
  jobs = new Jobs(database.app.sql)
}, 60_000)

const whole = packageOf('bulk', school)
const orgs = (...names: string[]) =>
  packageOf('bulk', {
    orgs: lines('sourcedId,name,type,identifier,parentSourcedId', ...names.map((name) => `${name},${name},school,,`)),
  })
const ten = Array.from({ length: 10 }, (_, place) => `o${place}`)
const refusalOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing refused',
    (thrown: Error) => thrown.message,
  )

describe('a job whose worker hangs', () => {
  test.skipIf(backend === 'pglite')(
    'is claimed by another when the lease has run out, though rows it replaced hold its key [needs several sessions: PostgreSQL]',
    async () => {
      await ran(database, whole)
      const { id } = await send(database, whole)
      const hung = new WorkerJobs(database.owner, { holder: 'hung', ms: 1 })
      expect((await hung.claim())?.id).toBe(id)
      const other = new WorkerJobs(database.owner, { holder: 'other', ms: 60_000 })
      await database.owner.sql.begin(async (transaction) => {
        await transaction`insert into store.replaced_rows values (${id}, 'orgs', 'd1', 1, '{}')`
        expect((await other.claim())?.id).toBe(id)
      })
      expect(await hung.beat(id)).toBe('lost')
    },
  )
})

describe('a job that somebody wants cancelled', () => {
  test('as it ends is cancelled, and keeps no package', async () => {
    const { id } = await send(database, whole, { mode: 'preview' })
    const worker = new WorkerJobs(database.owner, { holder: 'a test', ms: 60_000 })
    await worker.claim()
    expect((await jobs.cancel('someone', id)).status).toBe('staging')
    expect(await worker.end(id, { status: 'held', reason: 'too much' })).toBe(true)
    expect(await jobs.get(id)).toMatchObject({ status: 'cancelled', cancelledBy: 'someone' })
    expect(await refusalOf(jobs.release('someone', id, 'all the same'))).toBe(
      `import ${id} is cancelled: only one that is held or was previewed can be applied`,
    )
  })
})

describe('an import that is held', () => {
  test('is not applied over a newer one of its source', async () => {
    await ran(database, orgs(...ten))
    const held = await ran(database, orgs(...ten.slice(2)), {}, { maxDeletePercent: 10 })
    expect(held.status).toBe('held')
    const newer = await ran(database, orgs(...ten, 'o10', 'o11'))
    expect(await refusalOf(jobs.release('someone', held.id, 'two schools were closed'))).toStartWith(
      `import ${newer.id} of the same source came after import ${held.id}`,
    )
    expect(await jobs.get(held.id)).toMatchObject({ status: 'held' })
  })

  test('is applied with a note beside what other sources sent', async () => {
    await ran(database, orgs(...ten))
    const held = await ran(database, orgs(...ten.slice(2)), {}, { maxDeletePercent: 10 })
    await ran(database, orgs('elsewhere'), { source: 'other' })
    await jobs.release('someone', held.id, 'two schools were closed')
    const applied = await runNext(database, { maxDeletePercent: 10 })
    expect(applied).toMatchObject({ id: held.id, status: 'completed', note: 'two schools were closed' })
    expect(applied.files?.[0]?.deleted).toBe(2)
  })
})

describe('a preview that was within the limits', () => {
  test('is guarded when it is applied, whatever its note says', async () => {
    await ran(database, orgs(...ten))
    const preview = await ran(database, orgs(...ten.slice(2)), { mode: 'preview' }, { maxDeletePercent: 50 })
    await jobs.release('someone', preview.id, 'a note')
    expect(await runNext(database, { maxDeletePercent: 10 })).toMatchObject({ id: preview.id, status: 'held' })
  })
})

describe('an import that changes only what no document shows', () => {
  test('is published, so that a delta has it', async () => {
    await ran(database, whole)
    const roles = lines(
      'sourcedId,userSourcedId,roleType,role,orgSourcedId,metadata.badge',
      'r1,u1,primary,student,s1,blue',
      'r2,u2,primary,teacher,s1,',
    )
    const changed = await ran(database, packageOf('bulk', { ...school, roles }))
    expect(changed.publishedAt).toBeString()
    const [row] = await database.owner.sql<{ count: number }[]>`
      select count(*)::int as count from store.roles join store.publications using (revision)
      where sourced_id = 'r1' and metadata ->> 'badge' = 'blue' and published_at = ${String(changed.publishedAt)}::text::timestamptz`
    expect(row?.count).toBe(1)
  })
})

describe('a revert', () => {
  test('of an import that changed nothing is refused at once', async () => {
    await ran(database, whole)
    const { id } = await ran(database, whole)
    expect(await refusalOf(jobs.revert('someone', id))).toBe(`import ${id} changed nothing that could be reverted`)
  })
})
