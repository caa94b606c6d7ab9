// Where the references of documents lead: the id as one segment of the address, and the base they all begin with.

import { beforeAll, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase, testBase } from '../support/database.ts'
import { bulk, document, lines, type Row, school, versions } from '../support/rows.ts'
import { shapes } from '../support/shapes.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)

describe('a reference', () => {
  test.each([
    ['plain-1.a_b~c@d', 'plain-1.a_b~c@d'],
    ['a/b', 'a%2Fb'],
    ['a b?c#d%e&f+g', 'a%20b%3Fc%23d%25e%26f%2Bg'],
    ['{ab}:c', '%7Bab%7D%3Ac'],
    ['ü€🏫', '%C3%BC%E2%82%AC%F0%9F%8F%AB'],
  ])('has the id %s as one segment of its address', async (id, segment) => {
    const found = await shapes(owner).of('orgs', {
      sourced_id: 'o1',
      name: 'N',
      type: 'school',
      identifier: '',
      parent_sourced_id: id,
    })
    expect(found['parent']).toEqual({ href: `${testBase}rostering/v1p2/orgs/${segment}`, sourcedId: id, type: 'org' })
    expect(decodeURIComponent(new URL((found['parent'] as { href: string }).href).pathname)).toEndWith(`/${id}`)
  })
})

describe('the base of the addresses', () => {
  const other = 'https://roster.example/hub/ims/oneroster/'
  const hrefs = (value: unknown): string[] =>
    [...JSON.stringify(value).matchAll(/"href":"([^"]*)"/g)].map((match) => String(match[1]))

  test('can change: every stored reference follows, and nothing else does', async () => {
    await bulk(owner, {
      ...school,
      orgs: lines(
        'sourcedId,name,type,parentSourcedId,metadata.href',
        `d1,${testBase},district,,${testBase}`,
        's1,"""href"":""x",school,d1,',
      ),
    })
    const entities = ['orgs', 'academic_sessions', 'courses', 'classes', 'users', 'enrollments'] as const
    const ids = ['s1', 't1', 'c1', 'k1', 'u1', 'e1'] as const
    const read = () => Promise.all(entities.map((entity, at) => document(owner, entity, String(ids[at]))))
    const before = await read()
    await owner.sql`select store.change_base(${other})`
    const after = await read()
    for (const each of after) expect(hrefs(each).filter((href) => href.startsWith(other)).length).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(after).replaceAll(`"href":"${other}`, `"href":"${testBase}`))).toEqual(before)
    expect(await document(owner, 'orgs', 'd1')).toMatchObject({ name: testBase, metadata: { href: testBase } })
    await bulk(owner, { courses: school.courses.replace('Maths', 'Algebra') })
    expect(hrefs(await document(owner, 'courses', 'c1'))).toEqual([`${other}rostering/v1p2/orgs/s1`])
    await owner.sql`select store.change_base(${testBase})`
    expect((await read())[0]).toEqual(before[0] as Row)
  })

  test('that stays writes no row', async () => {
    const before = await versions(owner)
    await owner.sql`select store.change_base(${testBase})`
    expect(await versions(owner)).toEqual(before)
  })
})
