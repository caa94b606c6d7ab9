// How large an address, a query and the headers of a request may be: what is larger is refused in the form of its binding,
// before anything is looked up.

import { beforeAll, describe, expect, test } from 'bun:test'
import { type Hub, openHub, rosteringPath, v1p1Path } from '../support/hub.ts'
import { refusalOf } from '../support/schemas.ts'

let hub: Hub
let authorization: string
let statements = 0
beforeAll(async () => {
  hub = await openHub(
    {},
    {
      onStatement: () => {
        statements += 1
      },
    },
  )
  authorization = `Bearer ${await hub.token()}`
}, 60_000)

const bindings = [
  ['rostering', rosteringPath],
  ['v1p1', v1p1Path],
] as const

describe.each(bindings)('a request of %s', (service, base) => {
  const ask = async (query: string, headers: Record<string, string> = {}): Promise<string> => {
    const url = `http://localhost${base}/users${query}`
    const answer = await hub.fetch(new Request(url, { headers: { authorization, ...headers } }))
    return answer.ok ? String(answer.status) : refusalOf({ service }, answer)
  }
  const sized = (bytes: number): string => {
    const query = '?sort='
    return query + 'x'.repeat(bytes - `http://localhost${base}/users${query}`.length)
  }
  // the names and values of the others: authorization
  const header = (bytes: number) => ({ 'x-a': 'b'.repeat(bytes - 3 - 'authorization'.length - authorization.length) })

  test('may have an address of 8,192 bytes, and not one more', async () => {
    expect(await ask(sized(8192))).toBe('200')
    expect(await ask(sized(8193))).toBe(`414 invaliddata: the address has more than 8192 bytes`)
  })

  test('may have 200 parameters, and not one more', async () => {
    expect(await ask(`?${Array(200).fill('a=1').join('&')}`)).toBe('200')
    expect(await ask(`?${Array(201).fill('a=1').join('&')}`)).toBe(
      `400 invaliddata: the query has more than 200 parameters`,
    )
  })

  test('may have headers of 8,192 bytes, and not one more', async () => {
    expect(await ask('', header(8192))).toBe('200')
    expect(await ask('', header(8193))).toBe(`431 invaliddata: the headers have more than 8192 bytes`)
  })

  test('may have 100 headers, and not one more', async () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count - 1 }, (_, at) => [`x-${at}`, '1']))
    expect(await ask('', many(100))).toBe('200')
    expect(await ask('', many(101))).toBe(`431 invaliddata: the headers are more than 100`)
  })

  test('that is too large costs no look at the database, and is observed by no path of its own', async () => {
    const [before, seen] = [statements, hub.observations.length]
    await ask(sized(8193))
    await ask('', header(8193))
    expect(statements).toBe(before)
    const told = hub.observations.slice(seen).map(({ operation, path, status }) => [operation, path, status])
    const path = service === 'v1p1' ? '/ims/oneroster/v1p1/*' : '/*'
    expect(told).toEqual([
      ['none', path, 414],
      ['none', path, 431],
    ])
  })
})
