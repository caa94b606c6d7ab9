// What a start says of its settings: every fault by name, and never a secret, whatever went wrong with it.

import { describe, expect, test } from 'bun:test'
import { openPlace } from '../support/command.ts'

describe('a start', () => {
  test('ends at a slip in the name of a setting, and at every other fault with it', async () => {
    const place = await openPlace()
    const { code, stdout, stderr } = await place.run(['serve', '--port', '0'], {
      DATABSE_URL: 'postgres://user:hunter2@db.test/hub',
      TOKEN_SECONDS: 'hunter2',
      ...('DATABASE_URL' in place.settings ? { DATABASE_URL: undefined as unknown as string } : {}),
    })
    expect([
      code,
      stdout,
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ]).toEqual([
      1,
      '',
      ['settings', '- TOKEN_SECONDS must be a whole number of at least 1', '- DATABSE_URL is no setting'],
    ])
    expect(stderr).not.toContain('hunter2')
  })

  test.each([
    'postgres://user:hunter2@127.0.0.1:1/hub',
    'postgres://user:hunter2@nowhere.invalid/hub',
    'postgres://user:hunter2@127.0.0.1:99999/hub',
    'postgres://user:hunter2@[::1/hub',
    'postgres://user:hunter2%zz@127.0.0.1:1/hub',
    'postgres://user:hunter2@127.0.0.1:1/hub?sslmode=hunter2',
  ])('never tells the password of a database that it cannot reach: %s', async (url) => {
    const place = await openPlace()
    const { code, stdout, stderr } = await place.run(['migrate'], { DATABASE_URL: url })
    expect(code).toBe(1)
    expect(stderr.length).toBeGreaterThan(0)
    expect(stdout + stderr).not.toContain('hunter2')
  })
})
