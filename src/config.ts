// The environment -> one frozen Config. The only reader of the environment; every fault is listed before the start ends.

import { type Block, parseBlocks, type TrustedProxies } from './address.ts'

export interface Config {
  /** PostgreSQL by URL; absent: embedded PGlite. */
  readonly databaseUrl: string | undefined
  /** The address clients use, without a slash at the end; absent: the request's own. */
  readonly publicUrl: string | undefined
  /** Connections to PostgreSQL; default: one a core. Two beat eight on two cores (p99 17 ms against 50 ms). */
  readonly poolSize: number
  /** Seconds an access token is good for. */
  readonly tokenSeconds: number
  /** Milliseconds a checked token is believed without asking again: the bound within which a revocation is seen. */
  readonly tokenRecheckMs: number
  /** What the secrets of clients that sign by OAuth 1.0a are derived from; absent: no signature is taken. */
  readonly oauth1Key: string | undefined
  /** How far a signed request's timestamp may be from the database's clock, and how long its nonce is remembered. */
  readonly oauth1WindowSeconds: number
  /** Records on a page at most; a larger `limit` gets a page of this size and a `next` link. */
  readonly pageLimitMax: number
  /** Bytes the body of a write may have. */
  readonly bodyMaxBytes: number
  /** Bytes one record may have as JSON: the body of a PUT, or one of the records of a POST. */
  readonly recordMaxBytes: number
  /** Where the queue of imports is; absent: imports are queued in the process. */
  readonly redisUrl: string | undefined
  /** Bytes a package may have as it is sent. */
  readonly importMaxBytes: number
  /** Bytes an import's files may have together, unpacked. */
  readonly importMaxUnpackedBytes: number
  /** Of the active rows of its source, for each file: an import that would delete more is held. */
  readonly importMaxDeletePercent: number
  /** Of the rows of a file: an import that would refuse more is held. */
  readonly importMaxFaultPercent: number
  /** How long packages that wait, faults, changes and what a revert needs are kept. */
  readonly importKeepDays: number
  /** Milliseconds within which another worker takes an import over whose worker is gone. */
  readonly importLeaseMs: number
  /** Imports, of different sources, that one worker runs side by side. */
  readonly importConcurrency: number
  /** The proxies whose X-Forwarded-For is believed; absent: none's. */
  readonly trustProxy: TrustedProxies | undefined
  /** Who may ask at all; empty: anybody. */
  readonly allowedAddresses: readonly Block[]
  /** Requests a minute that a client may send, where its credential says nothing else; 0: any number. */
  readonly clientPerMinute: number
  /** Requests a minute from one address, whoever sends them; 0: any number. */
  readonly addressPerMinute: number
  /** Requests a minute to the token endpoint from one address, and tokens a minute for one client; 0: any number. */
  readonly tokenPerMinute: number
  /** How long the audit is kept, in days; it goes by whole months. */
  readonly auditKeepDays: number
  readonly logLevel: 'silent' | 'error' | 'info'
}

export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** 256 bits in hexadecimal have 64 characters, in base64 43; less than 32 is no key but a password. */
export const oauth1KeyCharsMin = 32

type Environment = Readonly<Record<string, string | undefined>>

/** Reads and checks the settings. Throws ConfigError that lists every fault. */
export function readConfig(environment: Environment): Config {
  const faults: string[] = []
  const number = (name: string, fallback: number, minimum: number): number => {
    const text = environment[name]
    if (text === undefined || text === '') return fallback
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= minimum) return value
    faults.push(`${name} must be a whole number of at least ${minimum}, not "${text}"`)
    return fallback
  }
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const text = environment[name]
    if (text === undefined || text === '') return undefined
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text.replace(/\/+$/, '')
    faults.push(`${name} must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`)
    return undefined
  }
  const publicUrl = (): string | undefined => {
    const text = url('PUBLIC_URL', ['http:', 'https:'])
    if (text !== undefined && /[?#]/.test(text)) faults.push('PUBLIC_URL must have no query and no fragment')
    return text
  }
  const blocks = (name: string): readonly Block[] => {
    const found = parseBlocks(environment[name] ?? '')
    if (typeof found !== 'string') return found
    faults.push(`${name} must be addresses or blocks such as 192.0.2.0/24, loopback or private; "${found}" is none`)
    return []
  }
  const trustProxy = (): TrustedProxies | undefined => {
    const text = environment['TRUST_PROXY']?.trim() ?? ''
    if (/^\d{1,2}$/.test(text)) return Number(text) === 0 ? undefined : { hops: Number(text) }
    return text === '' ? undefined : { blocks: blocks('TRUST_PROXY') }
  }
  const oauth1Key = environment['OAUTH1_KEY'] || undefined
  if (oauth1Key !== undefined && oauth1Key.length < oauth1KeyCharsMin)
    faults.push(`OAUTH1_KEY must be at least ${oauth1KeyCharsMin} characters long`)
  const logLevel = environment['LOG_LEVEL'] || 'info'
  if (!['silent', 'error', 'info'].includes(logLevel))
    faults.push(`LOG_LEVEL must be silent, error or info, not "${logLevel}"`)
  const config: Config = Object.freeze({
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    publicUrl: publicUrl(),
    poolSize: number('DATABASE_POOL_SIZE', Math.max(2, navigator.hardwareConcurrency), 1),
    tokenSeconds: number('TOKEN_SECONDS', 3600, 1),
    tokenRecheckMs: number('TOKEN_RECHECK_MS', 5000, 0),
    oauth1Key,
    oauth1WindowSeconds: number('OAUTH1_WINDOW_SECONDS', 300, 1),
    pageLimitMax: number('PAGE_LIMIT_MAX', 10_000, 10_000),
    bodyMaxBytes: number('BODY_MAX_BYTES', 10 * 1024 ** 2, 1024),
    recordMaxBytes: number('RECORD_MAX_BYTES', 256 * 1024, 1024),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    importMaxBytes: number('IMPORT_MAX_BYTES', 100 * 1024 ** 2, 1),
    importMaxUnpackedBytes: number('IMPORT_MAX_UNPACKED_BYTES', 4 * 1024 ** 3, 1),
    importMaxDeletePercent: number('IMPORT_MAX_DELETE_PERCENT', 10, 0),
    importMaxFaultPercent: number('IMPORT_MAX_FAULT_PERCENT', 20, 0),
    importKeepDays: number('IMPORT_KEEP_DAYS', 30, 0),
    importLeaseMs: number('IMPORT_LEASE_MS', 30_000, 1000),
    importConcurrency: number('IMPORT_CONCURRENCY', 2, 1),
    trustProxy: trustProxy(),
    allowedAddresses: blocks('ALLOWED_ADDRESSES'),
    clientPerMinute: number('RATE_LIMIT_PER_MINUTE', 6000, 0),
    addressPerMinute: number('RATE_LIMIT_ADDRESS_PER_MINUTE', 12_000, 0),
    tokenPerMinute: number('RATE_LIMIT_TOKEN_PER_MINUTE', 60, 0),
    auditKeepDays: number('AUDIT_KEEP_DAYS', 400, 31),
    logLevel: logLevel as Config['logLevel'],
  })
  if (faults.length > 0) throw new ConfigError(`settings:\n- ${faults.join('\n- ')}`)
  return config
}
