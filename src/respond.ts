// An operation and a request -> the answer, whatever becomes of it: the gate, the operation, a refusal's words; and one
// observation of it all. Knows no operation.

import { ApiError, errorResponse, isV1p1, toApiError } from './errors.ts'
import type { Observe } from './observe.ts'
import { argumentsOf, type Gate, requestIdOf, type Visit } from './visit.ts'

/** What answers an operation. `cause` is what went wrong inside, for the log, where it throws nothing. */
export type Answer = (visit: Visit) => Promise<{ readonly response: Response; readonly cause?: unknown }>

export interface RoutedOperation {
  /** operationId. */
  readonly name: string
  /** As the documents have it: /orgs/{sourcedId}. */
  readonly path: string
  readonly answer: Answer
  /** Its refusals, where they are not in the form of its binding. */
  readonly refuse?: (error: ApiError) => Response
}

export interface Route {
  /** As the router has it: /orgs/:p4. */
  readonly path: string
  readonly methods: Readonly<Record<string, RoutedOperation>>
}

export interface RespondOptions {
  readonly gate: Gate
  readonly observe: Observe
}

/** `address`: where the request comes from. Never throws. */
export async function respond(
  operation: RoutedOperation,
  request: Request,
  address: string | undefined,
  { gate, observe }: RespondOptions,
): Promise<Response> {
  const startedAt = performance.now()
  const visit: Visit = {
    request,
    requestId: requestIdOf(request),
    address,
    operation: operation.name,
    path: operation.path,
    arguments: argumentsOf(operation.path, request.url),
    headers: {},
  }
  const { response, cause } = await answered(operation, visit, gate)
  for (const [name, value] of Object.entries(visit.headers)) response.headers.set(name, value)
  response.headers.set('x-request-id', visit.requestId)
  observe({
    operation: visit.operation,
    method: request.method,
    path: visit.path,
    arguments: visit.arguments,
    status: response.status,
    durationMs: performance.now() - startedAt,
    requestId: visit.requestId,
    address: visit.address,
    client: visit.client,
    key: visit.key,
    rows: visit.rows,
    cause,
  })
  return response
}

async function answered(
  operation: RoutedOperation,
  visit: Visit,
  gate: Gate,
): Promise<{ readonly response: Response; readonly cause?: unknown }> {
  try {
    await gate.enter(visit)
    return await operation.answer(visit)
  } catch (thrown) {
    const error = await gate.refused(visit, toApiError(thrown))
    const { refuse = (refusal) => errorResponse(refusal, operation.path) } = operation
    return { response: refuse(error), cause: error.cause ?? error }
  }
}

/** The operation of a route that answers a method; one that refuses where the route has none. */
export function operationOf(route: Route, method: string): RoutedOperation {
  // HEAD is answered as GET in everything, the words of a refusal too: they make the length
  const asked = method === 'HEAD' ? 'GET' : method
  const known = route.methods[asked]
  if (known !== undefined) return known
  const path = Object.values(route.methods)[0]?.path ?? route.path
  return {
    name: 'none',
    path,
    answer: async () => {
      throw wrongMethod(route, asked)
    },
  }
}

/** What answers where there is nothing; `path` is what was asked for, and stands in no log. */
export const nowhere = (path: string): RoutedOperation => ({
  name: 'none',
  path: isV1p1(path) ? '/ims/oneroster/v1p1/*' : '/*',
  answer: async () => {
    throw new ApiError('unknownobject', `Unknown Object: no such path ${path}`)
  },
})

function wrongMethod(route: Route, method: string): ApiError {
  const allowed = Object.keys(route.methods).flatMap((known) => (known === 'GET' ? ['GET', 'HEAD'] : [known]))
  return new ApiError(
    'invaliddata',
    `${method} is not a method of this path; ${allowed.join(', ')} ${allowed.length > 1 ? 'are' : 'is'}`,
    {
      status: 405,
      headers: { allow: allowed.join(', ') },
    },
  )
}
