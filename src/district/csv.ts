/**
 * The CSV side of the made-up district: rows come in as text, files of a OneRoster 1.2 package go out, lazily, in
 * chunks of about 64 KB, the manifest first. It knows columns and quoting; it never knows what a row means.
 */

/** One CSV file of a package: its name and its text, produced lazily, header first. */
export interface DistrictFile {
  readonly name: string
  readonly chunks: () => Iterable<Uint8Array>
}

const CHUNK_CHARACTERS = 65_536

/** The columns of each file: CSV binding 1.2.1, then our metadata columns. */
const COLUMNS = {
  academicSessions: 'sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear',
  categories: 'sourcedId,status,dateLastModified,title,weight,metadata.dropLowest',
  classes:
    'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,' +
    'termSourcedIds,subjects,subjectCodes,periods',
  classResources: 'sourcedId,status,dateLastModified,title,classSourcedId,resourceSourcedId',
  courseResources: 'sourcedId,status,dateLastModified,title,courseSourcedId,resourceSourcedId',
  courses:
    'sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes',
  demographics:
    'sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,blackOrAfricanAmerican,' +
    'nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,hispanicOrLatinoEthnicity,' +
    'countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus',
  enrollments:
    'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
  lineItemLearningObjectiveIds: 'sourcedId,status,dateLastModified,lineItemSourcedId,source,learningObjectiveId',
  lineItems:
    'sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,' +
    'academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId,metadata.gradedBy',
  lineItemScoreScales: 'sourcedId,status,dateLastModified,title,lineItemSourcedId,scoreScaleSourcedId',
  orgs: 'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.boardCode',
  resources:
    'sourcedId,status,dateLastModified,vendorResourceId,title,roles,importance,vendorId,applicationId,metadata.license',
  resultLearningObjectiveIds:
    'sourcedId,status,dateLastModified,resultSourcedId,source,learningObjectiveId,score,textScore',
  results:
    'sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,' +
    'textScore,classSourcedId,inProgress,incomplete,late,missing',
  resultScoreScales: 'sourcedId,status,dateLastModified,title,resultSourcedId,scoreScaleSourcedId',
  roles:
    'sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
  scoreScales:
    'sourcedId,status,dateLastModified,title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue',
  userProfiles:
    'sourcedId,status,dateLastModified,userSourcedId,profileType,vendorId,applicationId,description,credentialType,' +
    'username,password',
  userResources: 'sourcedId,status,dateLastModified,userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId',
  users:
    'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,' +
    'sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,' +
    'preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.homeLanguage',
} as const

export type FileKey = keyof typeof COLUMNS
/** Rows by file, made when asked for. */
export type FileRows = Readonly<Partial<Record<FileKey, () => Iterable<string>>>>

/** A cell's text, quoted by RFC 4180 where it must be. */
export const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function* inChunks(header: string, rows: Iterable<string>): Iterable<Uint8Array> {
  const encoder = new TextEncoder()
  let text = `${header}\r\n`
  for (const row of rows) {
    text += `${row}\r\n`
    if (text.length < CHUNK_CHARACTERS) continue
    yield encoder.encode(text)
    text = ''
  }
  if (text !== '') yield encoder.encode(text)
}

function manifestOf(mode: 'bulk' | 'delta', present: readonly string[], sourceName: string): readonly string[] {
  const files = Object.keys(COLUMNS).sort()
  return [
    'manifest.version,1.0',
    'oneroster.version,1.2',
    ...files.map((file) => `file.${file},${present.includes(file) ? mode : 'absent'}`),
    `source.systemName,${cell(sourceName)}`,
    'source.systemCode,demo-sis',
  ]
}

/** Rows by file -> the package, manifest.csv first; a file that is not named is absent. */
export function pack(mode: 'bulk' | 'delta', sourceName: string, files: FileRows): readonly DistrictFile[] {
  const keys = Object.keys(files) as FileKey[]
  const manifest = manifestOf(mode, keys, sourceName)
  return [
    { name: 'manifest.csv', chunks: () => inChunks('propertyName,value', manifest) },
    ...keys.map((key) => ({ name: `${key}.csv`, chunks: () => inChunks(COLUMNS[key], files[key]?.() ?? []) })),
  ]
}
