// The commands as child processes: what they print, where, and how they end.

import { beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ToldImport } from '../../src/cli/transport.ts'
import { consumerSecret } from '../../src/secrets.ts'
import { type Ended, openPlace, type Place } from '../support/command.ts'
import { backend } from '../support/database.ts'
import { zipOf } from '../support/packages.ts'
import { type Csv, packageOf, school } from '../support/rows.ts'

let place: Place
beforeAll(async () => {
  place = await openPlace()
  const { code, stdout, stderr } = await place.run(['migrate'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toStartWith('applied migrations/0001_store.sql')
}, 60_000)

const write = async (name: string, csv: Csv): Promise<void> =>
  void (await Bun.write(`${place.directory}/${name}`, await zipOf(packageOf('bulk', csv))))
const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T
const slow = 60_000

describe('migrate', () => {
  test(
    'says that there is nothing to apply the second time',
    async () => {
      expect(await place.run(['migrate'])).toEqual({ code: 0, stdout: 'nothing to apply\n', stderr: '' })
    },
    slow,
  )
})

describe('import', () => {
  const faulty = {
    ...school,
    orgs: school.orgs.replace('District,', '"Two\nlines",').replace('school', 'castle'),
  }
  /** One of two rows is refused, which the guard would hold. */
  const allFaults = { IMPORT_MAX_FAULT_PERCENT: '100' }

  test(
    '--json prints the job, in one line; the same package again repeats it, and --force runs it whole',
    async () => {
      await write('school.zip', school)
      const ended = await place.run(['import', 'school.zip', '--json', '--source', 'sis'])
      expect([ended.code, ended.stderr, ended.stdout.trim().includes('\n')]).toEqual([0, '', false])
      const { id, ...job } = json<ToldImport>(ended)
      expect(job).toMatchObject({ source: 'sis', status: 'completed', mode: 'apply', faultCount: 0, warnings: [] })
      expect(job.files?.length).toBe(8)
      expect(Date.parse(String(job.publishedAt))).not.toBeNaN()
      const again = await place.run(['import', 'school.zip', '--source', 'sis'])
      expect(again.stdout).toContain(`repeats import ${id}: nothing had changed`)
      const forced = await place.run(['import', 'school.zip', '--source', 'sis', '--force'])
      expect(forced.stdout).toEndWith('of source sis: nothing had changed\n')
      expect(forced.stdout).toMatch(/users\.csv +bulk +2 +0 +0 +2 +0 +0\n/)
    },
    slow,
  )

  test(
    '--faults writes every fault as CSV; the good rows go in, and the command succeeds',
    async () => {
      await write('faulty.zip', faulty)
      const ended = await place.run(['import', 'faulty.zip', '--source', 'sis', '--faults', 'faults.csv'], allFaults)
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect(ended.stdout).toContain('refused: orgs.csv, line 4, type: must be one of')
      expect(readFileSync(`${place.directory}/faults.csv`, 'utf8').split('\r\n')).toEqual([
        'file,line,field,value,code,message',
        'orgs.csv,4,type,castle,not_in_vocabulary,"must be one of department, school, district, local, state, national, or ext:…"',
        '',
      ])
    },
    slow,
  )

  test(
    '--faults in a place that cannot be written ends with 1 before anything is sent',
    async () => {
      const list = async (): Promise<string> => (await place.run(['imports', 'list'])).stdout
      const before = await list()
      const { code, stdout, stderr } = await place.run(['import', 'school.zip', '--faults', 'nowhere/faults.csv'])
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('--faults nowhere/faults.csv: ') as never])
      expect(await list()).toBe(before)
    },
    slow,
  )

  test(
    'of what the guard holds changes nothing and ends with 2, and is applied by its id',
    async () => {
      await write('held.zip', { ...faulty, courses: school.courses.replace('Maths', 'Geometry') })
      const ended = await place.run(['import', 'held.zip', '--source', 'sis', '--json'])
      const { id, ...job } = json<ToldImport>(ended)
      expect([ended.code, job.status, job.publishedAt]).toEqual([2, 'held', undefined])
      expect(job.reason).toContain('orgs.csv would refuse 1 of 2 rows')
      const applied = await place.run(['imports', 'apply', id, '--note', 'a castle is none of ours'])
      expect([applied.code, applied.stdout]).toEqual([
        0,
        expect.stringContaining(`import ${id} of source sis: published at `) as never,
      ])
    },
    slow,
  )

  test(
    '--strict ends with 1 when a row is refused, and changes nothing',
    async () => {
      await write('strict.zip', { ...faulty, courses: school.courses.replace('Maths', 'Algebra') })
      const ended = await place.run(['import', 'strict.zip', '--source', 'sis', '--strict', '--json'])
      const { status, publishedAt, reason } = json<ToldImport>(ended)
      expect([ended.code, status, publishedAt, reason]).toEqual([
        1,
        'failed',
        undefined,
        'the package has 1 faults, and onFault is reject',
      ])
      const told = await place.run(['import', 'strict.zip', '--source', 'sis', '--strict'])
      expect([told.code, told.stdout]).toEqual([1, expect.stringContaining('has failed: the package has 1') as never])
    },
    slow,
  )

  test(
    'of what is no package says why in one line, and ends with 1',
    async () => {
      await Bun.write(`${place.directory}/none.zip`, 'no zip')
      await Bun.write(`${place.directory}/bare.zip`, await zipOf({ 'orgs.csv': school.orgs }))
      for (const [file, message] of [
        ['none.zip', 'no readable zip archive'],
        ['bare.zip', 'assume bulk or assume delta'],
        ['missing.zip', 'missing.zip: no such file'],
      ] as const) {
        const { code, stdout, stderr } = await place.run(['import', file])
        expect([code, stdout]).toEqual([1, ''])
        expect(stderr).toContain(message)
        expect(stderr.trim().split('\n').length).toBe(1)
      }
    },
    slow,
  )
})

describe('clients', () => {
  interface Client {
    readonly clientId: string
    readonly clientSecret?: string
    readonly oauth1Secret?: string
    readonly oauth1: boolean
    readonly name: string
    readonly scopes: string[]
    readonly rotatedAt: string | null
    readonly revokedAt: string | null
  }

  test('create, list, rotate and revoke --json: a secret is shown when it is made, and never again', async () => {
    const clients = async (...args: string[]): Promise<Ended> => place.run(['clients', ...args, '--json'])
    const made = json<Client>(
      await clients('create', '--name', 'LMS', '--scope', 'roster.readonly', '--scope', 'roster-core.readonly'),
    )
    expect(Object.keys(made)).toEqual(['clientId', 'clientSecret'])
    const listed = await clients('list')
    expect(json<Client[]>(listed)).toMatchObject([
      { clientId: made.clientId, name: 'LMS', oauth1: false, rotatedAt: null, revokedAt: null },
    ])
    // of both versions: a name opens the same data in each
    expect(json<Client[]>(listed)[0]?.scopes.map((scope) => scope.split('/or/').at(-1))).toEqual([
      'v1p1/scope/roster.readonly',
      'v1p2/scope/roster.readonly',
      'v1p1/scope/roster-core.readonly',
      'v1p2/scope/roster-core.readonly',
    ])
    expect(listed.stdout).not.toContain(String(made.clientSecret))
    const rotated = json<Client>(await clients('rotate', made.clientId))
    expect(rotated.clientId).toBe(made.clientId)
    expect(rotated.clientSecret).not.toBe(made.clientSecret as string)
    expect(json<object>(await clients('revoke', made.clientId))).toEqual({ clientId: made.clientId, revoked: true })
    const [last] = json<Client[]>(await clients('list'))
    expect([last?.rotatedAt === null, last?.revokedAt === null]).toEqual([false, false])
    const gone = await clients('rotate', made.clientId)
    expect([gone.code, gone.stdout, gone.stderr]).toEqual([1, '', `no client "${made.clientId}", or it is revoked\n`])
  }, 120_000)

  test('--oauth1 gives a consumer secret too, and rotate another; without OAUTH1_KEY neither, and nothing changes', async () => {
    const settings = { OAUTH1_KEY: 'k'.repeat(32) }
    const create = ['clients', 'create', '--name', 'Signer', '--scope', 'roster.readonly', '--oauth1', '--json']
    const keyless = await place.run(create)
    expect([keyless.code, keyless.stdout, keyless.stderr]).toEqual([
      1,
      '',
      '--oauth1: the setting OAUTH1_KEY is wanted\n',
    ])
    const made = json<Client>(await place.run(create, settings))
    expect(Object.keys(made)).toEqual(['clientId', 'clientSecret', 'oauth1Secret'])
    expect(made.oauth1Secret).toBe(await consumerSecret(settings.OAUTH1_KEY, made.clientId, 1))
    const listed = async (): Promise<Client | undefined> =>
      json<Client[]>(await place.run(['clients', 'list', '--json'])).find((c) => c.clientId === made.clientId)
    expect(await listed()).toMatchObject({ name: 'Signer', oauth1: true, rotatedAt: null })
    expect((await place.run(['clients', 'list'])).stdout).toMatch(/Signer .*signs by OAuth 1\.0a\n/)
    const refused = await place.run(['clients', 'rotate', made.clientId])
    expect([refused.code, refused.stderr, (await listed())?.rotatedAt]).toEqual([
      1,
      expect.stringContaining('OAUTH1_KEY must be set') as never,
      null,
    ])
    const told = await place.run(['clients', 'rotate', made.clientId], settings)
    const second = await consumerSecret(settings.OAUTH1_KEY, made.clientId, 2)
    expect([told.code, told.stdout]).toEqual([0, expect.stringContaining(`consumer secret  ${second}\n`) as never])
  }, 120_000)

  test(
    'create wants a name and scopes that there are',
    async () => {
      const wrong = await place.run(['clients', 'create', '--name', 'LMS', '--scope', 'everything'])
      expect([wrong.code, wrong.stdout]).toEqual([1, ''])
      expect(wrong.stderr).toContain('no scope "everything"')
      expect(wrong.stderr).toContain('roster.readonly')
      const nameless = await place.run(['clients', 'create', '--scope', 'roster.readonly'])
      expect([nameless.code, nameless.stderr]).toEqual([1, '--name NAME is wanted\n'])
    },
    slow,
  )
})

describe('a command', () => {
  test(
    'lists every fault of its settings at once, and none of it starts',
    async () => {
      const { code, stdout, stderr } = await place.run(['migrate', '--data', 'untouched'], {
        DATABASE_URL: 'mysql://x',
        PUBLIC_URL: 'roster.example',
        LOG_LEVEL: 'loud',
        DATABASE_POOL_SIZE: '0',
        TOKEN_SECONDS: 'an hour',
        IMPORT_MAX_UNPACKED_BYTES: '1e999',
      })
      expect([code, stdout]).toEqual([1, ''])
      for (const name of [
        'DATABASE_URL',
        'PUBLIC_URL',
        'LOG_LEVEL',
        'DATABASE_POOL_SIZE',
        'TOKEN_SECONDS',
        'IMPORT_MAX_UNPACKED_BYTES',
      ])
        expect(stderr).toContain(`- ${name} must be `)
      expect(existsSync(`${place.directory}/untouched`)).toBe(false)
    },
    slow,
  )

  test.each([
    [['conquer'], 'no command "conquer"'],
    [['import'], 'name the package'],
    [['migrate', '--colour'], '--colour'],
    [['serve', '--port', 'x'], '--port must be a whole number, not "x"'],
    [['edge'], 'name the file'],
    [['import', 'school.zip', '--assume', 'full'], '--assume must be bulk or delta'],
  ])(
    'that is not understood says so: %p',
    async (args, message) => {
      const { code, stdout, stderr } = await place.run(args)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain(message)
      expect(stderr).not.toContain('    at ')
    },
    slow,
  )

  test(
    'district writes a package that import takes whole',
    async () => {
      const written = await place.run(['district', '--students', '30', '--seed', '3', '--out', 'district.zip'])
      expect([written.code, written.stdout]).toEqual([0, ''])
      const job = json<ToldImport>(await place.run(['import', 'district.zip', '--source', 'made-up', '--json']))
      expect([job.status, job.faultCount]).toEqual(['completed', 0])
    },
    slow,
  )

  test.skipIf(backend === 'postgres')(
    'takes a directory over whose holder is gone [needs a data directory: PGlite]',
    async () => {
      const gone = Bun.spawn(['true'])
      await gone.exited
      mkdirSync(`${place.directory}/stale`)
      const lock = `${place.directory}/stale/rosterhub.lock`
      writeFileSync(lock, JSON.stringify({ pid: gone.pid, holder: 'a server on port 3000' }))
      expect((await place.run(['migrate', '--data', 'stale'])).code).toBe(0)
      expect(existsSync(lock)).toBe(false)
    },
    slow,
  )

  test.skipIf(backend === 'postgres')(
    'keeps out of a directory that a live process holds, which goes on [needs a data directory: PGlite]',
    async () => {
      mkdirSync(`${place.directory}/held`)
      const lock = `${place.directory}/held/rosterhub.lock`
      const holder = JSON.stringify({ pid: process.pid, holder: 'a server on port 3000' })
      writeFileSync(lock, holder)
      const { code, stderr } = await place.run(['clients', 'list', '--data', 'held'])
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`in use by a server on port 3000 (process ${process.pid})`) as never,
      ])
      expect(readFileSync(lock, 'utf8')).toBe(holder)
    },
    slow,
  )
})
