// Two processes over one PostgreSQL, as far as the database can tell: two apps with connections of their own. What one
// writes the other reads, and of writes to one record at the same time none is torn or lost.

import { beforeAll, describe, expect, test } from 'bun:test'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { appRole, connectPostgres, type Database } from '../../src/database.ts'
import { sqlHashes } from '../../src/migrate.ts'
import { type Classroom, client, least, openClassroom, ref } from '../support/classroom.ts'
import { atEnd } from '../support/cleanup.ts'
import { backend } from '../support/database.ts'
import { bulk, lines, pausedImport, stored } from '../support/rows.ts'

const needs = '[needs two sessions: PostgreSQL]'
const onPglite = backend === 'pglite'

type Client = ReturnType<typeof client>
let room: Classroom
let one: Client
let two: Client
beforeAll(async () => {
  if (onPglite) return
  room = await openClassroom()
  const token = await room.token()
  one = client(room, token)
  const sql = another({ role: appRole, poolSize: 2 }).sql
  const config = readConfig({})
  two = client(createApp({ sql, config, observe: () => {}, sqlHashes: sqlHashes(), version: 'test' }), token)
}, 60_000)

function another(options: { role?: string; poolSize: number } = { poolSize: 1 }): Database {
  const database = connectPostgres(room.url as string, options)
  atEnd(() => database.close())
  return database
}

const categories = (...rows: string[]) => ({ categories: lines('sourcedId,title,weight', ...rows) })
const numbers = Array.from({ length: 20 }, (_, index) => index)
const either = (index: number): Client => (index % 2 === 0 ? one : two)

describe('writes to one record at the same time', () => {
  test.skipIf(onPglite)(`of twenty with the same If-Match one happens, the others are 412 ${needs}`, async () => {
    await one.put('/categories/raced', 'category', { title: 'start' })
    for (const round of [1, 2, 3]) {
      const { etag } = await two.read('/categories/raced')
      const answers = await Promise.all(
        numbers.map(async (index) => {
          const record = { title: `round ${round}`, weight: index }
          return (await either(index).put('/categories/raced', 'category', record, { 'if-match': etag })).status
        }),
      )
      expect([...answers].sort()).toEqual([200, ...Array.from({ length: 19 }, () => 412)])
      const { record } = await one.read('/categories/raced')
      expect(record).toMatchObject({ title: `round ${round}`, weight: answers.indexOf(200) })
    }
  })

  test.skipIf(onPglite)(`without If-Match all happen, and what is read is one of them, whole ${needs}`, async () => {
    const answers = await Promise.all(
      numbers.map(async (index) => {
        const record = { title: `t${index}`, weight: index, metadata: { index } }
        return (await either(index).put('/categories/torn', 'category', record)).status
      }),
    )
    expect([...answers].sort()).toEqual([...Array.from({ length: 19 }, () => 200), 201])
    const { record } = await one.read('/categories/torn')
    const index = record['weight'] as number
    expect(record).toMatchObject({ title: `t${index}`, metadata: { index } })
    const row = await stored(room.owner, 'categories', 'torn')
    expect(row).toMatchObject({ title: `t${index}`, weight: index, metadata: { index } })
  })

  test.skipIf(onPglite)(`of all that bring the same new record one is told that it created it ${needs}`, async () => {
    for (const index of numbers) {
      const put = (by: Client) => by.put(`/categories/born${index}`, 'category', { title: `by ${by === one}` })
      const answers = await Promise.all([put(one), put(two), put(one), put(two)])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201])
    }
  })

  test.skipIf(onPglite)(`one DELETE and one PUT leave it deleted or active, never both ${needs}`, async () => {
    for (const index of numbers.slice(0, 10)) {
      await one.put('/categories/both', 'category', { title: 'x' })
      const [put, removed] = await Promise.all([
        either(index).put('/categories/both', 'category', { title: `y${index}` }),
        either(index + 1).send('DELETE', '/categories/both'),
      ])
      expect([put.status, removed.status]).toEqual([200, 204])
      const status = (await one.read('/categories/both')).record['status']
      expect((await two.list('/categories?limit=1000')).ids.includes('both')).toBe(status === 'active')
    }
  })

  test.skipIf(onPglite)(`sets of the same new records, in any order, all go in ${needs}`, async () => {
    const ids = numbers.map((index) => `opposite${index}`)
    const put = (by: Client, id: string) => by.put(`/categories/${id}`, 'category', { title: id })
    const answers = await Promise.all([...ids.map((id) => put(one, id)), ...ids.toReversed().map((id) => put(two, id))])
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
  })
})

describe('what one process writes', () => {
  test.skipIf(onPglite)(`the other counts and lists at once ${needs}`, async () => {
    const path = `/categories?limit=2&filter=${encodeURIComponent("title='counted'")}`
    for (const index of [0, 1, 2, 3]) {
      expect([(await one.list(path)).total, (await two.list(path)).total]).toEqual([index, index])
      expect((await either(index).put(`/categories/counted${index}`, 'category', { title: 'counted' })).status).toBe(
        201,
      )
    }
    expect((await one.list(path)).total).toBe(4)
    expect((await two.send('DELETE', '/categories/counted1')).status).toBe(204)
    expect(await one.list(path)).toEqual({ ids: ['counted0', 'counted2'], total: 3 })
  })

  test.skipIf(onPglite)(`the other does not call unchanged ${needs}`, async () => {
    const list = await two.send('GET', '/categories')
    const known = { 'if-none-match': list.headers.get('etag') ?? '' }
    expect((await two.send('GET', '/categories', undefined, known)).status).toBe(304)
    await one.put('/categories/newest', 'category', { title: 'x' })
    expect((await two.send('GET', '/categories', undefined, known)).status).toBe(200)
  })

  test.skipIf(onPglite)(`a client that polls for changes misses nothing of, and dates rise ${needs}`, async () => {
    const written = new Map<string, string>()
    let isRunning = true
    const writing = Promise.all(
      [one, two].flatMap((by, process) =>
        [0, 1, 2].map(async (writer) => {
          for (const round of numbers.slice(0, 12)) {
            const id = `poll-${process}-${writer}-${round % 4}`
            await by.put(`/categories/${id}`, 'category', { title: `round ${round}` })
            written.set(id, `round ${round}`)
          }
        }),
      ),
    ).finally(() => {
      isRunning = false
    })
    const seen = new Map<string, string>()
    let latest = '2000-01-01T00:00:00.000Z'
    for (let isLast = false; !isLast; ) {
      isLast = !isRunning
      const filter = encodeURIComponent(`dateLastModified>'${latest}'`)
      const response = await two.send('GET', `/categories?limit=1000&filter=${filter}`)
      const { categories: found } = (await response.json()) as { categories: Record<string, string>[] }
      for (const { sourcedId = '', title = '', dateLastModified = '' } of found) {
        seen.set(sourcedId, title)
        if (dateLastModified > latest) latest = dateLastModified
      }
    }
    await writing
    expect(written.size).toBe(24)
    for (const [id, title] of written) expect([id, seen.get(id)]).toEqual([id, title])
    const dates = await room.owner.sql<{ revision: string; rises: boolean }[]>`
      select count(*) = count(distinct published_at) as rises from store.publications`
    expect(dates[0]?.rises).toBe(true)
  })
})

describe('an import and a PUT of one row at the same time', () => {
  test.skipIf(onPglite)(
    `are one after the other: the PUT waits, and its record is the last word ${needs}`,
    async () => {
      await bulk(room.owner, categories('imported,One,1'), { source: 'waiting' })
      const running = await pausedImport(another(), categories('imported,Two,2'), 'waiting')
      const put = one.put('/categories/imported', 'category', { title: 'Three' })
      // once this one is through, that one was tried
      await one.put('/categories/behind', 'category', { title: 'Behind' })
      expect((await two.read('/categories/imported')).record['title']).toBe('One')
      running.goOn()
      await running.done
      expect((await put).status).toBe(200)
      expect((await two.read('/categories/imported')).record).toMatchObject({ title: 'Three' })
      expect((await stored(room.owner, 'categories', 'imported'))?.['source_system']).toBe('waiting')
    },
  )

  test.skipIf(onPglite)(
    `do not end in a deadlock: no PUT holds a row while it waits for another's ${needs}`,
    async () => {
      await bulk(room.owner, categories('a,One,1', 'z,One,1'), { source: 'ordered' })
      const holder = another()
      const answers = await holder.sql.begin(async (sql) => {
        await sql`update store.categories set weight = 2 where sourced_id = 'z'`
        // the first is a batch of its own, behind which the others are one
        const puts = ['first', 'a', 'z'].map((id) => one.put(`/categories/${id}`, 'category', { title: 'Three' }))
        await Promise.all(puts.slice(0, 2))
        // an import takes its rows in an order of its own
        await sql`select from store.categories where sourced_id = 'a' for update nowait`
        return puts
      })
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 200, 200])
      expect((await one.read('/categories/z')).record).toMatchObject({ title: 'Three' })
    },
  )

  test.skipIf(onPglite)(`hold up no read, and no write of another kind ${needs}`, async () => {
    await bulk(room.owner, categories('slow,One,1'), { source: 'slow' })
    const running = await pausedImport(another(), categories('slow,Two,2'), 'slow')
    const put = one.put('/categories/slow', 'category', { title: 'Three' })
    expect((await one.put('/categories/quick', 'category', { title: 'Quick' })).status).toBe(201)
    expect((await one.list('/categories')).ids.length).toBeGreaterThan(0)
    const record = { ...least.lineItem, category: ref('slow') }
    expect((await one.put('/lineItems/beside', 'lineItem', record)).status).toBe(201)
    running.goOn()
    await running.done
    expect((await put).status).toBe(200)
  })

  test.skipIf(onPglite)(
    `never is the import the one to give way: a new id that both bring is put again ${needs}`,
    async () => {
      await bulk(room.owner, categories('old,One,1'), { source: 'joint' })
      const answers = await another().sql.begin(async (sql) => {
        await sql`insert into store.categories (sourced_id, status, revision, source_system, title, document)
        select 'joint', status, revision, source_system, title, document from store.categories where sourced_id = 'old'`
        // the first is a batch of its own, behind which the others are one
        const puts = ['alone', 'old', 'joint'].map((id) => one.put(`/categories/${id}`, 'category', { title: 'Three' }))
        await puts[1]
        await sql`update store.categories set weight = 2 where sourced_id = 'old'`
        return puts
      })
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([201, 200, 200])
      expect((await one.read('/categories/joint')).record).toMatchObject({ title: 'Three' })
    },
  )

  test.skipIf(onPglite)(
    `cost no reader anything: however many wait, none of them holds a connection ${needs}`,
    async () => {
      const ids = numbers.map((number) => `crowd${number}`)
      await bulk(room.owner, categories(...ids.map((id) => `${id},One,1`)), { source: 'crowd' })
      const running = await pausedImport(another(), categories(...ids.map((id) => `${id},Two,2`)), 'crowd')
      const puts = ids.map((id) => one.put(`/categories/${id}`, 'category', { title: 'Three' }))
      const removed = one.send('DELETE', '/categories/crowd0')
      for (const _ of numbers) expect((await one.list('/categories')).ids.length).toBeGreaterThan(0)
      expect(await Promise.race([...puts, removed, Promise.resolve('waiting')])).toBe('waiting')
      running.goOn()
      await running.done
      expect(new Set((await Promise.all(puts)).map(({ status }) => status))).toEqual(new Set([200]))
      expect((await removed).status).toBe(204)
    },
  )

  test.skipIf(onPglite)(`keep what only one binding knows, when both put a new id at once ${needs}`, async () => {
    const ids = numbers.map((number) => `twice${number}`)
    const whole = { ...least.result, textScore: 'A', late: 'true' }
    await Promise.all(
      ids.flatMap((id) => [
        one.put(`/results/${id}`, 'result', whole),
        two.put(`/ims/oneroster/v1p1/results/${id}`, 'result', least.result),
      ]),
    )
    for (const id of ids)
      expect((await one.read(`/results/${id}`)).record).toMatchObject({ textScore: 'A', late: 'true' })
  })
})
