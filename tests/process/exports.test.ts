// `export` as a child process: from its own data and from a running hub, and what it leaves behind where it fails.

import { beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { type Ended, main, openPlace, type Place } from '../support/command.ts'
import { filesIn } from '../support/exports.ts'
import { zipOf } from '../support/packages.ts'
import { packageOf, school } from '../support/rows.ts'
import { startServer } from '../support/runtimes.ts'

let place: Place
beforeAll(async () => {
  place = await openPlace()
  expect((await place.run(['migrate'])).code).toBe(0)
  await Bun.write(`${place.directory}/school.zip`, await zipOf(packageOf('bulk', school)))
  expect((await place.run(['import', 'school.zip'])).code).toBe(0)
}, 120_000)

const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T
const filesOf = (name: string) => filesIn(Bun.file(`${place.directory}/${name}`))
const archives = (): string[] =>
  readdirSync(place.directory)
    .filter((name) => /zip/.test(name))
    .sort()
const slow = 120_000

describe('export', () => {
  test(
    'writes a package, says of when it is, and with that a delta of what came after',
    async () => {
      const ended = await place.run(['export', 'out.zip', '--json'])
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      const { file, sizeBytes, asOf } = json<{ file: string; sizeBytes: number; asOf: string }>(ended)
      expect([file, sizeBytes]).toEqual(['out.zip', Bun.file(`${place.directory}/out.zip`).size])
      expect(Object.keys(await filesOf('out.zip'))).toHaveLength(9)
      const delta = await place.run(['export', 'delta.zip', '--since', asOf])
      expect(delta.stdout).toBe(
        `delta.zip: ${Bun.file(`${place.directory}/delta.zip`).size} bytes, as of ${asOf}; what comes after is --since ${asOf}\n`,
      )
      expect(Object.keys(await filesOf('delta.zip'))).toEqual(['manifest.csv'])
    },
    slow,
  )

  test(
    'from a running hub is the same package; a wrong secret, scope or moment is told, and leaves no file',
    async () => {
      const made = json<{ clientId: string; clientSecret: string }>(
        await place.run(['clients', 'create', '--name', 'n', '--scope', 'export.readonly', '--json']),
      )
      const other = json<{ clientId: string; clientSecret: string }>(
        await place.run(['clients', 'create', '--name', 'o', '--scope', 'roster.readonly', '--json']),
      )
      const command = [process.execPath, main, 'serve', '--port', '0']
      const server = await startServer(command, place.directory, { ...place.settings, LOG_LEVEL: 'error' })
      const url = server.origin
      const settings = { ROSTERHUB_CLIENT_ID: made.clientId, ROSTERHUB_CLIENT_SECRET: made.clientSecret }
      const ended = await place.run(['export', 'remote.zip', '--url', url], settings)
      expect([ended.code, ended.stderr]).toEqual([0, ''])
      expect(await filesOf('remote.zip')).toEqual(await filesOf('out.zip'))
      const before = archives()
      const refused = async (...more: string[]): Promise<string> => {
        const { code, stderr } = await place.run(['export', 'no.zip', '--url', url, ...more], settings)
        expect(code).toBe(1)
        return stderr
      }
      expect(await refused('--since', 'noon')).toContain('answered 400: since: "noon" is no date and time')
      expect(await refused('--client-secret', 'x')).toContain('gives no token: unknown client or wrong secret')
      expect(await refused('--client-id', other.clientId, '--client-secret', other.clientSecret)).toContain(
        'gives no token: the client may have none of the scopes',
      )
      expect(await refused('--url', 'http://127.0.0.1:1')).toContain('cannot be reached')
      expect(archives()).toEqual(before)
      expect(await server.stop()).toBe(0)
    },
    slow,
  )

  test(
    'that cannot be made says why and leaves no file',
    async () => {
      const before = archives()
      for (const [args, words] of [
        [['export'], 'name the file'],
        [['export', 'no.zip', '--since', 'noon'], '--since: "noon" is no date and time'],
        [['export', 'school.zip/no.zip'], 'school.zip/no.zip was not written'],
        [['export', 'no.zip', '--url', 'nowhere'], '--url must be the address of a hub'],
        [['export', 'no.zip', '--url', 'http://127.0.0.1:1'], '--url wants the id and the secret of a client'],
      ] as const) {
        const { code, stderr } = await place.run(args)
        expect([code, stderr.includes(words) ? words : stderr]).toEqual([1, words])
      }
      expect(archives()).toEqual(before)
    },
    slow,
  )
})
