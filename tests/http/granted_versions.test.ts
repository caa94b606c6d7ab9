// Entity tags and totals of clients with grants: whatever makes an answer another one, be it the grant or a record that
// decides what it shows, makes its tag another one; and nobody is told a total that is somebody else's.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { erasePerson } from '../../src/audit_log.ts'
import { address, collections, findIds, idOf, linksOf, pathOf, readPage, singles } from '../support/collections.ts'
import { type Grant, type GrantedClient, grantedOf, openClient, readWorld } from '../support/granted.ts'
import { openWorld, worldRows } from '../support/granted_world.ts'
import type { Hub } from '../support/hub.ts'
import { type Csv, delta } from '../support/rows.ts'

setDefaultTimeout(60_000)

let hub: Hub
let paths: readonly string[]
async function openAnew(): Promise<void> {
  hub = await openWorld()
  const ids = await findIds(hub)
  const world = await readWorld(hub)
  const lists = collections.filter(({ service }) => service !== 'v1p1').map((operation) => pathOf(operation, ids))
  const records = singles
    .filter(({ path }) => /v1p2\/(orgs|users|courses|results)\//.test(path))
    .flatMap(({ path }) =>
      (world.documents.get(path.split('/').at(-2) ?? '') ?? []).map((each) => path.replace(/\{\w+\}/, idOf(each))),
    )
  const others = [
    'v1p1/users',
    'v1p1/users/u1',
    'v1p1/orgs/d1',
    'gradebook/v1p2/lineItems/l2',
    'gradebook/v1p2/scoreScales/z2',
  ]
  paths = [...lists, ...records, ...others.map((path) => `/ims/oneroster/${path}`)].map((path) => address(path))
}
beforeAll(openAnew, 60_000)

interface Answer {
  readonly status: number
  readonly tag: string
  readonly total: string | null
  readonly last: string | undefined
  readonly text: string
}

async function answerOf(client: GrantedClient, url: string, known?: string): Promise<Answer> {
  const response = await client.get(url, known === undefined ? {} : { 'if-none-match': known })
  const { status, headers } = response
  const total = headers.get('x-total-count')
  return { status, tag: headers.get('etag') ?? '', total, last: linksOf(response)['last'], text: await response.text() }
}

const answersOf = async (client: GrantedClient): Promise<readonly Answer[]> => {
  const found: Answer[] = []
  for (const url of paths) found.push(await answerOf(client, url))
  return found
}

/** That a client that kept these answers is told of every one that is another one now; how many are. */
async function expectTold(client: GrantedClient, kept: readonly Answer[]): Promise<number> {
  let count = 0
  for (const [i, url] of paths.entries()) {
    const before = kept[i] as Answer
    const now = await answerOf(client, url)
    const { tag: _, ...shown } = now
    const { tag: __, ...had } = before
    if (before.status !== 200) continue
    const asked = await answerOf(client, url, before.tag)
    if (JSON.stringify(shown) === JSON.stringify(had)) {
      expect([url, [200, 304]]).toEqual([url, expect.arrayContaining([asked.status])])
      continue
    }
    count += 1
    expect([url, asked]).toEqual([url, now])
    if (now.status === 200) expect([url, now.tag]).not.toEqual([url, before.tag])
  }
  return count
}

describe('a client that kept answers is told of those that are other ones', () => {
  test.each<[string, Grant, Grant]>([
    ['other orgs', { orgs: ['s1'] }, { orgs: ['s2'] }],
    ['other roles', { orgs: ['s1'] }, { orgs: ['s1'], roles: ['student'] }],
    [
      'other fields',
      { orgs: ['s1'], hidden: ['users.email'] },
      { orgs: ['s1'], hidden: ['users.sms', 'results.score'] },
    ],
    ['other entities', { entities: ['users', 'orgs'] }, { entities: ['users', 'results'] }],
    ['no limits', { orgs: ['s1'] }, {}],
    ['limits', {}, { roles: ['student'] }],
  ])('by a grant of %s', async (_, before, after) => {
    const client = await openClient(hub, before)
    const kept = await answersOf(client)
    expect(await expectTold(client, kept)).toBe(0)
    await client.grant(after)
    expect(await expectTold(client, kept)).toBeGreaterThan(10)
  })

  test('by the first grant it gets', async () => {
    const client = await openClient(hub)
    const kept = await answersOf(client)
    await client.grant({ orgs: ['s2'] })
    expect(await expectTold(client, kept)).toBeGreaterThan(10)
  })

  test.each<[string, Csv]>([
    ['an org gets another parent', worldRows({ orgs: ['s1,North School,school,S1,d2'] })],
    ['an org comes below', worldRows({ orgs: ['s4,South School,school,S4,d1'] })],
    ['a guardian belongs to another school', worldRows({ roles: ['r15,g1,primary,guardian,,,s4,'] })],
    ['a student moves', worldRows({ roles: ['r3,u3,primary,student,,,s4,'] })],
    ['a class is held elsewhere', worldRows({ classes: ['k1,Maths A,c1,scheduled,s4,t1,R1'] })],
    ['a course is taught elsewhere', worldRows({ classes: ['k6,Latin,c4,scheduled,s4,t2,R6'] })],
    ['a score scale is of another class', worldRows({ scoreScales: ['z3,Other,pass,s4,c3,k1,{P:50-100}'] })],
  ])('when %s', async (_, csv) => {
    await openAnew()
    const grants: readonly Grant[] = [
      { orgs: ['d1'] },
      { orgs: ['s1'] },
      { orgs: ['d1'], roles: ['student', 'guardian'] },
    ]
    const clients = await Promise.all(grants.map((grant) => openClient(hub, grant)))
    const kept = await Promise.all(clients.map(answersOf))
    const { faults } = await delta(hub.owner, csv, { keepDangling: true })
    expect(faults).toEqual([])
    const told = await Promise.all(clients.map((client, i) => expectTold(client, kept[i] ?? [])))
    expect(told.reduce((sum, count) => sum + count)).toBeGreaterThan(0)
  })
})

describe('a parent that is hidden, gone or made up is 404 whatever tag comes with the request', () => {
  const classesOf = (student: string): string => address(`/ims/oneroster/rostering/v1p2/students/${student}/classes`)

  test('of another parent, by a client that may not see it', async () => {
    await openAnew()
    const client = await openClient(hub, { orgs: ['s1'] })
    const { status, tag } = await answerOf(client, classesOf('u1'))
    expect(status).toBe(200)
    for (const student of ['u4', 'made-up'])
      expect([student, (await answerOf(client, classesOf(student), tag)).status]).toEqual([student, 404])
  })

  test.each<[string, (client: GrantedClient) => Promise<unknown>]>([
    ['the grant is another one', (client) => client.grant({ orgs: ['s4'] })],
    ['the student moves', () => delta(hub.owner, worldRows({ roles: ['r1,u1,primary,student,,,s4,'] }))],
    ['the student is erased', () => erasePerson(hub.owner, 'u1')],
  ])('and its own of before: %s', async (_, change) => {
    await openAnew()
    const client = await openClient(hub, { orgs: ['s1'] })
    const { status, tag } = await answerOf(client, classesOf('u1'))
    expect(status).toBe(200)
    expect((await answerOf(client, classesOf('u1'), tag)).status).toBe(304)
    await change(client)
    const plain = await answerOf(client, classesOf('u1'))
    expect(plain.status).toBe(404)
    expect(await answerOf(client, classesOf('u1'), tag)).toEqual(plain)
  })
})

test('a list stays the same for a client while what decides it does', async () => {
  const client = await openClient(hub, { orgs: ['s1'] })
  const url = address('/ims/oneroster/rostering/v1p2/users')
  const { tag } = await answerOf(client, url)
  await delta(hub.owner, worldRows({ results: ['n1,l1,u1,fully graded,86,2026-09-09,Good,B,k1'] }))
  expect((await answerOf(client, url, tag)).status).toBe(304)
})

test('the tag of a record that is cut is good for If-Match until the record changes', async () => {
  const client = await openClient(hub, { orgs: ['s1'] })
  const url = address('/ims/oneroster/gradebook/v1p2/results/n2')
  const { tag, text } = await answerOf(client, url)
  expect(text).not.toContain('"class"')
  const put = (known: string): Promise<Response> =>
    client.put(url, JSON.parse(text.replace('"C"', '"B"')), { 'if-match': known })
  expect([(await put(tag)).status, (await put(tag)).status]).toEqual([200, 412])
  expect((await answerOf(client, url, tag)).text).toContain('"textScore":"B"')
})

test('clients of different grants are told their own totals, whoever asks first', async () => {
  const world = await readWorld(hub)
  const grants: readonly Grant[] = [{ orgs: ['s1'] }, { orgs: ['s2'] }, { orgs: ['d1'], roles: ['student'] }, {}]
  const clients = await Promise.all(grants.map((grant) => openClient(hub, grant)))
  const url = address('/ims/oneroster/rostering/v1p2/users', { limit: 1, filter: "enabledUser='true'" })
  for (const order of [clients, [...clients].reverse(), clients]) {
    for (const client of order) {
      const { total } = await readPage(client, url)
      const granted = grantedOf(world, grants[clients.indexOf(client)] as Grant).records('rostering', 'users')
      expect(total).toBe(granted.filter((each) => each['status'] === 'active' && each['enabledUser'] === 'true').length)
    }
  }
})
