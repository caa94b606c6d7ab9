// `audit verify|list|person`: the audit proved, read, and asked about a person. Faults make the exit code 1.

import {
  type AuditEntry,
  type AuditProof,
  isHead,
  type PersonRead,
  personFacts,
  readAudit,
  verifyAudit,
} from '../audit_log.ts'
import { exportOperations, listOperations, type PersonTold, tellPerson } from '../audit_person.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { CommandError, openData } from './data.ts'

interface Flags {
  readonly data: string
  readonly json?: boolean | undefined
  readonly head?: string | undefined
  readonly client?: string | undefined
  readonly key?: string | undefined
  readonly operation?: string | undefined
  readonly status?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly 'request-id'?: string | undefined
  readonly subject?: string | undefined
  readonly limit?: string | undefined
  readonly before?: string | undefined
}

interface Answer {
  readonly value: object
  readonly text: string
  readonly code?: number
}

/** `audit …` on the data at hand. Throws CommandError for what the person can mend. */
export async function auditRun(config: Config, flags: Flags, [verb, id]: readonly string[]): Promise<void> {
  const run = { verify, list, person }[verb ?? '']
  if (run === undefined) throw new CommandError('audit verify [--head HEAD], audit list or audit person SOURCEDID')
  const data = await openData(config, { directory: flags.data, holder: 'an audit command' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    const { value, text, code = 0 } = await run(data.owner, flags, id)
    process.stdout.write(`${flags.json ? JSON.stringify(value) : text}\n`)
    process.exitCode = code
  } finally {
    await data.close()
  }
}

async function verify(owner: Database, { head }: Flags): Promise<Answer> {
  if (head !== undefined && !isHead(head))
    throw new CommandError('--head must be as `audit verify` printed it: NUMBER:HASH')
  // embedded, whoever holds the data is this command: no other process lives
  const proof = await (owner.embedded ? verifyAudit(owner, head, 0) : verifyAudit(owner, head))
  return { value: proof, text: proofText(proof, head !== undefined), code: proof.faultCount > 0 ? 1 : 0 }
}

function proofText(proof: AuditProof, wasAsked: boolean): string {
  const { faultCount, faults, gaps, batches, rows, keptFrom, purgedAt, head } = proof
  const intact = `intact: ${rows} rows in ${batches} batches${wasAsked ? ', and the head that was given is among them' : ''}`
  return [
    faultCount === 0 ? intact : `NOT INTACT: ${faultCount} faults`,
    ...faults.map(({ message }) => `  ${message}`),
    ...(faultCount > faults.length ? [`  and ${faultCount - faults.length} more`] : []),
    ...(keptFrom === undefined ? [] : [`kept from ${keptFrom} on; older months were dropped at ${purgedAt}`]),
    ...(gaps.length > 0 ? ['never written:'] : []),
    ...gaps.map(({ message }) => `  ${message}`),
    ...(head === undefined ? [] : [`head ${head}`]),
  ].join('\n')
}

const whole = (name: string, text: string | undefined, maximum = Number.MAX_SAFE_INTEGER): number | undefined => {
  if (text === undefined) return undefined
  const value = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : Number.NaN
  if (value <= maximum) return value
  throw new CommandError(`--${name} must be a whole number from 1 to ${maximum}`)
}

async function list(owner: Database, flags: Flags): Promise<Answer> {
  const { client, key, operation, from, to, 'request-id': requestId, subject } = flags
  const status = whole('status', flags.status, 599)
  const limit = whole('limit', flags.limit, 1000) ?? 100
  const filter = { client, key, operation, status, from, to, requestId, subject }
  const entries = await readAudit(owner.sql, filter, limit, whole('before', flags.before)).catch(
    (thrown: { code?: string; message: string }) => {
      throw thrown.code === 'RH001' ? new CommandError(`--${thrown.message}`) : thrown
    },
  )
  return { value: entries, text: entries.length === 0 ? 'nothing' : entries.map(entryText).join('\n') }
}

const entryText = ({ id, at, clientId, keyId, address, method, path, status, rows, subjects, requestId }: AuditEntry) =>
  [
    id,
    at,
    keyId === undefined ? (clientId ?? '-') : `${clientId ?? '-'} key ${keyId}`,
    address ?? '-',
    method,
    path,
    ...(subjects === undefined ? [] : [`(${subjects.join(', ')})`]),
    status,
    ...(rows === undefined ? [] : [`${rows} rows`]),
    requestId,
  ].join('  ')

async function person(owner: Database, _flags: Flags, id: string | undefined): Promise<Answer> {
  if (id === undefined) throw new CommandError('audit person SOURCEDID: name the person')
  const told = tellPerson(id, await personFacts(owner, id, listOperations, exportOperations))
  return { value: told, text: personText(told) }
}

const readText = ({ client, key, method, operation, count, first, last }: PersonRead): string =>
  `  ${client ?? '-'}${key === undefined ? '' : ` key ${key}`}  ${method === undefined || method === 'GET' ? '' : `${method} `}${operation}` +
  `  ${count} ${count === 1 ? 'time' : 'times'}, ${first === last ? first : `${first} to ${last}`}`

function personText({ sourcedId, known, since, couldRead, didRead, mayHaveRead, exports }: PersonTold): string {
  const part = (title: string, lines: readonly string[]): string[] => [
    title,
    ...(lines.length > 0 ? lines : ['  nobody']),
  ]
  return [
    `${sourcedId}${known ? '' : ' (not in the hub now)'}; requests are on record since ${since ?? 'now'}`,
    ...part(
      'could read, as scopes and grants are now:',
      couldRead.map(
        ({ clientId, name, revokedAt, through, hidden }) =>
          `  ${clientId}  ${name}  ${through.join(', ')}${hidden.length > 0 ? ` without ${hidden.join(', ')}` : ''}` +
          `${revokedAt === undefined ? '' : `  (revoked ${revokedAt})`}`,
      ),
    ),
    ...part('did read, by the id of the person or of a record about it:', didRead.map(readText)),
    ...part(
      'may have read, in lists whose filters are not on record and in previews of what clients see:',
      mayHaveRead.map(readText),
    ),
    ...part(
      'took exports, and could see the person now:',
      exports.filter((read) => read.isNowExcluded === undefined).map(readText),
    ),
    ...part(
      'took exports, and are now excluded; what they were granted then is not on record:',
      exports.filter((read) => read.isNowExcluded).map(readText),
    ),
  ].join('\n')
}
