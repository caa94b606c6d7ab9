// The least that brings a whole district into the store, as a psql script: each file by \copy into text columns, then one
// upsert that writes the same rows as an import does, documents included. Nothing is checked, counted, reported, published,
// or kept for a revert; nobody can stop it, and nobody is told how far it is.

import type { Sql } from '../../src/database.ts'

interface Column {
  readonly name: string
  /** The type of the table's column, as PostgreSQL writes it. */
  readonly type: string
  readonly required: boolean
  readonly header: string | null
}

/** In the order of what refers to what; users last of the people, for their documents show roles and profiles. */
const files = [
  ['orgs', 'orgs'],
  ['academicSessions', 'academic_sessions'],
  ['courses', 'courses'],
  ['classes', 'classes'],
  ['userProfiles', 'user_profiles'],
  ['roles', 'roles'],
  ['users', 'users'],
  ['enrollments', 'enrollments'],
  ['demographics', 'demographics'],
] as const

const source = 'demo-sis'
const derived: Readonly<Record<string, string>> = {
  child_sourced_ids:
    '(select array_agg(c.sourced_id order by c.sourced_id) from %staged as c where c.parent_sourced_id = s.sourced_id)',
  roles: 'r.roles',
  user_profiles: 'p.user_profiles',
}

/** The joins that give a user its roles and profiles. */
const people = `
  join (select user_sourced_id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('roleType', role_type, 'role', role,
      'org', jsonb_build_object('sourcedId', org_sourced_id, 'type', 'org'), 'userProfile', shape.profile_id(user_profile_sourced_id),
      'beginDate', to_char(begin_date, 'YYYY-MM-DD'), 'endDate', to_char(end_date, 'YYYY-MM-DD'))) order by role_type, sourced_id) as roles
    from store.roles group by user_sourced_id) as r on r.user_sourced_id = s.sourced_id
  left join (select user_sourced_id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('profileId', shape.profile_id(sourced_id),
      'profileType', profile_type, 'vendorId', vendor_id, 'applicationId', application_id, 'description', description,
      'credentials', jsonb_build_array(jsonb_build_object('type', credential_type, 'username', username)))) order by sourced_id) as user_profiles
    from store.user_profiles group by user_sourced_id) as p on p.user_sourced_id = s.sourced_id`

/** The script over the CSV files of `directory`, which have these headers; `sql` tells what the tables are. */
export async function floorScript(
  sql: Sql,
  directory: string,
  headers: ReadonlyMap<string, readonly string[]>,
): Promise<string> {
  const steps: string[] = []
  for (const [file, table] of files) {
    const columns = await sql<Column[]>`
      select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required, c.header
      from pg_attribute left join catalog.csv_columns as c on c.file = ${`${file}.csv`} and c.column_name = attname
      where attrelid = ${`store.${table}`}::text::regclass and attnum > 0 and not attisdropped order by attnum`
    steps.push(step(`${directory}/${file}.csv`, table, headers.get(file) ?? [], columns))
  }
  return `begin;
set local work_mem = '96MB';
set local jit = off;
select nextval('store.revisions') as revision \\gset
${steps.join('')}commit;
`
}

function step(path: string, table: string, header: readonly string[], columns: readonly Column[]): string {
  const staged = `staged_${table}`
  const names = header.map((name) => columns.find((column) => column.header === name)?.name ?? name)
  const expression = ({ name, type, required }: Column): string => {
    if (name in derived) return (derived[name] as string).replace('%staged', staged)
    switch (name) {
      case 'status':
        return `coalesce(s.status, 'active')`
      case 'revision':
        return ':revision'
      case 'source_system':
        return `'${source}'`
      case 'source_modified_at':
        return `s."dateLastModified"::timestamptz`
      case 'row_hash':
        return `hash_record_extended(s, 0)`
      case 'metadata':
        return metadata(names)
      case 'user_ids':
        return `load.pairs(s.user_ids, 'type', 'identifier')`
    }
    if (!names.includes(name)) return `null::${type}`
    if (type === 'text[]') return `string_to_array(s."${name}", ',')`
    if (type === 'text') return required ? `coalesce(s."${name}", '')` : `s."${name}"`
    return `s."${name}"::${type}`
  }
  const stored = columns.filter(({ name }) => name !== 'document')
  const hasDocument = stored.length < columns.length
  const values = stored.map(expression)
  const document = hasDocument ? `, shape.${table}(row(${[...values, 'null'].join(', ')})::store.${table})` : ''
  const target = columns.map(({ name }) => `"${name}"`).join(', ')
  const content = stored.filter(
    ({ name }) => !['sourced_id', 'revision', 'row_hash', 'source_modified_at'].includes(name),
  )
  const all = (alias: string): string => content.map(({ name }) => `${alias}."${name}"`).join(', ')
  return `create temp table ${staged} (${names.map((name) => `"${name}" text collate "C"`).join(', ')}) on commit drop;
\\copy ${staged} from '${path}' with (format csv, header)
analyze ${staged};
insert into store.${table} as old (${target})
select ${values.join(', ')}${document}
from ${staged} as s${table === 'users' ? people : ''}
on conflict (sourced_id) do update set ${columns.map(({ name }) => `"${name}" = excluded."${name}"`).join(', ')}
where (${all('old')}) is distinct from (${all('excluded')});
analyze store.${table};
`
}

function metadata(names: readonly string[]): string {
  const members = names.filter((name) => name.startsWith('metadata.'))
  if (members.length === 0) return 'null::jsonb'
  const pairs = members.map((name) => `'${name.slice('metadata.'.length)}', s."${name}"`)
  return `nullif(jsonb_strip_nulls(jsonb_build_object(${pairs.join(', ')})), '{}')`
}
