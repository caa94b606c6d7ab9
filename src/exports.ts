// GET /exports/oneroster.zip: who may, the parameter, the package as it is made. One export at a time in a process: each
// holds a connection for as long as its reader takes.

import type { Auth } from './auth.ts'
import { ApiError } from './errors.ts'
import { type Export, type Exportable, exportPackage } from './exporter.ts'
import type { Observe } from './observe.ts'

export const exportScope = 'urn:rosterhub:scope/export.readonly'
const path = '/exports/oneroster.zip'
const name = 'exportPackage'

type Answer = (request: Request) => Promise<{ response: Response; client: string }>

/** The route of the export; none where nothing can be exported. */
export function exportRoutes(
  database: Exportable | undefined,
  auth: Auth,
  observe: Observe,
): { path: string; methods: { GET: { name: string; answer: Answer } } }[] {
  if (database === undefined) return []
  let isBusy = false
  const answer: Answer = async (request) => {
    const { client } = await auth.authorise(request, [exportScope])
    const since = readSince(request)
    // to count its bytes would be to make it
    if (request.method === 'HEAD') return { response: new Response(null, { headers: plainHeaders }), client }
    if (isBusy) throw busy()
    isBusy = true
    const startedAt = performance.now()
    const free = (): void => {
      isBusy = false
    }
    const made = await exportPackage(database, { client, since }).catch((thrown: unknown) => {
      free()
      throw thrown
    })
    made.ended.then(free, (cause: unknown) => {
      free()
      observe({ operation: name, method: 'GET', status: 500, durationMs: performance.now() - startedAt, client, cause })
    })
    return { response: responseOf(made), client }
  }
  return [{ path, methods: { GET: { name, answer } } }]
}

const plainHeaders = { 'content-type': 'application/zip', 'cache-control': 'no-store' }

const responseOf = ({ stream, asOf, name }: Export): Response =>
  new Response(stream, {
    headers: {
      ...plainHeaders,
      'content-disposition': `attachment; filename="${name}"`,
      'rosterhub-as-of': asOf,
    },
  })

const busy = (): ApiError =>
  new ApiError('server_busy', 'another export is being made; try again', {
    status: 503,
    headers: { 'retry-after': '30' },
  })

function readSince(request: Request): string | undefined {
  const given = new URL(request.url).searchParams.getAll('since')
  if (given.length > 1) throw new ApiError('invaliddata', 'since: given twice', { status: 400 })
  return given[0]
}
