// One address under load for some seconds: wrk where it is on the PATH, otherwise our own generator in a process of its
// own. Every answer must be 2xx; an error fails the bench.

import { timed } from './processes.ts'
import { median } from './statistics.ts'

export interface Load {
  readonly url: string
  readonly token: string
  readonly connections: number
  readonly seconds: number
  /** PUTs of results instead of GETs: each another id, or one of a thousand again. */
  readonly put?: { readonly mode: 'create' | 'replace'; readonly prefix: string }
}

export interface Measured {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly failureCount: number
}

const here = new URL('.', import.meta.url).pathname
const wrk = Bun.which('wrk')

export const generatorName = wrk === null ? 'load_generator.ts, which takes its share of the cores' : 'wrk'

export async function measure(load: Load): Promise<Measured> {
  const { stdout } = await timed(wrk === null ? ownCommand(load) : wrkCommand(wrk, load))
  const line = stdout.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`the load generator answered nothing for ${load.url}:\n${stdout}`)
  const measured = JSON.parse(line) as Measured
  if (measured.failureCount > 0) throw new Error(`${measured.failureCount} requests for ${load.url} failed`)
  return measured
}

/** The medians of rounds that were measured alike. */
export function medians(rounds: readonly Measured[]): Measured {
  const of = (name: keyof Measured): number => median(rounds.map((round) => round[name]))
  return {
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p95Ms: of('p95Ms'),
    p99Ms: of('p99Ms'),
    failureCount: 0,
  }
}

const wrkCommand = (path: string, { url, token, connections, seconds, put }: Load): string[] => [
  path,
  ...['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`, '--timeout', '60s'],
  ...[
    '--header',
    `Authorization: Bearer ${token}`,
    '--script',
    `${here}${put === undefined ? 'wrk' : 'wrk_put'}.lua`,
    url,
  ],
  ...(put === undefined ? [] : ['--', put.mode, put.prefix]),
]

const ownCommand = (load: Load): string[] => [process.execPath, `${here}load_generator.ts`, JSON.stringify(load)]
