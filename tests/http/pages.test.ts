// Laws of every collection in the registry: pages without repeats, exact totals, links that lead on.

import { beforeAll, describe, expect, test } from 'bun:test'
import { operations } from '../../src/generated/operations.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { importDistrict } from '../support/packages.ts'

let hub: Hub
beforeAll(async () => {
  hub = await openHub()
  await importDistrict(hub.owner)
}, 60_000)

describe('hub', () => {
  test('answers', async () => {
    const answer = await hub.get('/users?limit=2')
    expect(answer.status).toBe(200)
    expect(((await answer.json()) as { users: unknown[] }).users.length).toBe(2)
    expect(operations.length).toBe(41)
  })
})
