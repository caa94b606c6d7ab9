// The queue of imports in this process, where there is no Redis: it is gone with the process, and the worker's own look at
// the database finds again what was in it.

import type { ImportQueue, QueueError, Wake } from './queue.ts'

/** A queue in this process: gone with it. */
export function localQueue(onError: QueueError = () => {}): ImportQueue {
  const lines = new Map<string, Wake[]>()
  const active = new Set<string>()
  let pump = (): void => {}
  return {
    add: async (wake) => {
      const line = lines.get(wake.source) ?? []
      if (!line.some(({ id }) => id === wake.id)) lines.set(wake.source, [...line, wake])
      pump()
    },
    work: (handle, concurrency) => {
      const running = new Set<Promise<void>>()
      const start = (source: string, [wake, ...rest]: readonly Wake[]): void => {
        if (wake === undefined) return
        if (rest.length > 0) lines.set(source, rest)
        else lines.delete(source)
        active.add(source)
        const run = handle(wake)
          .catch(onError)
          .finally(() => {
            active.delete(source)
            running.delete(run)
            pump()
          })
        running.add(run)
      }
      pump = () => {
        for (const [source, line] of lines) if (running.size < concurrency && !active.has(source)) start(source, line)
      }
      pump()
      return {
        close: async () => {
          pump = () => {}
          await Promise.all(running)
        },
      }
    },
    repair: async () => {},
    counts: async () => ({
      waiting: [...lines.values()].reduce((sum, line) => sum + line.length, 0),
      active: active.size,
    }),
    close: async () => lines.clear(),
  }
}
