// A package for each fault of docs/import-codes.md: the least that provokes it, and all that its import tells.

import type { ImportOptions } from '../../src/importer.ts'
import type { Files } from './packages.ts'
import { active, lines, packageOf, school } from './rows.ts'

export interface CodePackage {
  readonly code: string
  readonly files: Files
  readonly options?: Partial<ImportOptions>
  /** Packages imported before it. */
  readonly before?: readonly Files[]
  /** Every fault and warning in short, faults first, each in the order of files and lines. */
  readonly told: readonly string[]
}

const encoder = new TextEncoder()
export const orgsHeader = 'sourcedId,name,type'
export const orgs = (...rows: string[]): Files => packageOf('bulk', { orgs: lines(orgsHeader, ...rows) })
const sessionsHeader = 'sourcedId,title,type,startDate,endDate,schoolYear'
const keepDangling = { keepDangling: true }

/** Orgs of which the second line holds these bytes between its name's first letter and its last. */
function orgsWithByte(byte: number): Files {
  const text = encoder.encode(lines(orgsHeader, 's1,O~e,school'))
  return packageOf('bulk', { orgs: text.map((each) => (each === '~'.charCodeAt(0) ? byte : each)) })
}

const session = (row: string): Files => packageOf('bulk', { academicSessions: lines(sessionsHeader, row) })
const users = (userIds: string): Files =>
  packageOf('bulk', {
    orgs: lines(orgsHeader, 's1,One,school'),
    users: lines('sourcedId,enabledUser,username,userIds,givenName,familyName', `u1,true,ada,${userIds},Ada,Byron`),
    roles: lines('sourcedId,userSourcedId,roleType,role,orgSourcedId', 'r1,u1,primary,student,s1'),
  })

export const faultPackages: readonly CodePackage[] = [
  {
    code: 'duplicate_id',
    files: orgs('s1,One,school', 's2,Two,school', 's1,Uno,school'),
    told: ['orgs.csv:4 sourcedId duplicate_id "s1"'],
  },
  {
    code: 'end_of_data',
    files: orgs('s1,One,school', '\\.'),
    told: ['orgs.csv:3 null end_of_data "\\\\."'],
  },
  {
    code: 'invalid_date',
    files: session('t1,Term,term,2026-02-30,2027-01-15,2027'),
    told: ['academicSessions.csv:2 startDate invalid_date "2026-02-30"'],
  },
  {
    code: 'invalid_date_time',
    files: packageOf('delta', {
      orgs: lines('sourcedId,status,dateLastModified,name,type', 's1,active,yesterday,One,school'),
    }),
    told: ['orgs.csv:2 dateLastModified invalid_date_time "yesterday"'],
  },
  {
    code: 'invalid_day',
    files: packageOf('bulk', {
      lineItems: lines(
        'sourcedId,title,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,schoolSourcedId',
        'l1,Essay,2026-09-01,08.09.2026,k1,g1,t1,s1',
      ),
    }),
    options: keepDangling,
    told: ['lineItems.csv:2 dueDate invalid_day "08.09.2026"'],
  },
  {
    code: 'invalid_float',
    files: packageOf('bulk', {
      results: lines(
        'sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate',
        'x1,l1,u1,submitted,A,2026-09-09',
      ),
    }),
    options: keepDangling,
    told: ['results.csv:2 score invalid_float "A"'],
  },
  { code: 'invalid_id', files: orgs('s 1,One,school'), told: ['orgs.csv:2 sourcedId invalid_id "s 1"'] },
  {
    code: 'invalid_integer',
    files: packageOf('bulk', { categories: lines('sourcedId,title,weight', 'g1,Homework,12.5') }),
    told: ['categories.csv:2 weight invalid_integer "12.5"'],
  },
  {
    code: 'invalid_pair',
    files: users('LDAP:2'),
    told: ['users.csv:2 userIds invalid_pair "LDAP:2"', 'roles.csv:2 userSourcedId unknown_reference "u1"'],
  },
  {
    code: 'invalid_scale',
    files: packageOf('bulk', {
      scoreScales: lines(
        'sourcedId,title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue',
        'z1,Letters,letter,s1,c1,k1,A:90-100',
      ),
    }),
    options: keepDangling,
    told: ['scoreScales.csv:2 scoreScaleValue invalid_scale "A:90-100"'],
  },
  { code: 'invalid_utf8', files: orgsWithByte(0xe9), told: ['orgs.csv:2 null invalid_utf8 "s1,O\uFFFDe,school"'] },
  {
    code: 'invalid_year',
    files: session('t1,Term,term,2026-08-01,2027-01-15,26'),
    told: ['academicSessions.csv:2 schoolYear invalid_year "26"'],
  },
  {
    code: 'line_break_in_cell',
    files: orgs('s1,O\rne,school'),
    told: ['orgs.csv:2 null line_break_in_cell "s1,O\\rne,school"'],
  },
  {
    code: 'line_too_long',
    files: orgs('s1,One,school', `s2,${'x'.repeat(1024 * 1024)},school`),
    told: [`orgs.csv:3 null line_too_long "s2,${'x'.repeat(497)}"`],
  },
  {
    code: 'malformed_quote',
    files: orgs('s1,O"ne,school'),
    told: ['orgs.csv:2 null malformed_quote "s1,O\\"ne,school"'],
  },
  {
    code: 'missing_role',
    files: packageOf('bulk', { users: school.users }),
    told: ['users.csv:2 sourcedId missing_role "u1"', 'users.csv:3 sourcedId missing_role "u2"'],
  },
  {
    code: 'not_in_vocabulary',
    files: orgs('s1,One,castle'),
    told: ['orgs.csv:2 type not_in_vocabulary "castle"'],
  },
  { code: 'nul_character', files: orgsWithByte(0), told: ['orgs.csv:2 null nul_character "s1,O\uFFFDe,school"'] },
  {
    code: 'open_quote',
    files: orgs('s1,One,school', 's2,"Two,school', 's3,Three,school'),
    told: ['orgs.csv:3 null open_quote "s2,\\"Two,school\\r"'],
  },
  {
    code: 'other_source',
    before: [orgs('s1,One,school')],
    files: orgs('s1,Uno,school'),
    options: { source: 'another' },
    told: ['orgs.csv:2 sourcedId other_source "s1"'],
  },
  { code: 'required', files: orgs('s1,,school'), told: ['orgs.csv:2 name required null'] },
  {
    code: 'required',
    files: packageOf('delta', {
      orgs: lines('sourcedId,status,dateLastModified,name,type', 's1,,,One,school', `s2,${active},Two,school`),
    }),
    told: ['orgs.csv:2 dateLastModified required null', 'orgs.csv:2 status required null'],
  },
  {
    code: 'required',
    files: packageOf('bulk', {
      classes: lines(
        'sourcedId,title,courseSourcedId,classType,schoolSourcedId,termSourcedIds',
        'k1,A,c1,scheduled,s1,","',
      ),
    }),
    options: keepDangling,
    told: ['classes.csv:2 termSourcedIds required ","'],
  },
  {
    code: 'unknown_reference',
    files: packageOf('bulk', {
      orgs: school.orgs,
      courses: lines('sourcedId,title,orgSourcedId', 'c1,Maths,s9', 'c2,Art,s1'),
    }),
    told: ['courses.csv:2 orgSourcedId unknown_reference "s9"'],
  },
  {
    code: 'wrong_cell_count',
    files: orgs('s1,One', 's2,Two,school,more'),
    told: ['orgs.csv:2 null wrong_cell_count "s1,One"', 'orgs.csv:3 null wrong_cell_count "s2,Two,school,more"'],
  },
]
