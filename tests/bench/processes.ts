// Child processes: one timed from start to end with its peak memory, or a server that says which port it listens on. A
// child never outlives the bench.

import { type Memory, memoryOf } from './machine.ts'

const children = new Set<Bun.Subprocess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

type Environment = Readonly<Record<string, string>>
type Child = Bun.Subprocess<Blob | null, 'pipe', 'pipe'>

export interface Finished {
  readonly seconds: number
  readonly peakBytes: number
  readonly stdout: string
}

const root = new URL('../..', import.meta.url).pathname
const samplingMs = 10
/** What no bench reaches: requests are counted as ever, and none is refused. */
const limits = {
  RATE_LIMIT_PER_MINUTE: '1000000000',
  RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000000',
  RATE_LIMIT_TOKEN_PER_MINUTE: '1000000000',
}

function spawn(command: readonly string[], environment: Environment, input?: Blob): Child {
  const child = Bun.spawn([...command], {
    cwd: root,
    env: { ...limits, ...process.env, ...environment },
    stdin: input ?? null,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  children.add(child)
  void child.exited.then(() => children.delete(child))
  return child
}

/** Runs a command to its end. Throws where it exits with another code than 0. */
export async function timed(
  command: readonly string[],
  environment: Environment = {},
  input?: Blob,
): Promise<Finished> {
  const startedAt = performance.now()
  const child = spawn(command, environment, input)
  let peakBytes = 0
  // not getrusage: its maximum begins with what the parent held when it forked
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, memoryOf(child.pid)?.peakBytes ?? 0)
  }, samplingMs)
  const texts = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const code = await child.exited
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(sampler)
  const [stdout, stderr] = await texts
  if (code !== 0) throw new Error(`${command.join(' ')} exited with ${code}:\n${stderr}${stdout}`)
  return { seconds, peakBytes, stdout }
}

export interface Server {
  readonly origin: string
  readonly pid: number
  readonly memory: () => Memory | undefined
  readonly stop: () => Promise<void>
}

/** Starts a server that writes "listening on port N" to stderr. */
export async function startServer(command: readonly string[], environment: Environment): Promise<Server> {
  const child = spawn(command, environment)
  const port = await listeningPort(child)
  return {
    origin: `http://127.0.0.1:${port}`,
    pid: child.pid,
    memory: () => memoryOf(child.pid),
    stop: async () => {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000)
      await child.exited
      clearTimeout(patience)
    },
  }
}

async function listeningPort(child: Child): Promise<number> {
  const decoder = new TextDecoder()
  const reader = child.stderr.getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error(`the server ended before it listened:\n${text}`)
    text += decoder.decode(value, { stream: true })
    const found = /listening on port (\d+)/.exec(text)
    if (found === null) continue
    // read on, so that the server never waits for a full pipe
    void (async () => {
      while (!(await reader.read()).done);
    })()
    return Number(found[1])
  }
}
