// `clients grant ID`: what a client may see, set or told.

import type { Sql } from '../database.ts'
import { toApiError } from '../errors.ts'
import { type Grant, type KeptGrant, readGrant, setGrant } from '../grants.ts'
import { CommandError } from './data.ts'

export interface GrantFlags {
  readonly orgs?: readonly string[] | undefined
  readonly roles?: readonly string[] | undefined
  readonly entities?: readonly string[] | undefined
  /** Fields, as users.email, and entities. */
  readonly hide?: readonly string[] | undefined
  readonly readOnly?: boolean | undefined
  /** Lifts every limit. */
  readonly all?: boolean | undefined
}

/** Sets the grant the flags say, or tells the one there is where they say none. Throws CommandError that names what is wrong. */
export async function grantCommand(sql: Sql, id: string, flags: GrantFlags, json: boolean): Promise<string> {
  const { orgs = null, roles = null, entities = null, hide = [], readOnly = false, all = false } = flags
  const limits = orgs !== null || roles !== null || entities !== null || hide.length > 0 || readOnly
  if (limits && all) throw new CommandError('--all lifts every limit: give it alone')
  const grant: Grant = { orgs, roles, entities, hidden: hide, mayWrite: !readOnly }
  const found = limits || all ? await tried(() => setGrant(sql, id, grant)) : await readGrant(sql, id)
  return json ? JSON.stringify(found ?? null) : told(id, found)
}

async function tried<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (thrown) {
    const { status, message } = toApiError(thrown)
    throw status < 500 ? new CommandError(message) : thrown
  }
}

function told(id: string, grant: KeptGrant | undefined): string {
  if (grant === undefined) return `${id} sees what its scopes open: nothing else was granted.`
  const { orgs, roles, entities, hidden, mayWrite } = grant
  const list = (items: readonly string[] | null): string => (items === null ? 'all' : items.join(', '))
  return [
    `client    ${id}`,
    `orgs      ${list(orgs)}${orgs === null ? '' : ', and all below'}`,
    `roles     ${list(roles)}`,
    `entities  ${list(entities)}`,
    `hidden    ${hidden.length === 0 ? 'nothing' : hidden.join(', ')}`,
    `writes    ${mayWrite ? 'as its scopes allow' : 'none'}`,
  ].join('\n')
}
