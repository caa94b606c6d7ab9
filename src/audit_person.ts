// What the audit knows of a person -> which clients could have read of it, which did, and which may have in a list. Pure.

import type { PersonFacts, PersonRead } from './audit_log.ts'
import { hubOperations } from './generated/hub.operations.ts'
import { operations } from './generated/operations.ts'

const entityOf = (entity: string): string => entity.replace(/_v1p1$/, '')
const collectionOf = (entity: string): string =>
  entityOf(entity).replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())

/** The records that are about a person. */
const personal = new Set(['users', 'demographics', 'enrollments', 'results', 'assessment_results'])
const telling = operations.filter(
  ({ kind, entity }) => (kind === 'page' || kind === 'one') && personal.has(entityOf(entity)),
)

const exportNames: readonly string[] = ['exportPackage']
/** An import tells the rows it changed, and the values it refused. */
const importNames: readonly string[] = ['listImportChanges', 'listImportFaults']
const scopesOf = (names: readonly string[]): readonly string[] =>
  hubOperations.filter(({ id }) => names.includes(id)).flatMap(({ scopes }) => scopes)

/** The operations whose answers may have a person in them without its id in the path. */
export const listOperations: readonly string[] = [
  ...telling.filter(({ kind }) => kind === 'page').map(({ id }) => id),
  ...importNames,
]
export const exportOperations = exportNames

export interface PersonTold {
  readonly sourcedId: string
  /** Whether the hub has the person now. */
  readonly known: boolean
  /** The oldest request that is still on record. */
  readonly since: string | null
  /** As scopes and grants are now: the collections, `exports` and `imports` that show the person. */
  readonly couldRead: readonly {
    readonly clientId: string
    readonly name: string
    readonly revokedAt?: string
    readonly through: readonly string[]
    readonly hidden: readonly string[]
  }[]
  /** Asked by the id of the person, or of a record about it, and answered: certain. */
  readonly didRead: readonly PersonRead[]
  /** Lists that may have had the person: what they were filtered by is not on record. */
  readonly mayHaveRead: readonly PersonRead[]
  /** Packages of all records. */
  readonly exports: readonly PersonRead[]
}

/** Says which is which. */
export function tellPerson(sourcedId: string, facts: PersonFacts): PersonTold {
  const couldRead = facts.clients.flatMap(({ clientId, name, scopes, revokedAt, entities, hidden, isVisible }) => {
    const may = (wanted: readonly string[]): boolean => wanted.some((scope) => scopes.includes(scope))
    const shown = (collection: string): boolean => isVisible && (entities === null || entities.includes(collection))
    const collections = telling.filter((one) => may(one.scopes)).map(({ entity }) => collectionOf(entity))
    const through = [
      ...new Set(collections.filter(shown)),
      ...(isVisible && may(scopesOf(exportNames)) ? ['exports'] : []),
      ...(may(scopesOf(importNames)) ? ['imports'] : []),
    ]
    if (through.length === 0) return []
    return [{ clientId, name, ...(revokedAt === null ? {} : { revokedAt }), through, hidden }]
  })
  const { known, since, reads: didRead, lists: mayHaveRead, exports } = facts
  return { sourcedId, known, since, couldRead, didRead, mayHaveRead, exports }
}
