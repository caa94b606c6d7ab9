// Who belongs to an audience is what the rosters of the moment say, however they came to be: after imports, reverts and
// previews the members kept up to date are those of an audience filled anew, and those of a plain reading.

import { beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import fc from 'fast-check'
import type { Draw } from '../support/arbitrary_cells.ts'
import { filesOf } from '../support/arbitrary_files.ts'
import { arbitraryPackage } from '../support/arbitrary_package.ts'
import { idOf } from '../support/collections.ts'
import { backend } from '../support/database.ts'
import { ran, reverted } from '../support/engine.ts'
import { type Grant, grantedOf, openClient, readWorld } from '../support/granted.ts'
import { openWorld, worldCsv, worldRows } from '../support/granted_world.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { holdUp } from '../support/importing.ts'
import { type Files, importFiles } from '../support/packages.ts'
import { type Csv, delta, emptyStore, packageOf, waitsOrDone } from '../support/rows.ts'

setDefaultTimeout(60_000)

const grants: readonly Grant[] = [
  { orgs: ['s1'] },
  { orgs: ['s2', 's4'] },
  { orgs: ['d1'] },
  { orgs: ['d1'], roles: ['student', 'guardian'] },
  { orgs: ['s4'], roles: ['student'] },
  { roles: ['student'] },
]

/** The members as they are kept: `{s1} - u1 roles agents`, with what is whole of each. */
async function membersOf({ owner }: Pick<Hub, 'owner'>): Promise<string[]> {
  const rows = await owner.sql<{ text: string }[]>`
    select concat_ws(' ', coalesce(org_sourced_ids::text, '-'), coalesce(roles::text, '-'), sourced_id,
      case when orgs_are_whole then 'roles' end, case when agents_are_whole then 'agents' end) as text
    from store.audiences join store.audience_users using (audience)
    union all select concat_ws(' ', coalesce(org_sourced_ids::text, '-'), coalesce(roles::text, '-'), 'org', sourced_id)
    from store.audiences join store.audience_orgs using (audience) order by 1`
  return rows.map(({ text }) => text)
}

/** That the members are those of audiences filled anew. */
async function expectAsAnew(hub: Hub): Promise<void> {
  const kept = await membersOf(hub)
  await hub.owner.sql`delete from store.audience_users`
  await hub.owner.sql`delete from store.audience_orgs`
  await hub.owner.sql`select load.fill_audience(audience) from store.audiences`
  expect(kept).toEqual(await membersOf(hub))
}

/** That who belongs, and who is cut, is what a plain reading of the documents says. */
async function expectAsRead(hub: Hub, audiences: readonly Grant[] = grants): Promise<void> {
  const world = await readWorld(hub)
  const users = world.documents.get('users') ?? []
  const list = (names: readonly string[] | undefined) =>
    names === undefined ? '-' : `{${[...names].sort().join(',')}}`
  const kept = await hub.owner.sql<{ text: string }[]>`
    select concat_ws(' ', coalesce(org_sourced_ids::text, '-'), coalesce(roles::text, '-'), sourced_id, is_whole) as text
    from store.audiences join store.audience_users using (audience)`
  const expected = audiences.flatMap((grant) => {
    const shown = new Map(
      grantedOf(world, grant)
        .records('rostering', 'users')
        .map((each) => [idOf(each), each]),
    )
    return users.flatMap((user) => {
      const left = shown.get(idOf(user))
      const isWhole = JSON.stringify(left) === JSON.stringify(user)
      return left === undefined ? [] : [`${list(grant.orgs)} ${list(grant.roles)} ${idOf(user)} ${isWhole ? 't' : 'f'}`]
    })
  })
  expect(kept.map(({ text }) => text).sort()).toEqual(expected.sort())
}

describe('in a world of two districts', () => {
  let hub: Hub
  beforeEach(async () => {
    hub = await openWorld()
    for (const grant of grants) await openClient(hub, grant)
  })

  const everybodyElse = worldCsv.users.replace(/^(g1|u2|v1),[^\r]*\r\n/gm, '')
  const changes: readonly (readonly [string, Csv])[] = [
    ['a student moves to another school', worldRows({ roles: ['r1,u1,primary,student,2026-08-01,,s4,w1'] })],
    ['a student has another role', worldRows({ roles: ['r8,x1,primary,aide,,,s2,'] })],
    [
      'a guardian comes and another goes',
      worldRows({
        users: ['u4,true,di,Di,Fox,i4,,0104,"u1,v2,g1",s4,07,,green', 'u1,true,ada,Ada,Byron,i1,,,,s1,05,,'],
      }),
    ],
    [
      'somebody who is an agent leaves the school',
      worldRows({ roles: ['-r15,g1,primary,guardian,,,s1,', 'r24,g1,primary,guardian,,,s4,'] }),
    ],
    [
      'a guardian nobody knew comes',
      {
        ...worldRows({ users: ['new,true,n,N,N,i99,,,u1,s1,,,', 'u2,true,bo,Bo,Ek,i2,,,"new",s2,06,,blue'] }),
        ...worldRows({ roles: ['r30,new,primary,guardian,,,s2,'] }),
      },
    ],
    ['an org gets another parent', worldRows({ orgs: ['s1,North School,school,S1,d2'] })],
    [
      'two orgs change places while people move',
      {
        ...worldRows({ orgs: ['s1a,North Annex,school,S1A,s4', 's4,South School,school,S4,s1'] }),
        ...worldRows({ roles: ['r12,v2,primary,teacher,,,s1a,'] }),
      },
    ],
    ['orgs stand in a circle', worldRows({ orgs: ['d1,North District,district,D1,s2'] })],
    ['an org is deleted', worldRows({ orgs: ['-s1,North School,school,S1,d1'] })],
    [
      'people are deleted',
      worldRows({ users: ['-u1,true,ada,Ada,Byron,i1,,,"g1,v1",s1,05,,red', '-g2,true,gb,Gb,Ek,i12,,,"u2,u3",s2,,,'] }),
    ],
    ['the primary org is another one', worldRows({ users: ['u2,true,bo,Bo,Ek,i2,,,,s4,06,,blue'] })],
  ]

  test.each(changes.map(([name, csv]) => [name, csv] as const))(
    'when %s, and when that is reverted',
    async (_, csv) => {
      await expectAsRead(hub)
      const before = await membersOf(hub)
      const job = await ran(hub, packageOf('delta', csv), { keepDangling: true })
      expect([job.status, job.faultCount]).toEqual(['completed', 0])
      await expectAsRead(hub)
      await expectAsAnew(hub)
      const revert = await reverted(hub, job.id)
      expect(revert.status).toBe('completed')
      await expectAsRead(hub)
      await expectAsAnew(hub)
      // what the import made is marked deleted, and stays
      expect((await membersOf(hub)).filter((each) => !/ new\b/.test(each))).toEqual(before)
    },
  )

  test('when a bulk package has some people no longer', async () => {
    const plain = (text: string): string =>
      text.replace(/,status,dateLastModified/, '').replace(/,(active|tobedeleted),2026-09-01T08:00:00.000Z/g, '')
    const job = await ran(hub, packageOf('bulk', { users: plain(everybodyElse), roles: plain(worldCsv.roles) }), {
      keepDangling: true,
    })
    expect(job.status).toBe('completed')
    await expectAsRead(hub)
    await expectAsAnew(hub)
  })

  test('nothing of it by a preview', async () => {
    const before = await membersOf(hub)
    for (const [, csv] of changes) await ran(hub, packageOf('delta', csv), { keepDangling: true, mode: 'preview' })
    expect(await membersOf(hub)).toEqual(before)
    await expectAsRead(hub)
  })

  test.skipIf(backend === 'pglite')(
    'when it is made while an import waits to publish [needs two sessions: PostgreSQL]',
    async () => {
      const { clientId } = await openClient(hub)
      const url = String(hub.url)
      const { letGo } = await holdUp(url, `select api.set_grant('${clientId}', '{s1a}', null, null, null, true)`)
      const work = delta(
        hub.owner,
        worldRows({ roles: ['r2,u2,primary,student,,,s1a,', '-r21,m2,secondary,teacher,,,s1a,'] }),
      )
      await waitsOrDone(hub.app, work)
      await letGo()
      expect((await work).faults).toEqual([])
      await expectAsRead(hub, [...grants, { orgs: ['s1a'] }])
      await expectAsAnew(hub)
    },
  )
})

test('after any imports', async () => {
  const hub = await openHub()
  const seen = { members: 0 }
  const check = async (files: readonly Files[]): Promise<void> => {
    await emptyStore(hub.owner)
    await hub.owner.sql`delete from store.grants`
    await hub.owner.sql`delete from store.audiences`
    for (const [i, each] of files.entries()) {
      await importFiles(hub.owner, each, { takeOver: true, keepDangling: true })
      const orgs = (await hub.owner.sql<{ id: string }[]>`select sourced_id as id from store.orgs order by 1`).map(
        ({ id }) => id,
      )
      if (i === 0)
        for (const grant of [
          { orgs: orgs.slice(0, 1) },
          { orgs: orgs.slice(1, 3), roles: ['student'] },
          { roles: ['teacher', 'guardian'] },
        ])
          await openClient(hub, grant.orgs?.length === 0 ? {} : grant)
      await expectAsAnew(hub)
      seen.members += (await membersOf(hub)).length
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (value) => {
      const draw: Draw = (arbitrary) => value(() => arbitrary)
      await check([1, 2, 3].map(() => filesOf(draw, arbitraryPackage(draw, '1.2'))))
    }),
    { numRuns: 4, seed: 5 },
  )
  expect(seen.members).toBeGreaterThan(50)
}, 120_000)
