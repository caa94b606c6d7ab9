// Servers of a test's own that speak TLS: certificates by openssl, a PostgreSQL that takes nobody in the clear, and a Redis.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { atEnd } from './cleanup.ts'
import { freePort, hasRedis } from './redis.ts'

const versions = '/usr/lib/postgresql'
const beside = existsSync(versions) ? readdirSync(versions).map((version) => `${versions}/${version}/bin/initdb`) : []
const initdb = Bun.which('initdb') ?? beside.filter((path) => existsSync(path)).at(-1)

const hasOpenssl = Bun.which('openssl') !== null
/** Without them the tests that need them are skipped: a PostgreSQL that answers may stand on another machine. */
export const hasTlsPostgres = initdb !== undefined && hasOpenssl
/** As Redis's other tests: in CI they fail. */
export const hasTlsRedis = hasRedis && hasOpenssl

const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : []

async function run(...command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', cwd: '/' })
  const said = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`${command.join(' ')}: ${said}`)
}

export interface Certificates {
  readonly directory: string
  /** Of the authority that signed the server's. */
  readonly ca: string
  /** Of an authority that signed nothing here. */
  readonly otherCa: string
  readonly cert: string
  readonly key: string
}

/** Certificates of a server that is called localhost and nothing else. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = mkdtempSync(`${tmpdir()}/rosterhub-tls-`)
  chmodSync(directory, 0o755)
  atEnd(() => rm(directory, { recursive: true, force: true }))
  const at = (name: string): string => `${directory}/${name}`
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  for (const name of ['ca', 'other'])
    await run(
      'openssl',
      'req',
      '-x509',
      ...newKey,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.crt`),
    )
  await run(
    'openssl',
    'req',
    ...newKey,
    '-subj',
    '/CN=localhost',
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
  )
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost')
  const signing = [
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('names'),
  ]
  await run('openssl', 'x509', '-req', '-in', at('server.csr'), ...signing, '-out', at('server.crt'))
  return { directory, ca: at('ca.crt'), otherCa: at('other.crt'), cert: at('server.crt'), key: at('server.key') }
}

/** Starts a PostgreSQL that takes its user by TLS only; answers its port. */
export async function startTlsPostgres({ directory, cert, key }: Certificates): Promise<number> {
  const data = `${directory}/data`
  mkdirSync(data)
  if (asPostgres.length > 0) await run('chown', 'postgres', data, key)
  chmodSync(key, 0o600)
  const tools = String(initdb).replace(/initdb$/, '')
  await run(...asPostgres, `${tools}initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync')
  writeFileSync(`${data}/pg_hba.conf`, 'hostssl all all 127.0.0.1/32 trust\n')
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ssl: 'on',
    ssl_cert_file: cert,
    ssl_key_file: key,
  }
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const control = [...asPostgres, `${tools}pg_ctl`, '-D', data, '-w']
  atEnd(() => run(...control, '-m', 'immediate', 'stop'))
  await run(...control, '-o', options.join(' '), '-l', `${data}/log`, 'start')
  return port
}

/** Starts a Redis that speaks TLS only; answers its port. */
export async function startTlsRedis({ directory, ca, cert, key }: Certificates): Promise<number> {
  const port = await freePort()
  const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no']
  const args = [
    '--port',
    '0',
    '--tls-port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    directory,
    ...tls,
  ]
  const server = Bun.spawn(['redis-server', ...args], { stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' })
  atEnd(async () => {
    server.kill('SIGKILL')
    await server.exited
  })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of server.stdout) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes('Ready to accept connections')) return port
  }
  throw new Error(`redis-server ended: ${text}`)
}
