// manifest.csv -> which version a package is of, what each of its files is, and who sent it. Pure but for the stream it reads.

import { parseLines } from './csv.ts'
import type { Mode } from './report.ts'
import type { ZipFile } from './zip.ts'

export type { Mode }

/** The package as a whole cannot be imported; nothing was changed. */
export class ImportError extends Error {
  override name = 'ImportError'
}

/** A row of the manifest, with its line and its cells as they came. */
export interface Property {
  readonly line: number
  readonly name: string
  readonly value: string
}

export interface Manifest {
  /** The name its file has in the package; undefined where there is none and `assume` stands for it. */
  readonly fileName: string | undefined
  /** The cells of its header; empty where it has none. */
  readonly header: readonly string[]
  readonly version: '1.1' | '1.2'
  readonly properties: readonly Property[]
  /** What the files are, by their names in small letters, without .csv; `name` is as the manifest has it. */
  readonly modes: ReadonlyMap<string, { readonly name: string; readonly mode: Mode | 'absent' }>
  readonly source: string | undefined
}

/** A package is at most 22 files; what else lies about in real archives is small. */
export const fileCountMax = 64
export const filePrefix = 'file.'
const sizeBytesMax = 1024 * 1024

/** What the package says of itself; without a manifest, `assume` says it. Throws ImportError that names the line or property. */
export async function readManifest(files: readonly ZipFile[], assume: Mode | undefined): Promise<Manifest> {
  const file = files.find(({ name }) => name.toLowerCase() === 'manifest.csv')
  if (file === undefined) return assumedManifest(files, assume)
  if (file.sizeBytes > sizeBytesMax)
    throw new ImportError(`manifest.csv has ${file.sizeBytes} bytes; it lists some 25 properties`)
  const rows = manifestRows(await new Response(file.stream()).text())
  const hasHeader = rows[0]?.cells[0]?.trim().toLowerCase() === 'propertyname'
  const properties = (hasHeader ? rows.slice(1) : rows).map(({ line, cells: [name = '', value = ''] }) => ({
    line,
    name,
    value,
  }))
  return { fileName: file.name, header: hasHeader ? (rows[0]?.cells ?? []) : [], properties, ...said(properties) }
}

function assumedManifest(files: readonly ZipFile[], assume: Mode | undefined): Manifest {
  if (assume === undefined) {
    throw new ImportError('the package has no manifest.csv; assume bulk or assume delta says what its files are')
  }
  const names = files.map(({ name }) => name.replace(/\.csv$/i, ''))
  const modes = new Map(names.map((name) => [name.toLowerCase(), { name, mode: assume }]))
  return { fileName: undefined, header: [], version: '1.2', properties: [], modes, source: undefined }
}

function manifestRows(text: string): { line: number; cells: string[] }[] {
  try {
    return parseLines(text)
  } catch (cause) {
    throw new ImportError(`manifest.csv cannot be read as CSV: ${(cause as Error).message}`, { cause })
  }
}

/** What the properties mean, however their names and modes are spelt. */
const sourceCharsMax = 255
const isControlled = /\p{Cc}/u

function said(properties: readonly Property[]): Pick<Manifest, 'version' | 'modes' | 'source'> {
  const values = new Map<string, string>()
  const modes = new Map<string, { name: string; mode: Mode | 'absent' }>()
  for (const { line, name: cell, value: text } of properties) {
    const [name, value] = [cell.trim(), text.trim()]
    const key = name.toLowerCase()
    if (values.has(key)) throw new ImportError(`manifest.csv, line ${line}: "${name}" stands twice`)
    values.set(key, value)
    if (key.startsWith(filePrefix)) {
      modes.set(key.slice(filePrefix.length), { name: name.slice(filePrefix.length), mode: modeOf(name, value) })
    }
  }
  const version = values.get('oneroster.version')
  if (version !== '1.1' && version !== '1.2' && version !== '1.2.1') {
    throw new ImportError(
      `manifest.csv: oneroster.version is ${version === undefined ? 'missing' : `"${version}"`}; 1.2 and 1.1 are read`,
    )
  }
  const named = ['source.systemCode', 'source.systemName'].find((name) => values.get(name.toLowerCase()))
  const source = named === undefined ? undefined : values.get(named.toLowerCase())
  if (source !== undefined && (source.length > sourceCharsMax || isControlled.test(source)))
    throw new ImportError(
      `manifest.csv: ${named} has 1 to ${sourceCharsMax} characters, none of them a control character`,
    )
  return { version: version === '1.1' ? '1.1' : '1.2', modes, source }
}

function modeOf(name: string, value: string): Mode | 'absent' {
  const mode = value.toLowerCase()
  if (mode === 'bulk' || mode === 'delta' || mode === 'absent') return mode
  throw new ImportError(`manifest.csv: ${name} is "${value}"; it must be absent, bulk or delta`)
}
