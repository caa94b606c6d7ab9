// Batches: what comes in while one runs goes together into the next, in order, never two of one id.

import { describe, expect, test } from 'bun:test'
import { Batches } from '../../src/batches.ts'

/** Batches whose work stands still until it is let go, and a record of what it was given. */
function held(sizeMax: number, answer: (item: string, batch: readonly string[]) => string = (item) => item) {
  const ran: string[] = []
  const gates: (() => void)[] = []
  const batches = new Batches<string, string>(sizeMax, async (group, items) => {
    ran.push(`${group}: ${items.join(' ')}`)
    await new Promise<void>((resolve) => gates.push(resolve))
    return items.map((item) => answer(item, items))
  })
  /** Lets every batch go that runs or will run. */
  const letGo = async (work: Promise<unknown>): Promise<void> => {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    while (!isOver) {
      gates.shift()?.()
      await Promise.resolve()
    }
  }
  return { batches, ran, letGo }
}

const idOf = (item: string): string => item.replace(/\d/g, '')

async function run(sizeMax: number, items: readonly string[], answer?: Parameters<typeof held>[1]) {
  const { batches, ran, letGo } = held(sizeMax, answer)
  const settled = Promise.allSettled(items.map((item) => batches.run('g', idOf(item), item)))
  await letGo(settled)
  const answers = (await settled).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))
  return { ran, answers }
}

describe('items that come in together', () => {
  test('are one batch behind the first, which does not wait', async () => {
    const { ran, answers } = await run(64, ['a', 'b', 'c', 'd'])
    expect(ran).toEqual(['g: a', 'g: b c d'])
    expect(answers).toEqual(['a', 'b', 'c', 'd'])
  })

  test('of one id never share a batch, and keep their order', async () => {
    const { ran, answers } = await run(64, ['a1', 'b1', 'a2', 'c1', 'a3', 'b2'])
    expect(ran).toEqual(['g: a1', 'g: b1 a2 c1', 'g: a3 b2'])
    expect(answers).toEqual(['a1', 'b1', 'a2', 'c1', 'a3', 'b2'])
  })

  test('are never more than the size allows, and none overtakes another of its id', async () => {
    const { ran } = await run(2, ['a1', 'b1', 'b2', 'c1', 'd1', 'b3'])
    expect(ran).toEqual(['g: a1', 'g: b1 c1', 'g: b2 d1', 'g: b3'])
  })

  test('each run at once and alone where the size is one', async () => {
    const { batches, ran, letGo } = held(1)
    const all = Promise.all(['a1', 'a2', 'b1'].map((item) => batches.run('g', idOf(item), item)))
    expect(ran).toEqual(['g: a1', 'g: a2', 'g: b1'])
    await letGo(all)
    expect(await all).toEqual(['a1', 'a2', 'b1'])
  })

  test('of different groups do not wait for each other', async () => {
    const { batches, ran, letGo } = held(64)
    const all = Promise.all([batches.run('g', 'a', 'a'), batches.run('h', 'a', 'a'), batches.run('g', 'b', 'b')])
    expect(ran).toEqual(['g: a', 'h: a'])
    await letGo(all)
    expect(ran).toEqual(['g: a', 'h: a', 'g: b'])
  })
})

describe('a batch that fails', () => {
  const failing = (bad: string) => (item: string, batch: readonly string[]) => {
    if (batch.includes(bad)) throw new Error(`no ${bad}`)
    return item
  }

  test('is run again one by one: only the item at fault fails', async () => {
    const { ran, answers } = await run(64, ['a', 'b', 'bad', 'c'], failing('bad'))
    expect(ran).toEqual(['g: a', 'g: b bad c', 'g: b', 'g: bad', 'g: c'])
    expect(answers).toEqual(['a', 'b', 'Error: no bad', 'c'])
  })

  test('of one item is not run again', async () => {
    const { ran, answers } = await run(64, ['bad'], failing('bad'))
    expect([ran, answers]).toEqual([['g: bad'], ['Error: no bad']])
  })

  test('does not stop what comes after it', async () => {
    const { batches, letGo } = held(64, failing('bad'))
    const first = batches.run('g', 'bad', 'bad')
    await letGo(first)
    expect(first).rejects.toThrow('no bad')
    const second = batches.run('g', 'b', 'b')
    await letGo(second)
    expect(await second).toBe('b')
  })
})
