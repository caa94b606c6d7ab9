// GET /exports/oneroster.zip: the package as it is made. One export at a time in a process: each holds a connection for as
// long as its reader takes.

import { ApiError } from './errors.ts'
import { type Export, type Exportable, exportPackage } from './exporter.ts'
import type { Observe } from './observe.ts'
import type { Handler } from './own.ts'

export const exportScope = 'urn:rosterhub:scope/export.readonly'

/** What answers the export, by the id of its operation; nothing where nothing can be exported. */
export function exportHandlers(database: Exportable | undefined, observe: Observe): Readonly<Record<string, Handler>> {
  if (database === undefined) return {}
  let isBusy = false
  return {
    exportPackage: async ({ request, client, parameters, visit }) => {
      // to count its bytes would be to make it
      if (request.method === 'HEAD') return new Response(null, { headers: plainHeaders })
      if (isBusy) throw busy()
      isBusy = true
      const startedAt = performance.now()
      const free = (): void => {
        isBusy = false
      }
      const since = parameters['since'] as string | undefined
      const made = await exportPackage(database, { client, since }).catch((thrown: unknown) => {
        free()
        throw thrown
      })
      made.ended.then(free, (cause: unknown) => {
        free()
        const durationMs = performance.now() - startedAt
        observe({ ...visit, method: 'GET', status: 500, durationMs, cause })
      })
      return responseOf(made)
    },
  }
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
