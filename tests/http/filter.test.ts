// Laws of filter on every collection: what it shows and hides, totals after it, every name of the schema, and 400 with
// the position of whatever it cannot read.

import { beforeAll, describe, expect, test } from 'bun:test'
import { address, collections, findIds, type Ids, idOf, origin, pathOf, readPage } from '../support/collections.ts'
import { type Hub, openDistrict, rosteringPath } from '../support/hub.ts'
import { entities, namesOf, refusalOf } from '../support/schemas.ts'

let hub: Hub
let ids: Ids
beforeAll(async () => {
  hub = await openDistrict()
  ids = await findIds(hub)
}, 180_000)

const limit = 10_000
/** Collections that have a deleted record after the district's second night. */
const withDeleted = new Set([
  'getAllCategories',
  'getAllClasses',
  'getAllDemographics',
  'getAllEnrollments',
  'getAllResults',
  'getAllStudents',
  'getAllUsers',
])

describe.each(collections.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
  const page = (filter: string) => readPage(hub, address(pathOf(operation, ids), { limit, filter }))
  const refused = async (filter: string) =>
    refusalOf(operation, await hub.get(address(pathOf(operation, ids), { filter })))

  test('hides deleted records, and shows them to a filter that names status or dateLastModified', async () => {
    const plain = await readPage(hub, address(pathOf(operation, ids), { limit }))
    const active = await page("status='active'")
    const deleted = await page("status='tobedeleted'")
    expect(plain.records).toEqual([...active.records])
    expect(deleted.records.map(({ status }) => status)).toEqual(deleted.records.map(() => 'tobedeleted'))
    if (withDeleted.has(id.replace('v1p1.', ''))) expect(deleted.records).not.toEqual([])
    const everybody = active.total + deleted.total
    expect((await page("dateLastModified>'2000-01-01'")).total).toBe(everybody)
    expect((await page("sourcedId!='' AND status!='x'")).total).toBe(everybody)
    expect((await page("sourcedId!='' OR dateLastModified='2000-01-01'")).total).toBe(everybody)
    for (const { sourcedId } of deleted.records.slice(0, 2)) {
      expect((await page(`sourcedId='${sourcedId}'`)).total).toBe(0)
      expect((await page(`sourcedId='${sourcedId}' AND status~''`)).total).toBe(1)
    }
  })

  test('counts after the filter, also on a page that shows fewer', async () => {
    const { records } = await readPage(hub, address(pathOf(operation, ids), { limit }))
    const last = idOf(records.at(-1) ?? {})
    const query = { filter: `sourcedId!='${last}'`, limit: 1 }
    const first = await readPage(hub, address(pathOf(operation, ids), query))
    expect([first.total, first.records.length]).toEqual([records.length - 1, Math.min(1, records.length - 1)])
    expect((await page(`sourcedId='${last}'`)).records.map(idOf)).toEqual([last])
  })

  test('refuses an unknown field and names its position', async () => {
    for (const field of ['nobody', 'Status', 'sourced_id', 'status.x', 'metadata']) {
      const first = await refused(`${field}='x'`)
      expect(first).toStartWith('400 invalid_filter_field: filter: ')
      expect(first).toContain(`"${field}" at position 1`)
      expect(await refused(`status='active'  AND ${field}='x'`)).toContain(`"${field}" at position 22`)
      expect(await refused(`status='a''b' OR ${field}='x'`)).toContain(`"${field}" at position 18`)
    }
  })

  test('refuses text that is no filter, and names where it went wrong', async () => {
    for (const [filter, position] of malformed) {
      const expected = expect.stringMatching(new RegExp(`^400 invalid_filter_field: filter: .* position ${position}$`))
      expect([filter, await refused(filter)]).toEqual([filter, expected])
    }
  })
})

describe.each(entities.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const page = (filter: string) => readPage(hub, address(operation.path, { limit: 1, filter }))
  const refused = async (filter: string) => refusalOf(operation, await hub.get(address(operation.path, { filter })))

  test('knows every name of its schema; = and != part the records in two', async () => {
    const { total } = await page("status='active'")
    for (const { name, kind } of namesOf(operation)) {
      const value = values[kind] ?? 'student'
      if (kind === 'object' || kind === 'metadata') {
        expect([name, await refused(`${name}='x'`)]).toEqual([
          name,
          expect.stringMatching(/^400 invalid_filter_field: .* position 1/),
        ])
        continue
      }
      const equal = await page(`status='active' AND ${name}='${value}'`)
      const unequal = await page(`status='active' AND ${name}!='${value}'`)
      expect([name, equal.total + unequal.total]).toEqual([name, total])
    }
  })

  test('refuses a date it cannot read, and names the field, the value and the position', async () => {
    for (const value of [
      '',
      'today',
      '2026',
      '2026-9-1',
      '2026-02-30',
      '2026-13-01',
      '2026-09-01T25:00:00Z',
      '2026-09-01T08:00:00+99:00',
      '01.09.2026',
      '2026-09-01 ',
      '2026-09-01x',
    ]) {
      expect([value, await refused(`status='active' AND dateLastModified>'${value}'`)]).toEqual([
        value,
        `400 invalid_filter_field: filter: "dateLastModified" at position 21 is compared with "${value}", which is no date (2026-09-01) and no time (2026-09-01T08:00:00Z)`,
      ])
    }
  })

  test('refuses a number it cannot read, and names the field, the value and the position', async () => {
    for (const { name, isList } of namesOf(operation).filter(({ kind }) => kind === 'number')) {
      for (const value of ['', 'ten', '1,5x', '0x10', 'NaN', 'Infinity', '1e', '--1', '1 2']) {
        for (const operator of isList ? ['=', '!=', '>', '~'] : ['=', '!=', '<=']) {
          expect(await refused(`status='active' AND ${name}${operator}'${value}'`)).toMatch(
            new RegExp(
              `^400 invalid_filter_field: filter: "${name}" at position 21 is compared with ".*", which is no number$`,
            ),
          )
        }
      }
    }
  })

  test('takes 20 clauses and refuses the 21st where it stands', async () => {
    const clause = "sourcedId!='x'"
    const many = (count: number, word: string) => Array(count).fill(clause).join(` ${word} `)
    const { total } = await readPage(hub, address(operation.path, { limit: 1 }))
    expect((await page(many(20, 'AND'))).total).toBe(total)
    expect((await page(many(20, 'OR'))).total).toBe(total)
    const expected = `400 invalid_filter_field: filter: more than 20 clauses, the next at position`
    expect(await refused(many(21, 'AND'))).toBe(`${expected} ${20 * (clause.length + 5) + 1}`)
    expect(await refused(many(21, 'OR'))).toBe(`${expected} ${20 * (clause.length + 4) + 1}`)
  })

  test('reads + and %20 as spaces, %2B as a plus sign, and spaces around operators', async () => {
    const { total } = await page("status='active' AND sourcedId!='a b'")
    for (const text of [
      "status='active'+AND+sourcedId!='a+b'",
      "status='active'%20AND%20sourcedId!='a%20b'",
      'status%3D%27active%27%20and%20sourcedId%21%3D%27a%2Bb%27',
      "%20status%20=%20'active'%20%20AND%09sourcedId%20!=%20'a'%20",
      "dateLastModified>'2020-01-01T02:00:00%2B02:00'+AND+status='active'",
      "dateLastModified>'2020-01-01T02:00:00+02:00'+AND+status='active'",
    ]) {
      const found = await readPage(hub, `${origin}${operation.path}?limit=1&filter=${text}`)
      expect([text, found.total]).toEqual([text, total])
    }
  })
})

/** A value that a name of this kind may be compared with, where that is not any text. */
const values: Readonly<Record<string, string>> = {
  date: '2026-08-24',
  time: '2026-09-01',
  instant: '2026-08-24',
  number: '10',
  flag: 'true',
}

/** Text, and the position (from 1) of the first character that cannot be. */
const malformed: readonly (readonly [string, number])[] = [
  ['', 1],
  [' ', 2],
  ['status', 7],
  ['status=', 8],
  ['status=active', 8],
  ['status="active"', 8],
  ["status='active", 15],
  ["status='it''s", 14],
  ["status=='active'", 8],
  ["status<>'active'", 8],
  ["status!'active'", 7],
  ["status in ('active')", 8],
  ["='active'", 1],
  ["'status'='active'", 1],
  ["1status='active'", 1],
  ["(status='active')", 1],
  ["status.='active'", 7],
  ["status='active' status='active'", 17],
  ["status='active'AND status='active'", 16],
  ["status='active' ANDstatus='active'", 17],
  ["status='active' XOR status='active'", 17],
  ["status='active' AND", 17],
  ["status='active' AND ", 21],
  ["status='active' AND AND status='active'", 25],
  ["status='active' OR OR", 22],
  ["status='active',status='active'", 16],
  ["status='active';", 16],
  ["status='active' --", 17],
  ["status='act\0ive'", 8],
  ["st\0atus='active'", 3],
  ["ſtatus='active'", 1],
  ["status＝'active'", 7],
]

describe('text between quotes and clauses', () => {
  const count = async (filter: string): Promise<number> =>
    (await readPage(hub, address(`${rosteringPath}/users`, { limit: 1, filter }))).total

  test('AND binds tighter than OR', async () => {
    const [a, b, c] = ["roles.role='teacher'", "roles.role='student'", "givenName<'M'"]
    const [onlyA, onlyB, aAndC, bAndC] = [
      await count(a),
      await count(b),
      await count(`${a} AND ${c}`),
      await count(`${b} AND ${c}`),
    ]
    expect(new Set([onlyA, onlyB, aAndC, bAndC, 0]).size).toBe(5)
    expect(await count(`${a} OR ${b} AND ${c}`)).toBe(onlyA + bAndC)
    expect(await count(`${c} AND ${a} OR ${b}`)).toBe(aAndC + onlyB)
    expect(await count(`${a} AND ${c} OR ${b} AND ${c}`)).toBe(aAndC + bAndC)
  })

  test('is decoded as a form is: + and %20 are spaces, %2B is a plus sign', async () => {
    const totals = async (...filters: string[]) =>
      Promise.all(
        filters.map(async (each) => (await readPage(hub, `${origin}${rosteringPath}/users?filter=${each}`)).total),
      )
    const [plus, percent, none] = await totals("familyName~'e+la+'", "familyName~'e%20la%20'", "familyName~'e%2Bla%2B'")
    expect([plus, plus === 0, none]).toEqual([percent, false, 0])
    const [escaped, bare] = await totals("phone~'%2B1-202'", "phone~'+1-202'")
    expect([escaped === 0, bare]).toEqual([false, 0])
  })
})
