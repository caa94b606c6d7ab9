// The hub's own command line as a child process: its arguments in, its exit code and what it said out. Where the data
// are follows TEST_DATABASE: a directory for PGlite, or a PostgreSQL database.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { atEnd } from './cleanup.ts'
import { backend, databaseUrl, freshName, onServer } from './database.ts'

/** The hub's command line. */
export const main = new URL('../../src/main.ts', import.meta.url).pathname

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  /** The next line of stdout; undefined when it has ended. */
  readonly line: () => Promise<string | undefined>
  readonly signal: (name: 'SIGTERM' | 'SIGINT' | 'SIGKILL') => void
  /** Settles when the process is gone; stdout is what was not read by line. */
  readonly ended: Promise<Ended>
}

export interface Place {
  readonly directory: string
  /** What its processes are told of it by the environment. */
  readonly settings: Readonly<Record<string, string>>
  /** Starts a command on this place's data. */
  readonly start: (args: readonly string[], settings?: Readonly<Record<string, string>>) => Running
  readonly run: (args: readonly string[], settings?: Readonly<Record<string, string>>) => Promise<Ended>
}

/** A directory of its own, removed at the end of the run, and on PostgreSQL an empty database. */
export async function openPlace(): Promise<Place> {
  const directory = mkdtempSync(`${tmpdir()}/rosterhub-test-`)
  atEnd(() => rmSync(directory, { recursive: true, force: true }))
  const settings: Record<string, string> = {}
  if (backend === 'postgres') {
    const name = freshName()
    await onServer(`create database ${name}`)
    settings['DATABASE_URL'] = databaseUrl(name)
  }
  const start: Place['start'] = (args, more = {}) => startCommand(args, directory, { ...settings, ...more })
  return { directory, settings, start, run: (args, more) => start(args, more).ended }
}

function startCommand(args: readonly string[], cwd: string, settings: Readonly<Record<string, string>>): Running {
  const { PATH = '', HOME = '' } = process.env
  const child = Bun.spawn([process.execPath, main, ...args], {
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
  const lines = linesOf(child.stdout)
  const stderr = new Response(child.stderr).text()
  const rest = async (): Promise<string> => {
    let text = ''
    for (let line = await lines(); line !== undefined; line = await lines()) text += `${line}\n`
    return text
  }
  return {
    pid: child.pid,
    line: lines,
    signal: (name) => child.kill(name),
    ended: child.exited.then(async (code) => {
      isGone = true
      return { code, stdout: await rest(), stderr: await stderr }
    }),
  }
}

function linesOf(stream: ReadableStream<Uint8Array>): () => Promise<string | undefined> {
  const reader = stream.pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<string>
  let text = ''
  return async () => {
    for (;;) {
      const end = text.indexOf('\n')
      if (end !== -1) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        return line
      }
      const { done, value } = await reader.read()
      if (done) {
        const last = text
        text = ''
        return last === '' ? undefined : last
      }
      text += value
    }
  }
}
