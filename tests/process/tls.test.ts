// TLS to PostgreSQL and Redis by URL, against servers of the test's own: each word of sslmode does what libpq's does, and
// nothing falls back to the clear.

import { beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connectPostgres } from '../../src/database.ts'
import { rootCertPath } from '../../src/sslmode.ts'
import { openPlace } from '../support/command.ts'
import { backend, postgresUrl } from '../support/database.ts'
import {
  type Certificates,
  hasTlsPostgres,
  hasTlsRedis,
  makeCertificates,
  startTlsPostgres,
  startTlsRedis,
} from '../support/tls.ts'

const isElsewhere = backend !== 'postgres'

describe.skipIf(isElsewhere || !hasTlsPostgres)('PostgreSQL by TLS [needs PostgreSQL, its initdb, and openssl]', () => {
  let certificates: Certificates
  let port: number
  beforeAll(async () => {
    certificates = await makeCertificates()
    port = await startTlsPostgres(certificates)
  }, 60_000)

  /** How a connection by this URL fares: the version of its TLS, or the code of its refusal. */
  async function fare(url: string): Promise<string> {
    const path = rootCertPath(url)
    const rootCert = path === undefined ? undefined : readFileSync(path, 'utf8')
    const { sql, close } = connectPostgres(url, { poolSize: 1, rootCert })
    try {
      const [row] = await sql<{ version: string | null }[]>`
        select version from pg_stat_ssl where pid = pg_backend_pid()`
      return String(row?.version)
    } catch (thrown) {
      return String((thrown as { code?: string }).code)
    } finally {
      await close()
    }
  }
  const url = (host: string, parameters: string): string => `postgres://postgres@${host}:${port}/postgres${parameters}`
  const unknown = expect.stringMatching(
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT\w*|SELF_SIGNED_CERT\w*)$/,
  )

  test('is not spoken where it is not asked for, and then this server lets nobody in', async () => {
    expect(await fare(url('localhost', ''))).toBe('28000')
    expect(await fare(url('localhost', '?sslmode=disable'))).toBe('28000')
  })

  test('with require is spoken with whoever answers', async () => {
    expect(await fare(url('localhost', '?sslmode=require'))).toBe('TLSv1.3')
    expect(await fare(url('127.0.0.1', '?sslmode=require'))).toBe('TLSv1.3')
  })

  test('with verify-ca wants a certificate of the authority, for whatever host', async () => {
    const trusting = `&sslrootcert=${certificates.ca}`
    expect(await fare(url('localhost', `?sslmode=verify-ca${trusting}`))).toBe('TLSv1.3')
    expect(await fare(url('127.0.0.1', `?sslmode=verify-ca${trusting}`))).toBe('TLSv1.3')
    expect(await fare(url('127.0.0.1', `?sslmode=require${trusting}`))).toBe('TLSv1.3')
    for (const mode of ['require', 'verify-ca'])
      expect(await fare(url('localhost', `?sslmode=${mode}&sslrootcert=${certificates.otherCa}`))).toEqual(unknown)
    for (const more of ['', '&sslrootcert=system'])
      expect(await fare(url('localhost', `?sslmode=verify-ca${more}`))).toEqual(unknown)
  })

  test('with verify-full wants one for this host', async () => {
    const trusting = `?sslmode=verify-full&sslrootcert=${certificates.ca}`
    expect(await fare(url('localhost', trusting))).toBe('TLSv1.3')
    expect(await fare(url('127.0.0.1', trusting))).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(await fare(url('localhost', `?sslmode=verify-full&sslrootcert=${certificates.otherCa}`))).toEqual(unknown)
    expect(await fare(url('localhost', '?sslmode=verify-full'))).toEqual(unknown)
  })

  test('is wanted of a server that has none: no query is sent to it in the clear', async () => {
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      const clear = new URL(postgresUrl)
      clear.searchParams.set('sslmode', mode)
      expect([mode, await fare(clear.href)]).toEqual([mode, 'ECONNRESET'])
    }
  })

  test('serves a whole command, and one that cannot read its certificates says so', async () => {
    const place = await openPlace()
    const trusting = `?sslmode=verify-full&sslrootcert=${certificates.ca}`
    const migrated = await place.run(['migrate'], { DATABASE_URL: url('localhost', trusting) })
    expect([migrated.code, migrated.stdout]).toEqual([0, expect.stringContaining('applied migrations/0001')])
    const listed = await place.run(['clients', 'list', '--json'], { DATABASE_URL: url('localhost', trusting) })
    expect([listed.code, listed.stderr]).toEqual([0, ''])
    const lost = await place.run(['migrate'], {
      DATABASE_URL: url('localhost', '?sslmode=verify-full&sslrootcert=/nowhere/ca.pem'),
    })
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/^sslrootcert of DATABASE_URL: ENOENT/)])
    const untrusted = await place.run(['migrate'], { DATABASE_URL: url('127.0.0.1', trusting) })
    expect([untrusted.code, untrusted.stdout]).toEqual([1, ''])
  }, 60_000)
})

describe.skipIf(!hasTlsRedis)('Redis by TLS [needs redis-server and openssl]', () => {
  let certificates: Certificates
  let port: number
  beforeAll(async () => {
    certificates = await makeCertificates()
    port = await startTlsRedis(certificates)
  }, 60_000)

  /** What a process of its own, which reads whom to trust when it starts, hears of the queue. */
  async function counted(host: string, settings: Record<string, string>): Promise<string> {
    const queue = new URL('../../src/queue.ts', import.meta.url).pathname
    const script = `
      import { redisQueue } from ${JSON.stringify(queue)}
      const queue = redisQueue('rediss://${host}:${port}', {
        onError: (cause) => { console.log(cause.code); process.exit() },
      })
      await queue.add({ id: '1', source: 'sis' })
      console.log((await queue.counts()).waiting)
      process.exit()`
    const child = Bun.spawn([process.execPath, '-e', script], {
      env: { PATH: String(process.env['PATH']), ...settings },
      stdout: 'pipe',
      stderr: 'inherit',
    })
    return (await new Response(child.stdout).text()).trim()
  }

  test('trusts the authorities it is told to, for this host, and no other', async () => {
    const trusting = (path: string) => ({ NODE_EXTRA_CA_CERTS: path })
    expect(await counted('localhost', trusting(certificates.ca))).toBe('1')
    expect(await counted('127.0.0.1', trusting(certificates.ca))).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    for (const settings of [{}, trusting(certificates.otherCa)])
      expect(await counted('localhost', settings)).toMatch(
        /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|SELF_SIGNED_CERT_IN_CHAIN)/,
      )
  }, 30_000)
})
