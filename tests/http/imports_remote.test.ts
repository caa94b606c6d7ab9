// The command line's own client of a hub: what it does when events break off, when the hub is away for a moment, and when
// its token is no longer taken.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { remoteImports } from '../../src/cli/remote.ts'
import type { Imports } from '../../src/cli/transport.ts'
import { createClient } from '../../src/clients.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { orgsCsv, packageOf, runScope } from '../support/imports.ts'
import { claimNext, runAll } from '../support/jobs.ts'

let hub: Hub
let server: ReturnType<typeof Bun.serve>
let imports: Imports
/** What stands between the client and the hub: answers instead of it, or not at all. */
let between: (request: Request) => Promise<Response | undefined> = async () => undefined
const seen: string[] = []
beforeAll(async () => {
  hub = await openHub({ tokenRecheckMs: 0 })
  server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname}`)
      return (await between(request)) ?? hub.fetch(request)
    },
  })
  const { clientId, clientSecret } = await createClient(hub.owner.sql, 'nightly', [runScope])
  imports = remoteImports({ url: `http://127.0.0.1:${server.port}`, clientId, clientSecret, everyMs: 10 })
}, 180_000)
afterAll(() => void server.stop(true))

const options = { mode: 'apply', onFault: 'skip', takeOver: false, keepDangling: false, force: true } as const
const send = async () => imports.send(await packageOf(orgsCsv(['Remote'])), options, () => {})
const instead = (path: string, answer: () => Response | Promise<Response>): void => {
  between = async (request) => (new URL(request.url).pathname.endsWith(path) ? answer() : undefined)
}

test('an import whose events break off is asked after until it has ended, whatever the hub says for a moment', async () => {
  const { id } = await send()
  const { worker } = await claimNext(hub)
  instead('/events', () => {
    const text = `id: 1\nevent: status\ndata: ${JSON.stringify({ id, status: 'staging' })}\n\nid: 2\nevent: pro`
    return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  })
  const told: string[] = []
  for await (const { status } of imports.follow(id)) {
    told.push(status)
    if (told.length === 2) {
      let refusals = 3
      between = async () => {
        refusals -= 1
        return refusals < 0 ? undefined : Response.json({ imsx_description: 'try again' }, { status: 503 })
      }
      await worker.end(id, { status: 'failed', reason: 'a test' })
    }
  }
  between = async () => undefined
  expect([told[0], told[1], told.at(-1)]).toEqual(['staging', 'staging', 'failed'])
}, 20_000)

test('an import is followed by events alone where they do not break off', async () => {
  const { id } = await send()
  const begun = seen.length
  const told: string[] = []
  for await (const { status } of imports.follow(id)) {
    told.push(status)
    if (told.length === 1) await runAll(hub)
  }
  expect([told[0], told.at(-1)]).toEqual(['received', 'completed'])
  expect(seen.slice(begun)).toEqual([`GET /imports/${id}/events`])
}, 20_000)

test('what the hub refuses for good ends the following with its words', async () => {
  const follow = async (): Promise<void> => {
    for await (const job of imports.follow('999999')) throw new Error(`told of ${job.id}`)
  }
  await expect(follow()).rejects.toThrow('the hub refuses with 404: Unknown Object: no import 999999')
})

test('a token that is no longer taken is renewed once, and the request sent again', async () => {
  await imports.list({})
  await hub.owner.sql`delete from store.tokens`
  const begun = seen.length
  expect(Array.isArray(await imports.list({}))).toBe(true)
  expect(seen.slice(begun)).toEqual(['GET /imports', 'POST /oauth2/token', 'GET /imports'])
})

test('a package is counted as it is sent, to its last byte', async () => {
  const archive = await packageOf(orgsCsv(Array.from({ length: 5000 }, (_, index) => `School ${index}`)))
  const counted: (readonly [number, number])[] = []
  await imports.send(archive, { ...options, mode: 'preview' }, (done, total) => void counted.push([done, total]))
  expect(counted.at(-1)).toEqual([archive.size, archive.size])
})
