// `bun run work` as a process of its own: started, heard by its log, killed.

import { atEnd } from './cleanup.ts'
import { hearing } from './importing.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

export interface WorkerProcess {
  /** What its log said. */
  readonly heard: ReturnType<typeof hearing>
  readonly kill: (signal: 'SIGKILL' | 'SIGTERM') => Promise<number>
}

/** Settles when it works. */
export async function startWorkerProcess(settings: Readonly<Record<string, string>>): Promise<WorkerProcess> {
  const { PATH = '', HOME = '' } = process.env
  const child = Bun.spawn([process.execPath, main, 'work'], {
    env: { PATH, HOME, ...settings },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  })
  atEnd(() => child.kill('SIGKILL'))
  const heard = hearing()
  const working = Promise.withResolvers<void>()
  const read = async (): Promise<void> => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        if (line === 'working') working.resolve()
        else if (line.startsWith('{')) heard.tell(JSON.parse(line), undefined)
        else process.stderr.write(`${line}\n`)
      }
    }
    working.reject(new Error('the worker ended'))
  }
  void read()
  await working.promise
  return {
    heard,
    kill: async (signal) => {
      child.kill(signal)
      return child.exited
    },
  }
}
