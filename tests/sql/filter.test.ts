// What each operator means, example by example: on texts, lists, references, dates, flags and metadata of records whose
// values are awkward. Each line is a filter and the ids it finds.

import { beforeAll, describe, expect, test } from 'bun:test'
import { address, idOf, readPage } from '../support/collections.ts'
import { type Hub, openHub, rosteringPath } from '../support/hub.ts'
import { importFiles, manifest } from '../support/packages.ts'

const rows = (...lines: string[]): string => lines.map((line) => `${line}\r\n`).join('')

const files = {
  orgs: rows(
    'sourcedId,name,type,metadata.size,metadata.a.b',
    's1,North,school,10,x',
    's2,South,school,9,',
    's3,District,district,,y',
  ),
  academicSessions: rows(
    'sourcedId,title,type,startDate,endDate,schoolYear',
    't1,Autumn,term,2026-08-24,2027-01-18,2027',
    't2,Spring,term,2027-01-18,2027-06-19,2027',
  ),
  courses: rows('sourcedId,title,orgSourcedId', 'c1,Maths,s1'),
  classes: rows(
    'sourcedId,title,grades,courseSourcedId,classType,location,schoolSourcedId,termSourcedIds,subjects',
    'k1,Algebra,"08,09",c1,scheduled,Room 1,s1,"t1,t2","Maths,Logic"',
    'k2,algebra,09,c1,homeroom,,s1,t1,Maths',
    'k3,O’Hara’s,,c1,homeroom,100%,s2,t2,',
  ),
  users: rows(
    'sourcedId,enabledUser,username,userIds,givenName,familyName,middleName,email,grades',
    'u1,true,one,"{sis:1},{state:A}",Ada,O\'Brien,,ada@x.org,08',
    'u2,false,two,{sis:2},bo,a_b,Z,,"08,09"',
    'u3,true,three,,Ümit,100%,,,',
    'u4,true,four,,😀,back\\slash,ﬀ,,',
    'u5,true,five,,Ａ,"x, y",z,,',
  ),
  roles: rows(
    'sourcedId,userSourcedId,roleType,role,beginDate,orgSourcedId',
    'r1,u1,primary,student,2026-08-24,s1',
    'r2,u2,primary,teacher,,s1',
    'r3,u2,secondary,student,2026-09-01,s2',
    'r4,u3,primary,teacher,,s2',
    'r5,u4,primary,guardian,,s3',
    'r6,u5,primary,guardian,,s3',
  ),
  enrollments: rows(
    'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
    'e1,k1,s1,u1,student,,2026-08-24,2027-06-19',
    'e2,k1,s1,u2,teacher,true,2026-08-25,',
    'e3,k2,s1,u3,teacher,false,,',
  ),
}

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
  const modes = Object.fromEntries(Object.keys(files).map((name) => [name, 'bulk']))
  const csv = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${name}.csv`, text]))
  const { faults } = await importFiles(hub.owner, { 'manifest.csv': manifest(modes), ...csv })
  expect(faults).toEqual([])
}, 60_000)

async function find(collection: string, filter: string): Promise<string> {
  const { records, total } = await readPage(hub, address(`${rosteringPath}/${collection}`, { filter }))
  expect(total).toBe(records.length)
  return records.map(idOf).join(' ')
}

describe.each([
  [
    'a text',
    'users',
    [
      ["familyName='O''Brien'", 'u1'],
      ["familyName='o''brien'", ''],
      ["familyName!='O''Brien'", 'u2 u3 u4 u5'],
      ["familyName='x, y'", 'u5'],
      ["familyName~'x,'", 'u5'],
      ["familyName~'_'", 'u2'],
      ["familyName~'%'", 'u3'],
      ["familyName~'\\'", 'u4'],
      ["familyName~'brien'", ''],
      ["familyName~'Brien'", 'u1'],
      ["familyName~''", 'u1 u2 u3 u4 u5'],
      ["middleName=''", ''],
      ["middleName!=''", 'u1 u2 u3 u4 u5'],
      ["middleName~''", 'u2 u4 u5'],
      ["middleName!='Z'", 'u1 u3 u4 u5'],
      ["middleName>=''", 'u2 u4 u5'],
    ],
  ],
  [
    'the order of code points',
    'users',
    [
      ["givenName<'a'", 'u1'],
      ["givenName>'z'", 'u3 u4 u5'],
      ["givenName>'Ａ'", 'u4'],
      ["givenName>='Ａ'", 'u4 u5'],
      ["givenName<='bo'", 'u1 u2'],
      ["middleName>'z'", 'u4'],
      ["middleName<='Z'", 'u2'],
    ],
  ],
  [
    'a list',
    'classes',
    [
      ["grades='09'", 'k1 k2'],
      ["grades='09,08'", 'k1'],
      ["grades=' 09 , 08 '", 'k1'],
      ["grades='08,10'", ''],
      ["grades!='09'", 'k3'],
      ["grades!='08,09'", 'k2 k3'],
      ["grades~'08,10'", 'k1'],
      ["grades~'0'", ''],
      ["grades=''", ''],
      ["grades!=''", 'k1 k2 k3'],
      ["grades>'08'", 'k1 k2'],
      ["grades<'09'", 'k1'],
      ["subjects~'Logic,Art'", 'k1'],
      ["terms='t1,t2'", 'k1'],
      ["terms~'t2'", 'k1 k3'],
      ["terms!='t2'", 'k2'],
      ["terms.sourcedId='t1'", 'k1 k2'],
      ["terms.type='academicSession'", 'k1 k2 k3'],
    ],
  ],
  [
    'a list of objects',
    'users',
    [
      ["roles.role='student'", 'u1 u2'],
      ["roles.role='student,teacher'", 'u2'],
      ["roles.role~'teacher,guardian'", 'u2 u3 u4 u5'],
      ["roles.role!='student'", 'u3 u4 u5'],
      ["roles.role~'stud'", ''],
      ["roles.org='s2'", 'u2 u3'],
      ["roles.org.sourcedId='s1,s2'", 'u2'],
      ["roles.org.type='org'", 'u1 u2 u3 u4 u5'],
      ["roles.beginDate='2026-09-01'", 'u2'],
      ["roles.beginDate>'2026-08-24'", 'u2'],
      ["roles.beginDate!='2026-09-01'", 'u1 u3 u4 u5'],
      ["userIds.identifier='A'", 'u1'],
      ["userIds.type='sis,state'", 'u1'],
      ["userIds.type!='state'", 'u2 u3 u4 u5'],
    ],
  ],
  [
    'a reference',
    'enrollments',
    [
      ["class='k1'", 'e1 e2'],
      ["class.sourcedId='k1'", 'e1 e2'],
      ["class!='k1'", 'e3'],
      ["class~'k'", 'e1 e2 e3'],
      ["class.type='class'", 'e1 e2 e3'],
      ["user>'u1'", 'e2 e3'],
      ["class.href='http://localhost/ims/oneroster/rostering/v1p2/classes/k2'", 'e3'],
    ],
  ],
  [
    'a date',
    'enrollments',
    [
      ["beginDate='2026-08-24'", 'e1'],
      ["beginDate='2026-08-24T00:00:00Z'", 'e1'],
      ["beginDate='2026-08-24T00:00:00.000'", 'e1'],
      ["beginDate='2026-08-24T02:00:00+02:00'", 'e1'],
      ["beginDate='2026-08-23T19:00-0500'", 'e1'],
      ["beginDate='2026-08-24 02:00:00+02'", 'e1'],
      ["beginDate='2026-08-24 00:00'", 'e1'],
      ["beginDate='2026-08-24 02:00 02:00'", 'e1'],
      ["beginDate='2026-08-24T02:00:00.000 0200'", 'e1'],
      ["beginDate='2026-08-24T01:00:00Z'", ''],
      ["beginDate>'2026-08-24'", 'e2'],
      ["beginDate>='2026-08-24T00:00:00.001Z'", 'e2'],
      ["beginDate<'2026-08-24T00:00:01Z'", 'e1'],
      ["beginDate<='2026-08-25'", 'e1 e2'],
      ["beginDate!='2026-08-24'", 'e2 e3'],
      ["beginDate~'2026-08'", 'e1 e2'],
      ["endDate>'2000-01-01'", 'e1'],
    ],
  ],
  [
    'a flag',
    'enrollments',
    [
      ["primary='true'", 'e2'],
      ["primary='false'", 'e3'],
      ["primary!='true'", 'e1 e3'],
      ["primary~'a'", 'e3'],
      ["primary='TRUE'", ''],
      ["primary='t'", ''],
      ["primary>'false'", 'e2'],
    ],
  ],
  [
    'metadata',
    'orgs',
    [
      ["metadata.size='10'", 's1'],
      ["metadata.size<'9'", 's1'],
      ["metadata.size~'9'", 's2'],
      ["metadata.size!='9'", 's1 s3'],
      ["metadata.a.b='x'", 's1'],
      ["metadata.a.b~''", 's1 s3'],
      ["metadata.nobody='x'", ''],
      ["metadata.nobody!='x'", 's1 s2 s3'],
    ],
  ],
] as const)('%s', (_, collection, examples) => {
  test.each(examples.map(([filter, found]) => [filter, found] as const))('%s', async (filter, found) => {
    expect(await find(collection, filter)).toBe(found)
  })
})

describe('dateLastModified', () => {
  test('is compared as an instant, to the millisecond, in any zone, and ~ compares its text', async () => {
    const { records } = await readPage(hub, address(`${rosteringPath}/orgs`))
    const told = String(records[0]?.['dateLastModified'])
    const after = new Date(Date.parse(told) + 1).toISOString()
    const elsewhere = `${new Date(Date.parse(told) + 5.5 * 3_600_000).toISOString().slice(0, -1)}+05:30`
    const all = 's1 s2 s3'
    for (const same of [told, told.toLowerCase(), told.slice(0, -1), told.replace('T', ' '), elsewhere]) {
      expect([same, await find('orgs', `dateLastModified='${same}'`)]).toEqual([same, all])
      expect([same, await find('orgs', `dateLastModified>'${same}'`)]).toEqual([same, ''])
      expect([same, await find('orgs', `dateLastModified>='${same}' AND dateLastModified<='${same}'`)]).toEqual([
        same,
        all,
      ])
      expect([same, await find('orgs', `dateLastModified!='${same}'`)]).toEqual([same, ''])
    }
    expect(await find('orgs', `dateLastModified<'${after}' AND dateLastModified>'${told.slice(0, 10)}'`)).toBe(all)
    expect(await find('orgs', `dateLastModified~'${told.slice(0, 19)}'`)).toBe(all)
  })
})
