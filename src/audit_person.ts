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

const personalCollections = [...new Set(telling.map(({ entity }) => collectionOf(entity)))]

const exportNames: readonly string[] = ['exportPackage']
/** An import tells the rows it changed, and the values it refused. */
const importNames: readonly string[] = ['listImportChanges', 'listImportFaults']
/** What another client would see, told to whoever may administer it, as far as its own scopes open it. */
const previewNames: readonly string[] = ['previewClient']
const scopesOf = (names: readonly string[]): readonly string[] =>
  hubOperations.filter(({ id }) => names.includes(id)).flatMap(({ scopes }) => scopes)

/** The operations whose answers may have a person in them without its id in the path. */
export const listOperations: readonly string[] = [
  ...telling.filter(({ kind }) => kind === 'page').map(({ id }) => id),
  ...importNames,
  ...previewNames,
]
export const exportOperations = exportNames

export interface PersonExport extends PersonRead {
  /** The client's grant does not have the person now; it may have had when the package was taken. */
  readonly isNowExcluded?: true
}

export interface PersonTold {
  readonly sourcedId: string
  /** Whether the hub has the person now. */
  readonly known: boolean
  /** The oldest request that is still on record. */
  readonly since: string | null
  /** As scopes and grants are now: the collections, `exports`, `imports` and `previews` that show the person. */
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
  /** Packages of all records that the client was granted when it took them. */
  readonly exports: readonly PersonExport[]
}

type PersonClient = PersonFacts['clients'][number]

/** Whether a client's grant has the person in one of these collections. */
const isGranted = ({ isVisible, entities }: PersonClient, collections: readonly string[]): boolean =>
  isVisible && (entities === null || collections.some((collection) => entities.includes(collection)))

const may = ({ scopes }: PersonClient, wanted: readonly string[]): boolean =>
  wanted.some((scope) => scopes.includes(scope))

/** What a preview shows: the collections of 1.2 as a whole. */
const previewed = telling.filter(
  ({ kind, path, service }) => kind === 'page' && service !== 'v1p1' && !path.includes('{'),
)

/** Says which is which. */
export function tellPerson(sourcedId: string, facts: PersonFacts): PersonTold {
  const { known, since, clients, reads: didRead, lists: mayHaveRead } = facts
  const isPreviewed = (to: PersonClient): boolean =>
    previewed.some(
      ({ scopes, entity }) =>
        may(to, scopes) && clients.some((one) => may(one, scopes) && isGranted(one, [collectionOf(entity)])),
    )
  const couldRead = clients.flatMap((client) => {
    const { clientId, name, revokedAt, hidden } = client
    const collections = telling.filter(({ scopes }) => may(client, scopes)).map(({ entity }) => collectionOf(entity))
    const through = [
      ...new Set(collections.filter((collection) => isGranted(client, [collection]))),
      ...(isGranted(client, personalCollections) && may(client, scopesOf(exportNames)) ? ['exports'] : []),
      ...(may(client, scopesOf(importNames)) ? ['imports'] : []),
      ...(may(client, scopesOf(previewNames)) && isPreviewed(client) ? ['previews'] : []),
    ]
    if (through.length === 0) return []
    return [{ clientId, name, ...(revokedAt === null ? {} : { revokedAt }), through, hidden }]
  })
  const excluded = new Set(
    clients.filter((one) => !isGranted(one, personalCollections)).map(({ clientId }) => clientId),
  )
  const exports = facts.exports.map(
    (read): PersonExport => (excluded.has(read.client ?? '') ? { ...read, isNowExcluded: true } : read),
  )
  return { sourcedId, known, since, couldRead, didRead, mayHaveRead, exports }
}
