// The way of a classroom product that hands out assignments and sends grades back, as one client goes it from its token to
// the last DELETE.

import { beforeAll, expect, test } from 'bun:test'
import { createClient } from '../../src/clients.ts'
import { type Classroom, client, openClassroom, ref, twoSchools } from '../support/classroom.ts'
import { origin } from '../support/collections.ts'
import { scopeBase } from '../support/hub.ts'
import { bulk, lines, type Row } from '../support/rows.ts'

const rostering = '/ims/oneroster/rostering/v1p2'
const scopes = [
  'roster-core.readonly',
  'roster.readonly',
  'gradebook.readonly',
  'gradebook.createput',
  'gradebook.delete',
]

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
  const users = lines(
    'sourcedId,enabledUser,username,givenName,familyName,email',
    'u1,true,ada,Ada,Byron,ada@example.org',
    "u2,true,bo,Bo,O'Ek,bo.o'ek@example.org",
    'u3,true,cy,Cy,Dunn,cy@example.org',
  )
  await bulk(room.owner, { ...twoSchools, users })
}, 60_000)

async function askToken(asked: readonly string[]): Promise<{ access_token: string; scope: string }> {
  const allowed = scopes.map((scope) => scopeBase + scope)
  const { clientId, clientSecret } = await createClient(room.owner.sql, 'classroom', allowed)
  const answer = await room.fetch(
    new Request(`${origin}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: asked.map((s) => scopeBase + s).join(' ') }),
    }),
  )
  expect(answer.status).toBe(200)
  return (await answer.json()) as { access_token: string; scope: string }
}

test('teacher, classes, students, categories and periods are found; assignment and grade are put, edited, found and deleted', async () => {
  const token = await askToken(scopes)
  expect(token.scope.split(' ').sort()).toEqual(scopes.map((scope) => scopeBase + scope).sort())
  const { send, read, list } = client(room, token.access_token)
  const filtered = (path: string, filter: string) => `${path}?limit=10000&filter=${encodeURIComponent(filter)}`

  const teachers = await list(filtered(`${rostering}/teachers`, "email='bo.o''ek@example.org' AND status='active'"))
  expect(teachers).toEqual({ ids: ['u2'], total: 1 })
  expect((await list(`${rostering}/teachers/u2/classes`)).ids).toEqual(['k1'])
  const { record: aClass } = await read(`${rostering}/classes/k1`)
  const school = String((aClass['school'] as Row)['sourcedId'])
  const [term] = (aClass['terms'] as Row[]).map(({ sourcedId }) => String(sourcedId))
  expect((await list(`${rostering}/classes/k1/students`)).ids).toEqual(['u1'])
  const { ids: categories } = await list('/categories?limit=10000')
  expect(categories).toContain('cat1')
  expect((await list(`${rostering}/schools/${school}/terms`)).ids).toContain(String(term))
  const { ids: periods } = await list(`${rostering}/terms/${term}/gradingPeriods`)
  expect(periods).toEqual(['g1'])
  expect((await list(filtered(`${rostering}/gradingPeriods`, "status='active'"))).ids).toEqual(['g1'])

  const lineItem = {
    sourcedId: 'gc-1',
    title: 'Essay',
    description: 'Two pages',
    assignDate: '2026-09-01T00:00:00Z',
    dueDate: '2026-09-08T23:59:59Z',
    category: ref('cat1'),
    class: ref('k1'),
    school: ref(school),
    gradingPeriod: ref('g1'),
    resultValueMin: 0,
    resultValueMax: 100,
  }
  const result = {
    sourcedId: 'gc-1-u1',
    lineItem: ref('gc-1'),
    student: ref('u1'),
    class: ref('k1'),
    score: 105,
    scoreStatus: 'fully graded',
    scoreDate: '2026-09-09T10:11:12.000Z',
    comment: '',
  }
  expect((await send('PUT', '/lineItems/gc-1', { lineItem })).status).toBe(201)
  expect((await send('PUT', '/results/gc-1-u1', { result })).status).toBe(201)
  expect((await read('/lineItems/gc-1')).record).toMatchObject({
    ...{ title: 'Essay', description: 'Two pages', status: 'active', resultValueMin: 0, resultValueMax: 100 },
    ...{ assignDate: '2026-09-01T00:00:00.000Z', dueDate: '2026-09-08T23:59:59.000Z', gradingPeriod: ref('g1') },
  })
  const { record } = await read('/results/gc-1-u1')
  expect(record).toMatchObject({ score: 105, scoreDate: '2026-09-09', student: { ...ref('u1'), type: 'user' } })
  expect('comment' in record).toBe(false)

  expect((await send('PUT', '/lineItems/gc-1', { lineItem: { ...lineItem, title: 'Long essay' } })).status).toBe(200)
  expect((await send('PUT', '/results/gc-1-u1', { result: { ...result, score: 80.5, comment: 'Good' } })).status).toBe(
    200,
  )
  expect((await read('/lineItems/gc-1')).record['title']).toBe('Long essay')
  expect((await read('/results/gc-1-u1')).record).toMatchObject({ score: 80.5, comment: 'Good' })

  const ofItem = filtered('/results', "lineItem.sourcedId='gc-1'")
  expect(await list(ofItem)).toEqual({ ids: ['gc-1-u1'], total: 1 })
  expect((await list('/classes/k1/lineItems/gc-1/results')).ids).toEqual(['gc-1-u1'])

  expect((await send('DELETE', '/results/gc-1-u1')).status).toBe(204)
  expect(await list(ofItem)).toEqual({ ids: [], total: 0 })
  expect((await send('DELETE', '/lineItems/gc-1')).status).toBe(204)
  for (const path of ['/lineItems', '/classes/k1/lineItems']) expect((await list(path)).ids).not.toContain('gc-1')
  expect((await list('/results')).ids).not.toContain('gc-1-u1')
})

test('a token may do what it was asked for: reading is not writing, nor is writing deleting', async () => {
  const status = async (asked: readonly string[], method: string, path: string): Promise<number> => {
    const body = method === 'PUT' ? { category: { sourcedId: 'scoped', title: 'x' } } : undefined
    return (await client(room, (await askToken(asked)).access_token).send(method, path, body)).status
  }
  expect(await status(['gradebook.readonly'], 'PUT', '/categories/scoped')).toBe(403)
  expect(await status(['gradebook.delete'], 'PUT', '/categories/scoped')).toBe(403)
  expect(await status(['gradebook.createput'], 'PUT', '/categories/scoped')).toBe(201)
  expect(await status(['gradebook.createput'], 'GET', '/categories/scoped')).toBe(403)
  expect(await status(['gradebook.createput'], 'DELETE', '/categories/scoped')).toBe(403)
  expect(await status(['gradebook.createput'], 'POST', '/lineItems/li1/results')).toBe(403)
  expect(await status(['gradebook.delete'], 'DELETE', '/categories/scoped')).toBe(204)
})

test('a body is not looked at before the token is: without one every write is 401', async () => {
  for (const [method, path] of [
    ['PUT', '/categories/x'],
    ['POST', '/lineItems/li1/results'],
    ['DELETE', '/categories/cat1'],
  ] as const) {
    const response = await room.send(method, path, method === 'DELETE' ? undefined : '{', { authorization: 'Bearer x' })
    expect([method, response.status]).toEqual([method, 401])
  }
})
