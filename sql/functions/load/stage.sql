-- An import's own tables, all temporary: the context, one staging table a file, faults and warnings. They end with the
-- transaction.

create or replace function api.import_begin(p_source text, p_version text, p_keep_dangling boolean, p_take_over boolean)
returns bigint language plpgsql as $$
declare
  v_revision bigint := nextval('store.revisions');
begin
  -- imports of one source run one after the other; those of different sources side by side
  perform pg_advisory_xact_lock(hashtextextended('rosterhub import ' || p_source, 0));
  set local work_mem = '96MB';
  -- compiling the long expressions of a check takes longer than running them
  set local jit = off;
  -- the store is in memory for the most part: what a small package names is looked up, not read whole
  set local random_page_cost = 1.1;
  set local datestyle = 'ISO, YMD';
  create temp table import_context on commit drop as
    select p_source as source, p_version as version, p_keep_dangling as keep_dangling, p_take_over as take_over, v_revision as revision,
      null::bigint as import_id;
  create temp table import_files (file text, entity text, mode text, metadata jsonb, row_count bigint default 0,
    created bigint default 0, updated bigint default 0, unchanged bigint default 0, deleted bigint default 0,
    refused bigint default 0, made bigint default 0) on commit drop;
  create temp table import_faults (file text, line bigint, field text, value text, code text, reason text) on commit drop;
  create temp table import_warnings (file text, line bigint, field text, value text, code text, reason text, row_count bigint)
    on commit drop;
  create temp table import_shifts (file text, ordinal bigint, shift bigint) on commit drop;
  create index on import_shifts (file, ordinal, shift);
  create temp table import_kept (file text, line bigint, sourced_id text) on commit drop;
  return v_revision;
end $$;
comment on function api.import_begin is 'Opens an import inside the caller''s transaction and answers its revision.';

create or replace function load.warn(p_file text, p_line bigint, p_field text, p_value text, p_code text, p_reason text)
returns void language sql as $$
  insert into import_warnings values (p_file, p_line, p_field, p_value, p_code, p_reason, 1)
$$;

create or replace function load.header(p_file text, p_version text, p_header text[])
returns table (place integer, column_name text, metadata_name text) language plpgsql as $$
declare
  v_text text;
  v_known catalog.csv_columns;
  v_last integer := 0;
  v_ordered boolean := true;
  v_metadata_seen boolean := false;
  v_metadata_last boolean := true;
  v_seen text[] := '{}';
begin
  for place in 1 .. cardinality(p_header) loop
    v_text := trim(p_header[place]);
    metadata_name := null;
    select * into v_known from catalog.csv_columns as c
    where c.file = p_file and lower(c.header) = lower(v_text) and (c.binding is distinct from '1.1' or p_version = '1.1');
    if v_known.header is not null then
      column_name := v_known.column_name;
      if v_known.header <> p_header[place] then
        perform load.warn(p_file, 1, v_known.header, p_header[place], 'header_spelling', 'the header is spelt otherwise');
      end if;
      v_ordered := v_ordered and v_known.position > v_last;
      v_last := v_known.position;
      v_metadata_last := v_metadata_last and not v_metadata_seen;
    elsif lower(v_text) like 'metadata.%' then
      v_metadata_seen := true;
      column_name := 'metadata ' || place;
      metadata_name := substr(v_text, length('metadata.') + 1);
    else
      column_name := 'extra ' || place;
      perform load.warn(p_file, 1, v_text, v_text, case when v_text = '' then 'empty_column' else 'unknown_column' end,
        case when v_text = '' then format('column %s has no name and is left out', place) else 'not a column of this file; left out' end);
    end if;
    if coalesce('metadata.' || metadata_name, column_name) = any(v_seen) then
      perform api.fail('invaliddata', format('%s, line 1: the header names "%s" twice', p_file, v_text));
    end if;
    v_seen := v_seen || coalesce('metadata.' || metadata_name, column_name);
    return next;
  end loop;
  if not v_ordered then
    perform load.warn(p_file, 1, null, null, 'header_order', 'the columns stand in another order than the standard''s');
  end if;
  if not v_metadata_last then
    perform load.warn(p_file, 1, null, null, 'metadata_order', 'metadata columns stand behind all others');
  end if;
end $$;
comment on function load.header is
  'Which staging column each column of a file fills. Fails on a name that stands twice; warns of what is spelt, ordered or '
  'named otherwise than the standard has it.';

create or replace function api.import_stage(p_file text, p_mode text, p_header text[]) returns jsonb language plpgsql as $$
declare
  v_context record;
  v_entity text := (select entity from catalog.csv_files where file = p_file);
  v_columns text[];
  v_metadata jsonb;
  v_missing text;
begin
  if cardinality(p_header) > 400 then
    perform api.fail('invaliddata', format('%s, line 1: the header has %s columns; 400 are read', p_file, cardinality(p_header)));
  end if;
  select * into v_context from import_context;
  select array_agg(h.column_name order by h.place),
    jsonb_object_agg(h.column_name, h.metadata_name) filter (where h.metadata_name is not null)
  into v_columns, v_metadata from load.header(p_file, v_context.version, p_header) as h;
  select string_agg(header, ', ' order by position) into v_missing from catalog.csv_columns
  where file = p_file and (binding is null or binding = v_context.version) and column_name <> all(v_columns)
    and (required = 'always' or required = 'delta' and p_mode = 'delta');
  if v_missing is not null then
    perform api.fail('invaliddata', format('%s, line 1: the header lacks %s', p_file, v_missing));
  end if;
  perform load.create_staging(v_entity, v_columns);
  insert into import_files (file, entity, mode, metadata) values (p_file, v_entity, p_mode, v_metadata);
  return jsonb_build_object('table', 'staged_' || v_entity, 'columns', to_jsonb(v_columns));
end $$;
comment on function api.import_stage is
  'Makes the staging table of a file and answers {table, columns}: where its rows go, all as text, in the order of its header.';

create or replace function load.create_staging(p_entity text, p_columns text[]) returns void language plpgsql as $$
begin
  execute format('create temp table %I (ordinal bigint generated by default as identity, %s) on commit drop', 'staged_' || p_entity, (
    select string_agg(format('%I text collate "C"', name), ', ')
    from (select column_name from catalog.csv_columns join catalog.csv_files using (file) where entity = p_entity
      union select unnest(p_columns)) as c(name)));
end $$;

create or replace function load.line(p_file text, p_ordinal bigint) returns bigint language sql stable as $$
  select p_ordinal + 1 + coalesce((
    select shift from import_shifts where file = p_file and ordinal <= p_ordinal order by ordinal desc, shift desc limit 1), 0)
$$;
comment on function load.line is 'The line of a file that a staged row began on; import_shifts knows of the lines kept back and of rows over several lines.';

-- OneRoster 1.1 has no roles.csv: a user has one role, at each of its orgs. The rows of users that were not refused become
-- rows of roles, with the line of their user; roles their users no longer have are marked deleted by rows of their own.
create or replace function load.roles_from_users() returns void language plpgsql as $$
declare
  v_file import_files;
begin
  select * into v_file from import_files where entity = 'users';
  perform load.create_staging('roles', '{}');
  insert into staged_roles (ordinal, sourced_id, status, user_sourced_id, role_type, role, org_sourced_id)
  select s.ordinal, load.role_id(s.sourced_id, org_id), case when lower(s.status) in ('inactive', 'tobedeleted') then 'tobedeleted' else 'active' end,
    s.sourced_id, 'primary', case when load.word(s.role, '{administrator}') is null then s.role
      when o.type = 'school' then 'siteAdministrator' when o.type = 'district' then 'districtAdministrator' else 'systemAdministrator' end, org_id
  from staged_users as s cross join lateral (select distinct unnest(load.list(s.org_sourced_ids)) as org_id) as at
    left join store.orgs as o on o.sourced_id = org_id
  where not exists (select from incoming_users as i where i.ordinal = s.ordinal and i.faulty);
  analyze staged_roles;
  insert into staged_roles (ordinal, sourced_id, status, user_sourced_id, role_type, role, org_sourced_id, begin_date, end_date)
  select coalesce(s.ordinal, 0), r.sourced_id, 'tobedeleted', r.user_sourced_id, r.role_type, r.role, r.org_sourced_id, r.begin_date, r.end_date
  from store.roles as r left join staged_users as s on s.sourced_id = r.user_sourced_id
  where r.source_system = (select source from import_context) and r.status = 'active'
    and not exists (select from staged_roles as d where d.sourced_id = r.sourced_id)
    and case when s.sourced_id is not null then not exists (select from incoming_users as i where i.ordinal = s.ordinal and i.faulty)
      else v_file.mode = 'bulk' and not exists (select from import_kept as k where k.file = v_file.file and k.sourced_id = r.user_sourced_id) end;
  insert into import_files (file, entity, mode) values (v_file.file, 'roles', 'derived');
end $$;

create or replace function load.role_id(p_user text, p_org text) returns text language sql immutable as $$
  select case when length(p_user) + length(p_org) < 255 then p_user || '/' || p_org else md5(p_user || '/' || p_org) end
$$;
