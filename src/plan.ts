// A package's manifest and files -> which files are read and how, and what about them is not as the standard has it. Knows
// no file by name: which there are, and of which version, it is told. Pure.

import { filePrefix, ImportError, type Manifest, type Mode, type Property } from './manifest.ts'
import type { Warning } from './report.ts'
import type { ZipFile } from './zip.ts'

/** A file the hub reads; `binding` is the one version that has it, null where both do. */
export interface KnownFile {
  readonly file: string
  readonly entity: string
  readonly binding: string | null
}

export interface Plan {
  /** Under the name that the standard gives it. */
  readonly file: ZipFile
  readonly mode: Mode
}

const isManifest = (name: string): boolean => name.toLowerCase() === 'manifest.csv'
const stem = (name: string): string => name.replace(/\.csv$/i, '')

const ofFile = (file: string, code: string, reason: string, value: string | null = null): Warning => ({
  file,
  line: null,
  field: null,
  value,
  code,
  reason,
  rows: 1,
})

/** Which files are read, in the order they load. Throws ImportError where one that the manifest promises is not there. */
export function planFiles(
  files: readonly ZipFile[],
  manifest: Manifest,
  known: readonly KnownFile[],
): { plans: Plan[]; warnings: Warning[] } {
  const names = new Map<string, string>()
  for (const { name } of files) {
    const other = names.get(name.toLowerCase())
    if (other !== undefined) throw new ImportError(`the package holds "${other}" and "${name}", one file twice`)
    names.set(name.toLowerCase(), name)
  }
  for (const [key, { name, mode }] of manifest.modes) {
    if (mode !== 'absent' && !names.has(`${key}.csv`)) {
      throw new ImportError(`${name}.csv is ${mode} in the manifest, but not in the package`)
    }
  }
  const plans: Plan[] = []
  const warnings: Warning[] = []
  for (const file of files) {
    if (isManifest(file.name)) continue
    const mode = manifest.modes.get(stem(file.name).toLowerCase())?.mode ?? 'absent'
    const name = known.find((each) => each.file.toLowerCase() === file.name.toLowerCase())?.file
    if (name === undefined) {
      warnings.push(ofFile(file.name, 'file_not_read', 'not a file this hub reads'))
      continue
    }
    if (name !== file.name) warnings.push(ofFile(name, 'file_spelling', `${name} is wanted`, file.name))
    if (mode === 'absent') {
      warnings.push(ofFile(name, 'file_not_listed', 'the manifest says that this file is absent; it was not read'))
    } else plans.push({ file: { ...file, name }, mode })
  }
  return { plans: known.flatMap(({ file }) => plans.filter((plan) => plan.file.name === file)), warnings }
}

/** What the manifest itself has otherwise than the standard; nothing where there is none. */
export function manifestWarnings(manifest: Manifest, known: readonly KnownFile[]): Warning[] {
  const { fileName, header, properties, version } = manifest
  if (fileName === undefined) return []
  const warn = (code: string, reason: string, at: Partial<Warning>): Warning => ({
    ...ofFile('manifest.csv', code, reason),
    ...at,
  })
  const required = [
    'manifest.version',
    'oneroster.version',
    ...known
      .filter(({ binding }) => binding === null || binding === version)
      .map(({ file }) => filePrefix + stem(file))
      .sort(),
  ]
  const wanted = [...required, 'source.systemName', 'source.systemCode']
  const canonical = (name: string): string | undefined =>
    wanted.find((each) => each.toLowerCase() === name.trim().toLowerCase())
  const ofProperty = (property: Property): Warning[] => {
    const name = canonical(property.name)
    const at = { line: property.line, field: name ?? property.name, value: property.value }
    if (name === undefined) return [warn('manifest_unknown_property', 'not a property of the manifest', at)]
    const found: Warning[] = []
    if (name !== property.name) {
      found.push(warn('manifest_spelling', `the property is spelt ${name}`, { ...at, value: property.name }))
    }
    const value = property.value.trim()
    const read = name.startsWith(filePrefix) ? value.toLowerCase() : value
    if (read !== property.value) found.push(warn('manifest_spelling', `the value is spelt ${read}`, at))
    const version = name === 'manifest.version' ? '1.0' : name === 'oneroster.version' ? manifest.version : value
    if (value !== version) found.push(warn('manifest_version', `${name} is ${version}`, at))
    return found
  }
  const isThere = new Set(properties.map(({ name }) => canonical(name)))
  return [
    ...(fileName === 'manifest.csv' ? [] : [warn('file_spelling', 'manifest.csv is wanted', { value: fileName })]),
    ...(header.join() === 'propertyName,value'
      ? []
      : [
          warn('manifest_header', 'the first line is to be propertyName,value', {
            line: 1,
            value: header.join() || null,
          }),
        ]),
    ...properties.flatMap(ofProperty),
    ...required
      .filter((name) => !isThere.has(name))
      .map((name) => warn('manifest_missing_property', 'the manifest lacks this property', { field: name })),
  ]
}
