// A transaction whose connection may be lost. postgres.js would send its ROLLBACK to a socket that is gone, which ends the
// process, and would run what follows on the connection made anew, outside of any transaction (porsager/postgres, issues
// 1154 and 1208, pull request 1155).

type Called = (...all: never[]) => unknown

/** A connection that was lost tells so at once; an error that merely looks like it may be another connection's. */
const patienceMs = 1000

/** Runs `run` in a transaction that `begin` begins. Where its connection is lost it rejects, and no statement is sent any more. */
export async function inTransaction<Transaction extends Called, Result>(
  begin: (run: (transaction: Transaction) => Promise<Result>) => Promise<Result>,
  run: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  let isOver = false
  const refuse = (): void => {
    if (isOver)
      throw Object.assign(new Error('the connection of this transaction was lost'), { code: 'CONNECTION_CLOSED' })
  }
  const guarded = (transaction: Transaction): Transaction =>
    new Proxy(transaction, {
      apply: (target, self, all) => {
        refuse()
        return Reflect.apply(target, self, all)
      },
      get: (target, name) => {
        refuse()
        return Reflect.get(target, name)
      },
    })
  try {
    return await begin(async (transaction) => {
      try {
        return await run(guarded(transaction))
      } catch (thrown) {
        if (isLoss(thrown)) await new Promise((resolve) => setTimeout(resolve, patienceMs))
        throw thrown
      } finally {
        // `begin` has rejected already: whoever waits here would only send COMMIT or ROLLBACK
        if (isOver) await new Promise<never>(() => {})
      }
    })
  } finally {
    isOver = true
  }
}

/** Whether a connection was lost, by the client's own codes and the SQLSTATEs after which the server hangs up. */
export const isLoss = (thrown: unknown): boolean =>
  /^(08|57P|CONNECTION_|ECONN|EPIPE|ETIMEDOUT)/.test(String((thrown as { code?: unknown } | undefined)?.code))
