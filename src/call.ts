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
  readonly fields: readonly string[] | undefined
  /** The address references begin with, ending in a slash: https://host/ims/oneroster/. */
  readonly base: string
}

export interface PageCall extends Asked {
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

export interface OneCall extends Asked {
  readonly kind: 'one'
}

export type Call = PageCall | OneCall

export interface Page {
  readonly body: Uint8Array
  readonly count: number
  readonly total: number
  readonly last: Cursor | undefined
  readonly hasMore: boolean
}
