// A package for each warning of docs/import-codes.md: the least that provokes it, and all that its import tells.

import { type CodePackage, orgs, orgsHeader } from './fault_packages.ts'
import { type Files, manifest } from './packages.ts'
import { active, deleted, gradebook, lines, packageOf, school } from './rows.ts'

const everything = packageOf('bulk', { ...school, ...gradebook })
type Name = keyof typeof school | keyof typeof gradebook

/** The whole school with `from` as `to` in one of its files. */
function changed(name: Name, from: string | RegExp, to: string): Files {
  const text = { ...school, ...gradebook }[name]
  const other = text.replace(from, to)
  if (other === text) throw new Error(`${name} has no ${from}`)
  return { ...everything, [`${name}.csv`]: other }
}

const withManifest = (text: string): Files => ({ ...orgs('s1,One,school'), 'manifest.csv': text })
const listed = manifest({ orgs: 'bulk' })
const rolesHeader = 'sourcedId,userSourcedId,roleType,role,orgSourcedId'
const enrollmentsHeader = 'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate'
const coursesHeader = 'sourcedId,title,orgSourcedId,subjects,subjectCodes'
const profilesHeader = 'sourcedId,userSourcedId,profileType,vendorId,credentialType,username'
const deltaHeader = 'sourcedId,status,dateLastModified,name,type'
const usersHeader = 'sourcedId,enabledUser,username,givenName,familyName'

export const warningPackages: readonly CodePackage[] = [
  {
    code: 'bounds_reversed',
    files: changed('lineItems', ',0,100,', ',100,0,'),
    told: ['lineItems.csv:2 resultValueMax bounds_reversed "0"', 'results.csv:2 score score_out_of_bounds "85"'],
  },
  {
    code: 'class_of_another_line_item',
    before: [changed('classes', 'k1,Maths A,c1,scheduled,s1,t1', 'k1,A,c1,scheduled,s1,t1\r\nk2,B,c1,scheduled,s1,t1')],
    files: packageOf('bulk', { results: gradebook.results.replace(',k1,', ',k2,') }),
    told: ['results.csv:2 classSourcedId class_of_another_line_item "k2"'],
  },
  {
    code: 'dangling_reference',
    files: changed('orgs', 'S1,d1', 'S1,d9'),
    told: ['orgs.csv:3 parentSourcedId dangling_reference "d9"'],
  },
  {
    code: 'date_spelling',
    files: changed('demographics', '2012-03-04', '2012-03-04T00:00:00Z'),
    told: ['demographics.csv:2 birthDate date_spelling "2012-03-04T00:00:00Z"'],
  },
  {
    code: 'date_time_spelling',
    files: packageOf('delta', { orgs: lines(deltaHeader, 's1,active,2026-09-01T08:00:00Z,One,school') }),
    told: ['orgs.csv:2 dateLastModified date_time_spelling "2026-09-01T08:00:00Z"'],
  },
  {
    code: 'deleted_in_bulk',
    files: packageOf('bulk', {
      orgs: lines('sourcedId,status,name,type', 's1,,One,school', 's2,tobedeleted,Two,school'),
    }),
    told: ['orgs.csv:3 status deleted_in_bulk "tobedeleted"'],
  },
  {
    code: 'deleted_unknown',
    files: packageOf('delta', { orgs: lines(deltaHeader, `s1,${active},One,school`, `s2,${deleted},Two,school`) }),
    told: ['orgs.csv:3 status deleted_unknown "tobedeleted"'],
  },
  {
    code: 'duplicate_item',
    files: changed('classes', 's1,t1', 's1,"t1,y1,t1"'),
    told: ['classes.csv:2 termSourcedIds duplicate_item "t1,y1,t1"'],
  },
  {
    code: 'empty_column',
    files: packageOf('bulk', { orgs: lines(`${orgsHeader},`, 's1,One,school,') }),
    told: ['orgs.csv:1  empty_column ""'],
  },
  {
    code: 'end_before_begin',
    files: changed('academicSessions', '2026-08-01,2027-01-15', '2027-01-15,2026-08-01'),
    told: ['academicSessions.csv:3 endDate end_before_begin "2026-08-01"'],
  },
  {
    code: 'end_before_begin',
    files: changed('lineItems', '2026-09-01,2026-09-08', '2026-09-08,2026-09-01'),
    told: ['lineItems.csv:2 dueDate end_before_begin "2026-09-01"'],
  },
  {
    code: 'end_before_begin',
    files: {
      ...everything,
      'roles.csv': lines(
        'sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId',
        'r1,u1,primary,student,2027-01-01,2026-01-01,s1',
        'r2,u2,primary,teacher,2026-01-01,2027-01-01,s1',
      ),
      'enrollments.csv': lines(enrollmentsHeader, 'e1,k1,s1,u1,student,,2026-09-01,2026-08-31'),
    },
    told: [
      'enrollments.csv:2 endDate end_before_begin "2026-08-31"',
      'roles.csv:2 endDate end_before_begin "2026-01-01"',
    ],
  },
  {
    code: 'file_not_listed',
    files: withManifest(manifest({ orgs: 'absent' })),
    told: ['orgs.csv:null null file_not_listed null'],
  },
  {
    code: 'file_not_read',
    files: { ...orgs('s1,One,school'), 'notes.txt': 'hello' },
    told: ['notes.txt:null null file_not_read null'],
  },
  {
    code: 'file_spelling',
    files: { 'Manifest.csv': listed, 'Orgs.CSV': lines(orgsHeader, 's1,One,school') },
    told: ['manifest.csv:null null file_spelling "Manifest.csv"', 'orgs.csv:null null file_spelling "Orgs.CSV"'],
  },
  {
    code: 'filled_in_bulk',
    files: packageOf('bulk', { orgs: lines(deltaHeader, `s1,${active},One,school`, 's2,,,Two,school') }),
    told: [
      'orgs.csv:2 dateLastModified filled_in_bulk "2026-09-01T08:00:00.000Z"',
      'orgs.csv:2 status filled_in_bulk "active"',
    ],
  },
  {
    code: 'header_order',
    files: packageOf('bulk', { orgs: lines('type,name,sourcedId', 'school,One,s1') }),
    told: ['orgs.csv:1 null header_order null'],
  },
  {
    code: 'header_spelling',
    files: packageOf('bulk', { orgs: lines('SourcedId,name,type', 's1,One,school') }),
    told: ['orgs.csv:1 sourcedId header_spelling "SourcedId"'],
  },
  {
    code: 'line_break_in_field',
    files: orgs('s1,One,school', 's2,"Two\r\nlines",school'),
    told: ['orgs.csv:3 null line_break_in_field null'],
  },
  {
    code: 'list_spelling',
    files: packageOf('bulk', {
      orgs: school.orgs,
      courses: lines('sourcedId,title,grades,orgSourcedId', 'c1,Maths,"09, 10,,11",s1'),
    }),
    told: ['courses.csv:2 grades list_spelling "09, 10,,11"'],
  },
  {
    code: 'manifest_header',
    files: withManifest(listed.replace('propertyName,value', 'PropertyName,val')),
    told: ['manifest.csv:1 null manifest_header "PropertyName,val"'],
  },
  {
    code: 'manifest_missing_property',
    files: withManifest(listed.replace('manifest.version,1.0\r\n', '').replace('file.users,absent\r\n', '')),
    told: [
      'manifest.csv:null file.users manifest_missing_property null',
      'manifest.csv:null manifest.version manifest_missing_property null',
    ],
  },
  {
    code: 'manifest_spelling',
    files: withManifest(listed.replace('file.orgs,bulk', 'file.Orgs,Bulk')),
    told: [
      'manifest.csv:5 file.orgs manifest_spelling "Bulk"',
      'manifest.csv:5 file.orgs manifest_spelling "file.Orgs"',
    ],
  },
  {
    code: 'manifest_unknown_property',
    files: withManifest(`${listed}\r\n\r\nfile.grades,absent\r\n`),
    told: ['manifest.csv:27 file.grades manifest_unknown_property "absent"'],
  },
  {
    code: 'manifest_version',
    files: withManifest(
      listed.replace('manifest.version,1.0', 'manifest.version,2').replace('version,1.2', 'version,1.2.1'),
    ),
    told: [
      'manifest.csv:2 manifest.version manifest_version "2"',
      'manifest.csv:3 oneroster.version manifest_version "1.2.1"',
    ],
  },
  {
    code: 'metadata_order',
    files: packageOf('bulk', { orgs: lines('sourcedId,metadata.a,name,type', 's1,x,One,school') }),
    told: ['orgs.csv:1 null metadata_order null'],
  },
  { code: 'no_rows', files: orgs(), told: ['orgs.csv:1 null no_rows null'] },
  {
    code: 'no_rows',
    files: packageOf('delta', { orgs: lines(deltaHeader) }),
    told: ['orgs.csv:1 null no_rows null'],
  },
  {
    code: 'not_stored',
    files: {
      ...everything,
      'users.csv': lines(`${usersHeader},password`, 'u1,true,ada,Ada,Byron,secret', 'u2,true,bo,Bo,Ek,'),
    },
    told: ['users.csv:2 password not_stored null'],
  },
  {
    code: 'objective_id_spelling',
    files: changed('resultLearningObjectiveIds', 'urn:uuid:', ''),
    told: [
      'resultLearningObjectiveIds.csv:2 learningObjectiveId objective_id_spelling "3fa85f64-5717-4562-b3fc-2c963f66afa6"',
    ],
  },
  {
    code: 'pair_spelling',
    files: changed('scoreScales', '{P:50-100}', '{P:50:100}'),
    told: ['scoreScales.csv:3 scoreScaleValue pair_spelling "{P:50:100}"'],
  },
  {
    code: 'primary_not_teacher',
    files: {
      ...everything,
      'enrollments.csv': lines(enrollmentsHeader, 'e1,k1,s1,u1,student,true,,', 'e2,k1,s1,u2,teacher,true,,'),
    },
    told: ['enrollments.csv:2 primary primary_not_teacher "true"'],
  },
  {
    code: 'primary_org_without_role',
    files: {
      ...everything,
      'users.csv': lines(`${usersHeader},primaryOrgSourcedId`, 'u1,true,ada,Ada,Byron,s1', 'u2,true,bo,Bo,Ek,d1'),
    },
    told: ['users.csv:3 primaryOrgSourcedId primary_org_without_role "d1"'],
  },
  {
    code: 'profile_of_another_user',
    files: {
      ...packageOf('bulk', { ...school, userProfiles: lines(profilesHeader, 'p1,u1,login,v,basic,ada') }),
      'roles.csv': lines(
        `${rolesHeader},userProfileSourcedId`,
        'r1,u1,primary,student,s1,p1',
        'r2,u2,primary,teacher,s1,p1',
      ),
    },
    told: ['roles.csv:3 userProfileSourcedId profile_of_another_user "p1"'],
  },
  {
    code: 'score_out_of_bounds',
    files: changed('results', ',85,', ',100.5,'),
    told: ['results.csv:2 score score_out_of_bounds "100.5"'],
  },
  {
    code: 'several_primary_roles',
    files: changed('roles', /$/, 'r3,u2,primary,aide,s1\r\nr4,u2,secondary,aide,s1\r\nr5,u2,primary,aide,d1\r\n'),
    told: ['roles.csv:4 roleType several_primary_roles "primary"'],
  },
  {
    code: 'several_primary_teachers',
    files: {
      ...everything,
      'enrollments.csv': lines(enrollmentsHeader, 'e1,k1,s1,u1,teacher,true,,', 'e2,k1,s1,u2,teacher,true,,'),
    },
    told: ['enrollments.csv:3 primary several_primary_teachers "true"'],
  },
  {
    code: 'unequal_lists',
    files: packageOf('bulk', {
      orgs: school.orgs,
      courses: lines(coursesHeader, 'c1,Maths,s1,Maths,MA', 'c2,Both,s1,"Maths,Art",MA', 'c3,Art,s1,"Art,Craft",'),
    }),
    told: ['courses.csv:3 subjectCodes unequal_lists "MA"'],
  },
  {
    code: 'unknown_column',
    files: packageOf('bulk', { orgs: lines(`${orgsHeader},colour`, 's1,One,school,red') }),
    told: ['orgs.csv:1 colour unknown_column "colour"'],
  },
  {
    code: 'value_spelling',
    files: changed('users', 'u2,true', 'u2,TRUE'),
    told: ['users.csv:3 enabledUser value_spelling "TRUE"'],
  },
  {
    code: 'wrong_reference_type',
    files: changed('classes', 'scheduled,s1', 'scheduled,d1'),
    told: ['classes.csv:2 schoolSourcedId wrong_reference_type "d1"'],
  },
  {
    code: 'wrong_reference_type',
    files: {
      ...everything,
      'courses.csv': lines('sourcedId,schoolYearSourcedId,title,orgSourcedId', 'c1,t1,Maths,s1', 'c2,y1,Art,s1'),
    },
    told: ['courses.csv:2 schoolYearSourcedId wrong_reference_type "t1"'],
  },
]
