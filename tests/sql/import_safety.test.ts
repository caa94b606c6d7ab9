// What an import must not lose, however odd the file: records between two stray quotes, a record whose id has spaces, a
// role that changes hands, a metadata column that changes its name.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { importFiles, manifest } from '../support/packages.ts'
import { brief, bulk, document, emptyStore, lines, rolesOf, school, statuses } from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const orgs = (header: string, ...rows: string[]) =>
  importFiles(owner, { 'manifest.csv': manifest({ orgs: 'bulk' }), 'orgs.csv': [header, ...rows].join('\n') })
const header = 'sourcedId,name,type,identifier,status,dateLastModified'
const row = (id: string, name = 'Org'): string => `${id},${name},school,,,`

describe('a bulk file', () => {
  test('deletes no record between two stray quotes, one of which seems to close the other', async () => {
    const ids = Array.from({ length: 10 }, (_, n) => `q${n}`)
    await orgs(header, ...ids.map((id) => row(id)))
    const torn = ids
      .map((id) => row(id, id === 'q2' ? '"5 inch' : 'Org'))
      .map((text) => text.replace('q7,Org,school,', 'q7,Org,school,12"'))
    const report = await orgs(header, ...torn)
    expect(report.faults.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '4 wrong_cell_count',
      '9 malformed_quote',
    ])
    expect(report.files).toMatchObject([{ rows: 10, unchanged: 8, refused: 2, deleted: 0 }])
  })

  test('does not delete the record of a row that is refused for the spaces around its id', async () => {
    await orgs(header, row('q1'), row('q2'))
    const report = await orgs(header, row('q1'), row(' q2'))
    expect(report.faults.map(({ code }) => code)).toEqual(['invalid_id'])
    expect(await statuses(owner, 'orgs')).toEqual(['q1 active', 'q2 active'])
  })

  test('changes a record when a metadata column changes its name alone, and may have many of them', async () => {
    await orgs(`${header},metadata.a`, `${row('q1')},x`)
    expect((await orgs(`${header},metadata.b`, `${row('q1')},x`)).files).toMatchObject([{ updated: 1 }])
    expect(await document(owner, 'orgs', 'q1')).toMatchObject({ metadata: { b: 'x' } })
    const names = Array.from({ length: 80 }, (_, n) => `metadata.m${n}`)
    expect((await orgs(`${header},${names}`, `${row('q1')},${names.map((_, n) => n)}`)).faults).toEqual([])
    expect(Object.keys((await document(owner, 'orgs', 'q1'))?.['metadata'] as object)).toHaveLength(80)
  })

  test('with more columns than a table can have is refused by name', async () => {
    const many = Array.from({ length: 1700 }, (_, n) => `c${n}`)
    expect(orgs(`${header},${many}`, row('q1'))).rejects.toThrow('orgs.csv, line 1: the header has 1706 columns')
  })
})

describe('a role', () => {
  test('that goes from one user to another leaves the document of the first', async () => {
    const roles = (third: string): string =>
      lines(
        'sourcedId,userSourcedId,roleType,role,orgSourcedId',
        'r1,u1,primary,student,s1',
        'r2,u2,primary,teacher,s1',
        third,
      )
    expect((await bulk(owner, { ...school, roles: roles('r3,u1,secondary,aide,s1') })).faults.map(brief)).toEqual([])
    expect(await rolesOf(owner, 'u1')).toHaveLength(2)
    await bulk(owner, { ...school, roles: roles('r3,u2,secondary,aide,s1') })
    expect([(await rolesOf(owner, 'u1')).length, (await rolesOf(owner, 'u2')).length]).toEqual([1, 2])
  })
})

test('a source that is named by nothing is the manifest’s', async () => {
  const report = await importFiles(
    owner,
    { 'manifest.csv': manifest({ orgs: 'bulk' }), 'orgs.csv': `${header}\n${row('q1')}` },
    { source: '' },
  )
  expect(report.source).toBe('test-sis')
})
