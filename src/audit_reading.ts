// GET /admin/audit: what was asked of the hub, newest first, to clients that may administer it.

import { type AuditFilter, readAudit } from './audit_log.ts'
import type { Sql } from './database.ts'
import { type Handler, linkTo } from './own.ts'

/** What answers the reading of the audit, by the id of its operation. */
export const auditHandlers = (sql: Sql, publicUrl: string | undefined): Readonly<Record<string, Handler>> => ({
  listAudit: async (asked) => {
    const { limit, before, ...filter } = asked.parameters
    const count = Number(limit)
    // one more than the page has, to know whether there is a next one
    const found = await readAudit(sql, filter as AuditFilter, count + 1, before as number | undefined)
    const audit = found.slice(0, count)
    asked.visit.rows = audit.length
    const last = audit.at(-1)
    const isMore = found.length > count && last !== undefined
    const headers = isMore ? { link: linkTo(publicUrl ?? asked.url.origin, asked, { before: last.id }) } : undefined
    return Response.json({ audit }, headers === undefined ? {} : { headers })
  },
})
