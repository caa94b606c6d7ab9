// What a client with a grant may write: records of what it sees, about what it sees, and nothing else. For a write, too, what
// is hidden is not there.

import { beforeAll, describe, expect, test } from 'bun:test'
import {
  type Classroom,
  client,
  type Envelope,
  knownTo,
  least,
  openClassroom,
  puts,
  ref,
  saying,
  whole,
} from '../support/classroom.ts'
import { refusal } from '../support/collections.ts'
import { document } from '../support/rows.ts'
import { vendorOf } from '../support/vendors.ts'

let room: Classroom
/** Of a client that sees the first school. */
let south: ReturnType<typeof client>
beforeAll(async () => {
  room = await openClassroom()
  south = await asVendor({ orgs: ['s2'] })
  await room.put('/scoreScales/ours', 'scoreScale', { ...least.scoreScale, class: ref('k2') })
  await room.put('/lineItems/ours', 'lineItem', { ...least.lineItem, class: ref('k2'), school: ref('s2') })
}, 60_000)

const asVendor = async (grant: Parameters<typeof vendorOf>[1]): Promise<ReturnType<typeof client>> =>
  client(room, (await vendorOf(room, grant)).token)
const places: readonly (readonly [string, Envelope])[] = [
  ['/lineItems/li1', 'lineItem'],
  ['/scoreScales/sc1', 'scoreScale'],
]
const essay = { ...least.lineItem, class: ref('k2'), school: ref('s2') }

describe('a record that is hidden', () => {
  test.each(places)('is not there for PUT, GET and DELETE, and is not touched: %s', async (path, envelope) => {
    const before = await room.read(path)
    const id = path.split('/')[2]
    const words = `404 Unknown Object: no ${envelope} "${id}"`
    expect(await saying(await south.send('GET', path))).toBe(words)
    expect(await saying(await south.put(path, envelope, least[envelope]))).toBe(words)
    // as to an id that nobody has
    for (const tag of ['"1-x"', before.etag]) {
      const other = `412 If-Match: the record has another version; read "${id}" again`
      expect(await saying(await south.put(path, envelope, least[envelope], { 'if-match': tag }))).toBe(other)
    }
    const unknown = await south.put('/categories/none', 'category', least.category, { 'if-match': before.etag })
    expect(await saying(unknown)).toBe('412 If-Match: the record has another version; read "none" again')
    expect(await saying(await south.send('DELETE', path))).toBe(words)
    expect(await saying(await south.send('DELETE', path, undefined, { 'if-match': before.etag }))).toBe(words)
    expect(await room.read(path)).toEqual(before)
  })

  test('is unknown to a reference as one that does not exist', async () => {
    const result = { ...least.result, lineItem: ref('ours'), student: ref('u1') }
    expect(await saying(await south.put('/results/x', 'result', result))).toBe(
      '422 /result/student/sourcedId: no user "u1"',
    )
    expect(await saying(await south.put('/results/x', 'result', { ...result, student: ref('nobody') }))).toBe(
      '422 /result/student/sourcedId: no user "nobody"',
    )
    expect(await saying(await south.put('/lineItems/x', 'lineItem', { ...essay, class: ref('k1') }))).toStartWith(
      '422 /lineItem/class/sourcedId: no class "k1"',
    )
    expect(await saying(await south.put('/lineItems/x', 'lineItem', { ...essay, scoreScale: ref('sc1') }))).toBe(
      '422 /lineItem/scoreScale/sourcedId: no scoreScale "sc1"',
    )
  })

  test('is no parent of a POST', async () => {
    const { class: _class, ...rest } = essay
    const post = (path: string) => south.send('POST', path, { lineItems: [{ sourcedId: 'mine', ...rest }] })
    expect(await saying(await post('/classes/k1/lineItems'))).toBe('404 Unknown Object: no class "k1"')
    expect(await saying(await post('/classes/none/lineItems'))).toBe('404 Unknown Object: no class "none"')
  })
})

describe('a record that is seen', () => {
  test('is made, replaced and removed as by anybody', async () => {
    expect((await south.put('/lineItems/new', 'lineItem', essay)).status).toBe(201)
    expect((await south.put('/lineItems/new', 'lineItem', { ...essay, title: 'Poem' })).status).toBe(200)
    const { record, etag } = await south.read('/lineItems/new')
    expect(record['title']).toBe('Poem')
    expect((await south.send('DELETE', '/lineItems/new', undefined, { 'if-match': etag })).status).toBe(204)
    const { class: _class, ...rest } = essay
    const posted = await south.send('POST', '/classes/k2/lineItems', {
      lineItems: [{ sourcedId: 'mine', ...rest }],
    })
    expect([posted.status, (await posted.json()).sourcedIdPairs.length]).toEqual([201, 1])
  })

  test('keeps what its writer does not see of it', async () => {
    const vendor = await asVendor({ hidden: ['results.comment', 'results.score', 'lineItems'] })
    await room.put('/results/kept', 'result', whole.result)
    const seen = await vendor.read('/results/kept')
    expect(Object.keys(seen.record)).not.toContain('comment')
    const { comment, score } = whole.result as Record<string, unknown>
    const { dateLastModified: _, ...record } = seen.record
    expect((await vendor.put('/results/kept', 'result', { ...record, textScore: 'B' } as never)).status).toBe(200)
    expect((await room.read('/results/kept')).record).toMatchObject({ comment, score, textScore: 'B' })
    expect(
      (await vendor.put('/results/kept', 'result', { ...record, comment: 'mine', score: 1 } as never)).status,
    ).toBe(200)
    expect((await room.read('/results/kept')).record).toMatchObject({ comment, score })
  })

  test('keeps a reference to what its writer does not see', async () => {
    const result = { ...least.result, student: ref('u1'), class: ref('k2') }
    await room.put('/results/far', 'result', result)
    const north = await asVendor({ orgs: ['s1'] })
    const { record } = await north.read('/results/far')
    expect(Object.keys(record)).not.toContain('class')
    const { dateLastModified: _, ...sent } = record
    expect((await north.put('/results/far', 'result', { ...sent, textScore: 'A' } as never)).status).toBe(200)
    expect((await room.read('/results/far')).record).toMatchObject({ textScore: 'A', class: { sourcedId: 'k2' } })
  })

  test('keeps references to entities that its writer is not granted, and takes no new ones', async () => {
    const vendor = await asVendor({ hidden: ['scoreScales', 'academicSessions', 'users', 'categories'] })
    const full = { ...least.lineItem, scoreScale: ref('sc1'), academicSession: ref('t1') }
    await room.put('/lineItems/whole', 'lineItem', full as never)
    const { record } = await vendor.read('/lineItems/whole')
    expect([Object.keys(record).includes('scoreScale'), Object.keys(record).includes('category')]).toEqual([
      false,
      true,
    ])
    const { dateLastModified: _, ...sent } = record
    expect((await vendor.put('/lineItems/whole', 'lineItem', { ...sent, title: 'Poem' } as never)).status).toBe(200)
    expect((await room.read('/lineItems/whole')).record).toMatchObject({
      title: 'Poem',
      scoreScale: { sourcedId: 'sc1' },
      academicSession: { sourcedId: 't1' },
    })
    for (const student of ['u1', 'nobody']) {
      const result = { ...least.result, student: ref(student) }
      expect(await saying(await vendor.put('/results/y', 'result', result))).toBe(
        `422 /result/student/sourcedId: no user "${student}"`,
      )
    }
    for (const id of ['sc1', 'nothing']) {
      const answer = await vendor.put('/lineItems/whole', 'lineItem', { ...sent, scoreScale: ref(id) } as never)
      expect(await saying(answer)).toBe(`422 /lineItem/scoreScale/sourcedId: no scoreScale "${id}"`)
    }
  })

  test('that nobody could be shown is not made: a scale of no class and no course', async () => {
    const { class: _, ...scale } = least.scoreScale
    expect(await saying(await south.put('/scoreScales/x', 'scoreScale', scale as never))).toMatch(/^422 \/scoreScale/)
    expect(await document(room.owner, 'score_scales', 'x')).toBeUndefined()
  })
})

describe('a client that is granted', () => {
  test('no writes is refused each, whatever its scopes are', async () => {
    const reader = await asVendor({ mayWrite: false })
    for (const operation of puts) {
      const { path, envelope } = operation
      const address = path.replace(/\{\w+\}$/, 'r1')
      const answer = await reader.put(address, envelope as Envelope, knownTo(operation, least[envelope as Envelope]))
      expect([address, await saying(answer)]).toEqual([address, '403 the client is granted no writes'])
    }
    expect(await saying(await reader.send('DELETE', '/lineItems/ours'))).toBe('403 the client is granted no writes')
    const { class: _class, ...rest } = essay
    const body = { lineItems: [{ sourcedId: 'a', ...rest }] }
    expect(await saying(await reader.send('POST', '/classes/k2/lineItems', body))).toBe(
      '403 the client is granted no writes',
    )
    expect((await reader.read('/lineItems/ours')).record['title']).toBe('Essay')
  })

  test('other entities writes none of this one', async () => {
    const vendor = await asVendor({ entities: ['categories', 'classes'] })
    expect((await vendor.put('/categories/c9', 'category', least.category)).status).toBe(201)
    expect(await saying(await vendor.put('/lineItems/x', 'lineItem', essay))).toBe(
      '403 the client is not granted lineItems',
    )
    expect(await saying(await vendor.send('DELETE', '/lineItems/ours'))).toBe('404 Unknown Object: no lineItem "ours"')
  })

  test.each([[{ orgs: ['s1'] }], [{ mayWrite: false }]])(
    'limits sends no package and administers nothing: %p',
    async (grant) => {
      const { clientId, token } = await vendorOf(room, grant)
      const ask = async (method: string, path: string, body?: string): Promise<string> => {
        const headers = { authorization: `Bearer ${token}` }
        const init = body === undefined ? { method, headers } : { method, headers, body }
        return saying(await room.fetch(new Request(`http://localhost${path}`, init)))
      }
      expect(await ask('GET', '/imports')).toStartWith('403 the token lacks a scope')
      expect(await ask('POST', '/imports', 'PK')).toStartWith('403 the token lacks a scope')
      // else it would lift its own limits
      expect(await ask('PUT', `/admin/clients/${clientId}/grant`, '{}')).toStartWith('403 the token lacks a scope')
    },
  )

  test('less than a PUT wants is told so in the code, too', async () => {
    const code = async (answer: Response): Promise<string> => (await refusal(answer)).slice(0, 18)
    const reader = await asVendor({ mayWrite: false })
    expect(await code(await reader.put('/lineItems/ours', 'lineItem', essay))).toBe('403 forbidden: the')
    expect(await code(await south.put('/lineItems/li1', 'lineItem', least.lineItem))).toBe('404 unknownobject:')
  })

  test('and others that write at the same moment are told apart', async () => {
    const results = await Promise.all([
      room.put('/lineItems/li1', 'lineItem', { ...least.lineItem, title: 'theirs' }),
      south.put('/lineItems/ours', 'lineItem', { ...essay, title: 'ours' }),
      south.put('/lineItems/li1', 'lineItem', { ...least.lineItem, title: 'stolen' }),
    ])
    expect(results.map(({ status }) => status)).toEqual([200, 200, 404])
    expect((await room.read('/lineItems/li1')).record['title']).toBe('theirs')
  })
})
