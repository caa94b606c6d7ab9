// What an export holds for a client with a grant: the records its reads show, in a package that another hub imports.

import { beforeAll, describe, expect, test } from 'bun:test'
import { parseRows } from '../../src/csv.ts'
import { exportPackage } from '../../src/exporter.ts'
import type { Grant } from '../../src/grants.ts'
import { collections, type Json, origin } from '../support/collections.ts'
import { openTestDatabase } from '../support/database.ts'
import { filesIn } from '../support/exports.ts'
import { type Hub, hubOver, openDistrict } from '../support/hub.ts'
import { importZip } from '../support/packages.ts'
import { emptyStore } from '../support/rows.ts'
import { vendorOf } from '../support/vendors.ts'

let hub: Hub
let other: Hub
let schools: readonly string[]
beforeAll(async () => {
  hub = await openDistrict()
  other = hubOver(await openTestDatabase(), {})
  schools = (
    await hub.owner.sql<{ id: string }[]>`
      select sourced_id as id from store.orgs where type = 'school' and status = 'active' order by 1`
  ).map(({ id }) => id)
}, 180_000)

const archiveFor = async (client: string): Promise<Blob> =>
  new Response((await exportPackage(hub.app, { client })).stream).blob()

/** All records of 1.2 that a package carries, by their collection, without what each hub dates and addresses by itself. */
async function recordsOf(from: Hub, token?: string): Promise<Readonly<Record<string, readonly Json[]>>> {
  const carried = collections.filter(
    ({ path, service }) => !path.includes('{') && service !== 'v1p1' && !path.includes('assessment'),
  )
  const entries = carried.map(async ({ id, path, envelope }) => {
    const headers = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }
    const answer = await (token === undefined
      ? from.get(`${origin}${path}?limit=10000`)
      : from.fetch(new Request(`${origin}${path}?limit=10000`, headers)))
    expect([id, answer.status]).toEqual([id, 200])
    const records = ((await answer.json()) as Record<string, Json[]>)[envelope] ?? []
    return [id, records.map(({ dateLastModified: _, ...record }) => record)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

const count = (records: Readonly<Record<string, readonly Json[]>>): number =>
  Object.values(records).reduce((sum, { length }) => sum + length, 0)

describe('the export of a client that is granted', () => {
  test.each([
    ['a school', () => ({ orgs: schools.slice(0, 1) })],
    [
      'two schools, and no field of some',
      () => ({ orgs: schools.slice(0, 2), hidden: ['users.email', 'users.metadata'] }),
    ],
    ['the students of a school', () => ({ orgs: schools.slice(1, 2), roles: ['student'] })],
    ['the students of every school', () => ({ roles: ['student'] })],
    [
      'all but demographics and profiles',
      () => ({ hidden: ['demographics', 'users.userProfiles', 'classes.resources'] }),
    ],
    ['everything', () => ({})],
  ] as [string, () => Partial<Grant>][])(
    '%s holds what its reads show',
    async (_, grant) => {
      await emptyStore(other.owner)
      const { clientId: client, token } = await vendorOf(hub, grant())
      const seen = await recordsOf(hub, token)
      expect(count(seen)).toBeGreaterThan(20)
      // a bulk file has the roles of a deleted user, whom it has not
      const { faults } = await importZip(other.owner, await archiveFor(client), { keepDangling: true })
      expect(faults).toEqual([])
      const found = await recordsOf(other)
      for (const [id, records] of Object.entries(seen)) {
        // a course's org must stand in its file: it stays where reads leave it out
        const told = (all: readonly Json[] = []) =>
          all.map((record) => ('courseCode' in record ? { ...record, org: 0 } : record))
        expect([id, told(found[id])]).toEqual([id, told(records)])
      }
    },
    120_000,
  )

  test('all but fields that a file must have has their columns empty', async () => {
    const { clientId: client } = await vendorOf(hub, { hidden: ['users.username', 'classes.classType'] })
    const files = await filesIn(await archiveFor(client))
    for (const [file, column] of [
      ['users.csv', 'username'],
      ['classes.csv', 'classType'],
    ] as const) {
      const [header = [], ...rows] = parseRows(files[file] ?? '')
      expect(rows.length).toBeGreaterThan(10)
      expect([...new Set(rows.map((row) => row[header.indexOf(column)]))]).toEqual([''])
    }
  })

  test('some entities has the files of those, and of what they are made of', async () => {
    const { clientId: client } = await vendorOf(hub, { entities: ['users', 'orgs'] })
    const files = Object.keys(await filesIn(await archiveFor(client)))
    expect(files).toEqual(['manifest.csv', 'orgs.csv', 'users.csv', 'roles.csv', 'userProfiles.csv'])
  })

  test('nothing that is there has no rows at all', async () => {
    const { clientId: client } = await vendorOf(hub, { orgs: schools.slice(0, 1), roles: ['proctor'] })
    const {
      'users.csv': users,
      'enrollments.csv': enrollments,
      'classes.csv': classes,
    } = await filesIn(await archiveFor(client))
    expect([users, enrollments]).toEqual([undefined, undefined])
    expect(parseRows(classes ?? '').length).toBeGreaterThan(1)
  })
})
