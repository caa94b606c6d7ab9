// The pipeline: authorise -> request -> store -> response. It knows the stages and nothing else.

import type { Auth } from './auth.ts'
import type { Operation } from './generated/operations.ts'
import { type RequestOptions, readCall } from './request.ts'
import { oneResponse, pageResponse } from './response.ts'
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
  const signed = 'signed' in operation && operation.signed === true
  const { client } = await stages.auth.authorise(request, operation.scopes, { signed })
  const call = readCall(request, operation, stages.options)
  const response =
    call.kind === 'page'
      ? pageResponse(call, await stages.store.page(client, call))
      : oneResponse(await stages.store.one(client, call))
  return { response, client }
}
