// manifest.csv -> which version a package is of, what each of its files is, and who sent it. Pure but for the stream it reads.

import { parseRows } from './csv.ts'
import type { Mode } from './report.ts'
import type { ZipFile } from './zip.ts'

export type { Mode }

/** The package as a whole cannot be imported; nothing was changed. */
export class ImportError extends Error {
  override name = 'ImportError'
}

export interface Manifest {
  readonly version: '1.1' | '1.2'
  readonly modes: ReadonlyMap<string, Mode | 'absent'>
  readonly source: string | undefined
}

/** What the package says of itself; without a manifest, `assume` says it. Throws ImportError that names the line or property. */
export async function readManifest(files: readonly ZipFile[], assume: Mode | undefined): Promise<Manifest> {
  const file = files.find(({ name }) => name.toLowerCase() === 'manifest.csv')
  if (file === undefined) {
    if (assume === undefined) {
      throw new ImportError('the package has no manifest.csv; assume bulk or assume delta says what its files are')
    }
    const modes = new Map(files.map(({ name }) => [name.replace(/\.csv$/, ''), assume]))
    return { version: '1.2', modes, source: undefined }
  }
  if (file.sizeBytes > 1024 * 1024)
    throw new ImportError(`manifest.csv has ${file.sizeBytes} bytes; it lists some 25 properties`)
  const properties = new Map<string, string>()
  for (const [index, row] of manifestRows(await new Response(file.stream()).text()).entries()) {
    const [name = '', value = ''] = row.map((cell) => cell.trim())
    if (index === 0 && name.toLowerCase() === 'propertyname') continue
    if (properties.has(name)) throw new ImportError(`manifest.csv, line ${index + 1}: "${name}" stands twice`)
    properties.set(name, value)
  }
  return manifestOf(properties)
}

function manifestRows(text: string): string[][] {
  try {
    return parseRows(text)
  } catch (cause) {
    throw new ImportError(`manifest.csv cannot be read as CSV: ${(cause as Error).message}`, { cause })
  }
}

function manifestOf(properties: ReadonlyMap<string, string>): Manifest {
  const version = properties.get('oneroster.version')
  if (version !== '1.1' && version !== '1.2' && version !== '1.2.1') {
    throw new ImportError(
      `manifest.csv: oneroster.version is ${version === undefined ? 'missing' : `"${version}"`}; 1.2 and 1.1 are read`,
    )
  }
  const modes = new Map<string, Mode | 'absent'>()
  for (const [name, value] of properties) {
    if (!name.startsWith('file.')) continue
    const mode = value.toLowerCase()
    if (mode !== 'bulk' && mode !== 'delta' && mode !== 'absent') {
      throw new ImportError(`manifest.csv: ${name} is "${value}"; it must be absent, bulk or delta`)
    }
    modes.set(name.slice('file.'.length), mode)
  }
  const named = properties.get('source.systemCode') || properties.get('source.systemName')
  return { version: version === '1.1' ? '1.1' : '1.2', modes, source: named || undefined }
}
