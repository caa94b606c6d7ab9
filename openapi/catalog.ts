// Documents and CSV binding -> sql/generated/catalog.sql: the rows of the tables of schema catalog. Pure.

import {
  type CsvBinding,
  type CsvColumn,
  type Document,
  type OperationFacts,
  refName,
  type Schema,
  snakeCase,
} from './document.ts'

type Cell = string | number | boolean | null | readonly string[]

function literal(cell: Cell): string {
  if (cell === null) return 'null'
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  if (typeof cell === 'string') return `'${cell.replaceAll("'", "''")}'`
  const items = cell.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`)
  return literal(`{${items.join(',')}}`)
}

function insert(table: string, columns: string, rows: Cell[][]): string {
  const values = rows.map((row) => `  (${row.map(literal).join(', ')})`).join(',\n')
  return `truncate catalog.${table};\ninsert into catalog.${table} (${columns}) values\n${values};\n`
}

interface Field {
  field: string
  column: string | null
  kind: string
  isList: boolean
  target: string | null
  path: string[] | null
  selectable: boolean
  computed: string | null
  collection: string | null
  required: boolean
}

export class FieldReader {
  /** `collections` tells by the type of a reference where its href leads. */
  constructor(
    private readonly schemas: Record<string, Schema>,
    private readonly collections: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** Every name that may stand in a filter on this schema, dotted ones included. */
  fields(schema: Schema): Field[] {
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      this.field(name, property, schema.required?.includes(name) ?? false),
    )
  }

  private field(name: string, property: Schema, required: boolean): Field[] {
    const isList = property.type === 'array'
    const item = isList ? (property.items ?? {}) : property
    const { column, path = null, computed = null } = property['x-rosterhub'] ?? {}
    const base = { field: name, isList, target: null, path, selectable: true, computed, collection: null, required }
    if (column === null) return [{ ...base, column: null, kind: 'absent' }]
    const reference = item.$ref === undefined ? undefined : this.referenceType(item.$ref)
    if (reference !== undefined) {
      const suffix = isList ? '_sourced_ids' : '_sourced_id'
      const derived = column ?? snakeCase(isList ? name.replace(/s$/, '') : name) + suffix
      const collection = this.collections.get(reference) ?? null
      return this.reference({ ...base, column: derived, kind: 'reference', target: reference, collection })
    }
    // what is computed from the row stands in no column of its own
    const plain = { ...base, column: computed === null ? (column ?? snakeCase(name)) : null }
    if (item.$ref === undefined) return [{ ...plain, kind: scalarKind(item, name) }]
    if (item.$ref.endsWith('/MetadataDType')) return [{ ...plain, kind: 'metadata' }]
    const inner = this.schemas[refName(item.$ref)] ?? {}
    return [{ ...plain, kind: 'object' }, ...this.inner(plain, inner, [])]
  }

  /** A reference may be named bare or by the three properties of a GUIDRef. */
  private reference(field: Field): Field[] {
    const part = (name: string, kind: string) => ({
      ...field,
      field: `${field.field}.${name}`,
      kind,
      selectable: false,
    })
    return [field, part('sourcedId', 'reference'), part('type', 'reference_type'), part('href', 'reference_href')]
  }

  private inner(outer: Omit<Field, 'kind'>, schema: Schema, path: string[]): Field[] {
    return Object.entries(schema.properties ?? {}).flatMap(([name, property]): Field[] => {
      const at = { ...outer, field: `${outer.field}.${name}`, path: [...path, name], selectable: false }
      if (property['x-rosterhub']?.column === null) return [{ ...at, kind: 'absent' }]
      const reference = property.$ref === undefined ? undefined : this.referenceType(property.$ref)
      if (reference !== undefined) {
        const collection = this.collections.get(reference) ?? null
        return this.reference({
          ...at,
          kind: 'reference',
          target: reference,
          collection,
          path: [...path, name, 'sourcedId'],
        })
      }
      const item = property.items ?? property
      const inside = property.items === undefined ? at.path : [...at.path, '*']
      if (item.$ref === undefined) return [{ ...at, kind: scalarKind(item, name), path: inside }]
      return this.inner(at, this.schemas[refName(item.$ref)] ?? {}, inside)
    })
  }

  /** The type a GUIDRef schema fixes; undefined for any other schema. */
  private referenceType(ref: string): string | undefined {
    const name = refName(ref)
    return name.endsWith('GUIDRefDType') ? this.schemas[name]?.properties?.['type']?.enum?.[0] : undefined
  }
}

function scalarKind(schema: Schema, name: string): string {
  if (schema.format === 'date') return 'date'
  if (name === 'dateLastModified') return 'instant'
  if (schema.format === 'date-time') return 'time'
  if (schema.type === 'number' || schema.type === 'integer') return 'number'
  if (schema.enum?.length === 2 && schema.enum.includes('true') && schema.enum.includes('false')) return 'flag'
  return 'text'
}

const csvType = (column: CsvColumn): string =>
  column.type === 'enum' && column.vocabulary?.join() === 'true,false' ? 'flag' : column.type

export function catalogSql(
  documents: { service: string; document: Document }[],
  operations: readonly OperationFacts[],
  csv: CsvBinding,
): string {
  const entities = documents.flatMap(({ service, document }) =>
    Object.values(document.components.schemas)
      .filter((schema) => schema['x-rosterhub']?.entity !== undefined)
      .map((schema) => ({ schema, service, document, ...schema['x-rosterhub'] })),
  )
  const pathOf = (e: { service: string; collection?: string }): string =>
    `${e.service === 'v1p1' ? 'v1p1' : `${e.service}/v1p2`}/${e.collection}`
  /** By binding: a reference of 1.1 leads into 1.1. */
  const collectionsOf = (service: string) =>
    new Map(
      entities
        .filter((e) => (e.service === 'v1p1') === (service === 'v1p1'))
        .map((e) => [e.type ?? '', pathOf(e)] as const),
    )
  const entityRows = entities.map((e): Cell[] => [e.entity ?? '', pathOf(e), e.type ?? null, e.table ?? e.entity ?? ''])
  const fieldRows = entities.flatMap((e) =>
    new FieldReader(e.document.components.schemas, collectionsOf(e.service))
      .fields(e.schema)
      .map((f): Cell[] => [
        e.entity ?? '',
        f.field,
        f.column,
        f.kind,
        f.isList,
        f.target,
        f.path,
        f.selectable,
        f.computed,
        f.collection,
        f.required,
      ]),
  )
  const operationRows = operations.map((o): Cell[] => [
    snakeCase(o.id),
    o.kind,
    o.entity,
    o.envelope,
    o.parents,
    o.reads,
    o.source,
    o.names,
  ])
  const files = Object.entries(csv.files)
  const fileRows = files.map(([file, f], index): Cell[] => [
    file,
    f.table,
    index + 1,
    f.only ?? null,
    f.fills?.table ?? null,
    f.fills?.key ?? null,
    f.fills?.column ?? null,
  ])
  const columnRows = files.flatMap(([file, f]) =>
    Object.entries(f.columns).map(([header, c], index): Cell[] => [
      file,
      header,
      c.column ?? snakeCase(header),
      c.column !== null,
      index + 1,
      csvType(c),
      c.required ?? null,
      c.list ?? false,
      c.vocabulary ?? null,
      c.extensible ?? false,
      c.target ?? null,
      c.only ?? null,
    ]),
  )
  return [
    insert('entities', 'entity, collection, type, table_name', entityRows),
    insert(
      'fields',
      'entity, field, column_name, kind, is_list, target, path, selectable, computed, collection, required',
      fieldRows,
    ),
    insert('operations', 'operation, kind, entity, envelope, parents, reads, source, parameters', operationRows),
    insert('csv_files', 'file, entity, position, binding, parent, parent_key, fills', fileRows),
    insert(
      'csv_columns',
      'file, header, column_name, stored, position, type, required, is_list, vocabulary, extensible, target, binding',
      columnRows,
    ),
    '-- the writers of what clients may write, and the log of what imports replace, are made from the rows above\n' +
      'select load.create_writers();\nselect load.create_logs();\n',
    '-- and so are the rows of the files of an export\nselect load.create_exports();\n',
  ].join('\n')
}
