/** The laws of the made-up district, read from its bytes. */
import { describe, expect, test } from 'bun:test'
import { type DistrictOptions, district, districtDelta } from '../../../src/district/district.ts'
import {
  columnsOf,
  DEMO,
  faults,
  GRADEBOOK,
  GRADED,
  idsOf,
  items,
  type Package,
  parse,
  type Row,
  records,
  rowsOf,
  TABLES,
  tally,
  textOf,
} from './reader.ts'

const bulk = parse(district(DEMO))
const SIZES: readonly DistrictOptions[] = [
  DEMO,
  { students: 12_000, seed: 7 },
  { students: 1 },
  { students: 40, schools: 9 },
  GRADED,
  { students: 3000, seed: 7, gradebook: true },
  { students: 1, gradebook: true },
  { students: 40, schools: 9, gradebook: true },
]
const orgType = new Map(rowsOf(bulk, 'orgs').map((row) => [row['sourcedId'], row['type']]))

describe('a district', () => {
  test('is the same bytes for the same options, read twice or made twice', () => {
    const once = district(DEMO)
    const first = once.map(textOf)
    expect(once.map(textOf)).toEqual(first)
    expect(district({ ...DEMO, seed: 1 }).map(textOf)).toEqual(first)
  })

  test('has other people for another seed, and the same ids for as many students', () => {
    const other = parse(district({ ...DEMO, seed: 2 }))
    const name = (row: Row) => `${row['givenName']} ${row['familyName']}`
    expect(rowsOf(other, 'users').map(name)).not.toEqual(rowsOf(bulk, 'users').map(name))
    const students = (from: Package) => [...idsOf(from, 'demographics')]
    expect(students(other)).toEqual(students(bulk))
  })

  test('writes every header as the binding has it, with metadata columns last', () => {
    for (const made of [district(GRADED), districtDelta(GRADED)])
      for (const file of made.slice(1)) {
        const header = columnsOf(file.name.replace('.csv', '')).map(({ name }) => name)
        expect(textOf(file).split('\r\n', 1)[0]).toBe(header.join(','))
      }
  })

  test('lists all 21 files in a manifest that comes first and says of each what the package holds', () => {
    for (const [mode, made] of [
      ['bulk', district(DEMO)],
      ['bulk', district(GRADED)],
      ['delta', districtDelta(DEMO)],
      ['delta', districtDelta(GRADED)],
    ] as const) {
      expect(made[0]?.name).toBe('manifest.csv')
      const [header, ...pairs] = records(made[0] === undefined ? '' : textOf(made[0]))
      const said = Object.fromEntries(pairs.map(([name, value]) => [name, value]))
      const held = made.slice(1).map(({ name }) => name.replace('.csv', ''))
      const expected = Object.keys(TABLES).map((file) => [`file.${file}`, held.includes(file) ? mode : 'absent'])
      expect(header).toEqual(['propertyName', 'value'])
      expect(pairs.length).toBe(25)
      expect(said).toEqual({
        'manifest.version': '1.0',
        'oneroster.version': '1.2',
        'source.systemName': 'Demo SIS',
        'source.systemCode': 'demo-sis',
        ...Object.fromEntries(expected),
      })
    }
    expect(GRADEBOOK.length).toBe(12)
    expect(district(GRADED).length).toBe(22)
    const without = district(DEMO).map(({ name }) => name.replace('.csv', ''))
    expect(without.length).toBe(10)
    expect(without.filter((name) => GRADEBOOK.includes(name))).toEqual([])
  })

  test('without a gradebook is the bytes it has always been, for benchmarks compare them', () => {
    const hash = (options: DistrictOptions, of = district) => {
      const hasher = new Bun.CryptoHasher('sha256')
      for (const file of of(options)) {
        hasher.update(file.name)
        for (const chunk of file.chunks()) hasher.update(chunk)
      }
      return hasher.digest('hex')
    }
    const large = { students: 12_000, seed: 7 }
    expect(hash(DEMO)).toBe('2ef284f8989e5e2982722bbd9c0973852602bddc9e16a089dd7e8031632118b2')
    expect(hash(DEMO, districtDelta)).toBe('e5b609e18674d66357d99dbf36d4e8ea306142da4112cbea7f6a625622e0055f')
    expect(hash(large)).toBe('3bf2a7cab373aa4d7ec4040e25ef3ba1c21117a778748c6f1b854dc7e2bb0911')
    expect(hash(large, districtDelta)).toBe('96a705e637a4a9ec9b362dce0b5cb9bc1278a727d5a7ba0d4e4164e69616f57a')
    expect(hash({ ...DEMO, gradebook: false })).toBe(hash(DEMO))
  })

  test('with a gradebook has every other file as it is without', () => {
    for (const of of [district, districtDelta]) {
      const texts = (options: DistrictOptions) => new Map(of(options).map((file) => [file.name, textOf(file)]))
      const [graded, plain] = [texts(GRADED), texts(DEMO)]
      plain.delete('manifest.csv')
      for (const [name, text] of plain) expect(graded.get(name)).toBe(text)
    }
  })

  test('names the source it is told to, quoted where that is needed', () => {
    const [manifest] = district({ students: 1, sourceName: 'Our "SIS", west' })
    expect(manifest && textOf(manifest)).toContain('source.systemName,"Our ""SIS"", west"\r\n')
  })

  for (const options of SIZES)
    test(`leaves no cell amiss and no file empty (${JSON.stringify(options)})`, () => {
      const made = parse(district(options))
      expect(faults(made)).toEqual([])
      expect(Object.entries(made).filter(([, rows]) => rows.length === 0)).toEqual([])
    })

  test('leaves status and dateLastModified blank, and writes no password', () => {
    for (const row of Object.values(bulk).flat())
      expect(`${row['status'] ?? ''}${row['dateLastModified'] ?? ''}${row['password'] ?? ''}`).toBe('')
  })

  test('uses the characters of a sourcedId only, the slash and the at sign among them', () => {
    const ids = Object.keys(TABLES).flatMap((file) => [...idsOf(bulk, file)])
    expect(ids.filter((id) => !/^[0-9A-Za-z._/@-]{1,255}$/.test(id))).toEqual([])
    expect(ids.some((id) => id.includes('/'))).toBe(true)
    expect(ids.some((id) => id.includes('@'))).toBe(true)
  })

  test('of 1,150 students is about 1,500 people in three schools', () => {
    const roles = tally(rowsOf(bulk, 'roles'), (row) => row['role'] ?? '')
    const types = tally(rowsOf(bulk, 'orgs'), (row) => row['type'] ?? '')
    expect(roles.get('student')).toBe(1150)
    expect(roles.get('principal')).toBe(3)
    expect(roles.get('districtAdministrator')).toBe(1)
    expect(roles.get('siteAdministrator')).toBeGreaterThan(0)
    expect(Math.abs((roles.get('teacher') ?? 0) - 1150 / 20)).toBeLessThan(3)
    expect(Math.abs(rowsOf(bulk, 'users').length - 1500)).toBeLessThan(15)
    expect([types.get('district'), types.get('school')]).toEqual([1, 3])
  })

  test('gives every user one primary role an org, and a profile only to its owner', () => {
    const primary = rowsOf(bulk, 'roles').filter((row) => row['roleType'] === 'primary')
    const perOrg = tally(primary, (row) => `${row['userSourcedId']} ${row['orgSourcedId']}`)
    expect([...perOrg.values()].every((count) => count === 1)).toBe(true)
    expect(new Set(primary.map((row) => row['userSourcedId']))).toEqual(new Set(idsOf(bulk, 'users')))
    const secondary = rowsOf(bulk, 'roles').filter((row) => row['roleType'] === 'secondary')
    expect(secondary.every((row) => perOrg.has(`${row['userSourcedId']} ${row['orgSourcedId']}`))).toBe(true)
    const owner = new Map(rowsOf(bulk, 'userProfiles').map((row) => [row['sourcedId'], row['userSourcedId']]))
    const used = rowsOf(bulk, 'roles').filter((row) => row['userProfileSourcedId'] !== '')
    expect(used.length).toBe(owner.size)
    expect(used.every((row) => owner.get(row['userProfileSourcedId'] ?? '') === row['userSourcedId'])).toBe(true)
  })

  test('enrolls every student in exactly five classes of one school and grade, none of them twice', () => {
    const taken = rowsOf(bulk, 'enrollments').filter((row) => row['role'] === 'student')
    const classes = new Map(rowsOf(bulk, 'classes').map((row) => [row['sourcedId'], row]))
    const users = new Map(rowsOf(bulk, 'users').map((row) => [row['sourcedId'], row]))
    const counts = tally(taken, (row) => row['userSourcedId'] ?? '')
    expect(counts.size).toBe(1150)
    expect([...counts.values()].every((count) => count === 5)).toBe(true)
    expect(new Set(taken.map((row) => `${row['userSourcedId']} ${row['classSourcedId']}`)).size).toBe(5 * 1150)
    for (const row of taken) {
      const [group, user] = [classes.get(row['classSourcedId']), users.get(row['userSourcedId'])]
      expect([row['schoolSourcedId'], group?.['grades']]).toEqual([user?.['primaryOrgSourcedId'], user?.['grades']])
    }
  })

  test('gives every class one primary teacher of its school, some a second one, and 15 to 35 students', () => {
    const rows = rowsOf(bulk, 'enrollments')
    const school = new Map(rowsOf(bulk, 'classes').map((row) => [row['sourcedId'], row['schoolSourcedId']]))
    const home = new Map(rowsOf(bulk, 'users').map((row) => [row['sourcedId'], row['primaryOrgSourcedId']]))
    const of = (role: string, primary: string) =>
      tally(
        rows.filter((row) => row['role'] === role && row['primary'] === primary),
        (row) => row['classSourcedId'] ?? '',
      )
    expect(new Set(of('teacher', 'true').keys())).toEqual(new Set(idsOf(bulk, 'classes')))
    expect([...of('teacher', 'true').values()].every((count) => count === 1)).toBe(true)
    expect(of('teacher', 'false').size).toBeGreaterThan(0)
    expect(rows.every((row) => row['role'] === 'teacher' || row['primary'] === '')).toBe(true)
    expect(rows.every((row) => school.get(row['classSourcedId']) === row['schoolSourcedId'])).toBe(true)
    expect(rows.every((row) => home.get(row['userSourcedId']) === row['schoolSourcedId'])).toBe(true)
    expect(of('student', '').size).toBe(school.size)
    expect([...of('student', '').values()].filter((size) => size < 15 || size > 35)).toEqual([])
  })

  test('pairs every subject with a code, has classes in all eight, and some cells hold two', () => {
    for (const row of [...rowsOf(bulk, 'classes'), ...rowsOf(bulk, 'courses')])
      expect(items(row['subjects']).length).toBe(items(row['subjectCodes']).length)
    expect(rowsOf(bulk, 'classes').some((row) => items(row['subjects']).length === 2)).toBe(true)
    expect(tally(rowsOf(bulk, 'classes'), (row) => row['subjects'] ?? '').size).toBe(8)
  })

  test('keeps schools in the district, classes in schools, and sessions inside their parents', () => {
    for (const row of rowsOf(bulk, 'orgs'))
      expect(orgType.get(row['parentSourcedId'])).toBe(row['type'] === 'school' ? 'district' : undefined)
    expect(rowsOf(bulk, 'classes').every((row) => orgType.get(row['schoolSourcedId']) === 'school')).toBe(true)
    const sessions = new Map(rowsOf(bulk, 'academicSessions').map((row) => [row['sourcedId'], row]))
    const parents = { schoolYear: undefined, term: 'schoolYear', semester: 'schoolYear', gradingPeriod: 'term' }
    for (const row of sessions.values()) {
      const parent = sessions.get(row['parentSourcedId'])
      expect(parent?.['type']).toBe(parents[row['type'] as keyof typeof parents])
      expect((parent?.['startDate'] ?? '') <= (row['startDate'] ?? '')).toBe(true)
      expect((row['startDate'] ?? '') < (row['endDate'] ?? '')).toBe(true)
      expect((row['endDate'] ?? '') <= (parent?.['endDate'] ?? '9999')).toBe(true)
    }
    for (const row of rowsOf(bulk, 'classes'))
      for (const session of items(row['termSourcedIds']))
        expect(['term', 'semester']).toContain(sessions.get(session)?.['type'] ?? '')
  })

  test('links students to guardians of their family name, and every guardian to a student', () => {
    const users = new Map(rowsOf(bulk, 'users').map((row) => [row['sourcedId'], row]))
    const links = rowsOf(bulk, 'users').flatMap((row) =>
      items(row['agentSourcedIds']).map((agent) => [row, agent] as const),
    )
    for (const [student, agent] of links) expect(users.get(agent)?.['familyName']).toBe(student['familyName'] ?? '')
    const guardians = rowsOf(bulk, 'roles').filter((row) => /guardian|relative/.test(row['role'] ?? ''))
    expect(new Set(links.map(([, agent]) => agent))).toEqual(
      new Set(guardians.map((row) => row['userSourcedId'] ?? '')),
    )
    expect(links.length).toBeGreaterThan(guardians.length)
  })

  test('has names in ten scripts, with apostrophes, commas and quotes, and mail at example.org only', () => {
    const names = rowsOf(bulk, 'users').map((row) => `${row['givenName']} ${row['familyName']}`)
    const scripts = 'Latin Cyrillic Greek Arabic Hebrew Han Hiragana Katakana Hangul Devanagari'.split(' ')
    for (const script of scripts)
      expect(names.some((name) => new RegExp(`\\p{Script=${script}}`, 'u').test(name))).toBe(true)
    for (const part of ["O'Brien", 'King, Jr.', 'Núñez']) expect(names.some((name) => name.includes(part))).toBe(true)
    const schools = rowsOf(bulk, 'orgs')
      .map((row) => row['name'] ?? '')
      .join()
    expect(schools).toMatch(/"Mary".*'.*\p{Script=Greek}/u)
    const foreign = rowsOf(bulk, 'users').filter((row) => !/@(?:\w+\.)?example\.org$/.test(row['email'] ?? ''))
    expect(foreign).toEqual([])
  })

  test('grows by its options: as many schools as asked, guardians a twentieth of a large district', () => {
    const large = parse(district({ students: 12_000, schools: 30 }))
    const roles = tally(rowsOf(large, 'roles'), (row) => row['role'] ?? '')
    expect(rowsOf(large, 'orgs').length).toBe(31)
    expect((roles.get('guardian') ?? 0) + (roles.get('relative') ?? 0)).toBe(600)
    expect(tally(rowsOf(large, 'enrollments'), (row) => row['role'] ?? '').get('student')).toBe(60_000)
  })

  test('comes in chunks of about 64 KB, the first before the rest is made', () => {
    const first = (name: string) => {
      const file = huge.find((one) => one.name === name)
      for (const chunk of file?.chunks() ?? []) return chunk.length
      return 0
    }
    const huge = district({ students: 100_000_000, gradebook: true })
    for (const file of ['enrollments', 'lineItems', 'results', 'resultScoreScales', 'userResources']) {
      expect(first(`${file}.csv`)).toBeGreaterThan(64_000)
      expect(first(`${file}.csv`)).toBeLessThan(70_000)
    }
  })

  test('of no students, of a part of one or of no school is refused', () => {
    for (const students of [0, -1, 1.5, Number.NaN]) expect(() => district({ students })).toThrow(RangeError)
    expect(() => district({ students: 5, schools: 0 })).toThrow(RangeError)
  })
})
