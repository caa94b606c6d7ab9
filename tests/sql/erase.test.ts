// The end of a person's data: after it no table says the person's id, names or address, what others have stays, and who
// read of the person is known until then.

import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { erasePerson, personFacts, verifyAudit, writeAudit } from '../../src/audit_log.ts'
import { exportOperations, listOperations, tellPerson } from '../../src/audit_person.ts'
import { createClient } from '../../src/clients.ts'
import { textArray } from '../../src/database.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { changesOf, faultsOf, ran, reverted, send, workerOf } from '../support/engine.ts'
import { dated, document, gradebook, lines, packageOf, school } from '../support/rows.ts'

setDefaultTimeout(60_000)

const person = 'pupil-77'
const words = [
  person,
  'Zephyrine',
  'Quillfeather',
  'Zeph',
  'zq@school.example',
  'zquill',
  'M-4711',
  '+49 170 5550',
  'en-77',
  'res-77',
]

/** A school with a pupil of distinctive words, whose agents and results there are, and one whose agent the pupil is. */
const rows = (more: { family?: string; comment?: string } = {}) => ({
  ...school,
  ...gradebook,
  users: lines(
    'sourcedId,enabledUser,username,userIds,givenName,familyName,identifier,email,sms,agentSourcedIds,preferredFirstName,userMasterIdentifier',
    'u1,true,ada,,Ada,Byron,,,,,,',
    `u2,true,bo,,Bo,Ek,,,,"${person},u1",,`,
    'u3,true,cy,,Cy,Ek,,,,,,',
    `${person},true,zquill,{LDAP:zq-ldap},Zephyrine,${more.family ?? 'Quillfeather'},M-4711,zq@school.example,+49 170 5550,u3,Zeph,`,
  ),
  roles: `${school.roles}r3,u3,primary,guardian,s1\r\nrole-77,${person},primary,student,s1\r\n`,
  userProfiles: lines(
    'sourcedId,userSourcedId,profileType,vendorId,credentialType,username',
    `prof-77,${person},app,v,login,zquill-at-vendor`,
  ),
  enrollments: `${school.enrollments}en-77,k1,s1,${person},student\r\n`,
  demographics: `${school.demographics}${person},2012-05-06,female\r\n`,
  userResources: `${gradebook.userResources}ures-77,${person},s1,k1,re2\r\n`,
  results: `${gradebook.results}res-77,l1,${person},fully graded,70,2026-09-09,${more.comment ?? 'Neat'},,k1,,,,\r\n`,
  resultScoreScales: `${gradebook.resultScoreScales}xz-77,,res-77,z1\r\n`,
})

let room: TestDatabase
let first: string
let second: string
let preview: string
beforeAll(async () => {
  room = await openTestDatabase()
  const options = { keepDangling: true }
  first = (await ran(room, packageOf('bulk', rows()), options)).id
  second = (await ran(room, packageOf('bulk', rows({ family: 'Quillfeather-Ohm', comment: 'Late' })), options)).id
  // what is refused and previewed names the person too
  const preview77 = rows({ family: 'Quill' })
  const twice = preview77.users.split('\r\n').find((line) => line.startsWith(person))
  const faulty = { users: `${preview77.users}${twice}\r\n` }
  await ran(
    room,
    packageOf('delta', {
      users: lines(
        'sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,agentSourcedIds',
        `u3,active,2026-09-01T08:00:00.000Z,true,cy,Cy,Ek,"${person}"`,
      ),
    }),
    options,
  )
  preview = (await ran(room, packageOf('bulk', { ...preview77, ...faulty }), { ...options, mode: 'preview' })).id
}, 60_000)

const read = (client: string, operation: string, path: string, subjects: string[], status = 200) =>
  writeAudit(room.app.sql, {
    process: null,
    sequence: null,
    kind: 'rows',
    lost: 0,
    rows: [
      {
        agoMs: 0,
        client,
        key: undefined,
        operation,
        method: 'GET',
        path,
        subjects: path.includes('{') ? subjects : undefined,
        status,
        address: undefined,
        rows: 1,
        requestId: 'r',
      },
    ],
  })

/** Where words stand, in any column of any table of the store: `bo users.username`. */
async function stands(wanted: readonly string[] = words): Promise<string[]> {
  const tables = await room.owner.sql<{ query: string }[]>`
    select string_agg(format('select w || '' %1$s.%2$s'' as text from unnest($1::text::text[]) as w
        where exists (select from store.%1$I where strpos(%3$s, w) > 0)', c.relname, attname,
      format(case atttypid when 'bytea'::regtype then 'encode(%I, ''escape'')' else '%I::text' end, attname)), ' union all ') as query
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where relnamespace = 'store'::regnamespace and relkind in ('r', 'p') and not relispartition and attnum > 0 and not attisdropped
    group by c.relname`
  const found: string[] = []
  for (const { query } of tables) {
    const rows = await room.owner.sql.unsafe<{ text: string }[]>(query, [textArray(wanted)])
    found.push(...rows.map(({ text }) => text))
  }
  return found.sort()
}

describe('what is on record of a person', () => {
  test('says who could read, who did, and who may have in a list, each as what it is', async () => {
    const scope = 'https://purl.imsglobal.org/spec/or/v1p2/scope/'
    const { sql } = room.owner
    const clients: [string, string[]][] = [
      ['all', [`${scope}roster.readonly`, `${scope}roster-demographics.readonly`]],
      ['core', [`${scope}roster-core.readonly`]],
      ['grades', [`${scope}gradebook.readonly`]],
      ['elsewhere', [`${scope}roster.readonly`]],
      ['orgs', [`${scope}roster.readonly`]],
      ['gone', [`${scope}roster.readonly`]],
      ['packages', ['urn:rosterhub:scope/export.readonly']],
      ['imports', ['urn:rosterhub:scope/import.readonly']],
      ['none', ['urn:rosterhub:scope/admin']],
      ['admin', ['urn:rosterhub:scope/admin.readonly', `${scope}roster.readonly`]],
      ['packages-elsewhere', ['urn:rosterhub:scope/export.readonly']],
      ['packages-of-orgs', ['urn:rosterhub:scope/export.readonly']],
    ]
    for (const [name, scopes] of clients) await createClient(sql, name, scopes, name)
    await sql`update store.clients set revoked_at = now() where client_id = 'gone'`
    await sql`insert into store.audiences (org_sourced_ids, roles) values ('{s9}', null), ('{s1}', '{student}')`
    await sql`insert into store.audience_users (audience, sourced_id, orgs_are_whole, agents_are_whole)
      select audience, ${person}, true, true from store.audiences where org_sourced_ids = '{s1}'`
    await sql`insert into store.grants (client_id, audience, version) select 'elsewhere', audience, 1 from store.audiences where org_sourced_ids = '{s9}'`
    await sql`insert into store.grants (client_id, audience, entities, hidden, version)
      select 'core', audience, '{users,orgs}', '{users.email}', 1 from store.audiences where org_sourced_ids = '{s1}'`
    await sql`insert into store.grants (client_id, audience, version) select client, audience, 1
      from store.audiences, unnest('{packages-elsewhere,admin}'::text[]) as client where org_sourced_ids = '{s9}'`
    await sql`insert into store.grants (client_id, entities, version) select client, '{orgs}', 1
      from unnest('{orgs,packages-of-orgs}'::text[]) as client`

    const base = '/ims/oneroster/rostering/v1p2'
    await read('all', 'getUser', `${base}/users/{sourcedId}`, [person])
    await read('all', 'getUser', `${base}/users/{sourcedId}`, [person], 304)
    await read('elsewhere', 'getUser', `${base}/users/{sourcedId}`, [person], 404)
    await read('core', 'getEnrollment', `${base}/enrollments/{sourcedId}`, ['en-77'])
    await read('core', 'getUser', `${base}/users/{sourcedId}`, ['u2'])
    await read('core', 'getAllUsers', `${base}/users`, [])
    await read('core', 'getAllOrgs', `${base}/orgs`, [])
    await read('core', 'getStudentsForClass', `${base}/classes/{classSourcedId}/students`, ['k1'])
    await read('core', 'getStudentsForSchool', `${base}/schools/{schoolSourcedId}/students`, ['d1'])
    for (const client of ['packages', 'packages-elsewhere', 'packages-of-orgs'])
      await read(client, 'exportPackage', '/exports/oneroster.zip', [])
    await read('admin', 'previewClient', '/admin/clients/{clientId}/preview', ['all'])
    await read('none', 'previewClient', '/admin/clients/{clientId}/preview', ['all'], 404)
    const told = tellPerson(person, await personFacts(room.owner, person, listOperations, exportOperations))
    expect(told.known).toBe(true)
    expect(
      told.couldRead
        .map(({ clientId, through, hidden, revokedAt }) => [
          clientId,
          [...through].sort().join(' '),
          hidden.join(),
          revokedAt !== undefined,
        ])
        .sort(),
    ).toEqual([
      // by way of clients that see the person, though its own grant does not have it
      ['admin', 'previews', '', false],
      ['all', 'demographics enrollments users', '', false],
      ['core', 'users', 'users.email', false],
      ['gone', 'enrollments users', '', true],
      ['grades', 'results', '', false],
      ['imports', 'imports', '', false],
      ['packages', 'exports', '', false],
    ])
    const brief = (list: typeof told.didRead): string[] =>
      list.map(({ client, operation, count }) => `${client} ${operation} ${count}`)
    expect(brief(told.didRead)).toEqual(['all getUser 2', 'core getEnrollment 1'])
    expect(brief(told.mayHaveRead)).toEqual([
      'admin previewClient 1',
      'core getAllUsers 1',
      'core getStudentsForClass 1',
    ])
    expect(told.exports.map(({ client, isNowExcluded }) => [client, isNowExcluded])).toEqual([
      ['packages', undefined],
      ['packages-elsewhere', true],
      ['packages-of-orgs', true],
    ])
  })
})

describe('an erasure', () => {
  let versions: number
  test('finds a word where it stands alone, whatever characters it has, and not in a longer one', async () => {
    const says = async (text: string, word: string): Promise<boolean> => {
      const [row] = await room.owner.sql<{ is: boolean }[]>`select load.says(${text}, array[${word}::text]) as is`
      return row?.is ?? false
    }
    for (const word of ['u1', 'a.b', 'x*[1](2)', '\\d+$', 'é|ü', 'a@b.c', '+49 1']) {
      for (const text of [word, `no user "${word}"`, `(${word},`, `x ${word}`])
        expect([text, await says(text, word)]).toEqual([text, true])
      for (const text of [`${word}1`, `z${word}z`, 'axb', ''])
        expect([text, await says(text, word)]).toEqual([text, false])
    }
  })

  test('waits for an import that runs, and changes nothing', async () => {
    await send(room, packageOf('delta', {}), { source: 'other' })
    const worker = workerOf(room.owner)
    const job = await worker.claim('other')
    await expect(erasePerson(room.owner, person)).rejects.toThrow(`import ${job?.id} is running`)
    expect(await worker.end(String(job?.id), { status: 'failed', reason: `no file about ${person}` })).toBe(true)
    expect(await stands([person])).toContain(`${person} users.sourced_id`)
  })

  test('leaves no word of the person in any column of any table', async () => {
    const waits = await send(room, packageOf('bulk', rows()), { source: 'third' })
    const before = await stands()
    expect(words.filter((word) => !before.some((place) => place.startsWith(`${word} `)))).toEqual([])
    for (const table of [
      'import_faults',
      'previewed_changes',
      'replaced_rows',
      'imports',
      'audit_subjects',
      'users',
      'audience_users',
    ])
      expect([table, before.some((place) => place.includes(` ${table}.`))]).toEqual([table, true])
    const [row] = await room.owner.sql<
      { version: number }[]
    >`select version::integer from store.versions where entity = 'users'`
    versions = Number(row?.version)
    const erased = await erasePerson(room.owner, person)
    expect(await stands()).toEqual([])
    expect(erased.removed).toMatchObject({
      users: 1,
      demographics: 1,
      user_profiles: 1,
      roles: 1,
      enrollments: 1,
      user_resources: 1,
      results: 1,
      assessment_results: 0,
      result_score_scales: 1,
      audience_users: 1,
      audit_subjects: 2,
    })
    expect(erased.removed['replaced_rows']).toBe(2)
    expect(erased.rewritten).toMatchObject({ users: 2, imports: 1 })
    expect(erased.waitingImports).toEqual([waits.id])
  })

  test('leaves everybody else as they were, and whom the person stood for without that agent', async () => {
    expect(await document(room.owner, 'users', 'u2')).toMatchObject({ givenName: 'Bo', agents: [{ sourcedId: 'u1' }] })
    expect(await document(room.owner, 'users', 'u3')).not.toHaveProperty('agents')
    const [count] = await room.owner.sql<
      { text: string }[]
    >`select concat_ws(' ', (select count(*) from store.users), (select count(*) from store.results),
      (select count(*) from store.enrollments), (select count(*) from store.roles)) as text`
    expect(count?.text).toBe('3 2 2 3')
    expect((await faultsOf(room, { id: preview } as never)).length).toBeGreaterThan(0)
    expect((await changesOf(room, { id: preview } as never)).length).toBeGreaterThan(0)
  })

  test('is published: totals, lists and tags are those of before no longer', async () => {
    const rows = await room.owner.sql<{ entity: string; version: number }[]>`
      select entity, version::integer from store.versions where entity in ('users', 'enrollments', 'results', 'demographics')`
    for (const { entity, version } of rows) expect([entity, version > versions]).toEqual([entity, true])
  })

  test('keeps the audit whole: its rows are there, and say no longer about whom', async () => {
    const proof = await verifyAudit(room.owner)
    expect([proof.faults, proof.rows]).toEqual([[], 14])
    const [erasure] = await room.owner.sql<
      { kind: string }[]
    >`select kind from store.audit_batches order by position desc limit 1`
    expect(erasure?.kind).toBe('erase')
    expect(tellPerson(person, await personFacts(room.owner, person, listOperations, exportOperations)).didRead).toEqual(
      [],
    )
  })

  test('keeps the person out of the audit, though a batch that was held back until then names it', async () => {
    const ids = ['late-1', 'late-enrollment']
    const csv = {
      users: dated(lines('sourcedId,enabledUser,username,givenName,familyName', 'late-1,true,late,Lou,Ate')),
      enrollments: dated(
        lines('sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role', 'late-enrollment,k1,s1,late-1,student'),
      ),
    }
    await ran(room, packageOf('delta', csv), { keepDangling: true })
    let held: Promise<unknown> | undefined
    await room.owner.begin(async (sql) => {
      await sql`select api.erase('late-1')`
      // comes while the erasure holds the end of the chain, and waits for it
      held = Promise.all(
        [200, 304, 403, 404].map((status) => read('all', 'getUser', '/ims/oneroster/{id}', ids, status)),
      )
      await sql`select from store.audit_head`
    })
    await held
    await read('all', 'getUser', '/ims/oneroster/{id}', ids)
    expect(await stands(ids)).toEqual([])
    expect((await verifyAudit(room.owner)).faults).toEqual([])
  })

  test('lets the imports that wrote the person be reverted, for the others', async () => {
    const revert = await reverted(room, second)
    expect([revert.status, revert.reason]).toEqual(['completed', undefined])
    expect(await stands([person])).toEqual([])
    expect(first).not.toBe(second)
  })

  test('lets an import that made the person be reverted, for the others', async () => {
    const made = {
      users: lines('sourcedId,enabledUser,username,givenName,familyName', 'n1,true,n1,Nil,One', 'n2,true,n2,Nil,Two'),
      roles: lines(
        'sourcedId,userSourcedId,roleType,role,orgSourcedId',
        'nr1,n1,primary,student,s1',
        'nr2,n2,primary,student,s1',
      ),
    }
    const csv = Object.fromEntries(Object.entries(made).map(([name, text]) => [name, dated(text)]))
    const { id } = await ran(room, packageOf('delta', csv))
    await erasePerson(room.owner, 'n1')
    const revert = await reverted(room, id)
    expect([revert.status, revert.reason]).toEqual(['completed', undefined])
    expect(await document(room.owner, 'users', 'n2')).toMatchObject({ status: 'tobedeleted' })
  })

  test('of somebody who is not known is refused', async () => {
    await expect(erasePerson(room.owner, 'nobody-at-all')).rejects.toThrow('nothing is known of "nobody-at-all"')
    await expect(erasePerson(room.owner, person)).rejects.toThrow('nothing is known')
  })
})
