// Imports as they run -> those who follow them. One statement a job in half a second at most, however many follow it, and
// none once nobody does.

import { isEnded, type Job, type Jobs } from './jobs.ts'

export interface FollowingOptions {
  /** Milliseconds between two looks at a job; default 500. */
  readonly everyMs?: number
  /** Milliseconds between two comments that keep a stream open; default 15,000. */
  readonly heartbeatMs?: number
}

type Tell = (job: Job) => void

/** One job that somebody follows. */
interface Followed {
  readonly tells: Set<Tell>
  job: Job
  timer?: ReturnType<typeof setTimeout>
}

export class Following {
  private readonly followed = new Map<string, Followed>()
  private readonly everyMs: number
  private readonly heartbeatMs: number

  constructor(
    private readonly jobs: Pick<Jobs, 'get'>,
    { everyMs = 500, heartbeatMs = 15_000 }: FollowingOptions = {},
  ) {
    this.everyMs = everyMs
    this.heartbeatMs = heartbeatMs
  }

  /**
   * Server-sent events: how the job stands, then each change, until it has ended or nobody reads any more. `written` makes
   * the data of an event. Ids count on from `lastId`. A reader that is slow misses progress, and no status.
   */
  events(job: Job, lastId: number, written: (job: Job) => object): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    let stop = (): void => {}
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        let [number, status] = [lastId, '']
        const send = (text: string): void => controller.enqueue(encoder.encode(text))
        const heartbeat = setInterval(() => send(': still here\n\n'), this.heartbeatMs)
        const tell = (told: Job): void => {
          const isProgress = told.status === status
          if (isProgress && (controller.desiredSize ?? 0) < 0) return
          number += 1
          status = told.status
          const event = isProgress ? 'progress' : 'status'
          send(`id: ${number}\nevent: ${event}\ndata: ${JSON.stringify(written(told))}\n\n`)
          if (!isEnded(told)) return
          stop()
          controller.close()
        }
        stop = () => {
          clearInterval(heartbeat)
          this.leave(job.id, tell)
        }
        this.join(job, tell)
      },
      cancel: () => stop(),
    })
  }

  private join(job: Job, tell: Tell): void {
    const known = this.followed.get(job.id)
    if (known === undefined) {
      const followed: Followed = { tells: new Set([tell]), job }
      this.followed.set(job.id, followed)
      this.lookLater(followed)
    } else {
      // who comes later has read the job later
      this.changed(known, job)
      known.tells.add(tell)
    }
    tell(job)
  }

  private leave(id: string, tell: Tell): void {
    const followed = this.followed.get(id)
    followed?.tells.delete(tell)
    if (followed === undefined || followed.tells.size > 0) return
    clearTimeout(followed.timer)
    this.followed.delete(id)
  }

  private lookLater(followed: Followed): void {
    followed.timer = setTimeout(() => void this.look(followed), this.everyMs)
  }

  private async look(followed: Followed): Promise<void> {
    // a database that is away for a while is asked again: the stream stays open
    const found = await this.jobs.get(followed.job.id).catch(() => undefined)
    if (followed.tells.size === 0) return
    this.lookLater(followed)
    if (found !== undefined) this.changed(followed, found)
  }

  private changed(followed: Followed, job: Job): void {
    if (JSON.stringify(job) === JSON.stringify(followed.job)) return
    followed.job = job
    for (const tell of [...followed.tells]) tell(job)
  }
}
