// From the first page to a far offset by the `next` links, one request after another: how long each took, and that no
// record came twice and none was left out of the order.

const next = /<([^>]+)>; rel="next"/

export interface Walk {
  readonly latenciesMs: readonly number[]
  /** Records before the page the walk ended at. */
  readonly offset: number
}

export interface WalkOptions {
  readonly origin: string
  readonly path: string
  readonly token: string
  /** The walk ends with the page that begins here, or with the last. */
  readonly lastOffset: number
}

export async function walk({ origin, path, token, lastOffset }: WalkOptions): Promise<Walk> {
  const latenciesMs: number[] = []
  const headers = { authorization: `Bearer ${token}` }
  let lastId = ''
  let seenCount = 0
  for (let address: string | undefined = path; address !== undefined; ) {
    const sentAt = performance.now()
    const answer: Response = await fetch(origin + address, { headers })
    const text = await answer.text()
    latenciesMs.push(performance.now() - sentAt)
    if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${text}`)
    const offset = seenCount
    for (const { sourcedId } of (JSON.parse(text) as { users: { sourcedId: string }[] }).users) {
      if (sourcedId <= lastId) throw new Error(`${address}: "${sourcedId}" came after "${lastId}"`)
      lastId = sourcedId
      seenCount += 1
    }
    if (offset >= lastOffset) return { latenciesMs, offset }
    address = pathOf(next.exec(answer.headers.get('link') ?? '')?.[1])
  }
  return { latenciesMs, offset: seenCount }
}

/** A link names the public address; the server under test listens elsewhere. */
function pathOf(link: string | undefined): string | undefined {
  if (link === undefined) return undefined
  const url = new URL(link)
  return url.pathname + url.search
}
