// What real exports look like and is read as it was meant: byte order marks, line ends, quotes, headers and spellings.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import type { Imported } from '../support/packages.ts'
import {
  brief,
  bulk,
  delta,
  document,
  emptyStore,
  lines,
  school,
  statuses,
  stored,
  warningCodes,
} from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const load = (orgs: string | Uint8Array): Promise<Imported> => bulk(owner, { orgs })
const org = async (id: string): Promise<Record<string, unknown>> => (await document(owner, 'orgs', id)) ?? {}

/** Reads the file without a fault or a warning, into these records. */
async function expectRead(text: string, ids: string[]): Promise<void> {
  await emptyStore(owner)
  const report = await load(text)
  expect([report.faults, report.warnings]).toEqual([[], []])
  expect(await statuses(owner, 'orgs')).toEqual(ids.map((id) => `${id} active`))
}

describe('a file', () => {
  test.each([
    ['a byte order mark', '\uFEFFsourcedId,name,type\r\ns1,One,school\r\ns2,Two,school\r\n'],
    ['line feeds', 'sourcedId,name,type\ns1,One,school\ns2,Two,school\n'],
    ['no line end behind the last row', 'sourcedId,name,type\r\ns1,One,school\r\ns2,Two,school'],
    ['line feeds under a header with a carriage return', 'sourcedId,name,type\r\ns1,One,school\ns2,Two,school\n'],
    ['carriage returns under a header without', 'sourcedId,name,type\ns1,One,school\r\ns2,Two,school\r\n'],
    ['both line ends', 'sourcedId,name,type\r\ns1,One,school\ns2,Two,school\r\n'],
    ['both line ends and none behind the last row', 'sourcedId,name,type\r\ns1,One,school\r\ns2,Two,school\n'],
    ['quotes around the header', '"sourcedId","name","type"\r\ns1,One,school\r\ns2,Two,school\r\n'],
    ['quotes around every cell', '"sourcedId","name","type"\r\n"s1","One","school"\r\n"s2","Two","school"\r\n'],
    ['a byte order mark and quotes', '\uFEFF"sourcedId","name","type"\n"s1","One","school"\n"s2","Two","school"'],
    ['blank lines', 'sourcedId,name,type\r\n\r\ns1,One,school\r\n\r\n\r\ns2,Two,school\r\n\r\n'],
    ['blank lines of both kinds', 'sourcedId,name,type\n\ns1,One,school\n\r\ns2,Two,school\n\n'],
  ])('with %s is read whole', async (_, text) => {
    await expectRead(text, ['s1', 's2'])
    expect([(await org('s1'))['name'], (await org('s2'))['type']]).toEqual(['One', 'school'])
  })

  test('that ends with its header has no rows', async () => {
    for (const text of ['sourcedId,name,type', 'sourcedId,name,type\n', '\uFEFF"sourcedId",name,type\r\n']) {
      const report = await load(text)
      expect(report.files.map(({ rows }) => rows)).toEqual([0])
      expect(warningCodes(report)).toEqual(['no_rows'])
    }
  })

  test('is read the same however its bytes arrive: its header and a row may be longer than a chunk', async () => {
    const name = 'long'.repeat(50_000)
    const value = 'x,"\n'.repeat(50_000)
    const report = await load(`sourcedId,name,type,metadata.${name}\ns1,One,school,"${value.replaceAll('"', '""')}"\n`)
    expect([report.faults, report.warnings.map(brief)]).toEqual([[], ['orgs.csv:2 null line_break_in_field null']])
    expect((await org('s1'))['metadata']).toEqual({ [name]: value })
  })

  test('may hold commas, quotes, line breaks and every script in its cells', async () => {
    const names = [
      'A, B & C',
      'the "Old" school',
      'two\r\nlines',
      'two\nlines',
      'a line of\n\\.\nits own',
      '',
      '学校 Ωλ العربية 🏫',
      "O'Neil \\ %_",
      '  ',
    ]
    const quoted = names.map((name, at) => `s${at},"${name.replaceAll('"', '""')}x",school`)
    const report = await load(lines('sourcedId,name,type', ...quoted))
    expect([report.faults, report.warnings.map(({ line, code, rows }) => [line, code, rows])]).toEqual([
      [],
      [[4, 'line_break_in_field', 3]],
    ])
    for (const [at, name] of names.entries()) expect((await org(`s${at}`))['name']).toBe(`${name}x`)
  })

  test('has an absent value where a cell is blank, quoted or not', async () => {
    await load('sourcedId,name,type,metadata.a,metadata.b\ns1,One,school,"",\n')
    expect(await org('s1')).not.toHaveProperty('metadata')
  })
})

describe('a header', () => {
  test('in another order or case is understood, with a warning', async () => {
    const report = await load('Type,NAME,sourcedId\nschool,One,s1\n')
    expect(report.warnings.map(brief)).toEqual([
      'orgs.csv:1 name header_spelling "NAME"',
      'orgs.csv:1 type header_spelling "Type"',
      'orgs.csv:1 null header_order null',
    ])
    expect(await org('s1')).toMatchObject({ name: 'One', type: 'school' })
  })

  test('with spaces around a name is understood, with a warning', async () => {
    const report = await load('sourcedId, name ,type\ns1,One,school\n')
    expect(report.warnings.map(brief)).toEqual(['orgs.csv:1 name header_spelling " name "'])
    expect(await org('s1')).toMatchObject({ name: 'One' })
  })

  test('with unknown columns and trailing empty ones is read without them, with a warning for each', async () => {
    const report = await load('sourcedId,name,type,colour,,\ns1,One,school,red,x,\n')
    expect(report.warnings.map(({ code, value }) => `${code} ${value}`).sort()).toEqual([
      'empty_column ',
      'empty_column ',
      'unknown_column colour',
    ])
    expect(JSON.stringify([await org('s1'), await stored(owner, 'orgs', 's1')])).not.toContain('red')
  })

  test('with metadata columns gives the document metadata, as the file spells them', async () => {
    const report = await load(
      'sourcedId,name,type,metadata.boardCode,Metadata.a.b,metadata.none\ns1,One,school,77,"x ""y""",\n',
    )
    expect(report.warnings).toEqual([])
    expect((await org('s1'))['metadata']).toEqual({ boardCode: '77', 'a.b': 'x "y"' })
  })

  test('of 1.1 columns in a 1.2 package leaves them out, with a warning', async () => {
    const users = lines(
      'sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName',
      'u1,true,s1,student,a,A,B',
    )
    const report = await bulk(owner, { ...school, users })
    expect(report.warnings.map(brief)).toEqual([
      'users.csv:1 orgSourcedIds unknown_column "orgSourcedIds"',
      'users.csv:1 role unknown_column "role"',
    ])
  })
})

describe('a value', () => {
  const enrollments = (...rows: string[]) =>
    lines('sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate', ...rows)

  test('of a vocabulary in other letters is read as the word it is, with a warning', async () => {
    const users = school.users.replace('u1,true', 'u1,TRUE').replace('u2,true', 'u2,False')
    const classes = school.classes.replace('scheduled', 'Scheduled')
    const report = await bulk(owner, { ...school, users, classes })
    expect(report.warnings.map(brief)).toEqual([
      'classes.csv:2 classType value_spelling "Scheduled"',
      'users.csv:2 enabledUser value_spelling "TRUE"',
    ])
    expect(report.warnings.map(({ rows }) => rows)).toEqual([1, 2])
    expect(await document(owner, 'classes', 'k1')).toMatchObject({ classType: 'scheduled' })
    expect(await document(owner, 'users', 'u1')).toMatchObject({ enabledUser: 'true' })
    expect(await document(owner, 'users', 'u2')).toMatchObject({ enabledUser: 'false' })
  })

  test('that extends a vocabulary is kept as it is', async () => {
    const report = await load('sourcedId,name,type\ns1,One,ext:night-school.2\n')
    expect([report.faults, report.warnings, (await org('s1'))['type']]).toEqual([[], [], 'ext:night-school.2'])
  })

  test('of a status: inactive is tobedeleted, with a warning; blank is active in bulk', async () => {
    const report = await load(
      'sourcedId,status,name,type\ns1,inactive,One,school\ns2,,Two,school\ns3,Inactive,Three,school\n',
    )
    expect(report.faults).toEqual([])
    expect(report.warnings.map(({ code, rows }) => `${code} ${rows}`).sort()).toEqual([
      'deleted_in_bulk 2',
      'value_spelling 2',
    ])
    expect(await statuses(owner, 'orgs')).toEqual(['s1 tobedeleted', 's2 active', 's3 tobedeleted'])
  })

  test('of a date where a date and time belongs is midnight, with a warning', async () => {
    const report = await delta(owner, {
      orgs: lines(
        'sourcedId,status,dateLastModified,name,type',
        's1,active,2026-09-01,One,school',
        's2,active,2026-09-01T10:00:00+02:00,Two,school',
      ),
    })
    expect(report.warnings.map(({ code, rows }) => `${code} ${rows}`)).toEqual(['date_time_spelling 2'])
    const dates = ['s1', 's2'].map(async (id) => (await stored(owner, 'orgs', id))?.['source_modified_at'])
    expect((await Promise.all(dates)).map((date) => new Date(String(date)).toISOString())).toEqual([
      '2026-09-01T00:00:00.000Z',
      '2026-09-01T08:00:00.000Z',
    ])
  })

  test('of a date and time where a date belongs is its date, with a warning', async () => {
    const report = await bulk(owner, {
      ...school,
      enrollments: enrollments('e1,k1,s1,u2,teacher,true,2026-08-31T23:59:59.000Z'),
    })
    expect(report.warnings.map(brief)).toEqual(['enrollments.csv:2 beginDate date_spelling "2026-08-31T23:59:59.000Z"'])
    expect(await document(owner, 'enrollments', 'e1')).toMatchObject({ beginDate: '2026-08-31', primary: 'true' })
  })

  test('of a list with spaces and empty items is the list of its items, with a warning', async () => {
    const courses = lines(
      'sourcedId,title,grades,orgSourcedId,subjects',
      'c1,Maths," 09 , 10,,11 ",s1,"Modern Art,Dance"',
    )
    const report = await bulk(owner, { ...school, courses })
    expect(report.warnings.map(brief)).toEqual(['courses.csv:2 grades list_spelling " 09 , 10,,11 "'])
    expect(await document(owner, 'courses', 'c1')).toMatchObject({
      grades: ['09', '10', '11'],
      subjects: ['Modern Art', 'Dance'],
    })
  })

  test('of user ids is a list of types and identifiers', async () => {
    const users = lines(
      'sourcedId,enabledUser,username,userIds,givenName,familyName',
      'u1,true,a,"{Fed:9-1},{LDAP:uid:x}",A,B',
      'u2,true,b,,B,C',
    )
    await bulk(owner, { ...school, users })
    expect(await document(owner, 'users', 'u1')).toMatchObject({
      userIds: [
        { type: 'Fed', identifier: '9-1' },
        { type: 'LDAP', identifier: 'uid:x' },
      ],
    })
  })
})
