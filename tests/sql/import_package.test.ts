// A package that is none, or does not hold what it says, is refused as a whole with a clear error, and nothing changes.

import { beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '../../src/database.ts'
import { ImportError, type ImportOptions } from '../../src/importer.ts'
import { writeZip } from '../../src/zip.ts'
import { openTestDatabase } from '../support/database.ts'
import { type Files, importFiles, importZip, manifest, zipOf } from '../support/packages.ts'
import { emptyStore, lines, packageOf, statuses, versions } from '../support/rows.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)
beforeEach(async () => {
  await emptyStore(owner)
  await importFiles(owner, good)
})

const orgs = lines('sourcedId,name,type', 's1,One,school', 's2,Two,school')
const good = packageOf('bulk', { orgs })
const changed = packageOf('bulk', { orgs: orgs.replace('One', 'Uno') })

/** The import throws an ImportError that says this, and the store is as it was. */
async function expectRefused(
  archive: Blob | Promise<Blob>,
  message: string | RegExp,
  options: Partial<ImportOptions> = {},
): Promise<void> {
  const before = await versions(owner)
  const thrown = await importZip(owner, await archive, options).then(
    () => new Error('it was imported'),
    (error: unknown) => error as Error,
  )
  expect(thrown.message).toMatch(message)
  expect(await versions(owner)).toEqual(before)
  expect(thrown).toBeInstanceOf(ImportError)
}

const refuseFiles = (files: Files, message: string | RegExp, options?: Partial<ImportOptions>): Promise<void> =>
  expectRefused(zipOf(files), message, options)

const bytesOf = async (archive: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await archive.arrayBuffer())

/** Where each signature of the archive's records stands. */
function find(bytes: Uint8Array, signature: number): number[] {
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length - 3 }, (_, at) => at).filter((at) => view.getUint32(at, true) === signature)
}

describe('an archive', () => {
  test('that is no zip is refused', async () => {
    await expectRefused(new Blob(['sourcedId,name,type\n']), 'no readable zip archive')
    await expectRefused(new Blob([]), 'no readable zip archive')
  })

  test('that breaks off is refused', async () => {
    const archive = await zipOf(changed)
    await expectRefused(archive.slice(0, archive.size - 30), 'no readable zip archive')
  })

  test('whose content is damaged is refused', async () => {
    const bytes = await bytesOf(await zipOf(packageOf('bulk', { orgs: orgs.repeat(1) + 'x'.repeat(2000) })))
    const [, second = 0] = find(bytes, 0x04034b50)
    bytes.fill(0xff, second + 60, second + 90)
    await expectRefused(new Blob([bytes]), 'orgs.csv')
  })

  test.each([['../orgs.csv'], ['package/orgs.csv'], ['/orgs.csv'], ['..\\orgs.csv'], ['C:orgs.csv']])(
    'that holds %s is refused by that name',
    async (name) => {
      await refuseFiles({ ...changed, [name]: orgs }, `"${name}"`)
    },
  )

  test('that holds a file twice is refused', async () => {
    const chunks = (text: string) => () => [new TextEncoder().encode(text)]
    // the writer refuses a name twice: a name of the same length is written, and then changed
    const archive = new Response(
      writeZip([
        { name: 'manifest.csv', chunks: chunks(manifest({ orgs: 'bulk' })) },
        { name: 'orgs.csv', chunks: chunks(orgs) },
        { name: 'orgz.csv', chunks: chunks(orgs) },
      ]),
    )
    const text = new TextDecoder('latin1').decode(await archive.arrayBuffer()).replaceAll('orgz.csv', 'orgs.csv')
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
    await expectRefused(new Blob([bytes]), '"orgs.csv" twice')
  })

  test('that unpacks to more than is allowed is refused before it is unpacked', async () => {
    const bomb = packageOf('bulk', { orgs: `${orgs}s3,${'x'.repeat(2_000_000)},school` })
    const archive = await zipOf(bomb)
    expect(archive.size).toBeLessThan(10_000)
    await expectRefused(archive, /unpacks to \d+ bytes; 1000000 are allowed/, { unpackedBytesMax: 1_000_000 })
  })

  test('that unpacks to more than it says is refused', async () => {
    const bytes = await bytesOf(await zipOf(packageOf('bulk', { orgs: `${orgs}s3,${'x'.repeat(2_000_000)},school` })))
    const view = new DataView(bytes.buffer)
    for (const at of find(bytes, 0x02014b50))
      if (view.getUint32(at + 24, true) > 1_000_000) view.setUint32(at + 24, 100, true)
    for (const at of find(bytes, 0x08074b50))
      if (view.getUint32(at + 12, true) > 1_000_000) view.setUint32(at + 12, 100, true)
    await expectRefused(new Blob([bytes]), 'orgs.csv', { unpackedBytesMax: 1_000_000 })
  })

  test('of more files than a package has is refused', async () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`file${at}.csv`, 'x']))
    await refuseFiles({ ...changed, ...many }, '72 files')
  })

  test('with the folder entries that some systems add is read without them', async () => {
    const report = await importFiles(owner, { ...changed, '__MACOSX/._orgs.csv': 'x' })
    expect(report.files.map(({ file, updated }) => `${file} ${updated}`)).toEqual(['orgs.csv 1'])
  })
})

describe('a manifest', () => {
  const withManifest = (text: string): Files => ({ ...changed, 'manifest.csv': text })

  test('that is missing is asked for; assume says what the files are', async () => {
    const { 'manifest.csv': _, ...files } = changed
    await refuseFiles(files, 'assume bulk or assume delta')
    const delta = await importFiles(
      owner,
      { 'orgs.csv': lines('sourcedId,status,dateLastModified,name,type') },
      { assume: 'delta' },
    )
    expect(delta.files.map(({ mode }) => mode)).toEqual(['delta'])
    const bulk = await importFiles(
      owner,
      { 'orgs.csv': orgs.replace(/s2.*/, '') },
      { assume: 'bulk', source: 'test-sis' },
    )
    expect(bulk.files.map(({ mode, deleted }) => `${mode} ${deleted}`)).toEqual(['bulk 1'])
  })

  test('is believed whatever --assume says', async () => {
    const report = await importFiles(owner, packageOf('bulk', { orgs: orgs.replace(/s2.*/, '') }), { assume: 'delta' })
    expect(report.files.map(({ mode, deleted }) => `${mode} ${deleted}`)).toEqual(['bulk 1'])
  })

  test('that names a file which is not there is refused', async () => {
    await refuseFiles(withManifest(manifest({ orgs: 'bulk', users: 'delta' })), 'users.csv is delta in the manifest')
  })

  test('that calls a file absent which is there, or does not name it, leaves it unread, with a warning', async () => {
    const absent = manifest({ orgs: 'absent' })
    for (const text of [absent, absent.replace('file.orgs,absent\r\n', '')]) {
      const report = await importFiles(owner, withManifest(text))
      expect(report.warnings.map(({ file, code }) => `${file} ${code}`)).toContain('orgs.csv file_not_listed')
      expect(report.warnings.length).toBe(text === absent ? 1 : 2)
      expect([report.files, report.publishedAt]).toEqual([[], null])
    }
  })

  test('alone means that nothing changed', async () => {
    const report = await importFiles(owner, { 'manifest.csv': manifest({ orgs: 'absent' }) })
    expect([report.applied, report.publishedAt, report.files, report.warnings]).toEqual([true, null, [], []])
    expect(await statuses(owner, 'orgs')).toEqual(['s1 active', 's2 active'])
  })

  test('may name files this hub does not read: they are left, with a warning', async () => {
    const report = await importFiles(owner, {
      ...packageOf('bulk', { orgs }),
      'manifest.csv': manifest({ orgs: 'bulk', grades: 'bulk' }),
      'grades.csv': 'sourcedId\n',
      'notes.txt': 'hello',
    })
    expect(report.warnings.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'grades.csv file_not_read',
      'manifest.csv manifest_unknown_property',
      'notes.txt file_not_read',
    ])
  })

  test.each([
    ['an unknown version', { 'oneroster.version': '1.3' }, 'oneroster.version is "1.3"'],
    ['an unknown mode', { 'file.users': 'full' }, 'file.users is "full"'],
  ])('with %s is refused', async (_, properties, message) => {
    await refuseFiles(withManifest(manifest({ orgs: 'bulk' }, properties)), message)
  })

  test('without a version is refused', async () => {
    await refuseFiles(withManifest('propertyName,value\nfile.orgs,bulk\n'), 'oneroster.version is missing')
  })

  test('that names a property twice is refused with its line', async () => {
    await refuseFiles(
      withManifest(`${manifest({ orgs: 'bulk' })}\r\nfile.orgs,delta`),
      /line 26: "file.orgs" stands twice/,
    )
  })

  test('that is no CSV is refused', async () => {
    await refuseFiles(withManifest('propertyName,value\n"oneroster.version,1.2\n'), 'manifest.csv')
  })

  test('of a megabyte is refused', async () => {
    await refuseFiles(withManifest(`${manifest({ orgs: 'bulk' })}\r\nx,${'y'.repeat(2 ** 20)}`), 'manifest.csv has 10')
  })

  test('may be quoted, begin with a byte order mark, and spell modes in capitals', async () => {
    const text =
      '\uFEFF"propertyName","value"\n"oneroster.version","1.2.1"\n"file.orgs","Bulk"\n"source.systemCode","test-sis"\n'
    const report = await importFiles(owner, withManifest(text))
    expect([report.version, report.source, report.files[0]?.updated]).toEqual(['1.2', 'test-sis', 1])
  })
})

describe('a file', () => {
  test.each([
    ['is empty', '', 'orgs.csv: the file is empty'],
    ['begins with a blank line', '\nsourcedId,name,type\ns1,Uno,school', 'orgs.csv: the first line is blank'],
    ['lacks required columns', 'sourcedId,identifier\ns1,x', 'orgs.csv, line 1: the header lacks name, type'],
    [
      'names a column twice',
      'sourcedId,name,type,Name\ns1,Uno,school,x',
      'orgs.csv, line 1: the header names "Name" twice',
    ],
    [
      'names a metadata column twice',
      'sourcedId,name,type,metadata.a,Metadata.a\ns1,Uno,school,x,y',
      'the header names "Metadata.a" twice',
    ],
    [
      'has lines that end with a carriage return alone',
      'sourcedId,name,type\rs1,Uno,school\r',
      'carriage return alone',
    ],
  ])('that %s makes the package refused', async (_, text, message) => {
    await refuseFiles(packageOf('bulk', { orgs: text }), message)
  })

  test('in UTF-16 makes the package refused', async () => {
    const utf16 = new Uint8Array(new Uint16Array([...`\uFEFF${orgs}`].map((c) => c.charCodeAt(0))).buffer)
    await refuseFiles(packageOf('bulk', { orgs: utf16 }), 'UTF-16')
  })

  test('in delta must have the columns that bulk may leave out', async () => {
    await refuseFiles(packageOf('delta', { orgs }), 'the header lacks status, dateLastModified')
  })

  test('that is refused takes the good files before it back with it', async () => {
    await refuseFiles(
      packageOf('bulk', { orgs: orgs.replace('One', 'Uno'), users: '' }),
      'users.csv: the file is empty',
    )
  })
})
