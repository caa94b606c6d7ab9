// src/edge.ts and all it needs -> one module for a worker. What it has of files stands in it: the hashes of sql/.

import { sqlHashes } from '../migrate.ts'
import { CommandError } from './data.ts'

export interface Bundle {
  readonly text: string
  /** The files whose code went in, by their paths. */
  readonly files: readonly string[]
}

/** Throws CommandError where the bundler fails. */
export async function bundleEdge(): Promise<Bundle> {
  const entry = new URL('../edge.ts', import.meta.url).pathname
  const built = await Bun.build({
    entrypoints: [entry],
    target: 'browser',
    format: 'esm',
    conditions: ['workerd', 'worker'],
    external: ['node:*', 'cloudflare:*'],
    define: { SQL_HASHES: JSON.stringify(sqlHashes()) },
    minify: { whitespace: true, syntax: true },
    metafile: true,
    throw: false,
  })
  const [module] = built.outputs
  const [outcome] = Object.values(built.metafile?.outputs ?? {})
  if (!built.success || module === undefined || outcome === undefined)
    throw new CommandError(`the worker cannot be bundled:\n${built.logs.join('\n')}`)
  return {
    text: await module.text(),
    files: Object.entries(outcome.inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  }
}
