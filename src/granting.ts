// Grants over HTTP: told, set, and tried: what a client would see, as it would see it. A handler for each operation, by its
// operationId.

import type { PageCall } from './call.ts'
import type { Sql } from './database.ts'
import { GrantOrder } from './generated/hub.schemas.ts'
import { type Operation, operations } from './generated/operations.ts'
import { type Granted, readGranted, setGrant } from './grants.ts'
import { bodyOf, idOf, missing, withoutNulls } from './orders.ts'
import type { Asked, Handler } from './own.ts'
import { type RequestOptions, readReading } from './request.ts'
import type { Store } from './store.ts'

export interface GrantingOptions {
  readonly sql: Sql
  readonly store: Store
  readonly options: RequestOptions
}

/** The collections of 1.2 as a whole: those of 1.1 show the same records. */
const wholes = operations.filter(
  ({ kind, path, service }) => kind === 'page' && !path.includes('{') && service !== 'v1p1' && path.startsWith('/ims/'),
)
/** Of terms, students and the like, which are a part of another: the record's own collection is told. */
const own = wholes.filter(({ id }) => !/All(Terms|GradingPeriods|Schools|Students|Teachers)$/.test(id))

/** The handlers by operationId. */
export function grantingHandlers({ sql, store, options }: GrantingOptions): Readonly<Record<string, Handler>> {
  const granted = async (asked: Asked): Promise<Granted> => {
    const id = idOf(asked, 'client')
    return (await readGranted(sql, id, asked.caller)) ?? missing('client', id)
  }
  return {
    getGrant: async (asked) => Response.json(told(await granted(asked))),

    setGrant: async (asked) => {
      const {
        orgs = null,
        roles = null,
        entities = null,
        hidden = [],
        mayWrite = true,
      } = await bodyOf(asked, GrantOrder)
      await setGrant(sql, idOf(asked, 'client'), { orgs, roles, entities, hidden, mayWrite }, asked.caller)
      return Response.json(told(await granted(asked)))
    },

    previewClient: async (asked) => {
      const found = await granted(asked)
      const sample = asked.parameters['sample'] as number
      const collections: object[] = []
      let rows = 0
      for (const operation of own) {
        if (!isOpen(operation, found.scopes)) continue
        // nobody is shown by way of a client what the own token does not open
        if (!isOpen(operation, [...asked.caller.scopes])) {
          collections.push({ collection: operation.envelope, operation: operation.id, isWithheld: true })
          continue
        }
        const { total, records } = await firstOf(store, found.clientId, callOf(asked, operation, sample, options))
        collections.push({
          collection: operation.envelope,
          operation: operation.id,
          total,
          records: records.slice(0, sample),
        })
        rows += Math.min(records.length, sample)
      }
      asked.visit.rows = rows
      return Response.json({ ...told(found), collections }, { headers: { 'cache-control': 'no-store' } })
    },
  }
}

const told = ({ clientId, scopes, grant }: Granted): object => ({
  clientId,
  scopes,
  ...(grant === null ? {} : { grant: withoutNulls(grant) }),
})

const isOpen = (operation: Operation, scopes: readonly string[]): boolean =>
  operation.scopes.some((scope) => scopes.includes(scope))

function callOf({ request }: Asked, operation: Operation, sample: number, options: RequestOptions): PageCall {
  const url = new URL(operation.path, request.url)
  url.searchParams.set('limit', String(Math.max(1, sample)))
  return readReading(new Request(url), operation, options) as PageCall
}

async function firstOf(store: Store, client: string, call: PageCall): Promise<{ total: number; records: object[] }> {
  const { total, body } = await store.page(client, call)
  const records = JSON.parse(new TextDecoder().decode(body)) as Record<string, object[]>
  return { total, records: records[call.operation.envelope] ?? [] }
}
