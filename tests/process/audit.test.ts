// The audit of real processes: nothing is lost when a server ends as it is asked to, under load; at most one batch when it
// is killed, and then the gap shows.

import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type AuditEntry, type AuditProof, verifyAudit } from '../../src/audit_log.ts'
import { connectPostgres } from '../../src/database.ts'
import { type Ended, main, openPlace, type Place } from '../support/command.ts'
import { zipOf } from '../support/packages.ts'
import { packageOf, school } from '../support/rows.ts'
import { type Server, startServer } from '../support/runtimes.ts'

setDefaultTimeout(180_000)

const batchRows = 500
const connections = 8
const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T

interface Room {
  readonly place: Place
  readonly server: Server
  readonly token: string
}

async function openRoom(): Promise<Room> {
  const place = await openPlace()
  expect((await place.run(['migrate'])).code).toBe(0)
  await Bun.write(`${place.directory}/school.zip`, await zipOf(packageOf('bulk', school)))
  expect((await place.run(['import', 'school.zip'])).code).toBe(0)
  const made = await place.run(['clients', 'create', '--name', 'n', '--scope', 'roster.readonly', '--json'])
  const { clientId, clientSecret } = json<{ clientId: string; clientSecret: string }>(made)
  const command = [process.execPath, main, 'serve', '--port', '0']
  const server = await startServer(command, place.directory, { ...place.settings, LOG_LEVEL: 'error' })
  const answer = await fetch(`${server.origin}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
  })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return { place, server, token }
}

/** Asks without a pause over several connections until the server is gone; the ids that were answered, in that order. */
function load({ server, token }: Room): { readonly answered: string[]; readonly done: Promise<unknown> } {
  const answered: string[] = []
  const ask = async (number: number): Promise<void> => {
    for (let count = 0; ; count += 1) {
      const id = `load-${number}-${count}`
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': id }
      // granted, refused and not there, in turns
      const path = ['users/u1', 'users?limit=2', 'demographics', 'users/nobody'][count % 4]
      const isAnswered = await fetch(`${server.origin}/ims/oneroster/rostering/v1p2/${path}`, { headers })
        .then((response) => response.arrayBuffer())
        .then(
          () => true,
          () => false,
        )
      if (!isAnswered) return
      answered.push(id)
    }
  }
  return { answered, done: Promise.all(Array.from({ length: connections }, (_, number) => ask(number))) }
}

/** Settles when so many have been answered. */
async function untilAnswered(answered: readonly string[], count: number): Promise<void> {
  while (answered.length < count) await Bun.sleep(5)
}

/** Every request id in the audit. */
async function audited(place: Place): Promise<Set<string>> {
  const ids = new Set<string>()
  for (let before: number | undefined; ; ) {
    const more = before === undefined ? [] : ['--before', String(before)]
    const page = json<AuditEntry[]>(await place.run(['audit', 'list', '--json', '--limit', '1000', ...more]))
    for (const { requestId } of page) ids.add(requestId)
    before = page.at(-1)?.id
    if (before === undefined) return ids
  }
}

/** As `audit verify` proves it, with processes counted as gone that are silent now. */
async function proof(place: Place): Promise<AuditProof> {
  const url = place.settings['DATABASE_URL']
  if (url === undefined) return json<AuditProof>(await place.run(['audit', 'verify', '--json']))
  const database = connectPostgres(url, { poolSize: 1 })
  try {
    return await verifyAudit(database, undefined, 0)
  } finally {
    await database.close()
  }
}

describe('a server under load', () => {
  test('that is asked to end has every request that it answered in the audit, and says that it ended', async () => {
    const room = await openRoom()
    const { answered, done } = load(room)
    await untilAnswered(answered, 600)
    expect(await room.server.stop()).toBe(0)
    await done
    const ids = await audited(room.place)
    console.log(`answered ${answered.length}, lost ${answered.filter((id) => !ids.has(id)).length}`)
    expect(answered.length).toBeGreaterThanOrEqual(600)
    expect(answered.filter((id) => !ids.has(id))).toEqual([])
    const { faults, gaps } = await proof(room.place)
    expect([faults, gaps]).toEqual([[], []])
  })

  test('that is killed has lost one batch at most, the last, and the gap shows', async () => {
    const room = await openRoom()
    const { answered, done } = load(room)
    await untilAnswered(answered, 600)
    await room.server.kill()
    await done
    const ids = await audited(room.place)
    const lost = answered.flatMap((id, place) => (ids.has(id) ? [] : [place]))
    console.log(`answered ${answered.length}, lost ${lost.length}`)
    expect(lost.length).toBeLessThanOrEqual(batchRows)
    // all of them at the end, but for how answers and rows of several connections come to stand in order
    expect(answered.length - Number(lost[0] ?? answered.length)).toBeLessThanOrEqual(lost.length + 2 * connections)
    const { faults, gaps } = await proof(room.place)
    expect(faults).toEqual([])
    expect(gaps.map(({ code }) => code)).toEqual(['not_ended'])
    expect(gaps[0]?.message).toMatch(/did not end: what it had answered after its batch \d+/)
    const told = await room.place.run(['audit', 'verify'])
    expect([told.code, told.stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^intact: \d+ rows/)])
  })
})

test('audit and erase say what they want, and what became of it', async () => {
  const place = await openPlace()
  expect((await place.run(['migrate'])).code).toBe(0)
  await Bun.write(`${place.directory}/school.zip`, await zipOf(packageOf('bulk', school)))
  expect((await place.run(['import', 'school.zip'])).code).toBe(0)
  const said = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await place.run(args)
    return `${code} ${stdout}${stderr}`
  }
  expect(await said('audit')).toStartWith('1 audit verify')
  expect(await said('audit', 'verify', '--head', 'x')).toStartWith('1 --head must be')
  expect(await said('audit', 'verify')).toMatch(/^0 intact: 0 rows in 0 batches\nhead 0:[0-9a-f]{64}\n$/)
  expect(await said('audit', 'list', '--from', 'yesterday')).toStartWith('1 --from: "yesterday"')
  expect(await said('audit', 'list')).toBe('0 nothing\n')
  expect(await said('audit', 'person', 'u1')).toStartWith('0 u1; requests are on record since now\n')
  expect(await said('erase')).toStartWith('1 erase SOURCEDID')
  expect(await said('erase', 'u1')).toStartWith('1 nothing was erased; say so with --yes')
  const erased = await said('erase', 'u1', '--yes')
  expect(erased).toMatch(/^0 u1 is erased, as of .*\nrows removed:\n/)
  expect(erased).toContain('\n  users  1\n')
  expect(erased).toContain('What this cannot reach: backups')
  expect(await said('erase', 'u1', '--yes')).toStartWith('1 nothing is known of "u1"')
  expect(await said('audit', 'verify')).toStartWith('0 intact: 0 rows in 1 batches\n')
})
