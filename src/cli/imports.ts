// `import FILE --url URL` and `imports list|show|apply|cancel|revert|changes|faults`: what is asked of imports at a place,
// told as text or as JSON. The exit code is 0 for what is completed, 2 for what is held, 1 for what failed or was cancelled.

import { once } from 'node:events'
import type { WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { isEnded, type JobOptions } from '../job.ts'
import type { Fault, Warning } from '../report.ts'
import { terminalBar } from './bar.ts'
import { CommandError } from './data.ts'
import { openFaults, tableText, toldMax } from './importing.ts'
import type { Imports, ToldChange, ToldFault, ToldImport } from './transport.ts'

export interface ImportsFlags {
  readonly json: boolean
  /** Ends once the import is queued. */
  readonly noWait: boolean
  readonly faultsFile?: string | undefined
  readonly note?: string | undefined
  readonly status?: string | undefined
  readonly source?: string | undefined
  readonly limit?: number | undefined
  readonly file?: string | undefined
  readonly action?: string | undefined
}

export interface Terminal {
  /** Answers; settles when there is room for more. */
  readonly out: (text: string) => Promise<void>
}

export const usage =
  'imports list | show ID | apply ID [--note TEXT] | cancel ID | revert ID [--note TEXT] | changes ID | faults ID'

/** Sends a package and, unless told otherwise, waits for what becomes of it. Answers the exit code. */
export async function sendPackage(
  imports: Imports,
  archive: Blob,
  options: JobOptions,
  flags: ImportsFlags,
  terminal: Terminal,
): Promise<number> {
  const faultsFile = await faultsFileOf(flags)
  const bar = terminalBar()
  const file = 'name' in archive ? String(archive.name).replace(/.*\//, '') : 'the package'
  const job = await imports
    .send(archive, options, (doneBytes, totalBytes) => bar?.show({ stage: 'sending', file, doneBytes, totalBytes }))
    .finally(() => bar?.end())
  return outcome(imports, job, flags, terminal, faultsFile)
}

/** Where an import that is waited for is to write its faults: opened before it begins. */
const faultsFileOf = async ({ faultsFile, noWait }: ImportsFlags): Promise<WriteStream | undefined> =>
  faultsFile === undefined || noWait ? undefined : openFaults(faultsFile)

/** Runs one verb. Answers the exit code. Throws CommandError for what the person can mend. */
export async function importsCommand(
  imports: Imports,
  verb: string | undefined,
  id: string | undefined,
  flags: ImportsFlags,
  terminal: Terminal,
): Promise<number> {
  const named = (): string => id ?? fail(`imports ${verb} ID: name the import`)
  switch (verb) {
    case 'list': {
      const { status, source, limit } = flags
      const found = await imports.list({ status, source, limit })
      await terminal.out(flags.json ? `${JSON.stringify(found)}\n` : found.map((job) => `${lineOf(job)}\n`).join(''))
      return 0
    }
    case 'show':
      await tell(imports, await imports.get(named()), flags, terminal)
      return 0
    case 'cancel':
      await tell(imports, await imports.cancel(named()), flags, terminal)
      return 0
    case 'apply': {
      const faultsFile = await faultsFileOf(flags)
      return outcome(imports, await imports.apply(named(), flags.note), flags, terminal, faultsFile)
    }
    case 'revert': {
      const faultsFile = await faultsFileOf(flags)
      return outcome(imports, await imports.revert(named(), flags.note), flags, terminal, faultsFile)
    }
    case 'changes':
      for await (const change of imports.changes(named(), { file: flags.file, action: flags.action }))
        await terminal.out(`${flags.json ? JSON.stringify(change) : changeText(change)}\n`)
      return 0
    case 'faults':
      await writeFaults(imports, named(), await faultsFileOf({ ...flags, noWait: false }), terminal)
      return 0
    default:
      return fail(usage)
  }
}

const fail = (message: string): never => {
  throw new CommandError(message)
}

async function outcome(
  imports: Imports,
  queued: ToldImport,
  flags: ImportsFlags,
  terminal: Terminal,
  faultsFile: WriteStream | undefined,
): Promise<number> {
  const job = flags.noWait || isEnded(queued) ? queued : await followed(imports, queued)
  if (faultsFile !== undefined) await writeFaults(imports, job.id, faultsFile, terminal)
  await tell(imports, job, flags, terminal)
  if (job.status === 'held') return 2
  return job.status === 'failed' || job.status === 'cancelled' ? 1 : 0
}

async function followed(imports: Imports, queued: ToldImport): Promise<ToldImport> {
  const bar = terminalBar()
  const waiting = { file: `import ${queued.id}`, doneBytes: 0, totalBytes: 1 }
  let last = queued
  try {
    for await (const job of imports.follow(queued.id)) {
      last = job
      bar?.show({ stage: job.status, ...(job.progress ?? waiting) })
    }
  } finally {
    bar?.end()
  }
  return last
}

async function tell(imports: Imports, job: ToldImport, { json }: ImportsFlags, terminal: Terminal): Promise<void> {
  if (json) return terminal.out(`${JSON.stringify(job)}\n`)
  const faults = job.files !== undefined && (job.faultCount ?? 0) > 0 ? await imports.faults(job.id, toldMax) : []
  await terminal.out(`${jobText(job, faults, imports.place)}\n`)
}

/** All faults into a file, or onto the terminal. */
async function writeFaults(
  imports: Imports,
  id: string,
  file: WriteStream | undefined,
  { out }: Terminal,
): Promise<void> {
  const decoder = new TextDecoder()
  for await (const chunk of await imports.faultsCsv(id)) {
    if (file === undefined) await out(decoder.decode(chunk, { stream: true }))
    else if (!file.write(chunk)) await once(file, 'drain')
  }
  if (file !== undefined) await finished(file.end())
}

const lineOf = ({ id, status, mode, source, receivedAt, sentBy, faultCount, reason }: ToldImport): string =>
  [
    id.padStart(6),
    receivedAt,
    status.padEnd(9),
    mode.padEnd(7),
    source ?? '-',
    `by ${sentBy}`,
    ...(faultCount ? [`${faultCount} faults`] : []),
    ...(reason === undefined ? [] : [reason]),
  ].join('  ')

const asFault = ({ message, line, field, value, ...rest }: ToldFault): Fault =>
  ({ ...rest, line: line ?? null, field: field ?? null, value: value ?? null, reason: message }) as unknown as Fault

/** What a person reads of an import, and what can be done about it. */
function jobText(job: ToldImport, faults: readonly ToldFault[], place: string): string {
  const { files, faultCount = 0, warnings = [] } = job
  const command = (verb: string, more = ''): string => `bun run imports ${verb} ${job.id}${more}${place}`
  const told = warnings.map((warning) => asFault({ number: 0, ...warning } as ToldFault) as unknown as Warning)
  const table = files === undefined ? [] : [tableText({ files, faultCount, warnings: told }, faults.map(asFault))]
  return [...table, ...standing(job, command)].join('\n')
}

function standing(job: ToldImport, command: (verb: string, more?: string) => string): string[] {
  const name = `import ${job.id}`
  const { wouldHold, wouldFail } = job as { wouldHold?: string; wouldFail?: string }
  switch (job.status) {
    case 'completed':
      if (job.mode === 'preview') {
        return [
          `${name} is a preview: nothing was changed`,
          ...(wouldFail === undefined ? [] : [`applied, it would fail: ${wouldFail}`]),
          ...(wouldHold === undefined ? [] : [`applied, it would be held: ${wouldHold}`]),
          `what would change: ${command('changes')}`,
          `apply it: ${command('apply')}`,
        ]
      }
      if (job.repeats !== undefined) return [`${name} repeats import ${job.repeats}: nothing had changed`]
      return [
        job.publishedAt === undefined
          ? `${name} of source ${job.source}: nothing had changed`
          : `${name} of source ${job.source}: published at ${job.publishedAt}`,
      ]
    case 'held':
      return [
        `${name} is held: ${job.reason}`,
        'nothing was changed',
        `what would change: ${command('changes')}`,
        `apply it all the same: ${command('apply', ' --note "who, and why"')}`,
        `or leave it: ${command('cancel')}`,
      ]
    case 'failed':
    case 'cancelled':
      return [
        `${name} ${job.status === 'failed' ? 'has failed' : 'is cancelled'}${job.reason ? `: ${job.reason}` : ''}`,
      ]
    default:
      return [
        job.cancelAskedAt === undefined ? `${name} is ${job.status}` : `${name} is told to stop`,
        `see how it stands: ${command('show')}`,
      ]
  }
}

function changeText({ file, sourcedId, action, old, new: made, overwritten }: ToldChange): string {
  const head = `${action.padEnd(7)}  ${file}  ${sourcedId}`
  if (overwritten) return `${head}  written by a client since`
  if (action !== 'updated') return `${head}  ${JSON.stringify(made ?? old ?? {})}`
  const fields = [...new Set([...Object.keys(old ?? {}), ...Object.keys(made ?? {})])]
  const differing = fields.filter((field) => JSON.stringify(old?.[field]) !== JSON.stringify(made?.[field]))
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))
  return `${head}  ${differing.map((field) => `${field}: ${shown(old?.[field])} -> ${shown(made?.[field])}`).join(', ')}`
}
