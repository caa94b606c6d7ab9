// The pipeline: authorise -> request -> store -> response. It knows the stages and nothing else.

import type { Auth } from './auth.ts'
import type { Call, OneCall, PageCall } from './call.ts'
import { toApiError, type Warning } from './errors.ts'
import { callBuild, entityTag, isKnown } from './etag.ts'
import type { Operation } from './generated/operations.ts'
import { type RequestOptions, readCall } from './request.ts'
import { notModified, oneResponse, pageResponse, postResponse, putResponse, removeResponse } from './response.ts'
import type { Store } from './store.ts'
import type { Visit } from './visit.ts'

export interface Stages {
  readonly auth: Auth
  readonly store: Store
  readonly options: RequestOptions
}

/** Answers one operation. Throws ApiError, or what a stage threw. */
export async function answer(stages: Stages, operation: Operation, visit: Visit): Promise<{ response: Response }> {
  const { client } = await stages.auth.authorise(visit, operation.scopes, operation)
  const call = await readCall(visit.request, operation, stages.options)
  return { response: await perform(stages.store, client, await tagged(client, call), visit) }
}

/** What one client may see, another may not, and what is at one address, may not be at another: a tag says whose it is. */
async function tagged(client: string, call: Call): Promise<Call> {
  return call.kind === 'page' || call.kind === 'one' ? { ...call, build: await callBuild(client, call) } : call
}

async function perform(store: Store, client: string, call: Call, visit: Visit): Promise<Response> {
  switch (call.kind) {
    case 'page': {
      const known = await unchanged(store, client, call)
      if (known !== undefined) return known
      const [page, warnings] = await tolerant(call, (asked) => store.page(client, asked))
      visit.rows = page.count
      return pageResponse(call, page, page.isSorted ? warnings : [...warnings, unsorted(call)])
    }
    case 'one': {
      const [one, warnings] = await tolerant(call, (asked) => store.one(client, asked))
      visit.rows = 1
      return oneResponse(call, one, warnings)
    }
    case 'put':
      return putResponse(await store.put(client, call))
    case 'post':
      return postResponse(await store.post(client, call))
    case 'remove':
      await store.remove(client, call)
      return removeResponse()
  }
}

/** 1.1 answers a request for unknown fields with the whole record and a warning; 1.2 refuses it. */
async function tolerant<C extends PageCall | OneCall, Answer>(
  call: C,
  read: (call: C) => Promise<Answer>,
): Promise<[Answer, readonly Warning[]]> {
  try {
    return [await read(call), []]
  } catch (thrown) {
    const { codeMinor, message } = toApiError(thrown)
    if (call.operation.service !== 'v1p1' || codeMinor !== 'invalid_selection_field') throw thrown
    return [await read({ ...call, fields: undefined }), [{ codeMinor, message }]]
  }
}

const unsorted = ({ sort }: PageCall): Warning => ({
  codeMinor: 'invalid_sort_field',
  message: `sort: "${sort}" is nothing to sort by; the order is by sourcedId`,
})

/** 304, for the price of one number, where the client has the page as it is now. */
async function unchanged(store: Store, client: string, call: PageCall): Promise<Response | undefined> {
  // "*" is any version of a page that there is, which only the page tells
  if (call.knownTags === undefined || call.knownTags.includes('*')) return undefined
  const tag = entityTag(await store.version(client, call), call.build)
  return isKnown(call.knownTags, tag) ? notModified(tag) : undefined
}
