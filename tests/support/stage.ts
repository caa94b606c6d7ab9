// A hub with the small district and everything that its documents promise, and for each of their operations a request that is
// answered well: ids of one school, bodies of records that are there, targets that may be used up.

import { viewer } from '../../src/cli/serving.ts'
import { metricsOf } from '../../src/cli/working.ts'
import { createClient } from '../../src/clients.ts'
import type { Config } from '../../src/config.ts'
import { readConfig } from '../../src/config.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import { createGate } from '../../src/limits.ts'
import type { Gate } from '../../src/visit.ts'
import { asSent, client, knownTo } from './classroom.ts'
import { findIds, type Ids, origin, pathOf } from './collections.ts'
import { type Documented, documented } from './documented.ts'
import { filesIn } from './exports.ts'
import { type Hub, hubOver, openDistrict } from './hub.ts'
import { orgsCsv, packageOf, zipType } from './imports.ts'
import { adminScope, makeKey } from './keys.ts'
import type { Row } from './rows.ts'
import { key as oauth1Key } from './signed.ts'
import { inForm } from './tokens.ts'

/** A request without who makes it. */
export interface Asking {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

export interface Stage extends Hub {
  /** Of one school, and what is everybody's. */
  readonly ids: Ids
  /** Schools beside that one. */
  readonly others: readonly string[]
  /** A request that is answered well. One that is `meant` has a target of its own, for it is carried out. */
  readonly asking: (operation: Documented, meant: boolean) => Promise<Asking>
  /** The same hub behind another gate. */
  readonly behind: (gate: Gate, more?: Partial<Config>) => Hub
}

export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const noLimits = { clientPerMinute: 0, addressPerMinute: 0, tokenPerMinute: 0 }
/** The gate's clock stands: a minute that is full stays full. */
const nowMs = 1_788_220_800_000
export const gateOf = (limits: Partial<Config> = {}): Gate =>
  createGate({ config: { ...readConfig({}), ...noLimits, ...limits }, now: () => nowMs })

const known: ReadonlyMap<string, Operation> = new Map(operations.map((operation) => [operation.id, operation]))
/** Of the services' operations; undefined for one of the hub's own. */
export const registered = ({ id }: Documented): Operation | undefined => known.get(id)

const settings = { oauth1Key }

export async function openStage(): Promise<Stage> {
  const hub = await openDistrict(settings, { gate: gateOf(), viewer })
  const served = (gate: Gate, more: Partial<Config> = {}): Hub =>
    hubOver(hub, { ...settings, ...more }, { gate, viewer, metrics: metricsOf(hub.app) })
  const open = served(gateOf())
  const ids = await withAssessments(open, await findIds(open))
  const [row] = await open.owner.sql<{ others: string[] }[]>`
    select jsonb_agg(sourced_id order by sourced_id) as others from store.orgs
    where type = 'school' and status = 'active' and sourced_id <> ${ids['school'] ?? ''}`
  const bodies = await bodiesOf(open, ids)
  const makers = await makersOf(open, ids, bodies)
  return {
    ...open,
    ids,
    others: row?.others ?? [],
    behind: served,
    asking: async (operation, meant) => {
      const make = makers[operation.id]
      if (make !== undefined) return make(meant)
      const found = registered(operation)
      const path = found === undefined ? operation.path : pathOf(found, ids)
      const file = operation.parameters.find(({ name }) => name === 'file')?.schema.enum?.[0] ?? 'hub.json'
      return { method: operation.method, url: origin + path.replace('{file}', String(file)), headers: {} }
    },
  }
}

/** An assessment and its result in the class and of the student that the ids name; the session of their line item. */
async function withAssessments(hub: Hub, ids: Ids): Promise<Ids> {
  const { put } = client(hub, await hub.token())
  const item = { title: 'A test of one class', class: { sourcedId: ids['class'] } }
  const result = {
    assessmentLineItem: { sourcedId: 'ali-a' },
    student: { sourcedId: ids['student'] },
    scoreStatus: 'fully graded',
    scoreDate: '2026-09-09',
  }
  await put('/assessmentLineItems/ali-a', 'assessmentLineItem', item as Row)
  await put('/assessmentResults/ar-a', 'assessmentResult', result as Row)
  return { ...ids, assessmentLineItems: 'ali-a', assessmentResults: 'ar-a' }
}

type Bodies = Readonly<Record<string, { readonly path: string; readonly record: Row; readonly envelope: string }>>

/** By the PUT operation: the record that is there, as its writer would send it. */
async function bodiesOf(hub: Hub, ids: Ids): Promise<Bodies> {
  const puts = operations.filter(({ kind }) => kind === 'put')
  return Object.fromEntries(
    await Promise.all(
      puts.map(async (operation) => {
        const path = pathOf(operation, ids)
        const body = (await (await hub.get(origin + path)).json()) as Record<string, Row>
        const read = body[operation.envelope] as Row
        const record = { sourcedId: read['sourcedId'], ...knownTo(operation, asSent(read)) }
        return [operation.id, { path, record, envelope: operation.envelope }] as const
      }),
    ),
  )
}

type Maker = (meant: boolean) => Promise<Asking>
const jsonType = { 'content-type': 'application/json' }

/** For the operations that want more than a path. */
async function makersOf(hub: Hub, ids: Ids, bodies: Bodies): Promise<Readonly<Record<string, Maker>>> {
  const own = await ownMakers(hub)
  const writer = client(hub, await hub.token())
  let count = 0
  const makers = operations.flatMap((operation): [string, Maker][] => {
    const { id, kind, method, envelope } = operation
    const url = origin + pathOf(operation, ids)
    if (kind === 'put') {
      const { record } = bodies[id] as Bodies[string]
      return [[id, async () => ({ method, url, headers: jsonType, body: JSON.stringify({ [envelope]: record }) })]]
    }
    if (kind === 'remove') {
      const put = bodies[id.replace('delete', 'put')] as Bodies[string]
      const clone = async (): Promise<string> => {
        count += 1
        const sourcedId = `doomed-${count}`
        const path = put.path.replace(/[^/]+$/, sourcedId)
        const answer = await writer.send('PUT', path, { [put.envelope]: { ...put.record, sourcedId } })
        if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
        return origin + path
      }
      return [[id, async (meant) => ({ method, url: meant ? await clone() : url, headers: {} })]]
    }
    if (kind === 'post') {
      const put = bodies[envelope === 'results' ? 'putResult' : 'putLineItem'] as Bodies[string]
      const body = JSON.stringify({ [envelope]: [{ ...put.record, sourcedId: 'mine' }] })
      return [[id, async () => ({ method, url, headers: jsonType, body })]]
    }
    return []
  })
  return { ...Object.fromEntries(makers), ...own }
}

/** Of the hub's own operations. */
async function ownMakers(hub: Hub): Promise<Readonly<Record<string, Maker>>> {
  const { sql } = hub.owner
  const archive = await (await packageOf(orgsCsv(['One']))).bytes()
  const runner = `Bearer ${await hub.token()}`
  let count = 0
  const freshImport = async (change: string): Promise<string> => {
    count += 1
    const headers = { ...zipType, authorization: runner }
    const url = `${origin}/imports?source=source-${count}`
    const answer = await hub.fetch(new Request(url, { method: 'POST', headers, body: archive }))
    const { id } = (await answer.json()) as { id: string }
    await sql.unsafe(`update store.imports set ${change} where import_id = $1`, [id])
    return id
  }
  const target = await createClient(sql, 'target', [adminScope])
  const freshClient = async (): Promise<string> => (await createClient(sql, 'used up', [adminScope])).clientId
  const freshKey = async (): Promise<string> => (await makeKey(hub, { scopes: [adminScope] })).keyId
  const completed =
    'status = \'completed\', ended_at = now(), revision = 1, report = \'{"files": [], "faultCount": 0, "warnings": []}\''
  const ended = await freshImport(completed)
  const [spareClient, spareKey] = [target.clientId, await freshKey()]
  const note = { note: 'seen and wanted' }
  const asks =
    (method: string, path: (id: string) => string, id: (meant: boolean) => Promise<string>, body?: object): Maker =>
    async (meant) => ({
      method,
      url: origin + path(await id(meant)),
      headers: body === undefined ? {} : jsonType,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const importOf = (change: string) => async (meant: boolean) => (meant ? freshImport(change) : ended)
  const clientOf = async (meant: boolean) => (meant ? freshClient() : spareClient)
  const keyOf = async (meant: boolean) => (meant ? freshKey() : spareKey)
  const still = (id: string) => async () => id
  const [anImport, aClient, aKey] = ['/imports/', '/admin/clients/', '/admin/keys/'].map(
    (base) => (rest: string) => (id: string) => `${base}${id}${rest}`,
  ) as [Below, Below, Below]
  const none = still('')
  return {
    createToken: async () => ({
      method: 'POST',
      url: `${origin}/oauth2/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...inForm(target) }).toString(),
    }),
    createImport: async () => ({ method: 'POST', url: `${origin}/imports`, headers: zipType, body: archive }),
    getImport: asks('GET', anImport(''), still(ended)),
    listImportFaults: asks('GET', anImport('/faults'), still(ended)),
    listImportChanges: asks('GET', anImport('/changes'), still(ended)),
    followImport: asks('GET', anImport('/events'), still(ended)),
    applyImport: asks('POST', anImport('/apply'), importOf("status = 'held'"), note),
    cancelImport: asks('POST', anImport('/cancel'), importOf('attempts = 0')),
    revertImport: asks('POST', anImport('/revert'), importOf(completed), note),
    createClient: asks('POST', () => '/admin/clients', none, { name: 'made', scopes: [adminScope] }),
    limitClient: asks('PUT', aClient('/limits'), still(spareClient), {}),
    rotateClient: asks('POST', aClient('/rotate'), clientOf),
    revokeClient: asks('POST', aClient('/revoke'), clientOf),
    getGrant: asks('GET', aClient('/grant'), still(spareClient)),
    setGrant: asks('PUT', aClient('/grant'), still(spareClient), {}),
    previewClient: asks('GET', aClient('/preview'), still(spareClient)),
    issueKey: asks('POST', () => '/admin/keys', none, { name: 'made', scopes: [adminScope] }),
    rotateKey: asks('POST', aKey('/rotate'), keyOf, {}),
    extendKey: asks('POST', aKey('/extend'), still(spareKey), { expiresAt: '2027-07-01T00:00:00Z' }),
    revokeKey: asks('POST', aKey('/revoke'), keyOf),
  }
}

type Below = (rest: string) => (id: string) => string

/** Sends it, and hears it out: of a package the texts of its files, of events the first. */
export async function hear(
  { fetch }: Pick<Hub, 'fetch'>,
  { url, ...init }: Asking,
  headers: Readonly<Record<string, string>> = {},
  peer?: string,
): Promise<Heard> {
  const answer = await fetch(new Request(url, { ...init, headers: { ...init.headers, ...headers } }), peer)
  return { status: answer.status, headers: answer.headers, text: await textOf(answer) }
}

async function textOf(answer: Response): Promise<string> {
  const type = answer.headers.get('content-type')
  if (type === 'application/zip') return Object.values(await filesIn(await answer.blob())).join('\n')
  if (type !== 'text/event-stream') return answer.text()
  const reader = answer.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}

/** What the hub logged of its own failures. */
export const failuresOf = ({ observations }: Hub): unknown[] =>
  observations.filter(({ status }) => status >= 500).map(({ operation, cause }) => [operation, String(cause)])

export const ownOperations = documented.filter(({ service }) => service === 'hub')
