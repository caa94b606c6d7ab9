// A Redis of the test's own, that may be stopped, held up and started again.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { Redis } from 'ioredis'
import { atEnd } from './cleanup.ts'

/** Where redis-server is not installed its tests are skipped; in CI they fail. */
export const hasRedis = Bun.which('redis-server') !== null || process.env['CI'] === 'true'

export interface OwnRedis {
  readonly url: string
  /** Settles when it takes connections. What it held is gone. */
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** It takes connections and answers nothing, until it is resumed. */
  readonly pause: () => void
  readonly resume: () => void
  /** A client without any care. */
  readonly client: () => Redis
}

export async function openRedis(): Promise<OwnRedis> {
  const directory = mkdtempSync(`${tmpdir()}/rosterhub-redis-`)
  const port = await freePort()
  let server: Bun.Subprocess<'ignore', 'pipe', 'ignore'> | undefined
  const start = async (): Promise<void> => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
    server = Bun.spawn(['redis-server', ...args], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' })
    const decoder = new TextDecoder()
    let text = ''
    for await (const chunk of server.stdout) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes('Ready to accept connections')) return
    }
    throw new Error(`redis-server ended: ${text}`)
  }
  const stop = async (): Promise<void> => {
    server?.kill('SIGKILL')
    await server?.exited
  }
  atEnd(async () => {
    await stop()
    rmSync(directory, { recursive: true, force: true })
  })
  await start()
  const url = `redis://127.0.0.1:${port}`
  return {
    url,
    start,
    stop,
    pause: () => server?.kill('SIGSTOP'),
    resume: () => server?.kill('SIGCONT'),
    client: () => {
      const client = new Redis(url)
      client.on('error', () => {})
      atEnd(() => client.disconnect())
      return client
    },
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
