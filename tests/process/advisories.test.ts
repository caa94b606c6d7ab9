// `bun run audit:dependencies` against a registry that knows something, knows nothing, or is not there.

import { describe, expect, test } from 'bun:test'
import { atEnd } from '../support/cleanup.ts'

const root = new URL('../../', import.meta.url).pathname

/** Runs the audit against a registry that answers so. */
async function audit(answer: () => Response): Promise<{ code: number; said: string }> {
  const registry = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: answer })
  atEnd(() => registry.stop(true))
  return run(registry.url.href)
}

async function run(registry: string): Promise<{ code: number; said: string }> {
  const child = Bun.spawn([process.execPath, 'run', 'audit:dependencies'], {
    cwd: root,
    env: { ...process.env, BUN_CONFIG_REGISTRY: registry, npm_config_registry: registry },
    stdout: 'pipe',
    stderr: 'ignore',
  })
  const said = (await new Response(child.stdout).text()).trim()
  return { code: await child.exited, said }
}

const advisory = (severity: string) => ({
  elysia: [
    { id: 1, title: 'A fault', severity, url: 'https://example.test/1', vulnerable_versions: '<99.0.0', cwe: [] },
  ],
})
const told = (severity: string): string => `${severity}: elysia <99.0.0: A fault (https://example.test/1)`

describe('the audit of dependencies', () => {
  test.each(['high', 'critical'])('fails at an advisory that is %s', async (severity) => {
    expect(await audit(() => Response.json(advisory(severity)))).toEqual({
      code: 1,
      said: `${told(severity)}\n1 advisories, 1 of them high or critical`,
    })
  })

  test.each(['low', 'moderate'])('tells of one that is %s, and passes', async (severity) => {
    expect(await audit(() => Response.json(advisory(severity)))).toEqual({
      code: 0,
      said: `${told(severity)}\n1 advisories, 0 of them high or critical`,
    })
  })

  test('passes where nothing is known', async () => {
    expect(await audit(() => Response.json({}))).toEqual({ code: 0, said: '0 advisories, 0 of them high or critical' })
  })

  test('is skipped, and says so and why, where the registry cannot be asked', async () => {
    for (const { code, said } of [
      await run('http://127.0.0.1:1/'),
      await audit(() => new Response('no', { status: 405 })),
    ]) {
      expect(code).toBe(0)
      expect(said).toMatch(/^skipped: the registry tells of no advisories \(http:\S+ - (ConnectionRefused|405)\)/)
    }
  })
})
