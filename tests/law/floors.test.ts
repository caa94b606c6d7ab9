// The house: a file imports lower floors only, a library has one importer, and what belongs to a runtime stays on top.

import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url).pathname
const filesOf = (folder: string): string[] =>
  readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|sql|yaml)$/.test(file) && !file.includes('node_modules/'))
    .map((file) => `${folder}/${file}`)
    .sort()

/** The floors from the ground up; a name that ends in a slash is a folder. */
const floors: readonly (readonly string[])[] = [
  ['generated/', 'address.ts'],
  [
    'config.ts',
    'errors.ts',
    'bytes.ts',
    'report.ts',
    'chunks.ts',
    'call.ts',
    'extent.ts',
    'row.ts',
    'blocks.ts',
    'secrets.ts',
    'accept.ts',
    'transaction.ts',
    'limiter.ts',
  ],
  [
    'filter.ts',
    'cursor.ts',
    'etag.ts',
    'body.ts',
    'batches.ts',
    'csv.ts',
    'zip.ts',
    'database.ts',
    'observe.ts',
    'metrics.ts',
    'oauth1.ts',
    'multipart.ts',
    'job.ts',
    'redis.ts',
    'visit.ts',
    'district/',
  ],
  [
    'request.ts',
    'response.ts',
    'store.ts',
    'credentials.ts',
    'jobs.ts',
    'steps.ts',
    'queue.ts',
    'discovery.ts',
    'manifest.ts',
    'respond.ts',
    'shared_limiter.ts',
    'limits.ts',
    'audit_log.ts',
  ],
  [
    'consumers.ts',
    'bearers.ts',
    'clients.ts',
    'token_endpoint.ts',
    'health.ts',
    'plan.ts',
    'reference.ts',
    'following.ts',
    'local_queue.ts',
    'exporter.ts',
    'statistics.ts',
    'audit.ts',
    'audit_person.ts',
  ],
  ['auth.ts', 'keys.ts', 'grants.ts'],
  ['answer.ts', 'own.ts', 'importer.ts', 'revert.ts', 'aside.ts'],
  ['runner.ts', 'upload.ts', 'exports.ts', 'orders.ts'],
  ['admin.ts', 'granting.ts', 'audit_reading.ts'],
  ['imports.ts', 'attempt.ts'],
  ['app.ts', 'migrate.ts', 'worker.ts'],
  ['cli/'],
  ['main.ts', 'deno.ts', 'edge.ts'],
]
/** Files of one folder that is one floor may use one another. */
const folderOf = (file: string): string => /^src\/(\w+\/)/.exec(file)?.[1] ?? file
const floorOf = (file: string): number =>
  floors.findIndex((names) => names.includes(file.slice('src/'.length)) || names.includes(folderOf(file)))

const source = (file: string): string => readFileSync(root + file, 'utf8')

interface Import {
  readonly file: string
  readonly from: string
}

function importsOf(file: string): Import[] {
  const found = source(file).matchAll(/(?:^(?:import|export)\s[^'"]*?from\s+|^import\s+|\bimport\()['"]([^'"]+)['"]/gm)
  return [...found].map((match) => {
    const from = String(match[1])
    const isFile = from.startsWith('.')
    return { file, from: isFile ? new URL(from, `file:///${file}`).pathname.slice(1) : from }
  })
}

const sources = filesOf('src')
const imports = [...sources, ...filesOf('openapi').filter((file) => file.endsWith('.ts'))].flatMap(importsOf)

/** Code alone: without comments and the contents of strings and templates. */
const code = (file: string): string =>
  source(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')

describe('a source file', () => {
  test('stands on a floor', () => {
    expect(sources.length).toBeGreaterThan(20)
    expect(sources.filter((file) => floorOf(file) === -1)).toEqual([])
  })

  test('imports lower floors only', () => {
    const inside = imports.filter(({ file, from }) => file.startsWith('src/') && from.startsWith('src/'))
    expect(inside.length).toBeGreaterThan(40)
    const wrong = inside.filter(({ file, from }) => folderOf(file) !== folderOf(from) && floorOf(from) >= floorOf(file))
    expect(wrong.map(({ file, from }) => `${file} imports ${from}`)).toEqual([])
  })

  test('is in no circle of imports', () => {
    const inside = new Map(sources.map((file) => [file, importsOf(file).map(({ from }) => from)]))
    const isReached = (from: string, to: string, seen = new Set<string>()): boolean =>
      (inside.get(from) ?? []).some((next) => next === to || (!seen.has(next) && isReached(next, to, seen.add(next))))
    expect(sources.filter((file) => isReached(file, file))).toEqual([])
  })

  test('imports nothing from outside src but packages and package.json', () => {
    const outside = imports.filter(({ file, from }) => file.startsWith('src/') && /^(openapi|tests|sql)\//.test(from))
    expect(outside).toEqual([])
  })

  test('of ours is one that a person can read: under 260 lines', () => {
    const ours = [...sources, ...filesOf('openapi').filter((file) => file.endsWith('.ts')), ...filesOf('sql/functions')]
    const long = ours
      .filter((file) => !file.includes('/generated/'))
      .map((file) => [file, source(file).split('\n').length - 1])
    expect(long.filter(([, count]) => Number(count) >= 260)).toEqual([])
  })

  test('opens by saying what it is', () => {
    const silent = sources.filter((file) => !/^(\/\/|\/\*\*?) ?/.test(source(file)))
    expect(silent).toEqual([])
  })
})

describe('a library', () => {
  test.each([
    ['elysia', 'src/app.ts'],
    ['postgres', 'src/database.ts'],
    ['@electric-sql/pglite', 'src/database.ts'],
    ['csv-parse', 'src/csv.ts'],
    ['prom-client', 'src/metrics.ts'],
    ['@zip.js/zip.js', 'src/zip.ts'],
    ['groupmq', 'src/queue.ts'],
    ['ioredis', 'src/redis.ts'],
    ['yaml', 'openapi/document.ts'],
    ['openapi-typescript', 'openapi/generate.ts'],
  ])('has one importer: %s', (library, importer) => {
    const found = imports.filter(({ from }) => from === library || from.startsWith(`${library}/`))
    expect([...new Set(found.map(({ file }) => file))]).toEqual([importer])
  })

  test('that src imports is a dependency, and each dependency is imported', () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { dependencies: object }
    const used = imports
      .filter(({ file, from }) => file.startsWith('src/') && !/^(src\/|node:|package\.json)/.test(from))
      .map(({ from }) => /^(@[^/]+\/)?[^/]+/.exec(from)?.[0])
    expect([...new Set(used)].sort()).toEqual(Object.keys(dependencies).sort())
  })
})

describe('a runtime', () => {
  const entries = (file: string): boolean => /^src\/((main|deno|edge|migrate)\.ts|cli\/)/.test(file)

  test('is known to the entry points alone: no Bun, process, Deno or node: below them', () => {
    const wrong = sources
      .filter((file) => !entries(file) && !file.includes('/generated/'))
      .flatMap((file) =>
        [...code(file).matchAll(/\b(?:Bun|process|Deno)\.\w+|['"](?:node|bun):[\w/]+['"]/g)].map(
          (match) => `${file} ${match[0]}`,
        ),
      )
    expect(wrong).toEqual(["src/database.ts 'node:stream'"])
  })

  test('hands its environment to one reader: the entry point reads it for config', () => {
    const readers = [...sources, ...filesOf('openapi')].filter((file) =>
      /\bprocess\.env\b|\bBun\.env\b|\bDeno\.env\b|\bimport\.meta\.env\b/.test(code(file)),
    )
    expect(readers).toEqual(['src/deno.ts', 'src/main.ts'])
  })
})

describe('the words of the database', () => {
  test('are used by few: schema api alone, and by the files that speak to it', () => {
    const speakers = sources.filter((file) => /\bapi\.\w+\(/.test(code(file)))
    expect(speakers).toEqual([
      'src/audit_log.ts',
      'src/clients.ts',
      'src/credentials.ts',
      'src/exporter.ts',
      'src/grants.ts',
      'src/importer.ts',
      'src/jobs.ts',
      'src/keys.ts',
      'src/steps.ts',
      'src/store.ts',
    ])
  })

  test('are built as text in few places: execute stands in load, api.page, api.read, the writes, the grants and the base', () => {
    const dynamic = filesOf('sql/functions').filter((file) => /^\s*execute\s/m.test(source(file)))
    expect(dynamic.filter((file) => !file.startsWith('sql/functions/load/'))).toEqual([
      'sql/functions/api/page.sql',
      'sql/functions/api/read.sql',
      'sql/functions/api/seen.sql',
      'sql/functions/api/write.sql',
      'sql/functions/api/zz_grants.sql',
      'sql/functions/shape/json.sql',
    ])
  })
})
