// If-Match, on PUT and on DELETE: a write meant for one version of a record happens to no other; and DELETE itself.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import {
  type Classroom,
  type Envelope,
  knownTo,
  openClassroom,
  pathFor,
  puts,
  saying,
  whole,
} from '../support/classroom.ts'

let room: Classroom
beforeAll(async () => {
  room = await openClassroom()
}, 60_000)

const path = '/categories/matched'
let etag: string
beforeEach(async () => {
  await room.put(path, 'category', { title: `At ${performance.now()}` })
  etag = (await room.read(path)).etag
})

const write = (method: 'PUT' | 'DELETE', ifMatch: string, at = path): Promise<Response> => {
  const sourcedId = at.slice(at.lastIndexOf('/') + 1)
  const body = method === 'PUT' ? { category: { sourcedId, title: `New ${performance.now()}` } } : undefined
  return room.send(method, at, body, { 'if-match': ifMatch })
}

describe.each(['PUT', 'DELETE'] as const)('%s with If-Match', (method) => {
  const done = method === 'PUT' ? 200 : 204

  test('of the version that is there happens', async () => {
    expect((await write(method, etag)).status).toBe(done)
    expect((await room.read(path)).etag).not.toBe(etag)
  })

  test('of any version that is there happens', async () => {
    expect((await write(method, '*')).status).toBe(done)
  })

  test('of a list that has the version happens', async () => {
    expect((await write(method, `"0-x", W/"7-y" ,${etag}`)).status).toBe(done)
  })

  test('of a version that another build showed happens', async () => {
    expect((await write(method, etag.replace(/-.*/, '-older"'))).status).toBe(done)
  })

  test.each([
    ['a version that is gone', () => '"0-x"'],
    ['a weak tag, even of the version', () => `W/${etag}`],
    ['a list without the version', () => `"0-x", W/${etag}, "1-y"`],
    ['what is no tag', () => etag.replaceAll('"', '')],
    ['nothing', () => ''],
    ['a star in quotes', () => '"*"'],
    ['another number', () => etag.replace('"', '"1')],
  ])('of %s is 412, and nothing is written', async (_, tag) => {
    const before = await room.read(path)
    const words = '412 If-Match: the record has another version; read "matched" again'
    expect(await saying(await write(method, tag()))).toBe(words)
    expect(await room.read(path)).toEqual(before)
  })
})

test('PUT with If-Match to a record that is not there is 412 and makes none, whatever the tag', async () => {
  for (const tag of ['*', etag, '"0-x"']) {
    expect([tag, (await write('PUT', tag, '/categories/never')).status]).toEqual([tag, 412])
  }
  expect((await room.send('GET', '/categories/never')).status).toBe(404)
})

test('DELETE with If-Match of a record that is not there is 404', async () => {
  expect(await saying(await write('DELETE', '*', '/categories/never'))).toBe('404 Unknown Object: no category "never"')
})

test('a PUT that changes nothing keeps the version; with a stale tag it is 412 all the same', async () => {
  const { record } = await room.read(path)
  const same = { title: record['title'] }
  expect((await room.put(path, 'category', same, { 'if-match': etag })).status).toBe(200)
  expect((await room.put(path, 'category', same, { 'if-match': '"0-x"' })).status).toBe(412)
  expect((await room.read(path)).etag).toBe(etag)
})

test('a fault in the record is told before its version where the body alone shows it', async () => {
  expect((await room.put(path, 'category', { title: 7 }, { 'if-match': '"0-x"' })).status).toBe(422)
})

test('the tag of 1.1 and that of 1.2 are of one record', async () => {
  await room.put('/results/matched', 'result', whole.result)
  const { etag: of11 } = await room.read('/ims/oneroster/v1p1/results/matched')
  expect(
    (await room.put('/results/matched', 'result', { ...whole.result, score: 1 }, { 'if-match': of11 })).status,
  ).toBe(200)
})

describe.each(puts.map((operation) => [operation.id, operation] as const))('DELETE beside %s', (id, operation) => {
  const envelope = operation.envelope as Envelope
  const at = pathFor(operation, `gone/${id}`)
  const listPath = `${operation.path.replace(/\/\{\w+\}$/, '')}?limit=1000`
  const record = knownTo(operation, whole[envelope])

  test('is 204 without a body, and the record is gone from the list and its total', async () => {
    expect((await room.put(at, envelope, record)).status).toBe(201)
    const before = await room.list(listPath)
    const listTag = (await room.send('GET', listPath)).headers.get('etag')
    expect(before.ids).toContain(`gone/${id}`)
    const response = await room.send('DELETE', at)
    expect([response.status, await response.text()]).toEqual([204, ''])
    const after = await room.list(listPath)
    expect([after.ids.includes(`gone/${id}`), after.total]).toEqual([false, before.total - 1])
    expect((await room.send('GET', listPath)).headers.get('etag')).not.toBe(listTag)
  })

  test('leaves it to be read by its id, and by who asks for status or changes', async () => {
    const { record: found } = await room.read(at)
    expect(found['status']).toBe('tobedeleted')
    const date = String(found['dateLastModified'])
    for (const filter of [`status='tobedeleted'`, `dateLastModified>='${date}'`]) {
      expect((await room.list(`${listPath}&filter=${encodeURIComponent(filter)}`)).ids).toContain(`gone/${id}`)
    }
    const active = `${listPath}&filter=${encodeURIComponent(`status='active'`)}`
    expect((await room.list(active)).ids).not.toContain(`gone/${id}`)
  })

  test('is 204 again, and changes nothing more', async () => {
    const before = await room.read(at)
    expect((await room.send('DELETE', at)).status).toBe(204)
    expect(await room.read(at)).toEqual(before)
  })

  test('of what never was is 404', async () => {
    const response = await room.send('DELETE', pathFor(operation, 'never'))
    expect(await saying(response)).toBe(`404 Unknown Object: no ${envelope} "never"`)
  })

  test('is undone by a PUT', async () => {
    const total = (await room.list(listPath)).total
    expect((await room.put(at, envelope, record)).status).toBe(200)
    expect((await room.read(at)).record['status']).toBe('active')
    expect((await room.list(listPath)).total).toBe(total + 1)
  })
})

test('a PUT may say tobedeleted, as DELETE does', async () => {
  expect((await room.put('/categories/said', 'category', { title: 'x', status: 'tobedeleted' })).status).toBe(201)
  expect((await room.list('/categories')).ids).not.toContain('said')
  expect((await room.read('/categories/said')).record['status']).toBe('tobedeleted')
})

test('nine operations delete, one beside each PUT', () => {
  const removed = operations.filter(({ kind }) => kind === 'remove').map((operation) => operation.path)
  expect(removed.sort()).toEqual(puts.map((operation) => operation.path).sort())
})
