// Imports behind the address of a hub: a token that is renewed, a package streamed from the disk, events followed, and
// looked after by asking where they break off.

import { isEnded, type JobOptions } from '../job.ts'
import { CommandError } from './data.ts'
import type { Imports, ListFilter, ToldChange, ToldFault, ToldImport } from './transport.ts'

export interface RemoteOptions {
  /** The hub's own address, without a path. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  /** Milliseconds between two questions where events are not to be had; default 1000. */
  readonly everyMs?: number
}

interface Named {
  readonly 'client-id'?: string | undefined
  readonly 'client-secret'?: string | undefined
}

/** Where a hub is, and by which client it is asked. Throws CommandError where that is not said. */
export function remoteOf(
  url: string,
  flags: Named,
  environment: Readonly<Record<string, string | undefined>>,
): RemoteOptions {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CommandError(`--url must be the address of a hub, such as https://hub.example.org, not "${url}"`)
  const clientId = flags['client-id'] ?? environment['ROSTERHUB_CLIENT_ID']
  const clientSecret = flags['client-secret'] ?? environment['ROSTERHUB_CLIENT_SECRET']
  if (!clientId || !clientSecret)
    throw new CommandError(
      '--url wants the id and the secret of a client: set ROSTERHUB_CLIENT_ID and ROSTERHUB_CLIENT_SECRET',
    )
  return { url: url.replace(/\/+$/, ''), clientId, clientSecret }
}

/** How often a hub that does not answer is asked again before the command gives up. */
const patience = 60
/** A token is renewed so many milliseconds before its end. */
const renewMs = 30_000

interface Request {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Imports of the hub at an address. Every call throws CommandError with the hub's own words where it refuses. */
export function remoteImports(options: RemoteOptions): Imports {
  const hub = new RemoteHub(options)
  const { everyMs = 1000 } = options
  const one = (id: string): string => `/imports/${encodeURIComponent(id)}`
  const noted = (note: string | undefined): Request =>
    note === undefined
      ? { method: 'POST' }
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ note }) }
  const get = (id: string): Promise<ToldImport> => hub.json(one(id))

  return {
    place: ` --url ${options.url}`,
    get,
    send: (archive, asked, onBytes) => send(hub, archive, asked, onBytes),
    list: async (filter: ListFilter) =>
      (await hub.json<{ imports: ToldImport[] }>('/imports', { query: { ...filter } })).imports,
    apply: (id, note) => hub.json(`${one(id)}/apply`, noted(note)),
    cancel: (id) => hub.json(`${one(id)}/cancel`, { method: 'POST' }),
    revert: (id, note) => hub.json(`${one(id)}/revert`, noted(note)),
    faults: async (id, limit) =>
      (await hub.json<{ faults: ToldFault[] }>(`${one(id)}/faults`, { query: { limit } })).faults,
    faultsCsv: async (id) => {
      const { body } = await hub.ask(`${one(id)}/faults`, { headers: { accept: 'text/csv' } })
      return body ?? new ReadableStream({ start: (controller) => controller.close() })
    },
    changes: (id, filter) => changes(hub, `${one(id)}/changes`, filter),
    async *follow(id) {
      let isOver = false
      try {
        const { body } = await hub.ask(`${one(id)}/events`)
        for await (const job of eventsIn(body)) {
          isOver = isEnded(job)
          yield job
        }
      } catch (thrown) {
        if (isFinal(thrown)) throw thrown
      }
      for (let missed = 0; !isOver; await Bun.sleep(everyMs)) {
        const job = await get(id).catch((thrown) => {
          missed += 1
          if (isFinal(thrown) || missed > patience) throw thrown
        })
        if (job === undefined) continue
        missed = 0
        isOver = isEnded(job)
        yield job
      }
    },
  }
}

/** The hub is not there, or cannot answer now. */
class Unavailable extends CommandError {}

/** The hub has refused, and would again. */
const isFinal = (thrown: unknown): boolean => thrown instanceof CommandError && !(thrown instanceof Unavailable)

class RemoteHub {
  private token: { readonly text: string; readonly untilMs: number } | undefined

  constructor(private readonly options: RemoteOptions) {}

  /** The answer to a request; with a new token where the old one is no longer taken. */
  async ask(path: string, request: Request = {}): Promise<Response> {
    const answer = await this.attempt(path, request)
    if (answer.status !== 401 || request.body instanceof ReadableStream) return accepted(answer)
    await answer.body?.cancel()
    this.token = undefined
    return accepted(await this.attempt(path, request))
  }

  async json<Body>(path: string, request?: Request): Promise<Body> {
    return (await this.ask(path, request)).json() as Promise<Body>
  }

  private async attempt(path: string, { method = 'GET', headers, body, query = {} }: Request): Promise<Response> {
    const url = new URL(this.options.url + path)
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const authorization = `Bearer ${await this.bearer()}`
    return this.fetched(url, {
      method,
      headers: { ...headers, authorization },
      ...(body === undefined ? {} : { body }),
    })
  }

  private fetched(url: URL, init: RequestInit): Promise<Response> {
    return fetch(url, init).catch((cause: Error) => {
      throw new Unavailable(`${this.options.url} does not answer: ${cause.message}`, { cause })
    })
  }

  private async bearer(): Promise<string> {
    if (this.token !== undefined && Date.now() < this.token.untilMs) return this.token.text
    const { url, clientId, clientSecret } = this.options
    const encoded = [clientId, clientSecret].map(encodeURIComponent).join(':')
    const answer = await this.fetched(new URL(`${url}/oauth2/token`), {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(encoded)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    if (!answer.ok) throw refusalOf(answer, `${url} gives no token: ${await wordsOf(answer)}`)
    const { access_token: text, expires_in: seconds } = (await answer.json()) as {
      access_token: string
      expires_in: number
    }
    this.token = { text, untilMs: Date.now() + Math.max(seconds * 1000 - renewMs, (seconds * 1000) / 2) }
    return text
  }
}

async function accepted(answer: Response): Promise<Response> {
  if (answer.ok) return answer
  const location = answer.headers.get('location')
  const record = location === null ? '' : ` (import ${location.slice(location.lastIndexOf('/') + 1)})`
  throw refusalOf(answer, `the hub refuses with ${answer.status}: ${await wordsOf(answer)}${record}`)
}

const refusalOf = ({ status }: Response, message: string): CommandError =>
  [429, 502, 503, 504].includes(status) ? new Unavailable(message) : new CommandError(message)

/** What a refusal says, in whichever form. */
async function wordsOf(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    const body = JSON.parse(text) as Readonly<Record<string, string | undefined>>
    return body['imsx_description'] ?? body['error_description'] ?? body['error'] ?? text
  } catch {
    return text.slice(0, 200)
  }
}

async function send(
  hub: RemoteHub,
  archive: Blob,
  options: JobOptions,
  onBytes: (doneBytes: number, totalBytes: number) => void,
): Promise<ToldImport> {
  const reader = archive.stream().getReader()
  let doneBytes = 0
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) return controller.close()
      doneBytes += value.length
      onBytes(doneBytes, archive.size)
      controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
  // told beforehand, a package that is too large is refused before it is sent
  const headers = { 'content-type': 'application/zip', 'content-length': String(archive.size) }
  return hub.json('/imports', { method: 'POST', headers, body, query: { ...options } })
}

async function* changes(hub: RemoteHub, path: string, filter: Request['query']): AsyncGenerator<ToldChange> {
  for (let after: string | undefined; ; ) {
    const answer = await hub.ask(path, { query: { ...filter, limit: 1000, after } })
    yield* ((await answer.json()) as { changes: ToldChange[] }).changes
    const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    if (next === undefined) return
    after = new URL(next).searchParams.get('after') ?? undefined
  }
}

async function* eventsIn(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ToldImport> {
  if (body === null) return
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as ToldImport
    }
  }
}
