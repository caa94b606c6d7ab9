/** The laws of the made-up gradebook and library, read from their bytes. */
import { describe, expect, test } from 'bun:test'
import { type DistrictOptions, district, districtDelta } from '../../../src/district/district.ts'
import { GRADEBOOK, GRADED, idsOf, items, parse, type Row, rowsOf, TABLES, tally, textOf } from './reader.ts'

const bulk = parse(district(GRADED))
const delta = parse(districtDelta(GRADED))
const rows = (file: string): readonly Row[] => rowsOf(bulk, file)
const by = (file: string, from = bulk): ReadonlyMap<string, Row> =>
  new Map(rowsOf(from, file).map((row) => [row['sourcedId'] ?? '', row]))
const cells = (file: string, column: string): readonly string[] => rows(file).map((row) => row[column] ?? '')
const [classes, lineItems, results, scales] = [by('classes'), by('lineItems'), by('results'), by('scoreScales')]

describe('a gradebook', () => {
  test('is the same bytes for the same options, and other scores for another seed', () => {
    const texts = (options: DistrictOptions) =>
      [...district(options), ...districtDelta(options)].filter(({ name }) => name === 'results.csv').map(textOf)
    expect(texts({ ...GRADED, seed: 1 })).toEqual(texts(GRADED))
    expect(texts({ ...GRADED, seed: 2 })).not.toEqual(texts(GRADED))
  })

  test('of 1,150 students is 5,000 to 8,000 rows, in ids that a sourcedId may be', () => {
    const count = GRADEBOOK.reduce((sum, file) => sum + rows(file).length, 0)
    expect([count > 5000, count <= 8000]).toEqual([true, true])
    const ids = GRADEBOOK.flatMap((file) => [...idsOf(bulk, file)])
    expect(ids.filter((id) => !/^[0-9A-Za-z._/@-]{1,255}$/.test(id))).toEqual([])
  })

  test('weighs its categories in whole percent, a hundred in all, and has one that nothing is of', () => {
    const weights = cells('categories', 'weight').filter((weight) => weight !== '')
    expect(weights.filter((weight) => !/^\d+$/.test(weight))).toEqual([])
    expect(weights.reduce((sum, weight) => sum + Number(weight), 0)).toBe(100)
    expect(rows('categories').length).toBe(6)
    expect(new Set(cells('lineItems', 'categorySourcedId')).size).toBe(4 + 1)
  })

  test('has line items of the school and in a term of the class, or in a grading period of that term', () => {
    const sessions = by('academicSessions')
    const types = new Set<string>()
    for (const row of lineItems.values()) {
      const group = classes.get(row['classSourcedId'] ?? '')
      const session = sessions.get(row['academicSessionSourcedId'] ?? '')
      const term = session?.['type'] === 'gradingPeriod' ? session['parentSourcedId'] : session?.['sourcedId']
      expect(items(group?.['termSourcedIds'])).toContain(term ?? '')
      expect(row['schoolSourcedId']).toBe(group?.['schoolSourcedId'] ?? '')
      expect((row['assignDate'] ?? '') < (row['dueDate'] ?? '')).toBe(true)
      expect((session?.['startDate'] ?? '') <= (row['assignDate'] ?? '')).toBe(true)
      expect((row['dueDate'] ?? '') < (session?.['endDate'] ?? '')).toBe(true)
      types.add(session?.['type'] ?? '')
    }
    expect([...types].sort()).toEqual(['gradingPeriod', 'semester', 'term'])
  })

  test('has bounds of line items in pairs, or words only', () => {
    const bounds = [...lineItems.values()].map((row) => [row['resultValueMin'], row['resultValueMax']] as const)
    expect(bounds.every(([min, max]) => (min === '' ? max === '' : Number(min) < Number(max)))).toBe(true)
    expect(new Set(bounds.map(([, max]) => max))).toEqual(new Set(['20', '4', '10', '', '100']))
  })

  test('gives a result to each student of a class in each of its line items, but for those of next spring', () => {
    const students = rows('enrollments').filter((row) => row['role'] === 'student')
    const inClass = new Set(students.map((row) => `${row['classSourcedId']} ${row['userSourcedId']}`))
    const sizes = tally(students, (row) => row['classSourcedId'] ?? '')
    const given = tally([...results.values()], (row) => row['lineItemSourcedId'] ?? '')
    for (const row of results.values()) {
      expect(row['classSourcedId']).toBe(lineItems.get(row['lineItemSourcedId'] ?? '')?.['classSourcedId'] ?? '')
      expect(inClass.has(`${row['classSourcedId']} ${row['studentSourcedId']}`)).toBe(true)
    }
    for (const [sourcedId, row] of lineItems) {
      const ahead = (row['dueDate'] ?? '') > '2026-09-14'
      expect(given.get(sourcedId) ?? 0).toBe(ahead ? 0 : (sizes.get(row['classSourcedId'] ?? '') ?? -1))
    }
    expect(
      new Set([...results.values()].map((row) => `${row['lineItemSourcedId']} ${row['studentSourcedId']}`)).size,
    ).toBe(results.size)
  })

  test('scores within bounds, where a status says there is a score, from the due date up to the night before', () => {
    for (const row of results.values()) {
      const item = lineItems.get(row['lineItemSourcedId'] ?? '')
      const words = item?.['resultValueMax'] === ''
      const scored = !words && /graded/.test(row['scoreStatus'] ?? '')
      expect([row['sourcedId'], row['score'] !== '']).toEqual([row['sourcedId'] ?? '', scored])
      if (scored)
        expect(Number(row['score']) >= 0 && Number(row['score']) <= Number(item?.['resultValueMax'])).toBe(true)
      if (words && row['scoreStatus'] === 'fully graded') expect(row['textScore']).not.toBe('')
      expect((row['scoreDate'] ?? '') >= (item?.['dueDate'] ?? '')).toBe(true)
      expect((row['scoreDate'] ?? '') <= '2026-09-14').toBe(true)
    }
  })

  test('has every status and every flag, and mostly fully graded results without one', () => {
    const statuses = tally([...results.values()], (row) => row['scoreStatus'] ?? '')
    expect(statuses.size).toBe(5)
    expect(statuses.get('fully graded')).toBeGreaterThan(results.size * 0.8)
    for (const flag of ['inProgress', 'incomplete', 'late', 'missing'])
      expect(new Set(cells('results', flag))).toEqual(new Set(['', 'true', 'false']))
  })

  test('has comments with quotes, commas, other scripts and the signs of spreadsheets, in one line each', () => {
    const comments = cells('results', 'comment').filter((comment) => comment !== '')
    expect(comments.length).toBeGreaterThan(100)
    for (const part of [
      /"/,
      /,/,
      /^=/,
      /^-/,
      /^@/,
      /\p{Script=Han}/u,
      /\p{Script=Arabic}/u,
      /\p{Extended_Pictographic}/u,
    ])
      expect(comments.some((comment) => part.test(comment))).toBe(true)
    expect(comments.filter((comment) => /[\r\n]/.test(comment))).toEqual([])
  })

  test("has one score scale a graded class, of the class's course and school, in items of two halves", () => {
    for (const row of scales.values()) {
      const group = classes.get(row['classSourcedId'] ?? '')
      const own = [group?.['schoolSourcedId'] ?? '', group?.['courseSourcedId'] ?? '']
      expect([row['orgSourcedId'] ?? '', row['courseSourcedId'] ?? '']).toEqual(own)
      for (const value of items(row['scoreScaleValue'])) expect(value).toMatch(/^\{[^:{}]+:[^:{}]+\}$/)
    }
    expect(new Set(cells('scoreScales', 'classSourcedId'))).toEqual(new Set(cells('lineItems', 'classSourcedId')))
    expect(tally(rows('scoreScales'), (row) => row['type'] ?? '').size).toBe(2)
  })

  test('links scales of the same class only, and a scaled result says the word its score stands for', () => {
    const scaleOfItem = new Map<string, string>()
    for (const row of rows('lineItemScoreScales')) {
      const [item, scale] = [row['lineItemSourcedId'] ?? '', row['scoreScaleSourcedId'] ?? '']
      scaleOfItem.set(item, scale)
      expect(scales.get(scale)?.['classSourcedId']).toBe(lineItems.get(item)?.['classSourcedId'] ?? '')
    }
    for (const row of rows('resultScoreScales')) {
      const result = results.get(row['resultSourcedId'] ?? '')
      const scale = scaleOfItem.get(result?.['lineItemSourcedId'] ?? '')
      expect(row['scoreScaleSourcedId']).toBe(scale ?? 'none')
      const steps = items(scales.get(scale ?? '')?.['scoreScaleValue']).map((value) => value.slice(1, -1).split(':'))
      const word = steps.find(([lowest]) => Number(lowest) <= Number(result?.['score']))?.[1]
      expect(result?.['textScore']).toBe(word ?? 'none')
    }
    expect(rows('resultScoreScales').length).toBeGreaterThan(100)
  })

  test('says CASE objectives as URNs of a UUID, shared by the classes of a grade, and others as it likes', () => {
    const URN = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/
    for (const file of ['lineItemLearningObjectiveIds', 'resultLearningObjectiveIds']) {
      expect(tally(rows(file), (row) => row['source'] ?? '').size).toBe(2)
      for (const row of rows(file)) expect(URN.test(row['learningObjectiveId'] ?? '')).toBe(row['source'] === 'case')
    }
    const grades = new Map<string, Set<string>>()
    for (const row of rows('lineItemLearningObjectiveIds').filter(({ source }) => source === 'case')) {
      const group = classes.get(lineItems.get(row['lineItemSourcedId'] ?? '')?.['classSourcedId'] ?? '')
      const seen = grades.get(row['learningObjectiveId'] ?? '') ?? new Set()
      grades.set(row['learningObjectiveId'] ?? '', seen.add(group?.['grades'] ?? ''))
    }
    expect([...grades.values()].every((seen) => seen.size === 1)).toBe(true)
    expect(grades.size).toBe(2 * 13)
  })

  test('marks in a result no objective but those of its line item, in points or in words', () => {
    const asked = new Set(
      rows('lineItemLearningObjectiveIds').map((row) => `${row['lineItemSourcedId']} ${row['learningObjectiveId']}`),
    )
    for (const row of rows('resultLearningObjectiveIds')) {
      const item = results.get(row['resultSourcedId'] ?? '')?.['lineItemSourcedId']
      expect(asked.has(`${item} ${row['learningObjectiveId']}`)).toBe(true)
      expect((row['score'] === '') !== (row['textScore'] === '')).toBe(true)
    }
  })
})

describe('a library', () => {
  test('has resources with a list of roles, one and none, of either importance, with and without a vendor', () => {
    const lengths = new Set(cells('resources', 'roles').map((roles) => items(roles).length))
    expect([lengths.has(0), lengths.has(1), lengths.has(2)]).toEqual([true, true, true])
    expect(new Set(cells('resources', 'importance'))).toEqual(new Set(['primary', 'secondary', '']))
    expect(new Set(cells('resources', 'vendorId'))).toEqual(new Set(['vendor.example', '']))
    expect(new Set(cells('resources', 'vendorResourceId')).size).toBe(rows('resources').length)
  })

  test('lends to users alone, in a school, and in a class they attend at its school', () => {
    const attends = new Set(rows('enrollments').map((row) => `${row['classSourcedId']} ${row['userSourcedId']}`))
    const users = by('users')
    const kinds = new Set<string>()
    for (const row of rows('userResources')) {
      const [user, org, group] = [row['userSourcedId'] ?? '', row['orgSourcedId'] ?? '', row['classSourcedId'] ?? '']
      if (org !== '') expect(users.get(user)?.['primaryOrgSourcedId']).toBe(org)
      if (group !== '') expect(attends.has(`${group} ${user}`)).toBe(true)
      kinds.add(`${org !== ''} ${group !== ''}`)
    }
    expect([...kinds].sort()).toEqual(['false false', 'true false', 'true true'])
  })
})

describe('the gradebook of the night after', () => {
  const said = (file: string, status: string) => rowsOf(delta, file).filter((row) => row['status'] === status)

  test('takes along every result, mark, scale and book of a leaver', () => {
    const leavers = new Set(said('users', 'tobedeleted').map((row) => row['sourcedId'] ?? ''))
    const gone = idsOf(delta, 'results')
    const theirs = rows('results').filter((row) => leavers.has(row['studentSourcedId'] ?? ''))
    expect(theirs.length).toBeGreaterThan(5)
    expect(theirs.filter((row) => !gone.has(row['sourcedId'] ?? ''))).toEqual([])
    const deleted = new Set(said('results', 'tobedeleted').map((row) => row['sourcedId'] ?? ''))
    for (const file of ['resultScoreScales', 'resultLearningObjectiveIds']) {
      const of = (list: readonly Row[]) => list.filter((row) => deleted.has(row['resultSourcedId'] ?? ''))
      expect(said(file, 'tobedeleted').map((row) => row['sourcedId'])).toEqual(
        of(rows(file)).map((row) => row['sourcedId']),
      )
    }
    const books = rows('userResources').filter((row) => leavers.has(row['userSourcedId'] ?? ''))
    expect(said('userResources', 'tobedeleted').length).toBe(books.length)
  })

  test('changes one score within its bounds, and deletes one result of a student who stays', () => {
    const [changed, ...more] = said('results', 'active')
    const before = results.get(changed?.['sourcedId'] ?? '')
    expect(more).toEqual([])
    expect(Math.abs(Number(changed?.['score']) - Number(before?.['score']))).toBe(0.5)
    expect(Number(changed?.['score'])).toBeLessThanOrEqual(4)
    const leavers = new Set(said('users', 'tobedeleted').map((row) => row['sourcedId'] ?? ''))
    expect(said('results', 'tobedeleted').filter((row) => !leavers.has(row['studentSourcedId'] ?? '')).length).toBe(1)
  })

  test('describes one line item anew, adds one, deletes a category nothing is of and one class resource', () => {
    const [described, added, ...more] = said('lineItems', 'active')
    const before = lineItems.get(described?.['sourcedId'] ?? '')
    expect<unknown>({ ...described, status: '', dateLastModified: '', description: before?.['description'] }).toEqual({
      ...before,
    })
    expect(described?.['description']).not.toBe(before?.['description'] ?? '')
    expect([lineItems.has(added?.['sourcedId'] ?? ''), more.length]).toEqual([false, 0])
    const [category] = said('categories', 'tobedeleted').map((row) => row['sourcedId'])
    expect(cells('lineItems', 'categorySourcedId')).not.toContain(category ?? '')
    expect(said('classResources', 'tobedeleted').length).toBe(1)
  })

  test('leaves nothing that stands on what it deletes', () => {
    const gone = new Set(
      Object.keys(TABLES).flatMap((file) => said(file, 'tobedeleted').map((row) => row['sourcedId'] ?? '')),
    )
    for (const file of GRADEBOOK) {
      const standing = [...new Map([...by(file), ...by(file, delta)]).values()].filter(
        (row) => row['status'] !== 'tobedeleted',
      )
      const references = standing.flatMap((row) =>
        Object.entries(row).filter(([column, cell]) => /.SourcedId$/.test(column) && gone.has(cell)),
      )
      expect(references).toEqual([])
    }
  })
})
