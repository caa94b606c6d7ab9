// Work that comes in at the same time, done together: while one batch runs, what arrives waits for the next. A commit costs
// the same for one record as for sixty.

interface Waiting<Item, Answer> {
  readonly id: string
  readonly item: Item
  readonly settle: { resolve: (answer: Answer) => void; reject: (thrown: unknown) => void }
}

/**
 * Runs items by group, one batch of a group at a time, in the order they came; items of one id never share a batch.
 *
 * `work` gets 1 to `sizeMax` items and answers one for each, in their order. Where it throws for several, each is run alone,
 * so that none fails for another's sake. `sizeMax` 1: every item runs at once and alone, as a runtime wants that keeps the
 * I/O of its requests apart.
 */
export class Batches<Item, Answer> {
  private readonly waiting = new Map<string, Waiting<Item, Answer>[]>()

  constructor(
    private readonly sizeMax: number,
    private readonly work: (group: string, items: readonly Item[]) => Promise<readonly Answer[]>,
  ) {}

  async run(group: string, id: string, item: Item): Promise<Answer> {
    if (this.sizeMax === 1) return (await this.work(group, [item]))[0] as Answer
    return new Promise((resolve, reject) => {
      const entry = { id, item, settle: { resolve, reject } }
      const queue = this.waiting.get(group)
      if (queue !== undefined) return void queue.push(entry)
      this.waiting.set(group, [entry])
      void this.drain(group)
    })
  }

  private async drain(group: string): Promise<void> {
    const queue = this.waiting.get(group) ?? []
    while (queue.length > 0) await this.runBatch(group, this.take(queue))
    this.waiting.delete(group)
  }

  /** The next items of different ids; of the others the order is kept. */
  private take(queue: Waiting<Item, Answer>[]): Waiting<Item, Answer>[] {
    const taken = new Map<string, Waiting<Item, Answer>>()
    const left = queue.splice(0).filter((entry) => {
      if (taken.size >= this.sizeMax || taken.has(entry.id)) return true
      taken.set(entry.id, entry)
      return false
    })
    queue.push(...left)
    return [...taken.values()]
  }

  private async runBatch(group: string, batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.work(
        group,
        batch.map(({ item }) => item),
      )
      for (const [index, { settle }] of batch.entries()) settle.resolve(answers[index] as Answer)
    } catch (thrown) {
      const [first] = batch
      if (batch.length === 1) return first?.settle.reject(thrown)
      for (const entry of batch) await this.runBatch(group, [entry])
    }
  }
}
