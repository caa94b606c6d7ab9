// The gate: who may ask at all, how often from one address and as one client, and how soon after a secret that was wrong.
// A visit in, nothing out, or the refusal it meets; what is left of its limits goes into the headers of its answer. Counts
// by a limiter, of this process or of all; reads no secret.

import { isWithin, networkOf, parseBlocks } from './address.ts'
import type { Config } from './config.ts'
import { ApiError } from './errors.ts'
import { hubOperations } from './generated/hub.operations.ts'
import { operations } from './generated/operations.ts'
import { type Ask, type Limiter, localLimiter, type Told } from './limiter.ts'
import { sha256 } from './secrets.ts'
import type { Caller, Gate, Visit } from './visit.ts'

export interface GateOptions {
  readonly config: Pick<Config, 'allowedAddresses' | 'clientPerMinute' | 'addressPerMinute' | 'tokenPerMinute'>
  /** What counts; default: this process alone. */
  readonly limiter?: Limiter
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/** Operations whose caller is asked for: their requests are counted once, with the caller or with the refusal. */
const withCaller = new Set([
  ...operations.map(({ id }) => id),
  ...hubOperations.filter(({ scopes }) => scopes.length > 0).map(({ id }) => id),
])
/** Whoever runs the hub asks these of every process, and takes one that refuses for dead: no address is kept out. */
const probes = new Set(['getLiveness', 'getReadiness'])
const probesPerMinute = 600
/** Wrong secrets in a row for one client from one address, and wrong credentials of any kind from one address. */
const pairFailures = { free: 5, decayMs: 60_000 }
const addressFailures = { free: 50, decayMs: 10_000 }
const blockedMax = 10_000

/** A limit that was asked after, in the words of a refusal, and how it stands. */
interface Line {
  readonly limit: number
  readonly told: Told
}

interface Wanted {
  readonly ask: Ask
  /** What a refusal says. */
  readonly refusal: string
}

const fewer = (limit: number, what: string): string => `too many requests: at most ${limit} a minute ${what}`
const guessing = 'too many wrong credentials'

const secondsOf = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

const busy = (reason: string, waitMs: number): ApiError => {
  const seconds = secondsOf(waitMs)
  return new ApiError('server_busy', `${reason}; try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  })
}

/** Nobody has shown who they are, nor tried to. */
function isAnonymous({ url, headers }: Request): boolean {
  if (headers.has('authorization') || headers.has('x-api-key') || url.includes('oauth_')) return false
  return !(headers.get('content-type') ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')
}

/** draft-ietf-httpapi-ratelimit-headers-06: the limit that is nearest, and all that hold. */
function show(visit: Visit, lines: readonly Line[]): void {
  const [nearest] = lines.toSorted((one, other) => one.told.remaining - other.told.remaining)
  if (nearest === undefined) return
  const { limit, told } = nearest
  visit.headers['ratelimit-limit'] = String(limit)
  visit.headers['ratelimit-remaining'] = String(told.waitMs > 0 ? 0 : told.remaining)
  visit.headers['ratelimit-reset'] = String(secondsOf(told.waitMs > 0 ? told.waitMs : told.resetMs))
  visit.headers['ratelimit-policy'] = [...new Set(lines.map((line) => `${line.limit};w=60`))].join(', ')
}

export function createGate({ config, now = Date.now, limiter = localLimiter(now) }: GateOptions): Gate {
  const { allowedAddresses, clientPerMinute, addressPerMinute, tokenPerMinute } = config
  const probeLimiter = localLimiter(now)
  /** The limits a visit was counted for; who is in it is not counted again. */
  const counted = new WeakMap<Visit, Line[]>()
  /** Addresses whose minute is full, and until when: they are refused without asking. */
  const blocked = new Map<string, Line & { readonly untilMs: number }>()
  const allowed = new WeakMap<readonly string[], ReturnType<typeof parseBlocks>>()

  const from = ({ address }: Visit): string => (address === undefined ? 'unknown' : networkOf(address))
  const take = (name: string, limit: number, what: string, kind: 'take' | 'peek' = 'take'): Wanted[] =>
    limit === 0 ? [] : [{ ask: { kind, name, limit }, refusal: fewer(limit, what) }]
  const ofAddress = (visit: Visit): Wanted[] =>
    counted.has(visit) ? [] : take(`address ${from(visit)}`, addressPerMinute, 'from one address')
  const ofTokens = (visit: Visit): Wanted[] =>
    take(`tokens ${from(visit)}`, tokenPerMinute, 'to this endpoint from one address')
  const pairName = async (visit: Visit, client: string): Promise<string> =>
    `failed ${from(visit)} ${await hashed(client)}`

  const ask = async (visit: Visit, wanted: readonly Wanted[], by: Limiter = limiter): Promise<void> => {
    const lines = counted.get(visit) ?? []
    counted.set(visit, lines)
    if (wanted.length === 0) return
    const all = await by.ask(wanted.map((one) => one.ask))
    const answers = wanted.map((one, place) => ({ ...one, told: all[place] as Told }))
    for (const { ask: asked, told } of answers) {
      if (!('limit' in asked)) continue
      lines.push({ limit: asked.limit, told })
      if (told.waitMs > 0 && asked.name === `address ${from(visit)}`) block(from(visit), { limit: asked.limit, told })
    }
    show(visit, lines)
    const [first] = answers
      .filter(({ told }) => told.waitMs > 0)
      .sort((one, other) => other.told.waitMs - one.told.waitMs)
    if (first !== undefined) throw busy(first.refusal, first.told.waitMs)
  }
  const block = (address: string, line: Line): void => {
    blocked.set(address, { ...line, untilMs: now() + line.told.waitMs })
    if (blocked.size > blockedMax) blocked.delete(blocked.keys().next().value as string)
  }
  const refuseBlocked = (visit: Visit): void => {
    const found = blocked.get(from(visit))
    if (found === undefined) return
    const waitMs = found.untilMs - now()
    if (waitMs <= 0) return void blocked.delete(from(visit))
    const line = { limit: found.limit, told: { remaining: 0, waitMs, resetMs: waitMs } }
    counted.set(visit, [line])
    show(visit, [line])
    throw busy(fewer(found.limit, 'from one address'), waitMs)
  }
  const mayUse = ({ address }: Visit, texts: readonly string[]): boolean => {
    const blocks = allowed.get(texts) ?? parseBlocks(texts.join(' '))
    allowed.set(texts, blocks)
    // what cannot be read lets nobody in
    return typeof blocks !== 'string' && isWithin(address, blocks)
  }

  const gate: Gate = {
    enter: async (visit) => {
      if (probes.has(visit.operation))
        return ask(visit, take(`probes ${from(visit)}`, probesPerMinute, 'from one address'), probeLimiter)
      refuseBlocked(visit)
      if (allowedAddresses.length > 0 && !isWithin(visit.address, allowedAddresses))
        throw new ApiError('forbidden', 'this address may not ask here')
      if (withCaller.has(visit.operation) && !isAnonymous(visit.request)) return
      const tokens = visit.operation === 'createToken' ? ofTokens(visit) : []
      await ask(visit, [...ofAddress(visit), ...tokens])
    },
    claim: async (visit, client) =>
      ask(visit, [
        ...take(`client tokens ${await hashed(client)}`, tokenPerMinute, 'for a token of one client', 'peek'),
        { ask: { kind: 'wait', name: await pairName(visit, client) }, refusal: guessing },
      ]),
    proved: async (visit, client) =>
      ask(visit, [
        ...take(`client tokens ${await hashed(client)}`, tokenPerMinute, 'for a token of one client'),
        { ask: { kind: 'clear', name: await pairName(visit, client) }, refusal: guessing },
      ]),
    admit: async (visit, caller) => {
      if (caller.addresses !== undefined && !mayUse(visit, caller.addresses)) {
        await ask(visit, ofAddress(visit))
        throw new ApiError('forbidden', 'this credential may not be used from here')
      }
      const { limit, name } = limitOf(caller, clientPerMinute)
      await ask(visit, [...ofAddress(visit), ...take(name, limit, 'of one client')])
    },
    failed: async (visit, client) => {
      const names = client === undefined ? [] : [{ name: await pairName(visit, client), ...pairFailures }]
      await ask(visit, [
        ...ofAddress(visit),
        ...[...names, { name: `failed ${from(visit)}`, ...addressFailures }].map(
          (each): Wanted => ({ ask: { kind: 'fail', ...each }, refusal: guessing }),
        ),
      ])
    },
    refused: async (visit, error) => {
      try {
        if (error.status === 401 && !isAnonymous(visit.request)) await gate.failed(visit)
        else if (!counted.has(visit)) await ask(visit, ofAddress(visit))
        return error
      } catch (thrown) {
        return thrown as ApiError
      }
    },
  }
  return gate
}

/** A credential with a rate of its own has a minute of its own; all others of a client share one. */
function limitOf({ client, key, perMinute }: Caller, usual: number): { readonly limit: number; readonly name: string } {
  const name = key !== undefined && perMinute !== undefined ? `key ${key}` : `client ${client}`
  return { limit: perMinute ?? usual, name }
}

/** What somebody typed may be long, and may be a secret in the wrong place: it is kept nowhere. */
async function hashed(text: string): Promise<string> {
  return [...(await sha256(text)).slice(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
