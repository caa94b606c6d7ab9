// A process that takes ids from a queue, says which, and never comes to an end with them: to be killed.

import { redisQueue } from '../../src/queue.ts'

const [url = '', name = ''] = process.argv.slice(2)
redisQueue(url, { name, deadMs: 3000 }).work(({ id }) => {
  process.stdout.write(`${id}\n`)
  return new Promise(() => {})
}, 1)
