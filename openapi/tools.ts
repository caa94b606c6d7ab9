// The tools that live in folders of their own, beside this file: installs them as their lockfile has them, writes the
// documents as they are served for them to read, and runs them. It never lets one of them report to its makers.

import { mkdirSync, writeFileSync } from 'node:fs'
import { services } from './document.ts'
import { servedDocument } from './generate.ts'

const folder = new URL('.', import.meta.url).pathname

/** Every document of the hub: the services of the standard, and its own operations. */
export const documentNames: readonly string[] = [...services, 'hub']

/** No usage reports, no look for a newer version. */
const silent = [
  'DO_NOT_TRACK=1',
  'REDOCLY_TELEMETRY=off',
  'REDOCLY_SUPPRESS_UPDATE_NOTICE=true',
  'REDOCLY_SUPPRESS_NOTIFICATIONS=true',
]

/** Runs a command to its end in a folder; throws with what it said when it fails. */
export async function run(command: readonly string[], cwd: string): Promise<string> {
  const child = Bun.spawn(['env', ...silent, ...command], { cwd, stdout: 'pipe', stderr: 'pipe' })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${command.join(' ')}\n${stdout}${stderr}`)
  return stdout + stderr
}

/** The tools of openapi/<name>/package.json, as its lockfile has them; answers their folder. */
export async function installTools(name: string): Promise<string> {
  await run([process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts'], folder + name)
  return `${folder}${name}/node_modules/`
}

/** Writes the documents as integrators get them; answers the files, by the name of the document. */
export function writeDocuments(directory: string): Map<string, string> {
  mkdirSync(directory, { recursive: true })
  const files = new Map(documentNames.map((name) => [name, `${directory}/${name}.json`]))
  for (const [name, file] of files) writeFileSync(file, JSON.stringify(servedDocument(name), null, 1))
  return files
}
