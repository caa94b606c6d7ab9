// What a hub exports, another imports as the same records: arbitrary packages, and arbitrary changes of them, go through a
// hub, out of it, and into an empty one.

import { beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Database } from '../../src/database.ts'
import type { Draw } from '../support/arbitrary_cells.ts'
import { filesOf } from '../support/arbitrary_files.ts'
import { arbitraryPackage, type Package, type Row } from '../support/arbitrary_package.ts'
import { relationCodes } from '../support/codes.ts'
import { openTestDatabase } from '../support/database.ts'
import { activeOf, documentsOf, type Taken, takeExport } from '../support/exports.ts'
import { importFiles, importZip } from '../support/packages.ts'
import { emptyStore } from '../support/rows.ts'

/** For the packages of one test; what a slow machine does not reach in it is left. */
const timeMs = 45_000
const parameters: { seed?: number; path?: string } = JSON.parse(process.env['TEST_REPEAT'] ?? '{"seed":20261125}')

let one: Database
let other: Database
beforeAll(async () => {
  one = (await openTestDatabase()).owner
  other = (await openTestDatabase()).owner
}, 180_000)

/** Rows of a package that change something, as a delta: cells of other rows in their place, deleted or come back. */
function changed(draw: Draw, { rows }: Package): Package {
  const change = (file: readonly Row[], row: Row): Row => {
    const donor = draw(fc.constantFrom(...file))
    const [name] = draw(fc.constantFrom(...Object.entries(row).slice(3)))
    const status = draw(fc.constantFrom('active', 'active', 'tobedeleted'))
    return { ...row, [name]: donor[name] ?? '', status, dateLastModified: '2026-10-01T08:00:00.000Z' }
  }
  const entries = Object.entries(rows).map(([name, file]) => {
    const some = draw(fc.subarray([...file], { minLength: Math.min(1, file.length) }))
    return [name, some.map((row) => change(file, row))] as const
  })
  return { version: '1.2', mode: 'delta', rows: Object.fromEntries(entries.filter(([, file]) => file.length > 0)) }
}

async function take(database: Database, since?: string): Promise<Taken> {
  const taken = await takeExport(database, since)
  const { faults, warnings } = await importZip(other, taken.archive, { keepDangling: true })
  expect(faults).toEqual([])
  // how arbitrary values go together is told of what is exported just as of what was sent
  const own = ['dangling_reference', 'not_stored', 'objective_id_spelling', 'pair_spelling', ...relationCodes]
  expect(warnings.filter(({ code }) => !own.includes(code))).toEqual([])
  return taken
}

const runAll = (check: (draw: Draw) => Promise<void>): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      const draw: Draw = (arbitrary) => gen(() => arbitrary)
      await emptyStore(one)
      await emptyStore(other)
      await check(draw)
    }),
    {
      // with the seed above always the same packages, on a slow machine the first of them
      numRuns: Number(process.env['TEST_RUNS'] ?? 8),
      ...parameters,
      interruptAfterTimeLimit: timeMs,
      asyncReporter: async (run) => {
        if (process.env['TEST_RUNS'] !== undefined) console.log(`${run.numRuns} packages`)
        // the values drawn would fill pages
        if (run.failed && run.errorInstance !== null) {
          const repeat = JSON.stringify({ seed: run.seed, path: run.counterexamplePath })
          throw new Error(`TEST_REPEAT='${repeat}' repeats this: ${run.errorInstance}`)
        }
      },
    },
  )

describe('a bulk package', () => {
  test(
    'brings every active record into an empty hub as it was, and no other',
    () =>
      runAll(async (draw) => {
        const sent = arbitraryPackage(draw, '1.2')
        await importFiles(one, filesOf(draw, sent))
        for (let round = 0; round < 2; round += 1) {
          await emptyStore(other)
          await take(one)
          const held = await documentsOf(other)
          expect(activeOf(held)).toEqual(activeOf(await documentsOf(one)))
          await importFiles(one, filesOf(draw, changed(draw, sent)), { keepDangling: true })
        }
      }),
    timeMs + 120_000,
  )
})

describe('a delta package', () => {
  test(
    'makes of a hub that had the package before it what the exporting hub is',
    () =>
      runAll(async (draw) => {
        const sent = arbitraryPackage(draw, '1.2')
        await importFiles(one, filesOf(draw, sent))
        let { asOf } = await take(one)
        for (let round = 0; round < 2; round += 1) {
          await importFiles(one, filesOf(draw, changed(draw, sent)), { keepDangling: true })
          asOf = (await take(one, asOf)).asOf
          const [mine, theirs] = [await documentsOf(one), await documentsOf(other)]
          expect(activeOf(theirs)).toEqual(activeOf(mine))
          // and what the other has beside that, it has as it is here
          expect([...theirs].filter(([key, { document }]) => mine.get(key)?.document !== document)).toEqual([])
        }
      }),
    timeMs + 120_000,
  )
})
