// What a row may refer to: records of the package or the store. A required reference that leads nowhere refuses the row,
// an optional one is left out.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import {
  active,
  brief,
  bulk,
  counts,
  deleted,
  delta,
  document,
  emptyStore,
  lines,
  school,
  stored,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

describe('a required reference', () => {
  test('that leads nowhere refuses its row, which names it; rows that refer to that row are refused too', async () => {
    const report = await bulk(owner, { ...school, courses: school.courses.replace(',s1', ',s9') })
    expect(report.faults.map(brief)).toEqual([
      'courses.csv:2 orgSourcedId unknown_reference "s9"',
      'classes.csv:2 courseSourcedId unknown_reference "c1"',
      'enrollments.csv:2 classSourcedId unknown_reference "k1"',
      'enrollments.csv:3 classSourcedId unknown_reference "k1"',
    ])
    expect(report.faults[0]?.reason).toBe('no record "s9" of orgs in the package or the hub')
    expect(counts(report, 'enrollments')).toBe('0 created, 0 updated, 0 unchanged, 0 deleted, 2 refused')
    expect(await document(owner, 'classes', 'k1')).toBeUndefined()
  })

  test('in a list names the items that lead nowhere, and them alone', async () => {
    const report = await bulk(owner, { ...school, classes: school.classes.replace(',t1', ',"t1,t8,t9"') })
    expect(report.faults.filter(({ file }) => file === 'classes.csv').map(brief)).toEqual([
      'classes.csv:2 termSourcedIds unknown_reference "t1,t8,t9"',
    ])
    expect(report.faults.find(({ file }) => file === 'classes.csv')?.reason).toContain('"t8", "t9"')
    expect(report.faults.find(({ file }) => file === 'classes.csv')?.reason).not.toContain('"t1"')
  })

  test('may lead to a record that an earlier package brought, even a deleted one', async () => {
    await bulk(owner, school)
    const header = 'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role'
    await delta(owner, {
      classes: lines(
        `${header.split(',class')[0]},title,courseSourcedId,classType,schoolSourcedId,termSourcedIds`,
        `k1,${deleted},Maths A,c1,scheduled,s1,t1`,
      ),
    })
    const report = await delta(owner, { enrollments: lines(header, `e3,${active},k1,s1,u2,proctor`) })
    expect(report.faults).toEqual([])
    expect(await document(owner, 'enrollments', 'e3')).toMatchObject({ class: { sourcedId: 'k1' } })
  })

  test('may dangle where dangling ones are kept', async () => {
    const csv = { ...school, enrollments: school.enrollments.replace('k1,s1,u1', 'k9,s9,u9') }
    const report = await bulk(owner, csv, { keepDangling: true })
    expect(report.faults).toEqual([])
    expect(report.warnings.map(brief)).toEqual([
      'enrollments.csv:2 classSourcedId dangling_reference "k9"',
      'enrollments.csv:2 schoolSourcedId dangling_reference "s9"',
      'enrollments.csv:2 userSourcedId dangling_reference "u9"',
    ])
    expect(await document(owner, 'enrollments', 'e1')).toMatchObject({
      class: { sourcedId: 'k9' },
      school: { sourcedId: 's9' },
      user: { sourcedId: 'u9' },
    })
  })

  test('demographics are of a user: their id leads to one', async () => {
    const report = await bulk(owner, { ...school, demographics: school.demographics.replace('u1,', 'u9,') })
    expect(report.faults.map(brief)).toEqual(['demographics.csv:2 sourcedId unknown_reference "u9"'])
  })
})

describe('an optional reference', () => {
  const withParents = (...rows: string[]) => ({ orgs: lines('sourcedId,name,type,parentSourcedId', ...rows) })

  test('that leads nowhere is left out with a warning; the row goes in', async () => {
    const report = await bulk(owner, withParents('s1,One,school,d9'))
    expect(report.faults).toEqual([])
    expect(report.warnings.map(brief)).toEqual(['orgs.csv:2 parentSourcedId dangling_reference "d9"'])
    expect(report.warnings[0]?.reason).toContain('left out')
    expect((await document(owner, 'orgs', 's1'))?.['parent']).toBeUndefined()
  })

  test('in a list loses the items that lead nowhere, and keeps the others in their order', async () => {
    const users = lines(
      'sourcedId,enabledUser,username,givenName,familyName,agentSourcedIds',
      'u1,true,ada,Ada,Byron,"u9,u3,u8,u2"',
      'u2,true,bo,Bo,Ek,',
      'u3,true,cy,Cy,Om,u9',
    )
    const roles = `${school.roles}r3,u3,primary,parent,s1\r\n`
    const report = await bulk(owner, { ...school, users, roles })
    expect(report.warnings.map(({ code, rows }) => `${code} ${rows}`)).toEqual(['dangling_reference 2'])
    expect((await document(owner, 'users', 'u1'))?.['agents']).toMatchObject([{ sourcedId: 'u3' }, { sourcedId: 'u2' }])
    expect(await document(owner, 'users', 'u3')).not.toHaveProperty('agents')
  })

  test('that was left out comes in when its record does, though the row is the same', async () => {
    await bulk(owner, withParents('s1,One,school,d1'))
    const report = await bulk(owner, withParents('s1,One,school,d1', 'd1,District,district,'))
    expect(report.warnings).toEqual([])
    expect(counts(report, 'orgs')).toBe('1 created, 1 updated, 0 unchanged, 0 deleted, 0 refused')
    expect((await document(owner, 'orgs', 's1'))?.['parent']).toMatchObject({ sourcedId: 'd1' })
  })

  test('may lead to a row further down the same file', async () => {
    const report = await bulk(owner, withParents('s1,One,school,d1', 'd1,District,district,'))
    expect(report.warnings).toEqual([])
    expect(await document(owner, 'orgs', 's1')).toMatchObject({ parent: { sourcedId: 'd1', type: 'org' } })
    expect(await document(owner, 'orgs', 'd1')).toMatchObject({ children: [{ sourcedId: 's1', type: 'org' }] })
  })

  test('to a row of the same file that is refused is left out with a warning', async () => {
    const report = await bulk(owner, withParents('s1,One,school,d1', 'd1,District,castle,'))
    expect(report.faults.map(({ line }) => line)).toEqual([3])
    expect(report.warnings.map(brief)).toEqual(['orgs.csv:2 parentSourcedId dangling_reference "d1"'])
    expect((await stored(owner, 'orgs', 's1'))?.['parent_sourced_id']).toBeNull()
    expect(await document(owner, 'orgs', 's1')).not.toHaveProperty('parent')
  })

  test('to a row that is refused now but stored from before is kept', async () => {
    await bulk(owner, withParents('d1,District,district,'))
    const report = await bulk(owner, withParents('s1,One,school,d1', 'd1,District,castle,'))
    expect(report.warnings).toEqual([])
    expect(await document(owner, 'orgs', 's1')).toMatchObject({ parent: { sourcedId: 'd1' } })
  })

  test('to a record whose row stands twice is kept: the first of the two went in', async () => {
    const report = await bulk(owner, withParents('s1,One,school,d1', 'd1,District,district,', 'd1,Double,district,'))
    expect(report.faults.map(brief)).toEqual(['orgs.csv:4 sourcedId duplicate_id "d1"'])
    expect(await document(owner, 'orgs', 's1')).toMatchObject({ parent: { sourcedId: 'd1' } })
  })

  test('to a user who is refused for want of a role is left out with a warning', async () => {
    const users = lines(
      'sourcedId,enabledUser,username,givenName,familyName,agentSourcedIds',
      'u1,true,ada,Ada,Byron,u3',
      'u2,true,bo,Bo,Ek,',
      'u3,true,cy,Cy,Om,',
    )
    const report = await bulk(owner, { ...school, users })
    expect(report.faults.map(brief)).toEqual(['users.csv:4 sourcedId missing_role "u3"'])
    expect(await document(owner, 'users', 'u1')).not.toHaveProperty('agents')
    expect(report.warnings.map(({ code }) => code)).toEqual(['dangling_reference'])
  })

  test('is kept where dangling ones are kept, with a warning', async () => {
    const report = await bulk(owner, withParents('s1,One,school,d9'), { keepDangling: true })
    expect(report.warnings.map(brief)).toEqual(['orgs.csv:2 parentSourcedId dangling_reference "d9"'])
    expect(report.warnings[0]?.reason).not.toContain('left out')
    expect(await document(owner, 'orgs', 's1')).toMatchObject({ parent: { sourcedId: 'd9' } })
  })
})
