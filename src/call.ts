// The words between HTTP and SQL. Types only.

import type { Operation } from './generated/operations.ts'

export interface Clause {
  readonly field: string
  readonly operator: '=' | '!=' | '>' | '>=' | '<' | '<=' | '~'
  readonly value: string
  /** Where the field stands in the filter, from 1. */
  readonly position: number
}

/** Alternatives (OR) of clauses that must all hold (AND). */
export type Filter = readonly (readonly Clause[])[]

/** Where a page ended: its last row's sort key (null for the default order) and sourcedId. */
export type Cursor = readonly [key: string | null, sourcedId: string]

interface Asked {
  readonly operation: Operation
  readonly arguments: readonly string[]
}

interface Reading extends Asked {
  readonly fields: readonly string[] | undefined
  /** The entity tags of If-None-Match. */
  readonly knownTags: readonly string[] | undefined
  /** What entity tags of this build end in. */
  readonly build: string
  /** The address references begin with, ending in a slash: https://host/ims/oneroster/. */
  readonly base: string
}

export interface PageCall extends Reading {
  readonly kind: 'page'
  readonly filter: Filter | undefined
  /** The filter as it was sent, part of the key of its total. */
  readonly filterText: string | undefined
  readonly sort: string | undefined
  readonly descending: boolean
  readonly limit: number
  readonly offset: number
  readonly cursor: Cursor | undefined
  /** The address of this page, for the addresses of the others. */
  readonly url: URL
}

export interface OneCall extends Reading {
  readonly kind: 'one'
}

/** A record as its sender wrote it, checked. */
export type SentRecord = Readonly<Record<string, unknown>> & { readonly sourcedId: string }

export interface PutCall extends Asked {
  readonly kind: 'put'
  readonly record: SentRecord
  /** The versions of If-Match, one of which the record must have; `*` is any. */
  readonly versions: readonly string[] | undefined
}

export interface PostCall extends Asked {
  readonly kind: 'post'
  readonly records: readonly SentRecord[]
}

export interface RemoveCall extends Asked {
  readonly kind: 'remove'
  readonly versions: readonly string[] | undefined
}

export type Call = PageCall | OneCall | PutCall | PostCall | RemoveCall

export interface Page {
  readonly body: Uint8Array
  readonly count: number
  readonly total: number
  readonly last: Cursor | undefined
  readonly hasMore: boolean
  readonly version: number
  /** False where the call's sort names nothing to sort by. */
  readonly isSorted: boolean
}

export interface One {
  readonly body: Uint8Array
  readonly version: string
}

export interface Outcome {
  readonly outcome: 'created' | 'replaced' | 'unchanged'
}

export interface Pair {
  readonly suppliedSourcedId: string
  readonly allocatedSourcedId: string
}
