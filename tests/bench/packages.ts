// The made-up district as archives: the whole of it, or some of its files, with a manifest that says the others are absent.

import { type DistrictFile, district } from '../../src/district/district.ts'
import { writeZip } from '../../src/zip.ts'

const encoder = new TextEncoder()

export interface Packages {
  /** Every file of the district. */
  readonly whole: readonly DistrictFile[]
  /** All but enrollments.csv. */
  readonly rest: readonly DistrictFile[]
  readonly enrollmentsOnly: readonly DistrictFile[]
  readonly enrollments: DistrictFile
}

export function packagesOf(students: number): Packages {
  const whole = district({ students })
  const enrollments = whole.find(({ name }) => name === 'enrollments.csv')
  if (enrollments === undefined) throw new Error('the district has no enrollments.csv')
  return {
    whole,
    rest: only(whole, (name) => name !== enrollments.name),
    enrollmentsOnly: only(whole, (name) => name === enrollments.name),
    enrollments,
  }
}

function only(files: readonly DistrictFile[], isWanted: (name: string) => boolean): DistrictFile[] {
  return files.flatMap((file) => {
    if (file.name === 'manifest.csv') return [{ name: file.name, chunks: () => [manifestOf(file, isWanted)] }]
    return isWanted(file.name) ? [file] : []
  })
}

function manifestOf(manifest: DistrictFile, isWanted: (name: string) => boolean): Uint8Array {
  const text = Buffer.concat([...manifest.chunks()]).toString()
  return encoder.encode(
    text.replace(/^file\.(\w+),bulk/gm, (line, key: string) => (isWanted(`${key}.csv`) ? line : `file.${key},absent`)),
  )
}

export const archiveOf = (files: readonly DistrictFile[]): Response => new Response(writeZip(files))

/** Writes one file of the district as it is, piece by piece. */
export async function writeFile(path: string, file: DistrictFile): Promise<void> {
  const writer = Bun.file(path).writer()
  for (const chunk of file.chunks()) {
    writer.write(chunk)
    await writer.flush()
  }
  await writer.end()
}
