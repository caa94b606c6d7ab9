// `bun run lint:documents`: every document, as integrators get it, past @redocly/cli. Prints what it found and ends with 1
// when there is anything; openapi/sdk/redocly.yaml says what counts.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { installTools, run, writeDocuments } from './tools.ts'

const config = new URL('sdk/redocly.yaml', import.meta.url).pathname

/** What the linter says of these files when all is well. Throws with its findings otherwise. */
export async function lintDocuments(files: readonly string[]): Promise<string> {
  const modules = await installTools('sdk')
  const redocly = `${modules}@redocly/cli/bin/cli.js`
  return run([process.execPath, redocly, 'lint', '--config', config, '--format', 'stylish', ...files], modules)
}

async function main(): Promise<void> {
  const directory = mkdtempSync(`${tmpdir()}/rosterhub-lint-`)
  try {
    process.stdout.write(await lintDocuments([...writeDocuments(directory).values()]))
  } catch (thrown) {
    process.stderr.write(`${(thrown as Error).message}\n`)
    process.exitCode = 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
