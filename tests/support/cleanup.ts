// What the tests opened, closed when the last of them is done. Preloaded by bun test (bunfig.toml).

import { afterAll } from 'bun:test'

const closers: (() => unknown)[] = []

/** Runs at the end of the whole run, the latest first. */
export const atEnd = (close: () => unknown): void => void closers.push(close)

afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
}, 60_000)
