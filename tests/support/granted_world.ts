// A small world of two districts in which much leads across the borders that grants draw: people with roles at several
// schools, agents and scales from elsewhere, a district's courses taught by its schools, deleted orgs and people.

import type { Content } from './database.ts'
import { type Hub, hubOver, openHub } from './hub.ts'
import { active, type Csv, deleted, delta, lines } from './rows.ts'

const dated = (...rows: string[]): string =>
  lines(
    ...rows.map((row, i) =>
      i === 0
        ? row.replace(',', ',status,dateLastModified,')
        : row.replace(/^(-?)([^,]*)/, (_, gone, id) => `${id},${gone === '-' ? deleted : active}`),
    ),
  )

/** Rows that begin with a minus are deleted. */
export const worldCsv = {
  orgs: dated(
    'sourcedId,name,type,identifier,parentSourcedId',
    'st,State,state,ST,',
    'd1,North District,district,D1,st',
    'd2,South District,district,D2,st',
    's1,North School,school,S1,d1',
    's1a,North Annex,school,S1A,s1',
    's2,East School,school,S2,d1',
    '-s3,Closed School,school,S3,d1',
    's4,South School,school,S4,d2',
  ),
  academicSessions: dated(
    'sourcedId,title,type,startDate,endDate,parentSourcedId,schoolYear',
    'y1,Year,schoolYear,2026-08-01,2027-07-01,,2027',
    't1,Autumn,term,2026-08-01,2027-01-15,y1,2027',
    't2,Spring,term,2027-01-16,2027-07-01,y1,2027',
    'q1,Quarter,gradingPeriod,2026-08-01,2026-10-15,t1,2027',
  ),
  courses: dated(
    'sourcedId,title,courseCode,orgSourcedId,schoolYearSourcedId',
    'c1,Maths,M1,d1,y1',
    'c2,Art,A1,s1,y1',
    'c3,Music,U1,s4,',
    'c4,Latin,L1,d2,y1',
    '-c5,Greek,G1,s2,',
    'c6,Dance,E1,st,',
  ),
  classes: dated(
    'sourcedId,title,courseSourcedId,classType,schoolSourcedId,termSourcedIds,location',
    'k1,Maths A,c1,scheduled,s1,t1,R1',
    'k2,Maths B,c1,scheduled,s2,"t1,t2",R2',
    'k3,Music,c3,homeroom,s4,t2,',
    'k4,Art,c2,scheduled,s1a,t1,R4',
    '-k5,Maths C,c1,scheduled,s3,t1,',
    'k6,Latin,c4,scheduled,s2,t2,R6',
    '-k7,Dance,c6,scheduled,s1,t1,',
  ),
  users: dated(
    'sourcedId,enabledUser,username,givenName,familyName,identifier,email,sms,agentSourcedIds,primaryOrgSourcedId,grades,userIds,metadata.house',
    'u1,true,ada,Ada,Byron,i1,ada@x.example,0101,"g1,v1",s1,05,{Fed:1},red',
    'u2,true,bo,Bo,Ek,i2,bo@x.example,,"g1,g2",s2,06,,blue',
    'u3,true,cy,Cy,Dunn,i3,cy@x.example,0103,g2,s4,05,{Fed:3},red',
    'u4,true,di,Di,Fox,i4,,0104,"g3,u1",s4,07,,green',
    'u5,true,ed,Ed,Gil,i5,ed@x.example,,,s3,,,',
    '-u6,true,fi,Fi,Hay,i6,fi@x.example,,g1,s1,05,,red',
    'x1,true,xo,Xo,Ives,i7,xo@x.example,0107,"g3,g1",d1,08,,blue',
    'v1,true,vi,Vi,Jung,i8,vi@x.example,0108,,s1,,{Staff:8},',
    'v2,false,wo,Wo,Kay,i9,wo@x.example,,,d1,,,',
    'v3,true,ya,Ya,Lee,i10,ya@x.example,0110,,d2,,,grey',
    'g1,true,ga,Ga,Byron,i11,ga@x.example,0111,u1,,,,',
    'g2,true,gb,Gb,Ek,i12,gb@x.example,0112,"u2,u3",s2,,,',
    'g3,true,gc,Gc,Fox,i13,gc@x.example,0113,u4,s4,,,',
    'm1,true,ma,Ma,Moe,i14,ma@x.example,,,d1,,,',
    'm2,true,mb,Mb,Noe,i15,mb@x.example,,v1,s1,,,',
    'm3,true,mc,Mc,Ott,i16,mc@x.example,,,st,,,',
  ),
  userProfiles: dated(
    'sourcedId,userSourcedId,profileType,vendorId,credentialType,username',
    'w1,u1,app,vend,login,ada1',
    'w2,v1,app,vend,login,vi1',
  ),
  roles: dated(
    'sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId',
    'r1,u1,primary,student,2026-08-01,,s1,w1',
    'r2,u2,primary,student,,,s2,',
    'r3,u3,primary,student,,,s1,',
    'r4,u3,secondary,student,,,s4,',
    'r5,u4,primary,student,,,s4,',
    'r6,u5,primary,student,,,s3,',
    'r7,u6,primary,student,,,s1,',
    'r8,x1,primary,student,,,s2,',
    'r9,x1,secondary,teacher,,,s1,',
    'r10,v1,secondary,guardian,,,s2,',
    'r11,v1,primary,teacher,2026-08-01,2027-07-01,s1,w2',
    'r12,v2,primary,teacher,,,s2,',
    'r13,v2,primary,teacher,,,d1,',
    'r14,v3,primary,teacher,,,d2,',
    'r15,g1,primary,guardian,,,s1,',
    'r16,g2,primary,guardian,,,s2,',
    'r17,g2,secondary,relative,,,s4,',
    'r18,g3,primary,guardian,,,s4,',
    'r19,m1,primary,districtAdministrator,,,d1,',
    'r20,m2,primary,siteAdministrator,,,s1,',
    'r21,m2,secondary,teacher,,,s1a,',
    'r22,m3,primary,systemAdministrator,,,st,',
    'r23,m3,secondary,ext:coach,,,s1,',
  ),
  enrollments: dated(
    'sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate',
    'e1,k1,s1,u1,student,,2026-08-01,',
    'e2,k1,s1,u3,student,,,',
    'e3,k1,s1,x1,teacher,true,,',
    'e4,k1,s1,v1,teacher,false,,',
    'e5,k1,s2,u2,student,,,2027-01-01',
    'e6,k2,s2,u2,student,,,',
    'e7,k2,s2,x1,student,,,',
    'e8,k2,s2,v2,teacher,true,,',
    'e9,k2,s1,u1,student,,,',
    'e10,k3,s4,u3,student,,,',
    'e11,k3,s4,u4,student,,,',
    'e12,k3,s4,v3,teacher,,,',
    'e13,k4,s1a,u1,student,,,',
    'e14,k4,s1a,m2,teacher,,,',
    'e15,k1,s1,m2,administrator,,,',
    'e16,k1,s1,m1,administrator,,,',
    '-e17,k1,s1,u6,student,,,',
    '-e18,k4,s1a,u3,student,,,',
    'e19,k6,s2,u2,proctor,,,',
    'e20,k6,s2,x1,student,,,',
    '-e21,k5,s3,u5,student,,,',
    'e22,k6,d1,v2,teacher,,,',
  ),
  demographics: dated(
    'sourcedId,birthDate,sex,cityOfBirth,metadata.note',
    'u1,2012-03-04,female,Uppsala,a',
    'u2,2011-03-04,male,,',
    'u3,2012-09-04,other,Lund,c',
    'u4,2010-03-04,female,Gent,',
    'x1,2009-03-04,male,Gent,',
    '-u6,2012-01-01,female,,',
  ),
  resources: dated(
    'sourcedId,title,roles,importance,vendorResourceId',
    're1,Atlas,"student,teacher",primary,v-1',
    're2,,,,v-2',
    '-re3,Old,,,v-3',
  ),
  classResources: dated(
    'sourcedId,title,classSourcedId,resourceSourcedId',
    'kr1,,k1,re1',
    'kr2,,k2,re1',
    'kr3,,k2,re2',
  ),
  courseResources: dated('sourcedId,title,courseSourcedId,resourceSourcedId', 'cr1,,c1,re1', 'cr2,,c3,re2'),
  userResources: dated(
    'sourcedId,userSourcedId,orgSourcedId,classSourcedId,resourceSourcedId',
    'ur1,u1,s1,k1,re1',
    'ur2,x1,s2,k2,re2',
  ),
  categories: dated('sourcedId,title,weight', 'h1,Homework,40', 'h2,Tests,60', '-h3,Old,'),
  scoreScales: dated(
    'sourcedId,title,type,orgSourcedId,courseSourcedId,classSourcedId,scoreScaleValue',
    'z1,Letters,letter,s1,c1,k1,"{A:90-100},{B:80-89}"',
    'z2,Passed,pass,d1,c4,k2,{P:50-100}',
    'z3,Other,pass,s4,c3,k3,{P:50-100}',
    'z4,Annex,pass,d2,c3,k4,{P:50-100}',
  ),
  lineItems: dated(
    'sourcedId,title,description,assignDate,dueDate,classSourcedId,categorySourcedId,academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId',
    'l1,Essay,On bees,2026-09-01,2026-09-08,k1,h1,q1,0,100,s1',
    'l2,Quiz,,2026-09-02,2026-09-09,k1,h2,t1,,,s2',
    'l3,Quiz,On ants,2026-09-03,2026-09-09,k2,h1,t1,0,10,s1',
    'l4,Song,,2026-09-04,2026-09-09,k3,h1,q1,,,s4',
    '-l5,Old,,2026-09-05,2026-09-09,k4,h2,t1,,,s1a',
  ),
  lineItemScoreScales: dated(
    'sourcedId,title,lineItemSourcedId,scoreScaleSourcedId',
    'lz1,,l1,z1',
    'lz2,,l2,z3',
    'lz3,,l3,z4',
  ),
  results: dated(
    'sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore,classSourcedId',
    'n1,l1,u1,fully graded,85,2026-09-09,Good,B,k1',
    'n2,l1,u3,fully graded,55,2026-09-09,,C,k3',
    'n3,l2,u1,not submitted,,2026-09-10,,,k2',
    'n4,l3,u2,fully graded,9,2026-09-10,Best,,',
    'n5,l3,x1,fully graded,7,2026-09-11,,,k2',
    'n6,l4,u3,fully graded,7,2026-09-11,,,k1',
    'n7,l4,u4,fully graded,3,2026-09-11,Low,,k3',
    '-n8,l1,u6,fully graded,3,2026-09-11,,,k1',
    'n9,l1,u2,fully graded,3,2026-09-11,,,k4',
  ),
  resultScoreScales: dated(
    'sourcedId,title,resultSourcedId,scoreScaleSourcedId',
    'nz1,,n1,z1',
    'nz2,,n2,z3',
    'nz3,,n5,z4',
  ),
} as const

/** These rows, as the world has them, in files of their own: a delta. */
export const worldRows = (rows: Readonly<Partial<Record<keyof typeof worldCsv, readonly string[]>>>): Csv =>
  Object.fromEntries(
    Object.entries(rows).map(([file, some]) => {
      const header = worldCsv[file as keyof typeof worldCsv].split('\r\n')[0] ?? ''
      return [file, dated(header.replace(',status,dateLastModified', ''), ...some)]
    }),
  )

const ref = (sourcedId: string) => ({ sourcedId })
const assessments: readonly (readonly [collection: string, envelope: string, record: Record<string, unknown>])[] = [
  ['assessmentLineItems', 'assessmentLineItem', { sourcedId: 'al1', title: 'State test' }],
  [
    'assessmentLineItems',
    'assessmentLineItem',
    { sourcedId: 'al2', title: 'Part', class: ref('k1'), parentAssessmentLineItem: ref('al1'), scoreScale: ref('z1') },
  ],
  [
    'assessmentLineItems',
    'assessmentLineItem',
    { sourcedId: 'al3', title: 'Part', class: ref('k2'), parentAssessmentLineItem: ref('al2'), scoreScale: ref('z3') },
  ],
  [
    'assessmentLineItems',
    'assessmentLineItem',
    { sourcedId: 'al4', title: 'Part', class: ref('k3'), parentAssessmentLineItem: ref('al3'), scoreScale: ref('z1') },
  ],
  [
    'lineItems',
    'lineItem',
    {
      sourcedId: 'l6',
      title: 'Both sessions',
      assignDate: '2026-09-01T08:00:00.000Z',
      dueDate: '2026-09-08T08:00:00.000Z',
      class: ref('k2'),
      school: ref('s2'),
      category: ref('h2'),
      gradingPeriod: ref('q1'),
      academicSession: ref('t1'),
      scoreScale: ref('z2'),
    },
  ],
  ...(
    [
      ['ar1', 'al1', 'u1', 'z1'],
      ['ar2', 'al1', 'u4', 'z3'],
      ['ar3', 'al2', 'u3', 'z3'],
      ['ar4', 'al3', 'u1', 'z2'],
      ['ar5', 'al3', 'x1', undefined],
      ['ar6', 'al4', 'u3', 'z1'],
    ] as const
  ).map(
    ([sourcedId, item, student, scale]) =>
      [
        'assessmentResults',
        'assessmentResult',
        {
          sourcedId,
          assessmentLineItem: ref(item),
          student: ref(student),
          scoreStatus: 'fully graded',
          scoreDate: '2026-09-09',
          score: 5,
          ...(scale === undefined ? {} : { scoreScale: ref(scale) }),
        },
      ] as const,
  ),
]

const content: Content = {
  name: 'granted',
  fill: async (database) => {
    const { faults } = await delta(database.owner, worldCsv, { keepDangling: true })
    if (faults.length > 0) throw new Error(JSON.stringify(faults))
    const hub = await hubOver(database)
    const authorization = `Bearer ${await hub.token()}`
    for (const [collection, envelope, record] of assessments) {
      const url = `http://localhost/ims/oneroster/gradebook/v1p2/${collection}/${record['sourcedId']}`
      const body = JSON.stringify({ [envelope]: record })
      const headers = { authorization, 'content-type': 'application/json' }
      const { status } = await hub.fetch(new Request(url, { method: 'PUT', headers, body }))
      if (status !== 201) throw new Error(`${status} for ${url}`)
    }
  },
}

export const openWorld = (): Promise<Hub> => openHub({}, { content })
