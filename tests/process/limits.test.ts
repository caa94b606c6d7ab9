// Servers that share their limits: two processes, each with its own data, over one Redis.

import { expect, test } from 'bun:test'
import { main, openPlace } from '../support/command.ts'
import { hasRedis, openRedis } from '../support/redis.ts'
import { startServer } from '../support/runtimes.ts'

test.skipIf(!hasRedis)(
  'two servers count together, each by itself while Redis is gone, and both end when they are told to',
  async () => {
    const redis = await openRedis()
    const more = { REDIS_URL: redis.url, RATE_LIMIT_ADDRESS_PER_MINUTE: '4' }
    const start = async () => {
      const place = await openPlace()
      await place.run(['migrate'])
      const command = [process.execPath, main, 'serve', '--port', '0', '--data', 'data']
      return startServer(command, place.directory, { ...place.settings, ...more })
    }
    const servers = [await start(), await start()]
    const ask = async (at: number): Promise<number> => (await fetch(`${servers[at]?.origin}/nowhere`)).status
    const statuses: number[] = []
    for (const at of [0, 1, 0, 1, 0, 1]) statuses.push(await ask(at))
    expect(statuses).toEqual([404, 404, 404, 404, 429, 429])
    // a server that was told that an address is over its limit does not ask again: another one asks
    await redis.stop()
    const other = async (at: number): Promise<number> =>
      (await fetch(`${servers[at]?.origin.replace('127.0.0.1', '[::1]')}/nowhere`)).status
    const alone: number[] = []
    for (const at of [0, 0, 0, 0, 0, 1, 1]) alone.push(await other(at))
    expect(alone).toEqual([404, 404, 404, 404, 429, 404, 404])
    for (const server of servers) {
      while (!server.said().includes('limits_local')) await Bun.sleep(5)
      expect(await server.stop()).toBe(0)
      const lines = server.said().split('\n')
      expect(lines.filter((line) => line.includes('"event":"limits_local"')).length).toBe(1)
    }
  },
  60_000,
)
