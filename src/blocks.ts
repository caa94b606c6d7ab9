// The rows that a COPY sends, one a message -> blocks of whole rows: a megabyte of rows is ten thousand messages, too small
// to hand on each by itself. Holds the server back while its reader is busy.

interface RowStream {
  on(event: string, listener: (value: Uint8Array & Error) => void): unknown
  pause(): unknown
  resume(): unknown
}

const blockBytes = 256 * 1024
const waitingMax = 2
const lineFeed = 10
const carriageReturn = 13

export class RowBlocks {
  /** Whether the last row came, or an error in its place. */
  isOver = false
  /** What came in place of the last row. */
  failure: unknown
  private block = new Uint8Array(blockBytes)
  private usedBytes = 0
  private waiting: Uint8Array[] = []
  private isDiscarding = false
  private stopped: { readonly reason: unknown } | undefined
  private wake: () => void = () => {}

  constructor(
    private readonly stream: RowStream,
    lineEnd: '\n' | '\r\n',
  ) {
    const extraBytes = lineEnd.length - 1
    stream.on('data', (row: Uint8Array) => this.add(row, extraBytes))
    stream.on('end', () => this.end())
    stream.on('error', (cause: unknown) => this.end(cause))
  }

  /** Throws what the database raised. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.stopped !== undefined) throw this.stopped.reason
      const block = this.waiting.shift()
      if (block !== undefined) {
        yield block
        if (this.waiting.length < waitingMax && !this.isOver) this.stream.resume()
      } else if (this.isOver) {
        if (this.failure !== undefined) throw this.failure
        return
      } else await this.moved()
    }
  }

  /** Ends the reading, not what is read: the next block is the reason, thrown. */
  stop(reason: unknown): void {
    this.waiting = []
    this.stopped = { reason }
    this.wake()
  }

  /** Reads on to the end and keeps nothing. */
  async discard(): Promise<void> {
    this.isDiscarding = true
    this.waiting = []
    this.stream.resume()
    while (!this.isOver) await this.moved()
  }

  private moved(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  private add(row: Uint8Array, extraBytes: number): void {
    if (this.isDiscarding) return
    const sizeBytes = row.length + extraBytes
    if (this.usedBytes + sizeBytes > this.block.length) {
      this.pass()
      this.block = new Uint8Array(Math.max(blockBytes, sizeBytes))
    }
    this.block.set(row, this.usedBytes)
    this.usedBytes += sizeBytes
    if (extraBytes === 0) return
    this.block[this.usedBytes - 2] = carriageReturn
    this.block[this.usedBytes - 1] = lineFeed
  }

  private pass(): void {
    if (this.usedBytes === 0) return
    this.waiting.push(this.block.subarray(0, this.usedBytes))
    this.usedBytes = 0
    if (this.waiting.length >= waitingMax) this.stream.pause()
    this.wake()
  }

  private end(cause?: unknown): void {
    if (this.isOver) return
    this.pass()
    this.isOver = true
    this.failure = cause
    this.wake()
  }
}
