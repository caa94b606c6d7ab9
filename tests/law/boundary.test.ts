// The database keeps the boundary itself: the application's role may execute a few functions of schema api and do nothing
// else, whatever statement it sends.

import { beforeAll, describe, expect, test } from 'bun:test'
import { appRole, type Database, type Transaction } from '../../src/database.ts'
import { migrate, readSqlFiles } from '../../src/migrate.ts'
import { backend, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { bulk, school } from '../support/rows.ts'

let database: TestDatabase
let owner: Database
beforeAll(async () => {
  database = await openTestDatabase()
  owner = database.owner
  await bulk(owner, school)
}, 60_000)

class Undo extends Error {}

/** Runs as the application's role, in a transaction that is taken back. */
async function asApp<T>(run: (sql: Transaction) => Promise<T>): Promise<T> {
  let answer: T | undefined
  await owner.sql
    .begin(async (sql) => {
      await sql.unsafe(`set local role ${appRole}`)
      answer = await run(sql)
      throw new Undo()
    })
    .catch((thrown) => {
      if (!(thrown instanceof Undo)) throw thrown
    })
  return answer as T
}

/** The SQLSTATE that the statement ends with; "done" where it does not fail. */
const codeOf = (statement: string): Promise<string> =>
  asApp((sql) => sql.unsafe(statement)).then(
    () => 'done',
    (thrown: { code?: string }) => String(thrown.code),
  )

const denied = '42501'
const texts = async (statement: string): Promise<string[]> =>
  (await owner.sql.unsafe<{ text: string }[]>(statement)).map(({ text }) => text)

const ours = `'{store,catalog,shape,source,load,api,migration}'::name[]`

describe("the application's role", () => {
  test('can do its work: a page, a record, a token, a signature, the health', async () => {
    const page = await asApp(
      (sql) =>
        sql`select api.page('c', 'get_all_users', '{}', null, null, false, null, 10, 0, null, null, 'http://x/')`,
    )
    expect(JSON.stringify(page)).toContain('Byron')
    expect(await codeOf(`select api.read('c', 'get_user', 'u1', null, 'http://x/')`)).toBe('done')
    expect(await codeOf(`select api.token('\\x00')`)).toBe('done')
    expect(await codeOf(`select api.create_token('c', '\\x00', null, '\\x00', 60)`)).toBe('done')
    expect(await codeOf(`select api.consumer('c')`)).toBe('done')
    expect(await codeOf(`select api.use_nonce('c', 'n', extract(epoch from now())::bigint, 300)`)).toBe('done')
    expect(await codeOf('select api.applied_migrations()')).toBe('done')
  })

  test('may execute these functions, and no other of any schema of ours', async () => {
    const allowed = await texts(`select distinct n.nspname || '.' || proname as text
      from pg_proc join pg_namespace as n on n.oid = pronamespace
      where nspname = any(${ours}) and has_function_privilege('${appRole}', pg_proc.oid, 'execute')`)
    expect(allowed.sort()).toEqual([
      'api.admin_create_client',
      'api.admin_grant',
      'api.admin_limit_client',
      'api.admin_list_clients',
      'api.admin_revoke_client',
      'api.admin_rotate_client',
      'api.admin_set_grant',
      'api.applied_migrations',
      'api.audit_beat',
      'api.audit_page',
      'api.audit_write',
      'api.consumer',
      'api.create_token',
      'api.export_open',
      'api.extend_key',
      'api.import_cancel',
      'api.import_change_page',
      'api.import_drop',
      'api.import_fault_page',
      'api.import_job',
      'api.import_jobs',
      'api.import_metrics',
      'api.import_open',
      'api.import_read',
      'api.import_received',
      'api.import_release',
      'api.import_revert',
      'api.import_write',
      'api.issue_key',
      'api.key',
      'api.list_keys',
      'api.list_version',
      'api.page',
      'api.post',
      'api.put',
      'api.read',
      'api.remove',
      'api.revoke_key',
      'api.rotate_key',
      'api.token',
      'api.touch_key',
      'api.use_nonce',
      'api.version',
      // what the views of an export call is called with the rights of who reads them
      'load.objective_id',
      'load.objective_source',
    ])
  })

  test('takes an export: it may read the views of the files, and of passwords or sources they show nothing', async () => {
    const statements = await asApp(async (sql) => {
      const [row] = await sql<
        { queries: { query?: string }[] }[]
      >`select api.export_open('c', null) -> 'files' as queries`
      return (row?.queries ?? []).flatMap(({ query }) => query ?? [])
    })
    expect(statements.length).toBe(8)
    expect(await Promise.all(statements.map((query) => codeOf(`copy (${query}) to stdout`)))).toEqual(
      statements.map(() => 'done'),
    )
    const columns = await texts(`select attname as text from pg_attribute join pg_class as c on c.oid = attrelid
      where relnamespace = 'api'::regnamespace and attname ~ 'source_|hash|document|secret'`)
    expect(columns).toEqual([])
  })

  test('may execute functions whose search path is fixed, for they act as the owner', async () => {
    expect(
      await texts(`select proname as text from pg_proc where prosecdef
      and not coalesce('search_path=pg_catalog, pg_temp' = any(proconfig), false)`),
    ).toEqual([])
    const definers = await texts(
      `select proname as text from pg_proc where prosecdef and pronamespace <> 'api'::regnamespace`,
    )
    expect(definers).toEqual([])
  })

  test('may use no schema but api, and create in none', async () => {
    expect(
      await texts(`select nspname as text from pg_namespace
      where nspname = any(${ours}) and has_schema_privilege('${appRole}', oid, 'usage')`),
    ).toEqual(['api'])
    expect(
      await texts(`select nspname as text from pg_namespace
      where nspname !~ '^pg_(temp|toast_temp)' and has_schema_privilege('${appRole}', oid, 'create')`),
    ).toEqual([])
  })

  test('has no right on any table, view or sequence of ours, but to read the views of an export', async () => {
    const rights = await texts(`select format('%I.%I %s', nspname, relname, case
        when relkind = 'S' then has_sequence_privilege('${appRole}', c.oid, 'usage, select, update')
        else has_table_privilege('${appRole}', c.oid, 'select, insert, update, delete, truncate, references, trigger')
          or has_any_column_privilege('${appRole}', c.oid, 'select, insert, update, references') end) as text
      from pg_class as c join pg_namespace as n on n.oid = relnamespace
      where nspname = any(${ours}) and relkind in ('r', 'p', 'v', 'm', 'S')`)
    expect(rights.length).toBeGreaterThan(15)
    const some = rights.filter((right) => !right.endsWith(' f'))
    expect(some.filter((right) => !/^api\.export_\w+ t$/.test(right))).toEqual([])
    expect(some.length).toBe(31)
    expect(
      await texts(`select relname as text from pg_class where relnamespace = 'api'::regnamespace and relkind = 'v'
        and has_table_privilege('${appRole}', oid, 'insert, update, delete, truncate, references, trigger')`),
    ).toEqual([])
  })

  test('is denied what it tries all the same', async () => {
    const statements = [
      'select * from store.users',
      'select * from store.clients',
      'select * from catalog.fields',
      'select * from migration.files',
      'delete from store.tokens',
      `update store.users set given_name = 'x'`,
      `select nextval('store.revisions')`,
      `select shape.base()`,
      `select load.publish(1)`,
      `select store.set_base('http://evil/')`,
      `select * from source.get_all_users()`,
      `select api.import_begin('x', '1.2', false, false)`,
      `select api.create_client('x', 'x', '\\x00', '{}')`,
      `select api.rotate_client('x', '\\x00')`,
      `select api.allow_scopes('x', '{}')`,
      `select api.admin_create_client(null, null, 'x', 'x', '\\x00', '{}', false, null, null)`,
      `select api.list_keys(null, null, null)`,
      `select api.revoke_key(null, null, gen_random_uuid())`,
      `select api.import_claim('x', 1000, null)`,
      `select api.import_end(1, 'x', 'failed', null, null, null)`,
      'select * from store.import_chunks',
      `select api.allow_oauth1('x')`,
      'select * from store.nonces',
      'delete from store.nonces',
      `select load.objective_id('case', 'x')`,
      'select * from load.outgoing_roles',
      `select api.filter('users', null)`,
      `select api.prepare('x', 'text', 'select 1')`,
      `select api.audit_verify(null, null, 1000)`,
      'select api.audit_purge(0)',
      `select api.audit_person('u1', '{}', '{}')`,
      `select api.erase('u1')`,
      'delete from store.api_key_audit_logs',
      'select * from store.audit_subjects',
      'create schema mine',
      'create table public.mine (x integer)',
      'create table api.mine (x integer)',
      'create function api.mine() returns integer language sql as $$ select 1 $$',
      'create or replace function api.token(p_token_hash bytea) returns jsonb language sql as $$ select null::jsonb $$',
      'drop function api.token(bytea)',
      'create role mine',
      `copy (select 1) to program 'true'`,
      `select pg_read_file('/etc/passwd')`,
    ]
    const codes = await Promise.all(statements.map(async (statement) => `${await codeOf(statement)} ${statement}`))
    expect(codes).toEqual(statements.map((statement) => `${denied} ${statement}`))
  })

  test('is no superuser, no member of another role, and cannot log in by itself', async () => {
    expect(
      await texts(
        `select concat(rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls) as text from pg_roles where rolname = '${appRole}'`,
      ),
    ).toEqual(['fffff'])
    expect(
      await texts(`select roleid::regrole::text as text from pg_auth_members where member = '${appRole}'::regrole`),
    ).toEqual([])
  })

  test.skipIf(backend === 'pglite')('is who the server acts as [needs a role to connect as: PostgreSQL]', async () => {
    const [row] = await database.app.sql<{ user: string }[]>`select current_user as user`
    expect(row?.user).toBe(appRole)
    await expect(database.app.sql`select * from store.users`.execute()).rejects.toThrow('permission denied')
  })
})

describe('public', () => {
  test('may execute nothing of ours', async () => {
    expect(
      await texts(`select distinct n.nspname || '.' || proname as text
      from pg_proc join pg_namespace as n on n.oid = pronamespace, aclexplode(coalesce(proacl, acldefault('f', proowner))) as a
      where nspname = any(${ours}) and a.grantee = 0`),
    ).toEqual([])
  })
})

test('a statement slipped under a name that api.read executes reads no secret: it runs as a role that may read rosters only', async () => {
  const found = asApp(async (sql) => {
    const [row] = await sql<
      { name: string }[]
    >`select 'rh_' || md5(row('get_org'::text, null::text[], null::text)::text) as name`
    await sql.unsafe(
      `prepare ${row?.name}(text, text, bigint) as select query_to_xml('select secret_hash from store.clients', true, false, '')::text`,
    )
    return sql`select api.read('x', 'get_org', 'nope', null, 'b')`
  })
  expect(await found.then(JSON.stringify, (thrown: { code?: string }) => thrown.code)).toBe(denied)
})

test('a migration that comes later leaves lists and records readable by the application', async () => {
  const { migrations, repeatable } = readSqlFiles()
  const edited = repeatable.map((file) => (file.name === 'functions/api/fail.sql' ? { ...file, hash: 'edited' } : file))
  expect(await migrate(owner.sql, { migrations, repeatable: edited })).toEqual(['functions/api/fail.sql'])
  // a shape of request that no session has prepared
  const page = `select api.page('c', 'get_all_users', '{}', null, 'email', true, null, 7, 0, null, null, 'http://x/')`
  expect([
    await codeOf(page),
    await codeOf(`select api.read('c', 'get_user', 'u1', '{sourcedId}', 'http://x/')`),
  ]).toEqual(['done', 'done'])
})

test('the role that reads rosters may make nothing: no function that another would call instead of ours', async () => {
  expect(
    await texts(`select nspname as text from pg_namespace where nspname = any(${ours})
      and (has_schema_privilege('rosterhub_reader', oid, 'create') or has_schema_privilege('${appRole}', oid, 'create'))`),
  ).toEqual([])
})
