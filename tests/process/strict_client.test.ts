// Data that no part of the hub made, read by a client that no part of the hub wrote: arbitrary packages go through the real
// import, and every GET of 1.2 is read by a generated client that refuses any answer its document does not allow. A failure
// prints the seed and the path that repeat it.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { operations } from '../../src/generated/operations.ts'
import { arbitraryAssessments } from '../support/arbitrary_assessments.ts'
import type { Draw } from '../support/arbitrary_cells.ts'
import { filesOf } from '../support/arbitrary_files.ts'
import { arbitraryPackage } from '../support/arbitrary_package.ts'
import { relationCodes } from '../support/codes.ts'
import { idOf, type Json } from '../support/collections.ts'
import { recordFiles, recordsOf, viewOf } from '../support/expected_records.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { importFiles } from '../support/packages.ts'
import { type StrictClient, strictClient } from '../support/strict_client.ts'
import { type Expected, ones, pages, readByQueries, readCollections, readSingles } from '../support/strict_reading.ts'

/** For the packages of a version; what a slow machine does not reach in it is left. */
const timeMs = 30_000
let hub: Hub
let client: StrictClient
beforeAll(async () => {
  hub = await openHub()
  client = await strictClient(hub)
}, 180_000)

/** Takes every record away, and with it what the hub knows of totals. */
async function emptyStore(): Promise<void> {
  const { sql } = hub.owner
  const [found] = await sql<{ names: string }[]>`
    select string_agg(format('store.%I', tablename), ', ') as names from pg_tables
    where schemaname = 'store' and tablename in (select table_name from information_schema.columns
      where table_schema = 'store' and column_name = 'revision')`
  await sql.unsafe(`truncate ${found?.names} cascade`)
  await sql`update store.versions set version = (select max(version) + 1 from store.versions)`
}

async function put(kind: string, records: readonly Json[]): Promise<void> {
  const operation = operations.find(({ id }) => id === `put${kind}`)
  if (operation === undefined) throw new Error(`no operation puts ${kind}`)
  for (const record of records) {
    const { status } = await client.call(operation, [idOf(record)], { body: { [operation.envelope]: record } })
    expect([kind, record, status]).toEqual([kind, record, 201])
  }
}

/** Imports an arbitrary package and puts assessments beside it; answers what must be read of them. */
async function fill(draw: Draw, version: '1.1' | '1.2'): Promise<Expected> {
  await emptyStore()
  const sent = arbitraryPackage(draw, version)
  const { faults, warnings } = await importFiles(hub.owner, filesOf(draw, sent))
  expect(faults).toEqual([])
  expect(warnings.filter(({ code }) => code !== 'not_stored' && !relationCodes.includes(code))).toEqual([])
  const view = viewOf(sent)
  const idsOf = (file: string): string[] => view.rows(file).map(({ sourcedId = '' }) => sourcedId)
  const known = { users: idsOf('users'), classes: idsOf('classes'), scoreScales: idsOf('scoreScales') }
  const assessments = Object.entries(arbitraryAssessments(draw, known))
  for (const [file, records] of assessments) {
    await put(file === 'assessmentResults' ? 'AssessmentResult' : 'AssessmentLineItem', records)
  }
  const byId = (records: readonly Json[]) => new Map(records.map((record) => [idOf(record), record]))
  return {
    view,
    records: new Map([
      ...recordFiles.map((file) => [file, recordsOf(view, file)] as const),
      ...assessments.map(([file, records]) => [file, byId(records)] as const),
    ]),
  }
}

const asyncReporter = async (run: fc.RunDetails<[fc.GeneratorValue]>): Promise<void> => {
  if (!run.failed) return
  // the values drawn would fill pages
  throw new Error(
    `TEST_REPEAT='{"seed":${run.seed},"path":"${run.counterexamplePath}"}' repeats this: ${run.errorInstance}`,
  )
}

/** What a failure says to repeat it with, as JSON; {} draws anew, and the default is the same packages every time. */
const parameters: { seed?: number; path?: string } = JSON.parse(process.env['TEST_REPEAT'] ?? '{"seed":20261124}')

/** What no file of a package of 1.1 can fill. */
const unknownTo1p1 = [
  'getScoreScalesForClass',
  'getScoreScalesForSchool',
  'getAllScoreScales',
  'getResourcesForUser',
  'getScoreScale',
]

describe.each(['1.2', '1.1'] as const)('arbitrary packages of %s', (version) => {
  test('are imported without a fault, and a strict client finds every record of them by every GET', async () => {
    const counts = new Map<string, number>()
    const endsAt = Date.now() + timeMs
    const unread = (): string[] =>
      [...pages, ...ones].filter(({ id }) => (counts.get(id) ?? 0) === 0).map(({ id }) => id)
    const wanted = version === '1.2' ? [] : unknownTo1p1
    const read = async (draw: Draw): Promise<void> => {
      // the time limit of fast-check would leave a package half read, beside the next test; a busy machine gets through few
      // packages in it, and goes on until every GET has had a record
      if (Date.now() > endsAt && unread().length <= wanted.length) return
      const reading = { ...(await fill(draw, version)), draw, client, counts }
      await readCollections(reading)
      await readSingles(reading)
      await readByQueries(reading)
    }
    const property = fc.asyncProperty(fc.gen(), (gen) => read((arbitrary) => gen(() => arbitrary)))
    await fc.assert(property, {
      ...parameters,
      numRuns: 40,
      endOnFailure: true,
      asyncReporter,
    })
    expect(unread()).toEqual(wanted)
  }, 180_000)
})
