// The environment becomes one frozen Config, or a list of everything that is wrong with it.

import { describe, expect, test } from 'bun:test'
import { ConfigError, readConfig } from '../../src/config.ts'

const defaults = {
  databaseUrl: undefined,
  publicUrl: undefined,
  poolSize: Math.max(2, navigator.hardwareConcurrency),
  tokenSeconds: 3600,
  tokenRecheckMs: 5000,
  oauth1Key: undefined,
  oauth1WindowSeconds: 300,
  pageLimitMax: 10_000,
  bodyMaxBytes: 10 * 1024 * 1024,
  recordMaxBytes: 262_144,
  redisUrl: undefined,
  importMaxBytes: 100 * 1024 ** 2,
  importMaxUnpackedBytes: 4 * 1024 ** 3,
  importMaxDeletePercent: 10,
  importMaxFaultPercent: 20,
  importKeepDays: 30,
  importLeaseMs: 30_000,
  importConcurrency: 2,
  trustProxy: undefined,
  allowedAddresses: [],
  clientPerMinute: 6000,
  addressPerMinute: 12_000,
  tokenPerMinute: 60,
  auditKeepDays: 400,
  logLevel: 'info',
} as const

const faultsOf = (environment: Record<string, string>): string[] => {
  try {
    readConfig(environment)
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    const [title, ...faults] = thrown.message.split('\n')
    expect(title).toBe('settings:')
    return faults
  }
  return []
}
const names = [
  'DATABASE_URL',
  'PUBLIC_URL',
  'DATABASE_POOL_SIZE',
  'TOKEN_SECONDS',
  'TOKEN_RECHECK_MS',
  'OAUTH1_KEY',
  'OAUTH1_WINDOW_SECONDS',
  'PAGE_LIMIT_MAX',
  'BODY_MAX_BYTES',
  'RECORD_MAX_BYTES',
  'IMPORT_MAX_UNPACKED_BYTES',
  'TRUST_PROXY',
  'ALLOWED_ADDRESSES',
  'RATE_LIMIT_PER_MINUTE',
  'RATE_LIMIT_ADDRESS_PER_MINUTE',
  'RATE_LIMIT_TOKEN_PER_MINUTE',
  'LOG_LEVEL',
]

describe('readConfig', () => {
  test('has a default for everything', () => {
    expect(readConfig({})).toEqual(defaults)
  })

  test('takes a setting that is empty as one that is not set', () => {
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(defaults)
  })

  test('reads every setting', () => {
    expect(
      readConfig({
        DATABASE_URL: 'postgres://u:p@db.test:5432/hub?sslmode=require',
        PUBLIC_URL: 'https://sis.example/hub/',
        DATABASE_POOL_SIZE: '8',
        TOKEN_SECONDS: '60',
        TOKEN_RECHECK_MS: '0',
        OAUTH1_KEY: 'k'.repeat(32),
        OAUTH1_WINDOW_SECONDS: '60',
        PAGE_LIMIT_MAX: '20000',
        BODY_MAX_BYTES: '2048',
        RECORD_MAX_BYTES: '1024',
        REDIS_URL: 'redis://cache.test:6379/1',
        IMPORT_MAX_BYTES: '4096',
        IMPORT_MAX_UNPACKED_BYTES: '1',
        IMPORT_MAX_DELETE_PERCENT: '0',
        IMPORT_MAX_FAULT_PERCENT: '100',
        IMPORT_KEEP_DAYS: '7',
        IMPORT_LEASE_MS: '1000',
        IMPORT_CONCURRENCY: '4',
        TRUST_PROXY: '10.0.0.0/8, ::1',
        ALLOWED_ADDRESSES: '192.0.2.7',
        RATE_LIMIT_PER_MINUTE: '1',
        RATE_LIMIT_ADDRESS_PER_MINUTE: '0',
        RATE_LIMIT_TOKEN_PER_MINUTE: '2',
        AUDIT_KEEP_DAYS: '31',
        LOG_LEVEL: 'error',
      }),
    ).toEqual({
      databaseUrl: 'postgres://u:p@db.test:5432/hub?sslmode=require',
      publicUrl: 'https://sis.example/hub',
      poolSize: 8,
      tokenSeconds: 60,
      tokenRecheckMs: 0,
      oauth1Key: 'k'.repeat(32),
      oauth1WindowSeconds: 60,
      pageLimitMax: 20_000,
      bodyMaxBytes: 2048,
      recordMaxBytes: 1024,
      redisUrl: 'redis://cache.test:6379/1',
      importMaxBytes: 4096,
      importMaxUnpackedBytes: 1,
      importMaxDeletePercent: 0,
      importMaxFaultPercent: 100,
      importKeepDays: 7,
      importLeaseMs: 1000,
      importConcurrency: 4,
      trustProxy: {
        blocks: [
          { address: [10, 0, 0, 0], bits: 8 },
          { address: [...new Array<number>(15).fill(0), 1], bits: 128 },
        ],
      },
      allowedAddresses: [{ address: [192, 0, 2, 7], bits: 32 }],
      clientPerMinute: 1,
      addressPerMinute: 0,
      tokenPerMinute: 2,
      auditKeepDays: 31,
      logLevel: 'error',
    })
  })

  test('takes a number of proxies for TRUST_PROXY too, and none for 0', () => {
    expect(readConfig({ TRUST_PROXY: '2' }).trustProxy).toEqual({ hops: 2 })
    expect(readConfig({ TRUST_PROXY: '0' }).trustProxy).toBeUndefined()
  })

  test('gives a value nobody can change', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true)
  })

  test('lists every fault, each with the name of its setting', () => {
    const faults = faultsOf(Object.fromEntries(names.map((name) => [name, '?'])))
    expect(faults.map((fault) => /^- (\w+) must be /.exec(fault)?.[1] ?? fault).sort()).toEqual([...names].sort())
  })

  test.each([
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', '-1'],
    ['DATABASE_POOL_SIZE', '2.5'],
    ['TOKEN_SECONDS', '0'],
    ['TOKEN_SECONDS', 'an hour'],
    ['TOKEN_SECONDS', 'Infinity'],
    ['TOKEN_RECHECK_MS', '-1'],
    ['TOKEN_RECHECK_MS', ' '],
    ['OAUTH1_KEY', 'k'.repeat(31)],
    ['OAUTH1_WINDOW_SECONDS', '0'],
    ['PAGE_LIMIT_MAX', '9999'],
    ['BODY_MAX_BYTES', '1023'],
    ['RECORD_MAX_BYTES', '1023'],
    ['RECORD_MAX_BYTES', '256k'],
    ['IMPORT_MAX_UNPACKED_BYTES', '4GB'],
    ['IMPORT_MAX_DELETE_PERCENT', '10%'],
    ['IMPORT_LEASE_MS', '999'],
    ['REDIS_URL', 'http://cache.test'],
    ['IMPORT_MAX_UNPACKED_BYTES', '9007199254740993'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '-1'],
    ['TRUST_PROXY', 'loopback, 10.0.0.0/33'],
    ['ALLOWED_ADDRESSES', '10.0.0.256'],
    ['ALLOWED_ADDRESSES', 'school.example'],
    ['RATE_LIMIT_PER_MINUTE', '-1'],
    ['RATE_LIMIT_ADDRESS_PER_MINUTE', '1/s'],
    ['RATE_LIMIT_TOKEN_PER_MINUTE', 'none'],
    ['LOG_LEVEL', 'debug'],
    ['LOG_LEVEL', 'INFO'],
    ['PUBLIC_URL', 'sis.example'],
    ['PUBLIC_URL', 'ftp://sis.example'],
    ['PUBLIC_URL', 'https://sis.example/?a=b'],
    ['PUBLIC_URL', 'https://sis.example/#part'],
    ['DATABASE_URL', 'mysql://db.test/hub'],
    ['DATABASE_URL', 'hub.db'],
  ])('refuses %s=%p', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([expect.stringContaining(name)])
  })

  test('never shows the password of the database, nor the key of OAuth 1.0a', () => {
    const faults = faultsOf({ DATABASE_URL: 'mysql://user:hunter2@db.test/hub', OAUTH1_KEY: 'hunter2' })
    expect(faults.length).toBe(2)
    expect(faults.join()).not.toContain('hunter2')
  })
})
