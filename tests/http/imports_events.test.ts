// Imports followed: what the events say, how often the database is asked, and that nobody is asked for who has gone. Forms
// and large bodies over a real socket.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Following } from '../../src/following.ts'
import { isEnded, type Job, Jobs } from '../../src/jobs.ts'
import { type Hub, openHub } from '../support/hub.ts'
import {
  type Client,
  clientOf,
  inPieces,
  jobIn,
  orgsCsv,
  packageFiles,
  packageOf,
  refusal,
  zipType,
} from '../support/imports.ts'
import { claimNext, runAll } from '../support/jobs.ts'
import { zipOf } from '../support/packages.ts'

const importMaxBytes = 400_000

let hub: Hub
let client: Client
let server: ReturnType<typeof Bun.serve>
let authorization: string
let statements = 0
beforeAll(async () => {
  hub = await openHub({ importMaxBytes }, { onStatement: () => (statements += 1) })
  client = await clientOf(hub)
  server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request) => hub.fetch(request), idleTimeout: 60 })
  authorization = `Bearer ${await hub.token(['urn:rosterhub:scope/import'])}`
}, 180_000)
afterAll(() => void server.stop(true))

interface Event {
  readonly id: number
  readonly event: string
  readonly data: Job
}

/** Events one by one; undefined at the end. */
function eventsOf(body: ReadableStream<Uint8Array> | null) {
  const reader = (body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const next = async (): Promise<Event | undefined> => {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end !== -1) {
        const lines = text.slice(0, end).split('\n')
        text = text.slice(end + 2)
        const field = (name: string) =>
          String(lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2))
        if (lines.some((line) => line.startsWith('data: ')))
          return { id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) }
      } else {
        const { done, value } = await reader.read()
        if (done) return undefined
        text += decoder.decode(value, { stream: true })
      }
    }
  }
  return { next, cancel: () => reader.cancel() }
}

const waiting = async (): Promise<string> =>
  (await client.send(await packageOf(orgsCsv(['Events']), { 'source.systemCode': crypto.randomUUID() }))).job.id

const ways = [
  ['through app.fetch', (path: string, init: RequestInit) => hub.fetch(new Request(`http://localhost${path}`, init))],
  ['over a socket', (path: string, init: RequestInit) => fetch(new URL(path, server.url), init)],
] as const

describe.each(ways)('events %s', (_, ask) => {
  const follow = async (id: string, init: RequestInit = {}, more: Record<string, string> = {}) => {
    const response = await ask(`/imports/${id}/events`, { ...init, headers: { authorization, ...more } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    return eventsOf(response.body)
  }

  test('tell how the import stands, each change, and how it ended; then the stream ends', async () => {
    const id = await waiting()
    const events = await follow(id)
    const told: (Event | undefined)[] = [await events.next()]
    const { worker } = await claimNext(hub)
    told.push(await events.next())
    await worker.beat(id, { status: 'staging', progress: { file: 'orgs.csv', doneBytes: 5, totalBytes: 10 } })
    told.push(await events.next())
    await worker.beat(id, { status: 'checking' })
    told.push(await events.next())
    await worker.end(id, { status: 'held', reason: 'too much' })
    told.push(await events.next(), await events.next())
    expect(told.map((one) => one && [one.id, one.event, one.data.status])).toEqual([
      [1, 'status', 'received'],
      [2, 'status', 'staging'],
      [3, 'progress', 'staging'],
      [4, 'status', 'checking'],
      [5, 'status', 'held'],
      undefined,
    ])
    expect(told[2]?.data.progress).toEqual({ file: 'orgs.csv', doneBytes: 5, totalBytes: 10 })
    expect(told[4]?.data).toEqual((await client.job(id)) as unknown as Job)
  }, 20_000)

  test('of one that has ended are one, and ids count on from the last that was seen', async () => {
    const id = await waiting()
    await client.ask(`/imports/${id}/cancel`, { method: 'POST' })
    const events = await follow(id, {}, { 'last-event-id': '41' })
    const first = await events.next()
    expect([first?.id, first?.data.status, await events.next()]).toEqual([42, 'cancelled', undefined])
  })

  test('ask the database no more once their reader has gone', async () => {
    const id = await waiting()
    const leaving = new AbortController()
    const events = await follow(id, { signal: leaving.signal })
    await events.next()
    await asked(2)
    const gone = events.cancel().catch(() => {})
    leaving.abort()
    await gone
    // the hub learns of it in a turn of its loop, and would ask twice in the time that is waited
    await Bun.sleep(100)
    const before = statements
    await Bun.sleep(1100)
    expect(statements).toBe(before)
    await client.ask(`/imports/${id}/cancel`, { method: 'POST' })
  }, 20_000)
})

/** Settles once the app has sent so many statements more. */
async function asked(count: number): Promise<void> {
  const until = statements + count
  while (statements < until) await Bun.sleep(20)
}

test('many who follow one import cost as many statements as one', async () => {
  const id = await waiting()
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => client.ask(`/imports/${id}/events`).then(({ body }) => eventsOf(body))),
  )
  for (const stream of streams) expect((await stream.next())?.data.status).toBe('received')
  const before = statements
  const begun = performance.now()
  await asked(2)
  const seconds = (performance.now() - begun) / 1000
  expect([statements - before, seconds >= 0.45]).toEqual([2, true])
  await client.ask(`/imports/${id}/cancel`, { method: 'POST' })
  for (const stream of streams) {
    expect((await stream.next())?.data.status).toBe('cancelled')
    expect(await stream.next()).toBeUndefined()
  }
}, 20_000)

describe('who follows', () => {
  const job = (status: Job['status'], attempts = 0) => ({ id: '7', status, attempts }) as Job

  test('is kept company by comments while nothing happens', async () => {
    const following = new Following({ get: async () => job('received') }, { everyMs: 5, heartbeatMs: 5 })
    const reader = following.events(job('received'), 0, (told) => told).getReader()
    const read = async () => new TextDecoder().decode((await reader.read()).value)
    expect(await read()).toStartWith('id: 1\nevent: status\n')
    expect([await read(), await read()]).toEqual([': still here\n\n', ': still here\n\n'])
    await reader.cancel()
  })

  test('misses progress where it reads too slowly, and no status', async () => {
    let looks = 0
    const done = Promise.withResolvers<void>()
    const get = async (): Promise<Job> => {
      looks += 1
      if (looks === 30) done.resolve()
      return looks < 30 ? job('staging', looks) : job('completed')
    }
    const stream = new Following({ get }, { everyMs: 1 }).events(job('received'), 0, (told) => told)
    await done.promise
    const text = await new Response(stream).text()
    const events = [...text.matchAll(/event: (\w+)\ndata: (.*)/g)].map(
      ([, event, data]) => `${event} ${JSON.parse(String(data)).status}`,
    )
    expect(events.filter((event) => event.startsWith('status'))).toEqual([
      'status received',
      'status staging',
      'status completed',
    ])
    expect(events.length).toBeLessThan(10)
  })

  test('stays where the database is away for a while', async () => {
    let looks = 0
    const get = async (): Promise<Job> => {
      looks += 1
      if (looks < 3) throw new Error('no connection')
      return job('completed')
    }
    const stream = new Following({ get }, { everyMs: 1 }).events(job('received'), 0, (told) => told)
    expect(await new Response(stream).text()).toEndWith(
      `id: 2\nevent: status\ndata: ${JSON.stringify(job('completed'))}\n\n`,
    )
    expect(isEnded(job('completed'))).toBe(true)
  })
})

describe('a package over a socket', () => {
  const send = (body: BodyInit, headers: Record<string, string> = zipType): Promise<Response> =>
    fetch(new URL('/imports', server.url), { method: 'POST', headers: { authorization, ...headers }, body })
  const large = async () =>
    zipOf({ ...packageFiles(orgsCsv(['Large'])), 'noise.bin': crypto.getRandomValues(new Uint8Array(350_000)) })

  test('is stored byte for byte, in one piece, in chunks and out of a form', async () => {
    const archive = await large()
    const bytes = await archive.bytes()
    const form = new FormData()
    form.set('comment', 'a field that is passed over')
    form.set('package', new File([archive], 'nightly.zip', { type: 'application/zip' }))
    for (const answer of [await send(archive), await send(inPieces(bytes, [997, 65_537])), await send(form, {})]) {
      const { id } = await jobIn(answer)
      expect(await new Jobs(hub.owner.sql).archive(id, bytes.length).read(0, bytes.length)).toEqual(bytes)
    }
    const ran = await runAll(hub)
    expect(ran.length).toBeGreaterThan(0)
  }, 60_000)

  test('of too many bytes is a 413 in words, by its length at once and else by counting', async () => {
    const words = `413 invaliddata: the package has more than ${importMaxBytes} bytes (IMPORT_MAX_BYTES)`
    const bytes = new Uint8Array(importMaxBytes * 3)
    const form = new FormData()
    form.set('package', new File([bytes], 'large.zip'))
    expect(await refusal(await send(bytes))).toBe(words)
    expect(await refusal(await send(inPieces(bytes, [50_000])))).toBe(words)
    expect(await refusal(await send(form, {}))).toBe(words)
    const [row] = await hub.owner.sql<{ count: number }[]>`
      select count(*)::integer as count from store.imports where status = 'receiving'`
    expect(row?.count).toBe(0)
  })

  test('that breaks off leaves nothing, and is no failure of the hub', async () => {
    const seen = hub.observations.length
    const head = `POST /imports HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/zip\r\n`
    const socket = await Bun.connect({ hostname: '127.0.0.1', port: Number(server.port), socket: { data: () => {} } })
    socket.write(`${head}Content-Length: 300000\r\n\r\n${'x'.repeat(1000)}`)
    socket.flush()
    socket.end()
    const told = () => hub.observations.slice(seen).find(({ operation }) => operation === 'createImport')
    while (told() === undefined) await fetch(new URL('/health/live', server.url))
    expect(told()?.status).toBe(400)
    const left = await hub.owner.sql`select from store.imports where status = 'receiving'`
    expect(left.length).toBe(0)
  })

  test.each([
    ['no file', [], '400 invaliddata: the form has no file'],
    ['an empty file', [''], '400 invaliddata: the body is empty: a package is wanted'],
    ['two files', ['a', 'b'], '400 invaliddata: the form has several files; one package is wanted'],
  ])('in a form with %s is a 400', async (_, files, expected) => {
    const form = new FormData()
    form.set('field', 'value')
    for (const text of files) form.append('package', new File([text], 'p.zip'))
    expect(await refusal(await send(form, {}))).toBe(expected)
  })
})
