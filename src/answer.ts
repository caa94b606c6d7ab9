// The pipeline: authorise -> request -> store -> response. It knows the stages and nothing else.

import type { Auth } from './auth.ts'
import type { Call, PageCall } from './call.ts'
import { entityTag, isKnown } from './etag.ts'
import type { Operation } from './generated/operations.ts'
import { type RequestOptions, readCall } from './request.ts'
import { notModified, oneResponse, pageResponse, postResponse, putResponse, removeResponse } from './response.ts'
import type { Store } from './store.ts'

export interface Stages {
  readonly auth: Auth
  readonly store: Store
  readonly options: RequestOptions
}

/** Answers one operation. Throws ApiError, or what a stage threw. */
export async function answer(
  stages: Stages,
  operation: Operation,
  request: Request,
): Promise<{ response: Response; client: string }> {
  const { client } = await stages.auth.authorise(request, operation.scopes)
  const call = await readCall(request, operation, stages.options)
  return { response: await perform(stages.store, client, call), client }
}

async function perform(store: Store, client: string, call: Call): Promise<Response> {
  switch (call.kind) {
    case 'page':
      return (await unchanged(store, call)) ?? pageResponse(call, await store.page(client, call))
    case 'one':
      return oneResponse(call, await store.one(client, call))
    case 'put':
      return putResponse(await store.put(client, call))
    case 'post':
      return postResponse(await store.post(client, call))
    case 'remove':
      await store.remove(client, call)
      return removeResponse()
  }
}

/** 304, for the price of one number, where the client has the page as it is now. */
async function unchanged(store: Store, call: PageCall): Promise<Response | undefined> {
  if (call.knownTags === undefined) return undefined
  const tag = entityTag(await store.version(call), call.build)
  return isKnown(call.knownTags, tag) ? notModified(tag) : undefined
}
