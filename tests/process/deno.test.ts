// The app on Deno, started by the command of package.json with no more permissions than that names.

import { expect, test } from 'bun:test'
import packageJson from '../../package.json' with { type: 'json' }
import { backend } from '../support/database.ts'
import { portable } from '../support/portable.ts'
import { binaryOf, installRuntimes, startServer } from '../support/runtimes.ts'

const root = new URL('../../', import.meta.url).pathname
const [deno, ...command] = packageJson.scripts.deno.split(' ')
const start = (settings: Readonly<Record<string, string>>, port = '0') =>
  startServer([binaryOf('deno'), ...command, '--port', port], root, settings)

if (backend === 'pglite') {
  test.skip('Deno serves the hub [needs a database behind a URL: PostgreSQL]', () => {})
} else {
  const remote = portable(start)

  test('Deno ends at SIGTERM', async () => {
    expect(await remote().server.stop()).toBe(0)
  })
}

test.each([
  ['without DATABASE_URL', {}, '0', 'DATABASE_URL'],
  ['with a bad setting', { DATABASE_URL: 'postgres://127.0.0.1/none', TOKEN_SECONDS: 'many' }, '0', 'TOKEN_SECONDS'],
  ['with a bad port', { DATABASE_URL: 'postgres://127.0.0.1/none' }, 'x', '--port'],
])(
  'Deno %s says what it wants, and ends with 1',
  async (_, settings, port, wanted) => {
    await installRuntimes()
    expect(deno).toBe('deno')
    const said = await start(settings, port).then(
      () => 'it serves',
      (thrown: Error) => thrown.message,
    )
    expect(said).toContain('ended with 1')
    expect(said).toContain(wanted)
    expect(said).not.toContain('    at ')
  },
  60_000,
)
