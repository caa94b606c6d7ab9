// Files that join a record to what its document shows: when the record changes with them, and which records do not.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { backend, openTestDatabase } from '../support/database.ts'
import {
  brief,
  bulk,
  type Csv,
  dated,
  deleted,
  delta,
  document,
  emptyStore,
  gradebook,
  lines,
  pausedImport,
  school,
  stored,
  waitsOrDone,
} from '../support/rows.ts'

let owner: Database
let app: Database
beforeAll(async () => {
  const database = await openTestDatabase()
  owner = database.owner
  app = database.app
}, 60_000)
beforeEach(() => emptyStore(owner))

const secondClass = `${school.classes}k2,Maths B,c1,scheduled,s1,t1\r\n`
const all = { ...school, classes: secondClass, ...gradebook }
const links = (...rows: string[]): Csv => ({
  classResources: lines('sourcedId,title,classSourcedId,resourceSourcedId', ...rows),
})
const resourcesOf = async (id: string): Promise<string[] | undefined> =>
  ((await document(owner, 'classes', id))?.['resources'] as { sourcedId: string }[] | undefined)?.map(
    ({ sourcedId }) => sourcedId,
  )
const dateOf = async (table: string, id: string): Promise<unknown> =>
  (await document(owner, table, id))?.['dateLastModified']
const revisionOf = async (table: string, id: string): Promise<unknown> => (await stored(owner, table, id))?.['revision']

describe('a link to a resource', () => {
  test('that is added changes its class, and no other record', async () => {
    const first = await bulk(owner, all)
    const untouched = await revisionOf('classes', 'k1')
    const report = await delta(owner, {
      classResources: dated(String(links('kr2,,k2,re2', 'kr3,,k2,re1')['classResources'])),
    })
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([['re1'], ['re1', 're2']])
    expect([await dateOf('classes', 'k1'), await dateOf('classes', 'k2')]).toEqual([
      first.publishedAt,
      report.publishedAt,
    ])
    expect(await revisionOf('classes', 'k1')).toBe(untouched)
    for (const [table, id] of [
      ['courses', 'c1'],
      ['users', 'u1'],
      ['resources', 're2'],
    ] as const)
      expect(await dateOf(table, id)).toBe(first.publishedAt)
  })

  test('that is left out of a bulk file, or deleted by a delta, is shown no more, and the last one takes the list along', async () => {
    await bulk(owner, all)
    const both = await bulk(owner, links('kr1,,k1,re1', 'kr2,,k1,re2'))
    expect([await resourcesOf('k1'), await dateOf('classes', 'k1')]).toEqual([['re1', 're2'], both.publishedAt])
    const one = await bulk(owner, links('kr2,,k1,re2'))
    expect([await resourcesOf('k1'), await dateOf('classes', 'k1')]).toEqual([['re2'], one.publishedAt])
    const none = await delta(owner, { classResources: dated(String(links('kr2,,k1,re2')['classResources']), deleted) })
    expect(await document(owner, 'classes', 'k1')).not.toHaveProperty('resources')
    expect((await stored(owner, 'classes', 'k1'))?.['resource_sourced_ids']).toBeNull()
    expect(await dateOf('classes', 'k1')).toBe(none.publishedAt)
  })

  test('that moves to another class changes both', async () => {
    await bulk(owner, all)
    const report = await bulk(owner, links('kr1,,k2,re1'))
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([undefined, ['re1']])
    expect([await dateOf('classes', 'k1'), await dateOf('classes', 'k2')]).toEqual([
      report.publishedAt,
      report.publishedAt,
    ])
  })

  test('that moves and is deleted in the same row changes the one it left', async () => {
    await bulk(owner, all)
    await delta(owner, { classResources: dated(String(links('kr1,,k2,re1')['classResources']), deleted) })
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([undefined, undefined])
  })

  test('that changes its title, or says the same of a second id, leaves the class its date', async () => {
    const first = await bulk(owner, all)
    const report = await bulk(owner, links('kr1,Read this,k1,re1', 'kr9,,k1,re1'))
    expect(report.files[0]).toMatchObject({ created: 1, updated: 1 })
    expect(await resourcesOf('k1')).toEqual(['re1'])
    expect(await dateOf('classes', 'k1')).toBe(first.publishedAt)
    await bulk(owner, links('kr9,,k1,re1'))
    expect([await resourcesOf('k1'), await dateOf('classes', 'k1')]).toEqual([['re1'], first.publishedAt])
  })

  test('of another source stands beside it, and each source takes back its own alone', async () => {
    await bulk(owner, all)
    await bulk(owner, links('b1,,k1,re2'), { source: 'b' })
    expect(await resourcesOf('k1')).toEqual(['re1', 're2'])
    const refused = await bulk(owner, links('kr1,,k2,re1', 'b1,,k1,re2'), { source: 'b' })
    expect(refused.faults.map(brief)).toEqual(['classResources.csv:2 sourcedId other_source "kr1"'])
    await bulk(owner, links('b2,,k2,re2'), { source: 'b' })
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([['re1'], ['re2']])
    await bulk(owner, links('kr1,,k2,re1', 'b2,,k2,re2'), { source: 'b', takeOver: true })
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([undefined, ['re1', 're2']])
  })

  test('whose class or resource is refused is refused with its line, and so is one that leads nowhere', async () => {
    const report = await bulk(owner, {
      ...all,
      classes: secondClass.replace('Maths B,c1', 'Maths B,c9'),
      resources: gradebook.resources.replace('v-2,,,', 'v-2,,,tertiary'),
      ...links('kr1,,k1,re1', 'kr2,,k2,re1', 'kr3,,k1,re2', 'kr4,,k9,re1', 'kr5,,k1,re9', 'kr6,,,'),
    })
    expect(report.faults.filter(({ file }) => file === 'classResources.csv').map(brief)).toEqual([
      'classResources.csv:3 classSourcedId unknown_reference "k2"',
      'classResources.csv:4 resourceSourcedId unknown_reference "re2"',
      'classResources.csv:5 classSourcedId unknown_reference "k9"',
      'classResources.csv:6 resourceSourcedId unknown_reference "re9"',
      'classResources.csv:7 classSourcedId required null',
      'classResources.csv:7 resourceSourcedId required null',
    ])
    expect(await resourcesOf('k1')).toEqual(['re1'])
  })

  test('that is refused today keeps what it linked before', async () => {
    const first = await bulk(owner, all)
    const report = await bulk(owner, links('kr1,,k2,re9', 'kr2,,k2,re2'))
    expect(report.faults.map(({ line }) => line)).toEqual([2])
    expect([await resourcesOf('k1'), await resourcesOf('k2')]).toEqual([['re1'], ['re2']])
    expect(await dateOf('classes', 'k1')).toBe(first.publishedAt)
  })

  test('kept though its record is unknown is shown once the record comes, in every joining file', async () => {
    await bulk(owner, all)
    const shown = async (): Promise<unknown[]> =>
      Promise.all(
        (['classes k1', 'courses c1', 'users u1', 'line_items l1', 'results x1'] as const).map(async (each) => {
          const [table = '', id = ''] = each.split(' ')
          const { dateLastModified: _, ...record } = (await document(owner, table, id)) ?? {}
          return record
        }),
      )
    const expected = await shown()
    await emptyStore(owner)
    const joining = Object.entries(gradebook).filter(([name]) => /.Resources|ScoreScales|ObjectiveIds/.test(name))
    const names = joining.filter(([name]) => name !== 'scoreScales').map(([name]) => name)
    expect(names.length).toBe(7)
    const report = await bulk(owner, Object.fromEntries(joining), { keepDangling: true })
    expect(report.faults).toEqual([])
    await bulk(owner, Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name))))
    expect(await shown()).toEqual(expected)
  })
})

test('a resource of a user is one whatever org and class each row names, and stays with the user it is of', async () => {
  const first = await bulk(owner, all)
  const header = 'sourcedId,userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId'
  const rows = ['ur1,u1,s1,k1,re1', 'ur2,u1,,k2,re1', 'ur3,u1,d1,,re2', 'ur4,u2,,,re2']
  const report = await bulk(owner, { userResources: lines(header, ...rows) })
  expect(report.faults).toEqual([])
  const resourcesOfUser = async (id: string) => (await document(owner, 'users', id))?.['resources']
  expect(await resourcesOfUser('u1')).toMatchObject([{ sourcedId: 're1' }, { sourcedId: 're2' }])
  expect(await resourcesOfUser('u2')).toMatchObject([{ sourcedId: 're2' }])
  expect(await stored(owner, 'user_resources', 'ur2')).toMatchObject({ org_sourced_id: null, class_sourced_id: 'k2' })
  expect(await dateOf('classes', 'k1')).toBe(first.publishedAt)
  await bulk(owner, { userResources: lines(header, ...rows.slice(1)) })
  expect(await resourcesOfUser('u1')).toMatchObject([{ sourcedId: 're1' }, { sourcedId: 're2' }])
  expect(await dateOf('users', 'u1')).toBe(report.publishedAt)
})

describe.skipIf(backend === 'pglite')('while another source fills a class [needs two sessions: PostgreSQL]', () => {
  test.each([
    ['a link of this one is not lost', links('a1,,k1,re2'), ['re1', 're2']],
    ['a row of the class keeps what it gets', { classes: secondClass.replace('Maths A', 'Maths') }, ['re1']],
  ] as const)(
    '%s',
    async (_, csv, expected) => {
      await bulk(owner, { ...all, ...links('gone,,k2,re1') })
      const first = await pausedImport(owner, links('b1,,k1,re1'), 'b')
      const second = bulk(owner, csv)
      await waitsOrDone(app, second)
      first.goOn()
      await Promise.all([first.done, second])
      expect(await resourcesOf('k1')).toEqual([...expected])
      expect((await stored(owner, 'classes', 'k1'))?.['resource_sourced_ids']).toEqual([...expected])
    },
    20_000,
  )
})
