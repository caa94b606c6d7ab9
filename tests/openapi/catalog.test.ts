// What the documents say of fields, operations and columns, as the rows the database decides by.

import { describe, expect, test } from 'bun:test'
import { catalogSql, FieldReader } from '../../openapi/catalog.ts'
import {
  type CsvBinding,
  operationsOf,
  readCsvBinding,
  readDocument,
  type Schema,
  services,
} from '../../openapi/document.ts'

const schemas: Record<string, Schema> = {
  OrgGUIDRefDType: {
    type: 'object',
    properties: { href: { type: 'string' }, sourcedId: { type: 'string' }, type: { type: 'string', enum: ['org'] } },
  },
  MetadataDType: { type: 'object', additionalProperties: true },
  InnerDType: {
    type: 'object',
    properties: {
      label: { type: 'string' },
      org: { $ref: '#/components/schemas/OrgGUIDRefDType' },
      parts: { type: 'array', items: { $ref: '#/components/schemas/PartDType' } },
      hidden: { type: 'string', 'x-rosterhub': { column: null } },
    },
  },
  PartDType: { type: 'object', properties: { name: { type: 'string' } } },
}
const fieldsOf = (properties: Record<string, Schema>) =>
  new FieldReader(schemas).fields({ type: 'object', properties }).map((field) => ({ ...field }))
const plain = {
  isList: false,
  target: null,
  path: null,
  selectable: true,
  computed: null,
  collection: null,
  required: false,
}

describe('a field', () => {
  test.each([
    ['text', 'givenName', { type: 'string' }],
    ['text', 'grade', { type: 'string', enum: ['a', 'b'] }],
    ['flag', 'enabledUser', { type: 'string', enum: ['true', 'false'] }],
    ['date', 'birthDate', { type: 'string', format: 'date' }],
    ['instant', 'dateLastModified', { type: 'string', format: 'date-time' }],
    ['number', 'score', { type: 'number' }],
    ['number', 'count', { type: 'integer' }],
    ['metadata', 'metadata', { $ref: '#/components/schemas/MetadataDType' }],
  ] as const)('of kind %s is read from %s', (kind, field, schema) => {
    const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    expect(fieldsOf({ [field]: schema as unknown as Schema })).toEqual([{ ...plain, field, column, kind }])
  })

  test('that is a list of texts is one, and has the column the document names', () => {
    const schema: Schema = { type: 'array', items: { type: 'string' }, 'x-rosterhub': { column: 'grade_list' } }
    expect(fieldsOf({ grades: schema })).toEqual([
      { ...plain, field: 'grades', column: 'grade_list', kind: 'text', isList: true },
    ])
  })

  test('that refers to a record may be named bare or by the parts of the reference; only bare is it selected', () => {
    const found = fieldsOf({ orgs: { type: 'array', items: { $ref: '#/components/schemas/OrgGUIDRefDType' } } })
    expect(found.map(({ field, kind, selectable }) => [field, kind, selectable])).toEqual([
      ['orgs', 'reference', true],
      ['orgs.sourcedId', 'reference', false],
      ['orgs.type', 'reference_type', false],
      ['orgs.href', 'reference_href', false],
    ])
    for (const field of found) expect(field).toMatchObject({ column: 'org_sourced_ids', isList: true, target: 'org' })
    const [single] = fieldsOf({ primaryOrg: { $ref: '#/components/schemas/OrgGUIDRefDType' } })
    expect(single).toMatchObject({ column: 'primary_org_sourced_id', isList: false, target: 'org' })
  })

  test('that is an object opens the fields inside it, with the way to them', () => {
    const found = fieldsOf({ roles: { type: 'array', items: { $ref: '#/components/schemas/InnerDType' } } })
    expect(found.map(({ field, kind, path, selectable }) => [field, kind, path, selectable])).toEqual([
      ['roles', 'object', null, true],
      ['roles.label', 'text', ['label'], false],
      ['roles.org', 'reference', ['org', 'sourcedId'], false],
      ['roles.org.sourcedId', 'reference', ['org', 'sourcedId'], false],
      ['roles.org.type', 'reference_type', ['org', 'sourcedId'], false],
      ['roles.org.href', 'reference_href', ['org', 'sourcedId'], false],
      ['roles.parts.name', 'text', ['parts', '*', 'name'], false],
      ['roles.hidden', 'absent', ['hidden'], false],
    ])
  })

  test('that has no column is known and absent', () => {
    expect(fieldsOf({ resources: { type: 'string', 'x-rosterhub': { column: null } } })).toEqual([
      { ...plain, field: 'resources', column: null, kind: 'absent' },
    ])
  })
})

describe('catalogSql', () => {
  const binding: CsvBinding = {
    files: {
      'orgs.csv': {
        table: 'orgs',
        columns: {
          sourcedId: { type: 'guid', required: 'always' },
          active: { type: 'enum', vocabulary: ['true', 'false'] },
          kind: { type: 'enum', vocabulary: ["it's", 'b'], extensible: true, only: '1.1' },
          dropped: { type: 'string', column: null },
        },
      },
    },
  }
  const sql = catalogSql([], [], binding)

  test('writes a column as the database reads it', () => {
    expect(sql).toContain(
      "('orgs.csv', 'sourcedId', 'sourced_id', true, 1, 'guid', 'always', false, null, false, null, null)",
    )
    expect(sql).toContain('\'flag\', null, false, \'{"true","false"}\', false, null, null)')
    expect(sql).toContain(
      "('orgs.csv', 'dropped', 'dropped', false, 4, 'string', null, false, null, false, null, null)",
    )
  })

  test('doubles a quote, in a list too', () => {
    expect(sql).toContain(`'{"it''s","b"}'`)
  })

  test('has every operation, file and entity of the documents, each once', () => {
    const documents = services.map((service) => ({ service, document: readDocument(service) }))
    const operations = documents.flatMap(({ service, document }) => operationsOf(service, document))
    const csv = readCsvBinding()
    const whole = catalogSql(documents, operations, csv)
    const rowsOf = (table: string): string[] => {
      const insert = whole.split('\n\n').find((part) => part.includes(`insert into catalog.${table} `)) ?? ''
      return [...insert.matchAll(/^ {2}\('([^']+)'(?:, '([^']+)')?/gm)].map(([, first]) => first ?? '')
    }
    const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    expect(rowsOf('operations')).toEqual(operations.map(({ id }) => snake(id)))
    expect(new Set(rowsOf('operations')).size).toBe(operations.length)
    expect(rowsOf('csv_files')).toEqual(Object.keys(csv.files))
    expect(rowsOf('entities').sort()).toEqual([...new Set(operations.map(({ entity }) => entity))].sort())
    expect([...new Set(rowsOf('fields'))].sort()).toEqual(rowsOf('entities').sort())
  })
})
