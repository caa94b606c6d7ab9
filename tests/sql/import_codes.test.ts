// Every code of docs/import-codes.md is told of the package made for it, with its file, line, field and value, and nothing else.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { faultCodes, warningCodesTold } from '../support/codes.ts'
import { openTestDatabase } from '../support/database.ts'
import { type CodePackage, faultPackages } from '../support/fault_packages.ts'
import { type Imported, importFiles } from '../support/packages.ts'
import { brief, emptyStore } from '../support/rows.ts'
import { warningPackages } from '../support/warning_packages.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(() => emptyStore(owner))

async function importedAfter({ files, before = [], options }: CodePackage): Promise<Imported> {
  for (const each of before) {
    const { faults, warnings } = await importFiles(owner, each)
    expect([faults, warnings]).toEqual([[], []])
  }
  return importFiles(owner, files, options)
}

/** The codes the packages were made for, each once. */
const codesOf = (packages: readonly CodePackage[]): string[] => [...new Set(packages.map(({ code }) => code))].sort()
const titled = (packages: readonly CodePackage[]) => packages.map((each) => [each.code, each] as const)

describe('a package is made', () => {
  test('for every documented fault and warning', () => {
    expect(codesOf(faultPackages)).toEqual(faultCodes)
    expect(codesOf(warningPackages)).toEqual(warningCodesTold)
  })
})

describe('a fault', () => {
  test.each(titled(faultPackages))('of %s is told of the row it refuses', async (code, sent) => {
    const report = await importedAfter(sent)
    expect(report.faults.map(brief)).toEqual([...sent.told])
    expect(report.faults.map((fault) => fault.code)).toContain(code)
    const refused = report.files.reduce((sum, file) => sum + file.refused, 0)
    expect(refused).toBe(new Set(report.faults.map(({ file, line }) => `${file}:${line}`)).size)
    // a file of which every row was kept back has none that count, which is told too
    expect(report.warnings.filter((warning) => warning.code !== 'no_rows')).toEqual([])
  })
})

describe('a warning', () => {
  test.each(titled(warningPackages))('of %s is told, and its row goes in', async (code, sent) => {
    const report = await importedAfter(sent)
    expect(report.faults.map(brief)).toEqual([])
    expect(report.warnings.map(brief).sort()).toEqual([...sent.told].sort())
    expect(report.warnings.map((warning) => warning.code)).toContain(code)
    expect(report.warnings.map(({ rows }) => rows)).toEqual(report.warnings.map(() => 1))
    expect(report.files.map(({ refused }) => refused)).toEqual(report.files.map(() => 0))
    // what is not mended is told again, though the row is the same
    if (code === 'deleted_unknown') return
    const again = await importFiles(owner, sent.files, sent.options)
    expect(again.warnings.map(brief).sort()).toEqual(report.warnings.map(brief).sort())
    expect(again.publishedAt).toBeNull()
  })
})
