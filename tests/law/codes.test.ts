// The codes of an import are documented, each once and in order, and none is documented that nothing tells.

import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { faultCodes, revertCodes, warningCodesTold } from '../support/codes.ts'

const root = new URL('../../', import.meta.url).pathname
const read = (file: string): string => readFileSync(root + file, 'utf8')
const sqlOf = (folder: string): string[] => readdirSync(root + folder).map((file) => `${folder}/${file}`)

/** What tells faults and warnings: the reader of packages, and the floor that loads them, but for what is written and exported there. */
const tellers = [
  ...['row', 'csv', 'manifest', 'plan', 'importer'].map((name) => `src/${name}.ts`),
  ...sqlOf('sql/functions/load').filter((file) => !/\/(write|outgoing\w*)\.sql$/.test(file)),
  'sql/functions/api/import.sql',
]

/** Words that name tables and columns, which load's functions quote too. */
const names = new Set(
  [...sqlOf('sql/migrations'), 'sql/generated/catalog.sql'].flatMap((file) => read(file).match(/\w+/g) ?? []),
)

/** Every quoted text of two words and more that is no name of the database, nor a setting of the server, is a code. */
const told = new Set(
  tellers.flatMap((file) => {
    const code = read(file).replace(/^\s*(--|\/\/).*$|\bset_config\('\w+'/gm, '')
    return [...code.matchAll(/'([a-z]+(?:_[a-z0-9]+)+|required)'/g)].map((match) => String(match[1]))
  }),
)
const documented = [...faultCodes, ...revertCodes, ...warningCodesTold]

describe('a code of an import', () => {
  test('is documented when it is told', () => {
    expect(told.size).toBeGreaterThan(documented.length)
    expect([...told].filter((code) => !names.has(code) && !documented.includes(code)).sort()).toEqual([])
  })

  test('is told when it is documented, and no name of a table or column hides that', () => {
    expect(documented.length).toBeGreaterThan(50)
    expect(documented.filter((code) => !told.has(code))).toEqual([])
    expect(documented.filter((code) => code !== 'required' && names.has(code))).toEqual([])
  })

  test('stands in its table once, in the order of the alphabet', () => {
    for (const codes of [faultCodes, revertCodes, warningCodesTold]) expect(codes).toEqual([...new Set(codes)].sort())
    expect(new Set(documented).size).toBe(documented.length)
  })
})
