// `bun run viewer`: the one file of @scalar/api-reference that the reference page needs -> src/viewer/scalar.js.gz. `--check`
// writes nothing and ends with 1 when the two differ. A hub installs the file with its source, not the package: its tree of
// 270 packages and 280 MB would outweigh the hub several times.

import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { installTools } from './tools.ts'

const kept = new URL('../src/viewer/scalar.js.gz', import.meta.url).pathname

const published = readFileSync(`${await installTools('viewer')}@scalar/api-reference/dist/browser/standalone.js`)
if (process.argv.includes('--check')) {
  // what they unpack to: compressors differ
  if (!gunzipSync(readFileSync(kept)).equals(published)) {
    console.error(`${kept} is not the file of openapi/viewer/package.json (run: bun run viewer)`)
    process.exit(1)
  }
} else writeFileSync(kept, gzipSync(published, { level: 9 }))
