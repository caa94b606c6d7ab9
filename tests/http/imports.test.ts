// Imports over HTTP: a package is sent, becomes a job, is run and read about; what cannot be one is refused in words.

import { beforeAll, describe, expect, test } from 'bun:test'
import { Jobs } from '../../src/jobs.ts'
import { type Hub, openHub } from '../support/hub.ts'
import {
  type Answered,
  bodyIn,
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
import { manifest, zipOf } from '../support/packages.ts'

const importMaxBytes = 60_000
const importMaxUnpackedBytes = 500_000

let hub: Hub
let client: Client
const woken: unknown[] = []
beforeAll(async () => {
  hub = await openHub(
    { importMaxBytes, importMaxUnpackedBytes },
    { imports: { wake: (job) => void woken.push(job), cancelled: (id) => void woken.push(`cancelled ${id}`) } },
  )
  client = await clientOf(hub)
}, 180_000)

/** How many imports there are, uploads that have not ended included. */
const counted = async (): Promise<number> => {
  const [row] = await hub.owner.sql<{ count: number }[]>`select count(*)::integer as count from store.imports`
  return Number(row?.count)
}
const post = (body: BodyInit | null, headers: Record<string, string> = zipType, query = ''): Promise<Response> =>
  client.ask(`/imports${query}`, { method: 'POST', headers, body })

describe('a package that is sent', () => {
  test('is 202 with the job and its address, and waits with all that was asked', async () => {
    const archive = await packageOf(orgsCsv(['North']))
    const { response, job } = await client.send(archive, '?mode=preview&onFault=reject&takeOver=true&keepDangling=true')
    expect([response.status, response.headers.get('location')]).toEqual([202, `http://localhost/imports/${job.id}`])
    expect(job).toMatchObject({ status: 'received', mode: 'preview', onFault: 'reject', takeOver: true })
    expect(job).toMatchObject({ keepDangling: true, force: false, source: 'test-sis', sizeBytes: archive.size })
    expect(woken.at(-1)).toEqual({ id: job.id, source: 'test-sis' })
    expect(await client.job(job.id)).toEqual(job)
    await client.ask(`/imports/${job.id}/cancel`, { method: 'POST' })
  })

  test('is run, and told of file by file', async () => {
    const { job } = await client.send(await packageOf(orgsCsv(['North', 'South'])))
    expect(await runAll(hub)).toEqual([job.id])
    const done = await client.job(job.id)
    expect(done.status).toBe('completed')
    expect(done['files']).toEqual([
      { file: 'orgs.csv', mode: 'bulk', rows: 2, created: 2, updated: 0, unchanged: 0, deleted: 0, refused: 0 },
    ])
  })

  test('again by its source is 200: it has completed at once and says which it repeats; with force it waits', async () => {
    const archive = await packageOf(orgsCsv(['Again']))
    const first = await client.send(archive)
    await runAll(hub)
    const { response, job } = await client.send(archive)
    expect([response.status, job.status, job['repeats']]).toEqual([200, 'completed', first.job.id])
    expect(response.headers.get('location')).toBe(`http://localhost/imports/${job.id}`)
    const forced = await client.send(archive, '?force=true')
    expect([forced.response.status, forced.job.status]).toEqual([202, 'received'])
    expect(await runAll(hub)).toEqual([forced.job.id])
  })

  test.each([
    ['the query', { 'source.systemCode': 'code' }, '?source=mine', 'mine'],
    ['the manifest’s source.systemCode', { 'source.systemCode': 'code', 'source.systemName': 'name' }, '', 'code'],
    ['the manifest’s source.systemName', { 'source.systemCode': '', 'source.systemName': 'name' }, '', 'name'],
    ['nobody: then it is "default"', { 'source.systemCode': '' }, '', 'default'],
  ])('is of the source that is named by %s', async (_, properties, query, source) => {
    const { job } = await client.send(await packageOf(orgsCsv(['Source']), properties), query)
    expect(job.source).toBe(source)
    await client.ask(`/imports/${job.id}/cancel`, { method: 'POST' })
  })

  test('is stored byte for byte, and known again, however its bytes are cut', async () => {
    const noise = crypto.getRandomValues(new Uint8Array(50_000))
    const archive = await zipOf({ ...packageFiles(orgsCsv(['Cut'])), 'noise.bin': noise })
    const bytes = await archive.bytes()
    const hashes = new Set<unknown>()
    for (const sizes of [[1e9], [1, 2, 3, 5, 7, 11, 13], [4096], [bytes.length - 1, 1], [1, bytes.length]]) {
      const { job } = await client.send(inPieces(bytes, sizes))
      hashes.add(job['packageHash'])
      const stored = await new Jobs(hub.owner.sql).archive(job.id, bytes.length).read(0, bytes.length)
      expect(stored).toEqual(bytes)
      await client.ask(`/imports/${job.id}/cancel`, { method: 'POST' })
    }
    const digest = async (of: Uint8Array<ArrayBuffer>) => new Uint8Array(await crypto.subtle.digest('SHA-256', of))
    expect([...hashes]).toEqual([(await digest(await digest(bytes))).toHex()])
  })

  test.each(['application/zip', 'application/x-zip-compressed', 'APPLICATION/OCTET-STREAM; x=y'])(
    'may be of type %s',
    async (type) => {
      const { id } = await jobIn(await post(await packageOf(orgsCsv(['Type'])), { 'content-type': type }))
      await client.ask(`/imports/${id}/cancel`, { method: 'POST' })
    },
  )

  test('without a manifest is taken where assume says what its files are', async () => {
    const archive = await zipOf({ 'orgs.csv': orgsCsv(['Assumed']) })
    const { job } = await client.send(archive, '?assume=delta')
    expect([job['assume'], job.source]).toEqual(['delta', 'default'])
    await client.ask(`/imports/${job.id}/cancel`, { method: 'POST' })
  })
})

describe('a body that is refused leaves nothing', () => {
  const cases: readonly (readonly [string, BodyInit | null, Record<string, string>, string])[] = [
    ['is empty', new Uint8Array(0), zipType, '400 invaliddata: the body is empty: a package is wanted'],
    ['is none', null, zipType, '400 invaliddata: the body is empty: a package is wanted'],
    [
      'is of another type',
      '{}',
      { 'content-type': 'application/json' },
      '415 invaliddata: Content-Type: application/zip, application/x-zip-compressed, application/octet-stream or multipart/form-data is wanted, not application/json',
    ],
    [
      'says that it has too many bytes',
      new Uint8Array(importMaxBytes + 1),
      { ...zipType, 'content-length': String(importMaxBytes + 1) },
      `413 invaliddata: the package has more than ${importMaxBytes} bytes (IMPORT_MAX_BYTES)`,
    ],
    [
      'has too many bytes and does not say so',
      inPieces(new Uint8Array(importMaxBytes + 1), [1000]),
      zipType,
      `413 invaliddata: the package has more than ${importMaxBytes} bytes (IMPORT_MAX_BYTES)`,
    ],
  ]
  test.each(cases)('when it %s', async (_, body, headers, expected) => {
    const before = await counted()
    expect(await refusal(await post(body, headers))).toBe(expected)
    expect(await counted()).toBe(before)
  })

  test('when it breaks off behind some of its chunks', async () => {
    const before = await counted()
    let sent = 0
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1
        if (sent > 2) controller.error(new Error('gone'))
        else controller.enqueue(new Uint8Array(20_000))
      },
    })
    expect(await refusal(await post(broken))).toBe('400 invaliddata: the body broke off')
    expect(await counted()).toBe(before)
  })
})

describe('what is no package stays on record as failed, with the reason, and its bytes do not', () => {
  const folder = { 'folder/orgs.csv': orgsCsv(['A']), 'manifest.csv': manifest({ orgs: 'bulk' }) }
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`${index}.csv`, '']))
  const cases = [
    ['no zip archive', () => new Blob(['sourcedId,name\r\n']), 422, 'the file is no readable zip archive'],
    ['files in a folder', () => zipOf(folder), 422, 'the archive holds "folder/orgs.csv"'],
    ['too many files', () => zipOf(many), 422, 'the archive holds 65 files'],
    ['no manifest', () => zipOf({ 'orgs.csv': orgsCsv(['A']) }), 422, 'the package has no manifest.csv; assume bulk'],
    [
      'a manifest of no version',
      () => packageOf(orgsCsv(['A']), { 'oneroster.version': '2.0' }),
      422,
      'manifest.csv: one',
    ],
    ['an empty manifest', () => zipOf({ 'manifest.csv': '' }), 422, 'manifest.csv: oneroster.version is missing'],
    [
      'a broken archive',
      async () => (await packageOf(orgsCsv(['A']))).slice(0, 200),
      422,
      'the file is no readable zip',
    ],
    [
      'more unpacked than allowed',
      () => packageOf(orgsCsv(['x'.repeat(importMaxUnpackedBytes)])),
      413,
      'the package unpacks to 500',
    ],
  ] as const
  test.each(cases)('%s', async (_, make, status, reason) => {
    const answer = await post(await make())
    const location = answer.headers.get('location') ?? ''
    expect(await refusal(answer)).toStartWith(`${status} invaliddata: ${reason}`)
    const job = await client.job(location.slice('http://localhost/imports/'.length))
    expect([job.status, job.reason?.startsWith(reason)]).toEqual(['failed', true])
    const chunks = await hub.owner.sql`select from store.import_chunks where import_id = ${job.id}`
    expect(chunks.length).toBe(0)
  })

  test('an encrypted archive', async () => {
    const bytes = await (await packageOf(orgsCsv(['A']))).bytes()
    // bit 0 of the general purpose flag, in the local headers and in the directory
    const view = new DataView(bytes.buffer)
    for (let at = 0; at + 46 < bytes.length; at += 1) {
      const signature = view.getUint32(at, true)
      const flag = signature === 0x04034b50 ? at + 6 : signature === 0x02014b50 ? at + 8 : -1
      if (flag >= 0) view.setUint16(flag, view.getUint16(flag, true) | 1, true)
    }
    expect(await refusal(await post(bytes))).toBe('422 invaliddata: "manifest.csv" is encrypted')
  })

  test('and an archive whose directory lies about the size is let in, for its job to find out', async () => {
    const bytes = await (await packageOf(orgsCsv(['x'.repeat(importMaxUnpackedBytes)]))).bytes()
    const view = new DataView(bytes.buffer)
    for (let at = 0; at + 46 < bytes.length; at += 1) {
      if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 24, true) > importMaxUnpackedBytes)
        view.setUint32(at + 24, 100, true)
    }
    const { job } = await client.send(bytes)
    await runAll(hub)
    expect(await client.job(job.id)).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^"orgs.csv" (cannot be unpacked|unpacks to more than)/),
    })
  })
})

describe('a parameter', () => {
  const odd = [
    ['mode=now', 'mode: must be apply or preview, not "now"'],
    ['mode=', 'mode: must be apply or preview, not ""'],
    ['onFault=Skip', 'onFault: must be skip or reject, not "Skip"'],
    ['assume=full', 'assume: must be bulk or delta, not "full"'],
    ['takeOver=1', 'takeOver: must be true or false, not "1"'],
    ['keepDangling=yes', 'keepDangling: must be true or false, not "yes"'],
    ['force', 'force: must be true or false, not ""'],
    ['source=', 'source: must have 1 to 255 characters, and no NUL'],
    ['source=a%00b', 'source: must have 1 to 255 characters, and no NUL'],
    [`source=${'x'.repeat(256)}`, 'source: must have 1 to 255 characters, and no NUL'],
    ['mode=apply&mode=apply', 'mode: given 2 times'],
    [
      'strict=true',
      'strict: no parameter of this operation; mode, onFault, source, takeOver, keepDangling, force, assume may be given',
    ],
  ]
  test.each(odd)('%s is a 400 that names it, before a byte is kept', async (query, expected) => {
    const before = await counted()
    expect(await refusal(await post('not looked at', zipType, `?${query}`))).toBe(`400 invaliddata: ${expected}`)
    expect(await counted()).toBe(before)
  })
})

describe('imports', () => {
  test('are listed newest first, in pages that lead on, by status and by source', async () => {
    const archive = await packageOf(orgsCsv(['Listed']))
    const sent: string[] = []
    for (let index = 0; index < 5; index += 1) sent.push((await client.send(archive, '?source=listed')).job.id)
    const walk = async (path: string): Promise<string[][]> => {
      const response = await client.ask(path)
      const { imports } = (await bodyIn(response, 'ImportSet')) as { imports: Answered[] }
      const next = /^<http:\/\/localhost([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
      return [imports.map(({ id }) => id), ...(next === undefined ? [] : await walk(next))]
    }
    const newest = sent.toReversed()
    expect(await walk('/imports?source=listed&limit=2')).toEqual([
      newest.slice(0, 2),
      newest.slice(2, 4),
      newest.slice(4),
    ])
    expect(await walk('/imports?source=listed&limit=5')).toEqual([newest])
    await client.ask(`/imports/${sent[1]}/cancel`, { method: 'POST' })
    expect(await walk('/imports?source=listed&status=cancelled')).toEqual([[String(sent[1])]])
    expect(await walk('/imports?source=nobody')).toEqual([[]])
    const [all = []] = await walk('/imports?limit=1000')
    expect(all).toEqual(all.toSorted((a, b) => Number(b) - Number(a)))
    for (const id of sent) await client.ask(`/imports/${id}/cancel`, { method: 'POST' })
  })

  test.each([
    ['limit=0', 'limit: must be a whole number from 1 to 1000, not "0"'],
    ['limit=1001', 'limit: must be a whole number from 1 to 1000, not "1001"'],
    ['before=x', 'before: must be a whole number from 1 to 9007199254740991, not "x"'],
    ['status=done', 'status: must be received, staging, checking, held, applying, completed, failed or cancelled'],
    ['offset=1', 'offset: no parameter of this operation; limit, status, source, before may be given'],
  ])('are not listed by %s', async (query, expected) => {
    expect(await refusal(await client.ask(`/imports?${query}`))).toStartWith(`400 invaliddata: ${expected}`)
  })

  test.each(['nobody', '0', '99999999', '-1', '1e3', '9'.repeat(30), '%31', ' '])('of id %s are a 404', async (id) => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/faults'],
      ['GET', '/changes'],
      ['GET', '/events'],
      ['POST', '/apply'],
      ['POST', '/cancel'],
      ['POST', '/revert'],
    ] as const) {
      const answer = await client.ask(`/imports/${encodeURI(id)}${path}`, { method })
      expect([path, await refusal(answer)]).toEqual([path, expect.stringMatching(/^404 unknownobject: .*no import/)])
    }
  })
})

describe('an import', () => {
  const send = async (query = ''): Promise<string> => {
    const source = crypto.randomUUID()
    return (await client.send(await packageOf(orgsCsv(['State']), { 'source.systemCode': source }), query)).job.id
  }
  const act = (id: string, action: string, body?: unknown): Promise<Response> =>
    client.ask(`/imports/${id}/${action}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })

  test('that waits is cancelled with 200, after the worker in this process is told; once more is a 409', async () => {
    const id = await send()
    const answer = await act(id, 'cancel')
    expect([answer.status, (await jobIn(answer)).status]).toEqual([200, 'cancelled'])
    expect(woken.at(-1)).toBe(`cancelled ${id}`)
    expect(await refusal(await act(id, 'cancel'))).toBe(`409 invaliddata: import ${id} is cancelled already`)
  })

  test('that runs is asked to stop with 202, and stands so until its worker has', async () => {
    const id = await send()
    const { worker, job } = await claimNext(hub)
    expect(job.id).toBe(id)
    const answer = await act(id, 'cancel')
    expect([answer.status, (await jobIn(answer)).status]).toEqual([202, 'staging'])
    expect(await worker.beat(id)).toBe('cancel')
    await worker.end(id, { status: 'cancelled' })
    expect((await client.job(id)).status).toBe('cancelled')
  })

  test('that is held wants a note to be applied, and says who gave it', async () => {
    const id = await send()
    const { worker } = await claimNext(hub)
    await worker.end(id, { status: 'held', reason: 'would delete 40% of users' })
    for (const body of [undefined, '', '{}', { note: null }, { note: ' ' }]) {
      expect(await refusal(await act(id, 'apply', body))).toBe(
        `422 invaliddata: note: import ${id} is held (would delete 40% of users); say who applies it and why`,
      )
    }
    expect(await refusal(await act(id, 'apply', '{"note":"Ann","note":"Bob"}'))).toBe(
      '422 invaliddata: /note: the name is given twice',
    )
    const answer = await act(id, 'apply', { note: 'Ann: a school closes' })
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `http://localhost/imports/${id}`])
    const job = await jobIn(answer)
    expect(job).toMatchObject({ status: 'received', note: 'Ann: a school closes', releasedBy: job['sentBy'] })
    expect(woken.at(-1)).toMatchObject({ id })
    await act(id, 'cancel')
  })

  test.each([
    ['{', 422, '/: the body is not JSON'],
    ['[]', 422, '/: an object with a note is wanted'],
    ['null', 422, '/: an object with a note is wanted'],
    ['{"force":true}', 422, '/force: only a note may be given'],
    ['{"note":5}', 422, '/note: must be a text'],
    ['{"note":"\\u0000"}', 422, '/note: must be a text'],
    [JSON.stringify({ note: 'x'.repeat(2001) }), 422, '/note: must be a text of 2000'],
    [JSON.stringify({ note: 'x'.repeat(20_000) }), 413, 'the body has more than 16384 bytes'],
  ] as const)('is neither applied nor reverted with %p', async (body, status, expected) => {
    const id = await send()
    for (const action of ['apply', 'revert'])
      expect(await refusal(await act(id, action, body))).toStartWith(`${status} invaliddata: ${expected}`)
    await act(id, 'cancel')
  })

  test('that stands otherwise is a 409 to apply and to revert, in words', async () => {
    const id = await send()
    expect(await refusal(await act(id, 'apply'))).toBe(
      `409 invaliddata: import ${id} is received: only one that is held or was previewed can be applied`,
    )
    expect(await refusal(await act(id, 'revert'))).toBe(
      `409 invaliddata: import ${id} changed nothing that could be reverted`,
    )
    await act(id, 'cancel')
  })

  test('that has completed is reverted by another, whose address is told', async () => {
    const id = await send('?takeOver=true')
    await runAll(hub)
    const answer = await act(id, 'revert', { note: 'Ann: sent by mistake' })
    const job = await jobIn(answer)
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `http://localhost/imports/${job.id}`])
    expect(job).toMatchObject({ mode: 'revert', reverts: id, status: 'received', note: 'Ann: sent by mistake' })
    expect(Number(job.id)).toBeGreaterThan(Number(id))
    expect(await refusal(await act(id, 'revert'))).toStartWith(`409 invaliddata: import ${id} is reverted by import`)
    await act(job.id, 'cancel')
  })
})
