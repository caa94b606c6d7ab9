/**
 * What the tests of the made-up district read it with: a small RFC 4180 reader and the rules of CSV binding 1.2.1
 * (headers, required cells, references, vocabularies), written out here and not taken from the module. Files come in;
 * rows and faults go out. It never repairs what it reads.
 */
import type { DistrictFile, DistrictOptions } from '../../../src/district/district.ts'

export type Row = Readonly<Record<string, string>>
export type Package = Readonly<Record<string, readonly Row[]>>

/** Columns in the binding's order: `!` required, `>file` a reference, `*` a list, `|` a vocabulary, `_` a space in a word. */
const BASE = 'sourcedId! status dateLastModified '
export const TABLES: Readonly<Record<string, string>> = {
  academicSessions:
    'title! type!=gradingPeriod|semester|schoolYear|term startDate! endDate! parentSourcedId>academicSessions schoolYear!',
  categories: 'title! weight metadata.dropLowest',
  classes:
    'title! grades courseSourcedId!>courses classCode classType!=homeroom|scheduled location schoolSourcedId!>orgs ' +
    'termSourcedIds!>academicSessions* subjects subjectCodes periods',
  classResources: 'title classSourcedId!>classes resourceSourcedId!>resources',
  courseResources: 'title courseSourcedId!>courses resourceSourcedId!>resources',
  courses: 'schoolYearSourcedId>academicSessions title! courseCode grades orgSourcedId!>orgs subjects subjectCodes',
  demographics:
    'birthDate sex=male|female|unspecified|other americanIndianOrAlaskaNative=true|false asian=true|false ' +
    'blackOrAfricanAmerican=true|false nativeHawaiianOrOtherPacificIslander=true|false white=true|false ' +
    'demographicRaceTwoOrMoreRaces=true|false hispanicOrLatinoEthnicity=true|false countryOfBirthCode ' +
    'stateOfBirthAbbreviation cityOfBirth publicSchoolResidenceStatus',
  enrollments:
    'classSourcedId!>classes schoolSourcedId!>orgs userSourcedId!>users role!=administrator|proctor|student|teacher ' +
    'primary=true|false beginDate endDate',
  lineItemLearningObjectiveIds: 'lineItemSourcedId!>lineItems source!=case|unknown learningObjectiveId!',
  lineItems:
    'title! description assignDate! dueDate! classSourcedId!>classes categorySourcedId!>categories ' +
    'academicSessionSourcedId!>academicSessions resultValueMin resultValueMax schoolSourcedId!>orgs metadata.gradedBy',
  lineItemScoreScales: 'title lineItemSourcedId!>lineItems scoreScaleSourcedId!>scoreScales',
  orgs: 'name! type!=department|school|district|local|state|national identifier parentSourcedId>orgs metadata.boardCode',
  resources:
    'vendorResourceId! title roles=administrator|aide|guardian|parent|proctor|relative|student|teacher* ' +
    'importance=primary|secondary vendorId applicationId metadata.license',
  resultLearningObjectiveIds: 'resultSourcedId!>results source!=case|unknown learningObjectiveId! score textScore',
  results:
    'lineItemSourcedId!>lineItems studentSourcedId!>users ' +
    'scoreStatus!=exempt|fully_graded|not_submitted|partially_graded|submitted score scoreDate! comment textScore ' +
    'classSourcedId>classes inProgress=true|false incomplete=true|false late=true|false missing=true|false',
  resultScoreScales: 'title resultSourcedId!>results scoreScaleSourcedId!>scoreScales',
  roles:
    'userSourcedId!>users roleType!=primary|secondary ' +
    'role!=counselor|districtAdministrator|guardian|principal|relative|siteAdministrator|student|teacher ' +
    'beginDate endDate orgSourcedId!>orgs userProfileSourcedId>userProfiles',
  scoreScales: 'title! type! orgSourcedId!>orgs courseSourcedId!>courses classSourcedId!>classes scoreScaleValue!*',
  userProfiles:
    'userSourcedId!>users profileType! vendorId! applicationId description credentialType! username! password',
  userResources: 'userSourcedId!>users orgSourcedId>orgs classSourcedId>classes resourceSourcedId!>resources',
  users:
    'enabledUser!=true|false username! userIds givenName! familyName! middleName identifier email sms phone ' +
    'agentSourcedIds>users* grades password userMasterIdentifier preferredGivenName preferredMiddleName ' +
    'preferredFamilyName primaryOrgSourcedId>orgs pronouns metadata.homeLanguage',
}
/** The twelve files that only a district with a gradebook has. */
export const GRADEBOOK: readonly string[] = Object.keys(TABLES).filter((file) =>
  /^(categories|lineItem|result|scoreScales|resources|\w+Resources)/.test(file),
)

interface Column {
  readonly name: string
  readonly required: boolean
  readonly list: boolean
  readonly target: string | undefined
  readonly words: readonly string[] | undefined
}

export const columnsOf = (file: string): readonly Column[] =>
  (BASE + TABLES[file]).split(' ').map((text) => ({
    name: text.replace(/[!=>*].*$/, ''),
    required: text.includes('!'),
    list: text.endsWith('*'),
    target: />(\w+)/.exec(text)?.[1],
    words: /=([^*]+)/.exec(text)?.[1]?.replaceAll('_', ' ').split('|'),
  }))

/** RFC 4180 with CRLF after every record; throws at a bare line end, a stray, unclosed or needless quote. */
export function records(text: string): readonly (readonly string[])[] {
  const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  const rows: string[][] = []
  let row: string[] = []
  while (CELL.lastIndex < text.length) {
    const at = CELL.lastIndex
    const found = CELL.exec(text)
    if (found === null || (found[1] !== undefined && !/[",]/.test(found[1])))
      throw new Error(`not RFC 4180, or quoted for nothing, at ${at}: ${text.slice(at, at + 60)}`)
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    if (found[3] === ',') continue
    rows.push(row)
    row = []
  }
  if (row.length > 0) throw new Error('the last record has no line end')
  return rows
}

export const textOf = (file: DistrictFile): string => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return [...file.chunks()].map((chunk) => decoder.decode(chunk)).join('')
}

export function parse(files: readonly DistrictFile[]): Package {
  const tables = files.map((file) => {
    const [header, ...rows] = records(textOf(file))
    const named = rows.map((row) => {
      if (row.length !== header?.length) throw new Error(`${file.name}: ${row.length} cells in ${row}`)
      return Object.fromEntries(row.map((cell, nth) => [header[nth] ?? '', cell]))
    })
    return [file.name.replace('.csv', ''), named] as const
  })
  return Object.fromEntries(tables)
}

export const rowsOf = (from: Package, file: string): readonly Row[] => from[file] ?? []
export const idsOf = (from: Package, file: string): ReadonlySet<string> =>
  new Set(rowsOf(from, file).map((row) => row['sourcedId'] ?? ''))
export const items = (cell = ''): readonly string[] => (cell === '' ? [] : cell.split(','))

export function tally(rows: readonly Row[], key: (row: Row) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1)
  return counts
}

/** Every required cell that is empty, reference that leads nowhere, word outside its vocabulary, id said twice. */
export function faults(from: Package, known: Package = from): readonly string[] {
  const found: string[] = []
  const ids = Object.fromEntries(Object.keys(TABLES).map((file) => [file, idsOf(known, file)]))
  for (const file of Object.keys(TABLES)) {
    if (idsOf(from, file).size !== rowsOf(from, file).length) found.push(`${file}: a sourcedId twice`)
    for (const column of columnsOf(file))
      for (const row of rowsOf(from, file)) {
        const cell = row[column.name] ?? ''
        const values = column.list ? items(cell) : cell === '' ? [] : [cell]
        const bad =
          (column.required && values.length === 0) ||
          (column.target !== undefined && values.some((value) => !ids[column.target ?? '']?.has(value))) ||
          (column.words !== undefined && values.some((value) => !column.words?.includes(value))) ||
          (/Date$/.test(column.name) && values.some((value) => !/^\d{4}-\d\d-\d\d$/.test(value)))
        if (bad) found.push(`${file}.${column.name} of ${row['sourcedId']}: ${cell}`)
      }
  }
  return found
}

/** The district the tests look at, and the same one with a gradebook. */
export const DEMO: DistrictOptions = { students: 1150 }
export const GRADED: DistrictOptions = { ...DEMO, gradebook: true }
