// One name on every floor: the operations of the documents, of the registry, of the catalog and of the database are the
// same, and what is generated is fresh.

import { beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { operationsOf, readDocument, services } from '../../openapi/document.ts'
import { generated } from '../../openapi/generate.ts'
import type { Database } from '../../src/database.ts'
import { type Operation, operations } from '../../src/generated/operations.ts'
import { openTestDatabase } from '../support/database.ts'

let owner: Database
beforeAll(async () => {
  owner = (await openTestDatabase()).owner
}, 60_000)

const root = new URL('../../', import.meta.url).pathname
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
/** One function finds the rows of an operation, of whichever binding. */
const sourceOf = ({ id }: Operation): string => snakeCase(id.replace(/^v1p1\./, ''))
const tableOf = ({ entity }: Operation): string => entity.replace(/_v1p1$/, '')
const texts = async (statement: string): Promise<string[]> =>
  (await owner.sql.unsafe<{ text: string }[]>(statement)).map(({ text }) => text)

describe('a generated file', () => {
  test('is what the documents say', async () => {
    const files = await generated()
    expect(files.size).toBeGreaterThan(6)
    const stale = [...files].filter(
      ([name, text]) => !existsSync(root + name) || readFileSync(root + name, 'utf8') !== text,
    )
    expect(stale.map(([name]) => name)).toEqual([])
  })

  test('is generated: nothing else lies in its folders', async () => {
    const found = ['src/generated', 'sql/generated'].flatMap((folder) =>
      readdirSync(root + folder).map((name) => `${folder}/${name}`),
    )
    expect(found.sort()).toEqual([...(await generated()).keys()].sort())
  })
})

describe('an operation', () => {
  test('of the documents stands in the registry, once, and the other way round', () => {
    const documented = services.flatMap((service) => operationsOf(service, readDocument(service)).map(({ id }) => id))
    expect(operations.map(({ id }) => id).sort()).toEqual(documented.sort())
    expect(new Set(documented).size).toBe(documented.length)
    const count = (of: string): number => operations.filter(({ service }) => service === of).length
    expect(['rostering', 'gradebook', 'resources', 'v1p1'].map(count)).toEqual([41, 35, 5, 61])
  })

  test('of the registry stands in the catalog with its kind, entity and envelope', async () => {
    const found = await texts(
      `select concat_ws(' ', operation, kind, entity, envelope) as text from catalog.operations`,
    )
    expect(found.sort()).toEqual(
      operations.map((o) => [snakeCase(o.id), o.kind, o.entity, o.envelope].join(' ')).sort(),
    )
  })

  test('has one function in schema source, that takes its path parameters and gives rows of its entity', async () => {
    const found =
      await texts(`select p.proname || ' ' || p.pronargs || ' ' || t.typname || ' ' || p.proretset || ' ' || p.provolatile::text as text
      from pg_proc as p join pg_type as t on t.oid = p.prorettype where p.pronamespace = 'source'::regnamespace`)
    const sourced = operations.filter((o) => o.service !== 'v1p1' && o.kind !== 'put' && o.kind !== 'remove')
    const named = new Set(sourced.map(sourceOf))
    const ofOperations = found.filter((text) => named.has(String(text.split(' ')[0])))
    expect(ofOperations.sort()).toEqual(
      sourced.map((o) => `${sourceOf(o)} ${o.pathParameters.length} ${tableOf(o)} true s`).sort(),
    )
  })

  test('accounts for every function of schema source: it is one, or finds a parent of one', async () => {
    const parents = await texts('select distinct unnest(parents) as text from catalog.operations')
    const found = await texts(`select proname as text from pg_proc where pronamespace = 'source'::regnamespace`)
    expect(new Set(found).size).toBe(found.length)
    const known = new Set([...operations.map(sourceOf), ...parents])
    expect(found.filter((name) => !known.has(name))).toEqual([])
    expect(parents.filter((name) => !found.includes(name))).toEqual([])
  })

  test('with a parent in its path asks for each of them', async () => {
    const found = await texts(
      `select operation || ' ' || cardinality(parents) as text from catalog.operations where kind = 'page'`,
    )
    const pages = operations.filter(({ kind }) => kind === 'page')
    expect(found.sort()).toEqual(pages.map((o) => `${snakeCase(o.id)} ${o.pathParameters.length}`).sort())
  })

  test('reads entities whose versions are counted', async () => {
    expect(
      await texts(`select distinct r as text from catalog.operations, unnest(reads) as r
      where r not in (select entity from store.versions)`),
    ).toEqual([])
    expect(
      await texts(`select operation as text from catalog.operations join catalog.entities using (entity)
      where not table_name = any(reads)`),
    ).toEqual([])
  })

  test('is a language sql function that the planner can inline: no set, no security definer, not strict', async () => {
    expect(
      await texts(`select proname as text from pg_proc join pg_language as l on l.oid = prolang
      where pronamespace = 'source'::regnamespace
        and (lanname <> 'sql' or prosecdef or proisstrict or proconfig is not null or provolatile = 'v')`),
    ).toEqual([])
  })
})

describe('the catalog', () => {
  test('names columns that exist: each field has one in the table of its entity', async () => {
    expect(
      await texts(`select f.entity || '.' || f.field as text from catalog.fields as f
      join catalog.entities using (entity) where f.kind not in ('absent', 'instant') and (f.computed is null or f.kind like 'reference%')
      and not exists (
        select from pg_attribute where attrelid = format('store.%I', table_name)::regclass and attname = f.column_name and attnum > 0)`),
    ).toEqual([])
    expect(
      await texts(
        `select entity || '.' || field as text from catalog.fields where kind = 'instant' and field <> 'dateLastModified'`,
      ),
    ).toEqual([])
    expect((await texts('select field as text from catalog.fields')).length).toBeGreaterThan(100)
  })

  test('leaves no column of an entity without a field, but what the store keeps for itself', async () => {
    const own = ['revision', 'source_system', 'source_modified_at', 'row_hash', 'document']
    const found = await texts(`select v.entity || '.' || attname as text from store.versions as v
      join pg_attribute on attrelid = format('store.%I', v.entity)::regclass and attnum > 0 and not attisdropped
      where not exists (select from catalog.fields as f where f.entity = v.entity and f.column_name = attname)
        and attname <> all('{${own.join(',')}}')`)
    // scoreScales.csv has it, REST does not
    expect(found).toEqual(['score_scales.org_sourced_id'])
  })

  test('gives every entity a table, a shape and a version', async () => {
    const tables = await texts('select distinct table_name as text from catalog.entities')
    expect(tables.sort()).toEqual((await texts('select entity as text from store.versions')).sort())
    expect(
      await texts(`select entity as text from catalog.entities
      where to_regprocedure(format('shape.%I(store.%I)', entity, table_name)) is null`),
    ).toEqual([])
  })

  test('gives every entity that clients write a writer, and computes with functions that there are', async () => {
    const written = await texts(`select distinct entity as text from catalog.operations where kind in ('put', 'post')
      and to_regprocedure(format('load.%I(jsonb, bigint)', 'write_' || entity)) is null`)
    expect(written).toEqual([])
    expect(
      await texts(`select entity || '.' || field as text from catalog.fields join catalog.entities using (entity)
      where computed is not null and to_regprocedure(format('shape.%I(store.%I)', computed, table_name)) is null`),
    ).toEqual([])
  })

  test('gives every stored column of a CSV file a column of its table, but those of 1.1 alone', async () => {
    expect(
      await texts(`select file || ' ' || header as text from catalog.csv_columns as c join catalog.csv_files using (file)
      where stored and c.binding is distinct from '1.1' and not exists (
        select from pg_attribute where attrelid = format('store.%I', entity)::regclass
          and attname = case column_name when 'date_last_modified' then 'source_modified_at' else column_name end)`),
    ).toEqual([])
    expect(await texts('select header as text from catalog.csv_columns where not stored')).toEqual([
      'password',
      'password',
    ])
  })

  test('points references of CSV columns at files that load before them, or at their own', async () => {
    const early = await texts(`select c.file || ' ' || header || ' > ' || target as text from catalog.csv_columns as c
      join catalog.csv_files as f using (file) join catalog.csv_files as t on t.entity = c.target where t.position > f.position`)
    // people are checked together
    expect(early).toEqual(['roles.csv userProfileSourcedId > user_profiles'])
  })
})
