// Packages for tests: CSV files by name -> a zip archive, and its import with every fault collected.

import type { Database } from '../../src/database.ts'
import { type DistrictFile, district, districtDelta } from '../../src/district/district.ts'
import { type Fault, type ImportOptions, type ImportReport, importPackage } from '../../src/importer.ts'
import { writeZip } from '../../src/zip.ts'
import { expectDocumented } from './codes.ts'

/** A file's lines, or its bytes. */
export type Files = Readonly<Record<string, string | Uint8Array>>

const encoder = new TextEncoder()

export function zipOf(files: Files): Promise<Blob> {
  const entries = Object.entries(files).map(([name, content]) => ({
    name,
    chunks: () => [typeof content === 'string' ? encoder.encode(content) : content],
  }))
  return new Response(writeZip(entries)).blob()
}

const filesOfBoth = `academicSessions categories classes classResources courses courseResources demographics enrollments
lineItems orgs resources results users`.split(/\s+/)
const filesOf1p2 = `lineItemLearningObjectiveIds lineItemScoreScales resultLearningObjectiveIds resultScoreScales roles
scoreScales userProfiles userResources`.split(/\s+/)

/** A manifest for the files given as name: mode, `users: 'bulk'`; the others of its version are absent. */
export function manifest(
  modes: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, string>> = {},
): string {
  const others = properties['oneroster.version'] === '1.1' ? filesOfBoth : [...filesOfBoth, ...filesOf1p2]
  const rows = {
    'manifest.version': '1.0',
    'oneroster.version': '1.2',
    'source.systemCode': 'test-sis',
    ...Object.fromEntries(Object.entries(modes).map(([name, mode]) => [`file.${name}`, mode])),
    ...Object.fromEntries(others.filter((name) => !(name in modes)).map((name) => [`file.${name}`, 'absent'])),
    ...properties,
  }
  return ['propertyName,value', ...Object.entries(rows).map((row) => row.join(','))].join('\r\n')
}

export interface Imported extends ImportReport {
  readonly faults: readonly Fault[]
}

export async function importZip(
  database: Database,
  archive: Blob,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const faults: Fault[] = []
  const report = await importPackage(database, archive, {
    unpackedBytesMax: 1e9,
    ...options,
    onFaults: async (found) => {
      for await (const fault of found) faults.push(fault)
    },
  })
  expectDocumented(faults, report.warnings)
  return { ...report, faults }
}

export const importFiles = async (
  database: Database,
  files: Files,
  options?: Partial<ImportOptions>,
): Promise<Imported> => importZip(database, await zipOf(files), options)

/** What the small district is made of. */
export const districtOptions = { students: 120, seed: 7, gradebook: true }
const archiveOf = (files: readonly DistrictFile[]): Promise<Blob> => new Response(writeZip(files)).blob()

/** A small district, bulk and then the next night's delta: every entity of the CSV files has rows, and some are deleted. */
export async function importDistrict(database: Database): Promise<void> {
  await importZip(database, await archiveOf(district(districtOptions)))
  await importZip(database, await archiveOf(districtDelta(districtOptions)))
}
