// What is read about imports: faults as JSON pages and as CSV, changes as pages, and who may.

import { beforeAll, describe, expect, test } from 'bun:test'
import { parseRows } from '../../src/csv.ts'
import { type Hub, openHub, scopeBase } from '../support/hub.ts'
import {
  bodyIn,
  type Client,
  clientOf,
  orgsCsv,
  own,
  packageOf,
  readScope,
  refusal,
  runScope,
} from '../support/imports.ts'
import { claimNext } from '../support/jobs.ts'

const faultCount = 2345
const header = ['file', 'line', 'field', 'value', 'code', 'message']

let hub: Hub
let client: Client
let id: string
let statements = 0
beforeAll(async () => {
  hub = await openHub({}, { onStatement: () => (statements += 1) })
  client = await clientOf(hub)
  id = (await client.send(await packageOf(orgsCsv(['Faulty'])), '?mode=preview')).job.id
  const { worker } = await claimNext(hub)
  await worker.end(id, { status: 'completed' })
  await hub.owner.sql`insert into store.import_faults
    select ${id}::bigint, n, 'users.csv', nullif(n, 2) + 1, case when n % 2 = 1 then 'email' end,
      case n when 1 then 'a "quoted", one' when 3 then E'two\r\nlines' when 5 then '=1+1' when 7 then 'naïve ☂' end,
      'not_an_address', 'an address is wanted' from generate_series(1, ${faultCount}) as n`
  await hub.owner.sql`insert into store.previewed_changes
    select ${id}::bigint, n, case when n <= 4 then 'orgs.csv' else 'users.csv' end, 'id-' || n,
      (array['created', 'updated', 'deleted'])[1 + n % 3], case when n % 3 > 0 then '{"name": "old"}'::jsonb end,
      case when n % 3 < 2 then '{"name": "new"}'::jsonb end from generate_series(1, 9) as n`
}, 180_000)

type Row = Readonly<Record<string, unknown>>

/** Every row of a list, and how many were on each page. */
async function walk(path: string, name: string, schema: string): Promise<{ rows: Row[]; sizes: number[] }> {
  const [rows, sizes]: [Row[], number[]] = [[], []]
  for (let next: string | undefined = path; next !== undefined; ) {
    const response = await client.ask(next)
    const body = await bodyIn(response, schema)
    rows.push(...(body[name] as Row[]))
    sizes.push((body[name] as Row[]).length)
    next = /^<http:\/\/localhost([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
  }
  return { rows, sizes }
}

describe('faults', () => {
  test('come in pages that lead on to the last, in their order, without what is not there', async () => {
    const { rows, sizes } = await walk(`/imports/${id}/faults?limit=1000`, 'faults', 'ImportFaultSet')
    expect(sizes).toEqual([1000, 1000, 345])
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: faultCount }, (_, index) => index + 1))
    const told = { file: 'users.csv', code: 'not_an_address', message: 'an address is wanted' }
    expect(rows.slice(0, 2)).toEqual([
      { number: 1, line: 2, field: 'email', value: 'a "quoted", one', ...told },
      { number: 2, ...told },
    ])
  })

  test('are a hundred on a page where no limit is given, and lead nowhere where a page holds them all', async () => {
    expect((await walk(`/imports/${id}/faults?after=${faultCount - 150}`, 'faults', 'ImportFaultSet')).sizes).toEqual([
      100, 50,
    ])
    const exact = await client.ask(`/imports/${id}/faults?limit=345&after=2000`)
    expect(exact.headers.get('link')).toBeNull()
  })

  test('come as CSV, all of them, quoted where that is needed and otherwise as they were sent', async () => {
    const response = await client.ask(`/imports/${id}/faults`, { headers: { accept: 'text/csv' } })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="import-${id}-faults.csv"`)
    const text = await response.text()
    expect(text).toStartWith(
      'file,line,field,value,code,message\r\nusers.csv,2,email,"a ""quoted"", one",not_an_address,an address is wanted\r\n' +
        'users.csv,,,,not_an_address,an address is wanted\r\nusers.csv,4,email,"two\r\nlines",not_an_address,',
    )
    const rows = parseRows(text)
    expect([rows.length, rows[0], rows[5]?.[3], rows[7]?.[3]]).toEqual([faultCount + 1, header, '=1+1', 'naïve ☂'])
  })

  test('are read a block at a time, as they are taken: of a reader that leaves no more is asked', async () => {
    const before = statements
    const response = await client.ask(`/imports/${id}/faults`, { headers: { accept: 'text/csv' } })
    const reader = response.body?.getReader()
    await reader?.read()
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value).split('\r\n').length).toBeGreaterThan(1000)
    await reader?.cancel()
    await client.job(id)
    // the job, then as now, and of three blocks the one that was taken and one that is kept ready
    expect(statements - before).toBeLessThanOrEqual(4)
  })

  test('of an import without any are an empty page, and a header alone', async () => {
    const { job } = await client.send(await packageOf(orgsCsv(['None'])))
    expect((await walk(`/imports/${job.id}/faults`, 'faults', 'ImportFaultSet')).rows).toEqual([])
    const csv = await client.ask(`/imports/${job.id}/faults`, { headers: { accept: 'text/csv, */*;q=0.1' } })
    expect(await csv.text()).toBe(`${header.join(',')}\r\n`)
    await client.ask(`/imports/${job.id}/cancel`, { method: 'POST' })
  })

  test('are a 406 for who takes neither JSON nor CSV', async () => {
    const answer = await client.ask(`/imports/${id}/faults`, { headers: { accept: 'text/html' } })
    expect(await refusal(answer)).toBe('406 invaliddata: Accept: faults are told as application/json or text/csv')
  })

  test.each([
    ['limit=0', 'limit: must be a whole number from 1 to 1000, not "0"'],
    ['after=-1', 'after: must be a whole number from 0 to 9007199254740991, not "-1"'],
    ['file=users.csv', 'file: no parameter of this operation; limit, after may be given'],
  ])('are not told by %s', async (query, expected) => {
    expect(await refusal(await client.ask(`/imports/${id}/faults?${query}`))).toBe(`400 invaliddata: ${expected}`)
  })
})

describe('changes', () => {
  test('come in pages that lead on, the old row and the new one, by file and by action', async () => {
    const { rows, sizes } = await walk(`/imports/${id}/changes?limit=4`, 'changes', 'ImportChangeSet')
    expect(sizes).toEqual([4, 4, 1])
    expect(rows.slice(0, 3)).toEqual([
      { file: 'orgs.csv', sourcedId: 'id-1', action: 'updated', old: { name: 'old' }, new: { name: 'new' } },
      { file: 'orgs.csv', sourcedId: 'id-2', action: 'deleted', old: { name: 'old' } },
      { file: 'orgs.csv', sourcedId: 'id-3', action: 'created', new: { name: 'new' } },
    ])
    const ids = async (query: string): Promise<unknown[]> =>
      (await walk(`/imports/${id}/changes?${query}`, 'changes', 'ImportChangeSet')).rows.map(
        ({ sourcedId }) => sourcedId,
      )
    expect(await ids('file=users.csv&limit=3')).toEqual(['id-5', 'id-6', 'id-7', 'id-8', 'id-9'])
    expect(await ids('action=deleted&limit=1')).toEqual(['id-2', 'id-5', 'id-8'])
    expect(await ids('action=created&file=orgs.csv')).toEqual(['id-3'])
    expect(await ids('file=nobody.csv')).toEqual([])
  })

  test.each([
    ['action=read', 'action: must be created, updated or deleted, not "read"'],
    ['after=there', 'after: "there" is no place in the changes of import'],
  ])('are not told by %s', async (query, expected) => {
    expect(await refusal(await client.ask(`/imports/${id}/changes?${query}`))).toStartWith(
      `400 invaliddata: ${expected}`,
    )
  })
})

describe.each(own.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const path = operation.path.replace('{importId}', '999999999')
  const ask = (authorization?: string): Promise<Response> | Response =>
    hub.fetch(
      new Request(`http://localhost${path}`, {
        method: operation.method,
        ...(authorization === undefined ? {} : { headers: { authorization } }),
      }),
    )

  test('is 401 without a token, and 403 with one for rosters', async () => {
    expect(await refusal(await ask())).toStartWith('401 unauthorisedrequest: ')
    const token = await hub.token([`${scopeBase}roster.readonly`])
    expect(await refusal(await ask(`Bearer ${token}`))).toBe(
      `403 forbidden: the token lacks a scope: any of ${operation.scopes.join(' ')}`,
    )
  })

  test('is open to who may run imports, and just where nothing is changed to who may read of them', async () => {
    const isRead = operation.method === 'GET'
    expect(operation.scopes).toEqual(isRead ? [runScope, readScope] : [runScope])
    for (const scope of [runScope, readScope]) {
      const { status } = await ask(`Bearer ${await hub.token([scope])}`)
      expect([scope, status === 403]).toEqual([scope, !operation.scopes.includes(scope)])
    }
  })

  test('takes no other method than its path has, and HEAD as GET', async () => {
    const token = await hub.token([runScope])
    const methods = own.filter((one) => one.path === operation.path).map(({ method }) => method)
    const answer = await hub.fetch(new Request(`http://localhost${path}`, { method: 'DELETE' }))
    expect(await refusal(answer)).toStartWith('405 invaliddata: DELETE is not a method of this path; ')
    const head = await hub.fetch(
      new Request(`http://localhost${path}`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } }),
    )
    const expected = !methods.includes('GET') ? 405 : path.includes('999999999') ? 404 : 200
    expect([head.status, await head.text()]).toEqual([expected, ''])
  })
})

test('HEAD of what is streamed is answered without a stream', async () => {
  for (const [path, accept] of [
    ['events', '*/*'],
    ['faults', 'text/csv'],
  ]) {
    const answer = await client.ask(`/imports/${id}/${path}`, { method: 'HEAD', headers: { accept: String(accept) } })
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, ''])
  }
})
