// Servers on other runtimes than Bun: their binaries out of tests/runtimes, which is installed from its own lockfile, and
// the port that a started one says it listens on.

import { atEnd } from './cleanup.ts'

const folder = new URL('../runtimes/', import.meta.url).pathname

/** What a server says of its port: Deno's line, or workerd's control message. */
const portPattern = /listening on port (\d+)|"event":"listen".*"port":(\d+)/

export interface Server {
  readonly origin: string
  /** Everything it has said so far. */
  readonly said: () => string
  /** Asks it to end; its exit code. */
  readonly stop: () => Promise<number>
  /** Ends it as a crash would; settles when it is gone. */
  readonly kill: () => Promise<unknown>
}

/** Puts the pinned runtimes in place; what is there already costs some milliseconds. */
export async function installRuntimes(): Promise<void> {
  const install = Bun.spawn([process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: folder,
    stdout: 'ignore',
    stderr: 'pipe',
  })
  const [code, said] = await Promise.all([install.exited, new Response(install.stderr).text()])
  if (code !== 0) throw new Error(`tests/runtimes cannot be installed:\n${said}`)
}

/** The binary of the package for this machine: the launchers of the npm packages would be processes between us and it. */
export function binaryOf(runtime: 'deno' | 'workerd'): string {
  const { platform, arch } = process
  const modules = `${folder}node_modules/`
  return runtime === 'deno'
    ? `${modules}@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}/deno`
    : `${modules}@cloudflare/workerd-${platform}-${arch === 'x64' ? '64' : arch}/bin/workerd`
}

/** Starts a server; settles when it has told its port. Throws what it said where it ends before. */
export async function startServer(
  command: readonly string[],
  cwd: string,
  settings: Readonly<Record<string, string>>,
): Promise<Server> {
  const { PATH = '', HOME = '' } = process.env
  const child = Bun.spawn([...command], {
    cwd,
    env: { PATH, HOME, ...settings },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let isGone = false
  atEnd(() => {
    if (!isGone) child.kill('SIGKILL')
  })
  let said = ''
  const listening = Promise.withResolvers<string>()
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const text of stream.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
      said += text
      const found = portPattern.exec(said)
      if (found !== null) listening.resolve(String(found[1] ?? found[2]))
    }
  }
  const ended = Promise.all([child.exited, read(child.stdout), read(child.stderr)]).then(([code]) => {
    isGone = true
    listening.reject(new Error(`${command[0]} ended with ${code}:\n${said}`))
    return code
  })
  const origin = `http://127.0.0.1:${await listening.promise}`
  return {
    origin,
    said: () => said,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}
