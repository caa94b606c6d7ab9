// Why a row is refused: each code, told with its file, its line as an editor counts it, its field and its value.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { openTestDatabase } from '../support/database.ts'
import { active, brief, bulk, counts, delta, emptyStore, lines, school, statuses } from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

const encoder = new TextEncoder()
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : part)))

describe('a row is refused', () => {
  test('for each cell that is not what its column holds, all at once', async () => {
    const report = await bulk(owner, {
      orgs: lines('sourcedId,name,type,parentSourcedId', 's 1,One,school,', `${'s'.repeat(256)},Two,school,`, ',,,'),
      academicSessions: lines(
        'sourcedId,title,type,startDate,endDate,schoolYear',
        'a1,Year,schoolYear,2026-02-30,01.07.2027,26',
        'a2,Year,ext:,2026-08-01,2027-07-01,20271',
      ),
      users: lines('sourcedId,enabledUser,username,userIds,givenName,familyName', 'u1,yes,a,"{Fed:1},LDAP:2",A,B'),
    })
    expect(report.faults.map((fault) => brief(fault).replace('s'.repeat(256), 's…'))).toEqual([
      'orgs.csv:2 sourcedId invalid_id "s 1"',
      'orgs.csv:3 sourcedId invalid_id "s…"',
      'orgs.csv:4 name required null',
      'orgs.csv:4 sourcedId required null',
      'orgs.csv:4 type required null',
      'academicSessions.csv:2 endDate invalid_date "01.07.2027"',
      'academicSessions.csv:2 schoolYear invalid_year "26"',
      'academicSessions.csv:2 startDate invalid_date "2026-02-30"',
      'academicSessions.csv:3 schoolYear invalid_year "20271"',
      'academicSessions.csv:3 type not_in_vocabulary "ext:"',
      'users.csv:2 enabledUser not_in_vocabulary "yes"',
      'users.csv:2 userIds invalid_pair "{Fed:1},LDAP:2"',
    ])
    expect(report.files.map(({ file, refused, rows }) => `${file} ${refused} of ${rows}`)).toEqual([
      'orgs.csv 3 of 3',
      'academicSessions.csv 2 of 2',
      'users.csv 1 of 1',
    ])
    expect(report.faultCount).toBe(12)
    expect(report.faults.every(({ reason }) => reason.length > 10)).toBe(true)
  })

  test('in delta, where status and dateLastModified must be filled', async () => {
    const header = 'sourcedId,status,dateLastModified,name,type'
    const report = await delta(owner, {
      orgs: lines(header, 's1,,,One,school', 's2,gone,yesterday,Two,school', `s3,${active},Three,school`),
    })
    expect(report.faults.map(brief)).toEqual([
      'orgs.csv:2 dateLastModified required null',
      'orgs.csv:2 status required null',
      'orgs.csv:3 dateLastModified invalid_date_time "yesterday"',
      'orgs.csv:3 status not_in_vocabulary "gone"',
    ])
    expect(await statuses(owner, 'orgs')).toEqual(['s3 active'])
  })

  test.each([['2026-13-01'], ['2026-02-29'], ['2026-1-1'], ['0000-01-01'], ['infinity'], ['now'], ['2026-08-01x']])(
    'for a date that is none: %s',
    async (date) => {
      const report = await bulk(
        owner,
        { demographics: lines('sourcedId,birthDate', `u1,${date}`) },
        { keepDangling: true },
      )
      expect(report.faults.map(brief)).toEqual([`demographics.csv:2 birthDate invalid_date "${date}"`])
    },
  )

  test.each([
    ['2026-08-01T25:00:00.000Z'],
    ['2026-08-01T10:00:61.000Z'],
    ['2026-02-30T10:00:00.000Z'],
    ['2026-08-01T10:00:00+99:00'],
    ['epoch'],
  ])('for a date and time that is none: %s', async (date) => {
    const report = await bulk(owner, { orgs: lines('sourcedId,dateLastModified,name,type', `s1,${date},One,school`) })
    expect(report.faults.map(brief)).toEqual([`orgs.csv:2 dateLastModified invalid_date_time "${date}"`])
  })

  test('for an id that stood before in the file, whatever the first one was', async () => {
    const rows = ['s1,One,school', 's2,Two,castle', 's1,Uno,school', 's2,Dos,school', 's1,Eins,castle']
    const report = await bulk(owner, { orgs: lines('sourcedId,name,type', ...rows) })
    expect(report.faults.map(brief)).toEqual([
      'orgs.csv:3 type not_in_vocabulary "castle"',
      'orgs.csv:4 sourcedId duplicate_id "s1"',
      'orgs.csv:5 sourcedId duplicate_id "s2"',
      'orgs.csv:6 sourcedId duplicate_id "s1"',
      'orgs.csv:6 type not_in_vocabulary "castle"',
    ])
    expect(counts(report, 'orgs')).toBe('1 created, 0 updated, 0 unchanged, 0 deleted, 4 refused')
    const again = await bulk(owner, { orgs: lines('sourcedId,name,type', ...rows) })
    expect(again.faults.map(brief)).toEqual(report.faults.map(brief))
    expect([again.publishedAt, counts(again, 'orgs')]).toEqual([
      null,
      '0 created, 0 updated, 1 unchanged, 0 deleted, 4 refused',
    ])
  })
})

describe('a line is kept back', () => {
  const header = 'sourcedId,name,type\n'
  test.each([
    ['wrong_cell_count', 's1,One', 's1,One'],
    ['wrong_cell_count', 's1,One,school,more', 's1,One,school,more'],
    ['malformed_quote', 's1,O"ne,school', 's1,O"ne,school'],
    ['malformed_quote', 's1,"One"x,school', 's1,"One"x,school'],
    ['end_of_data', '\\.', '\\.'],
    ['open_quote', 's1,"One,school', 's1,"One,school'],
    ['line_break_in_cell', 's1,O\rne,school', 's1,O\rne,school'],
    ['nul_character', bytes('s1,O', [0], 'ne,school'), 's1,O\uFFFDne,school'],
    ['nul_character', bytes('s1,"O', [0], 'ne",school'), 's1,"O\uFFFDne",school'],
    ['invalid_utf8', bytes('s1,O', [0xe9], 'ne,school'), 's1,O\uFFFDne,school'],
    ['line_too_long', `s1,${'x'.repeat(1024 * 1024)},school`, `s1,${'x'.repeat(497)}`],
    ['line_too_long', `s1,"${'x'.repeat(1024 * 1024)}",school`, `s1,"${'x'.repeat(496)}`],
  ])('as %s, with its line and what it said; the rows around it go in', async (code, line, value) => {
    const file = bytes(header, 's0,Zero,school\n', typeof line === 'string' ? line : [...line], '\ns9,Nine,school\n')
    const report = await bulk(owner, { orgs: file })
    expect(
      report.faults.map(({ file: name, line: at, field, code: told, value: said }) => [name, at, field, told, said]),
    ).toEqual([['orgs.csv', 3, null, code, value]])
    expect(await statuses(owner, 'orgs')).toEqual(['s0 active', 's9 active'])
    expect(counts(report, 'orgs')).toBe('2 created, 0 updated, 0 unchanged, 0 deleted, 1 refused')
    expect(report.files[0]?.rows).toBe(3)
  })
})

describe('a line number', () => {
  test('counts blank lines, lines kept back and cells of several lines', async () => {
    const text = [
      'sourcedId,name,type', // 1
      '', // 2
      's1,One,castle', // 3
      's2,"Two', // 4
      'and a half",castle', // 5
      's3,Three,castle', // 6
      's4,Four', // 7
      '', // 8
      's5,Five,castle', // 9
      's6,"Six', // 10
      '', // 11
      'and",schOOl', // 12
      's7,"Seven,school', // 13: opens a quote that never closes
      's8,Eight,castle', // 14
    ]
    for (const end of ['\n', '\r\n']) {
      const report = await bulk(owner, { orgs: text.join(end) })
      expect(report.faults.map(({ line, code }) => `${line} ${code}`)).toEqual([
        '3 not_in_vocabulary',
        '4 not_in_vocabulary',
        '6 not_in_vocabulary',
        '7 wrong_cell_count',
        '9 not_in_vocabulary',
        '13 open_quote',
        '14 not_in_vocabulary',
      ])
      expect(report.warnings.map(brief)).toEqual([
        'orgs.csv:4 null line_break_in_field null',
        'orgs.csv:10 type value_spelling "schOOl"',
      ])
    }
  })

  test('is told in the order of the files and the lines, however many there are', async () => {
    const rows = Array.from({ length: 12_000 }, (_, at) => `s${at},${at % 2 === 0 ? `Org ${at}` : ''},school`)
    const report = await bulk(owner, { orgs: lines('sourcedId,name,type', ...rows) })
    expect(report.faultCount).toBe(6000)
    expect(report.faults.map(({ line }) => line)).toEqual(Array.from({ length: 6000 }, (_, at) => at * 2 + 3))
  })

  test('is counted in each file by itself', async () => {
    const [header = '', ...rows] = school.enrollments.trim().split('\r\n')
    const report = await bulk(owner, {
      ...school,
      orgs: school.orgs.replace('\r\n', '\r\n\r\n\r\n'),
      enrollments: [header, '', ...rows].join('\n').replace('e2,k1', 'e2,k9'),
    })
    expect(report.faults.map(brief)).toEqual(['enrollments.csv:4 classSourcedId unknown_reference "k9"'])
  })
})
