// A transaction whose connection is lost: it rejects, nothing more of it is carried out, and the process goes on.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { Transaction } from '../../src/database.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'

setDefaultTimeout(60_000)

const onPglite = backend === 'pglite'
const needs = '[needs several sessions: PostgreSQL]'

let room: TestDatabase
beforeAll(async () => {
  room = await openTestDatabase()
})

const endBackend = async (pid: number): Promise<void> => {
  await room.app.sql.begin(async (sql) => {
    await sql`set local role none`
    await sql`select pg_terminate_backend(${pid}, 5000)`
  })
}

const pidOf = async (sql: Transaction): Promise<number> => {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  return Number(row?.pid)
}

describe('a transaction', () => {
  test.skipIf(onPglite)(
    `whose connection is lost between two statements carries out none of those after it ${needs}`,
    async () => {
      await room.owner.sql`create table store.lost (number integer)`
      const refused = Promise.withResolvers<unknown>()
      const lost = room.owner.begin(async (sql) => {
        await sql`insert into store.lost values (1)`
        await endBackend(await pidOf(sql))
        // others make the connection anew meanwhile
        await lost.catch(() => {})
        for (let query = 0; query < 4; query += 1) await room.owner.sql`select 1`
        await Promise.resolve()
          .then(() => sql`insert into store.lost values (2)`)
          .catch(refused.resolve)
      })
      await expect(lost).rejects.toThrow('CONNECTION_CLOSED')
      expect(String(await refused.promise)).toContain('the connection of this transaction was lost')
      expect([...(await room.owner.sql`select number from store.lost`)]).toEqual([])
      await room.owner.sql`drop table store.lost`
    },
  )

  test('that fails by an error of the one who runs it rejects with that', async () => {
    const failing = room.owner.begin(async (sql) => {
      await sql`select 1`
      throw new Error('of the test')
    })
    await expect(failing).rejects.toThrow('of the test')
    expect(await room.owner.begin((sql) => sql`select 1 as one`)).toMatchObject([{ one: 1 }])
  })

  test.skipIf(onPglite)(
    `whose connection is lost in a statement rejects, and the next one works ${needs}`,
    async () => {
      const lost = room.owner.begin(async (sql) => {
        const pid = await pidOf(sql)
        const sleeping = sql`select pg_sleep(60)`.execute()
        await Promise.all([sleeping, endBackend(pid)])
      })
      await expect(lost).rejects.toThrow()
      expect(await room.owner.begin((sql) => sql`select 1 as one`)).toMatchObject([{ one: 1 }])
    },
  )
})
