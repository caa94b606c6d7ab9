// What the tests opened, closed when the last of them is done. Preloaded by bun test (bunfig.toml).

import { afterAll } from 'bun:test'

const closers: (() => unknown)[] = []
const ofFiles = new Map<string, (() => unknown)[]>()

/** Runs at the end of the whole run, the latest first. */
export const atEnd = (close: () => unknown): void => void closers.push(close)

/** The test file that is being run, as the stack shows it. */
const testFile = (): string => /[^\s(]+\.test\.ts/.exec(new Error().stack ?? '')?.[0] ?? ''

/**
 * Closes what other test files opened and keeps a closer for this one, called when another file asks for the same, at the
 * latest at the end: an embedded database holds 300 MB, one of PostgreSQL four connections. Which file it is, the stack says at the time of the first call.
 */
export function untilNextFile(): (close: () => unknown) => Promise<void> {
  const file = testFile()
  return async (close) => {
    for (const [other, all] of ofFiles) {
      if (other === file) continue
      ofFiles.delete(other)
      for (const one of all.reverse()) await one()
    }
    ofFiles.set(file, [...(ofFiles.get(file) ?? []), close])
  }
}

afterAll(async () => {
  for (const close of [...ofFiles.values()].flat()) await close()
  for (const close of closers.splice(0).reverse()) await close()
}, 180_000)
