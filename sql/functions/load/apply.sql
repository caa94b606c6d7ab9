-- incoming_<entity> -> store.<entity>. The only writer of the entity tables for packages: one upsert that writes nothing
-- where nothing changed, one update that marks what a bulk file no longer has.

create or replace function load.row_sql(p_entity text, p_values jsonb, p_else text) returns text language sql stable as $$
  select format('row(%s)::store.%I', string_agg(coalesce(p_values ->> attname, format('%s.%I', p_else, attname)), ', ' order by attnum), p_entity)
  from pg_attribute where attrelid = format('store.%I', p_entity)::regclass and attnum > 0 and not attisdropped
$$;
comment on function load.row_sql is 'A row of the entity''s table as an expression: its columns from p_values, the others from the alias p_else.';

create or replace function load.columns(p_entity text) returns text[] language sql stable as $$
  select array_agg(column_name order by c.position) from catalog.csv_columns as c join catalog.csv_files using (file)
  where entity = p_entity and stored and column_name not in ('sourced_id', 'status', 'date_last_modified')
    and load.is_read(c) and not load.is_renamed(c)
    and exists (select from load.table_columns(p_entity) as t where t.name = c.column_name)
$$;
comment on function load.columns is 'The columns of an entity''s table that the package fills, beside those every table has.';

create or replace function load.table_columns(p_entity text) returns table (name text, is_required boolean, place smallint)
language sql stable as $$
  select attname, attnotnull, attnum from pg_attribute
  where attrelid = format('store.%I', p_entity)::regclass and attnum > 0 and not attisdropped
$$;

create or replace function load.carried(p_entity text, p_derived text[]) returns text[] language sql stable as $$
  select coalesce(array_agg(name order by place), '{}') from load.table_columns(p_entity)
  where name <> all(load.columns(p_entity) || p_derived
    || '{sourced_id,status,revision,source_system,source_modified_at,row_hash,metadata,document}')
$$;
comment on function load.carried is
  'The columns that neither the file nor its import fills: another file does, or a client did. They stay as they are.';

create or replace function load.filled_sql(p_entity text, p_column text) returns text language sql stable as $$
  select case when is_required then format('coalesce(i.%I, '''')', p_column) else format('i.%I', p_column) end
  from load.table_columns(p_entity) where name = p_column
$$;
comment on function load.filled_sql is 'What REST requires and CSV does not, such as an org''s identifier, is the empty string.';

-- p_derived are columns that come from elsewhere: "derived" is then the alias of p_join.
create or replace function load.upsert(p_entity text, p_derived text[], p_join text) returns bigint language plpgsql as $$
declare
  v_context record;
  v_carried text[] := load.carried(p_entity, p_derived);
  v_columns text[] := load.columns(p_entity) || p_derived || v_carried;
  v_values jsonb;
  v_join text := p_join;
  v_has_document boolean;
  v_insert text;
  v_conflict text;
  v_all_new boolean;
  v_row_count bigint;
begin
  select * into v_context from import_context;
  if v_carried <> '{}' then
    v_join := v_join || format(' left join store.%I as carried on carried.sourced_id = i.sourced_id', p_entity);
  end if;
  select jsonb_object_agg(name, case when name = any(p_derived) then format('derived.%I', name)
    when name = any(v_carried) then format('carried.%I', name)
    when required is null and type = 'string' and not is_list then load.filled_sql(p_entity, name) else format('i.%I', name) end) into v_values
  from unnest(v_columns) as name left join (select c.* from catalog.csv_columns as c join catalog.csv_files using (file) where entity = p_entity
    ) as c on c.column_name = name;
  v_values := v_values || jsonb_build_object('sourced_id', 'i.sourced_id', 'status', 'i.status', 'revision', v_context.revision::text,
    'source_system', quote_literal(v_context.source), 'source_modified_at', 'i.date_last_modified',
    'row_hash', 'case when i.warned then null else i.row_hash end', 'metadata', 'i.metadata');
  v_has_document := exists (select from pg_attribute where attrelid = format('store.%I', p_entity)::regclass and attname = 'document');
  select format('insert into store.%I as old (%s%s) select %s%s from %I as i %s where not i.faulty',
      p_entity, string_agg(format('%I', key), ', ' order by key), case when v_has_document then ', document' else '' end,
      string_agg(value, ', ' order by key),
      case when v_has_document then format(', shape.%I(%s)', p_entity, load.row_sql(p_entity, v_values || '{"document": "null"}', 'i')) else '' end,
      'incoming_' || p_entity, v_join),
    format(' on conflict (sourced_id) do update set %s%s where (%L or old.source_system = excluded.source_system)
        and (old.status, old.metadata, old.source_system, %s) is distinct from (excluded.status, excluded.metadata, excluded.source_system, %s)',
      string_agg(format('%1$I = excluded.%1$I', key), ', ' order by key) filter (where key <> 'sourced_id'),
      case when v_has_document then ', document = excluded.document' else '' end, v_context.take_over,
      string_agg(format('old.%I', key), ', ' order by key) filter (where key = any(v_columns)),
      string_agg(format('excluded.%I', key), ', ' order by key) filter (where key = any(v_columns)))
  into v_insert, v_conflict from jsonb_each_text(v_values);
  execute format('select not exists (select from %I where known_status is not null and not faulty)', 'incoming_' || p_entity) into v_all_new;
  if v_carried <> '{}' and not v_all_new then
    -- another writer may be filling the columns carried over: wait for it, then carry what it wrote
    execute format('select from store.%I where sourced_id in (select sourced_id from %I where not faulty) order by sourced_id for update',
      p_entity, 'incoming_' || p_entity);
  end if;
  if v_all_new then
    -- a tenth faster than with "on conflict"; what came in since the check makes it a conflict after all
    begin
      execute v_insert;
      get diagnostics v_row_count = row_count;
      return v_row_count;
    exception when unique_violation then null;
    end;
  end if;
  execute v_insert || v_conflict;
  get diagnostics v_row_count = row_count;
  return v_row_count;
end $$;

-- What the source now says of rows that did not change: its own date, the hash of its row. After a first import nearly all rows
-- have one revision, and the planner would take "another one" for no row at all: the sum keeps its statistics out of it.
create or replace function load.remember(p_entity text) returns void language plpgsql
-- to remember is not to replace
set rosterhub.import = '' as $$
begin
  execute format('update store.%1$I as k set row_hash = i.row_hash, source_modified_at = i.date_last_modified
    from %2$I as i where k.sourced_id = i.sourced_id and i.known_status is not null and not i.faulty and not i.warned
      and k.revision + 0 <> (select revision from import_context)
      and (k.row_hash, k.source_modified_at) is distinct from (i.row_hash, i.date_last_modified)', p_entity, 'incoming_' || p_entity);
end $$;

-- Bulk: what the source sent before and this file no longer has. A row refused today is still in the file.
-- Two whole sets are compared, whatever the statistics of a table just filled may say: no nested loop.
create or replace function load.delete_omitted(p_entity text, p_file text) returns bigint language plpgsql set enable_nestloop = off as $$
declare
  v_context record;
  v_row_count bigint;
  v_document text := '';
begin
  select * into v_context from import_context;
  if exists (select from pg_attribute where attrelid = format('store.%I', p_entity)::regclass and attname = 'document') then
    v_document := format(', document = shape.%I(%s)', p_entity, load.row_sql(p_entity, '{"status": "''tobedeleted''"}', 'k'));
  end if;
  -- without its hash the row is read anew when the file has it again
  execute format('update store.%1$I as k set status = ''tobedeleted'', row_hash = null, revision = %2$s%3$s
    where k.source_system = %4$L and k.status = ''active''
      and not exists (select from %5$I as s where btrim(s.sourced_id) = k.sourced_id)
      and not exists (select from import_kept as kept where kept.file = %6$L and kept.sourced_id = k.sourced_id)',
    p_entity, v_context.revision, v_document, v_context.source, 'staged_' || p_entity, p_file);
  get diagnostics v_row_count = row_count;
  return v_row_count;
end $$;

create or replace function load.refuse_race(p_entity text, p_file text) returns void language plpgsql as $$
declare
  v_context record;
  v_sourced_id text;
begin
  select * into v_context from import_context;
  execute format('select k.sourced_id from %I as i join store.%I as k using (sourced_id)
    where not i.faulty and k.source_system <> %L limit 1', 'incoming_' || p_entity, p_entity, v_context.source) into v_sourced_id;
  if v_sourced_id is not null and not v_context.take_over then
    perform api.fail('invaliddata', format('%s: "%s" came from another source while this import ran; import again', p_file, v_sourced_id));
  end if;
end $$;
comment on function load.refuse_race is
  'Imports of different sources run side by side: a record that the check did not find may be another''s when it is written.';

create or replace function load.met(p_entity text) returns bigint language plpgsql as $$
declare
  v_count bigint;
begin
  if not exists (select from store.replaced_rows as l join import_context as c using (import_id) where l.entity = p_entity) then
    return 0;
  end if;
  execute format('select count(*) from import_context as c join store.replaced_rows as l on l.import_id = c.import_id and l.entity = %L
    join %I as i on i.sourced_id = l.sourced_id where i.known_status is null and not i.faulty', p_entity, 'incoming_' || p_entity) into v_count;
  return v_count;
end $$;
comment on function load.met is 'How many of the rows that the check took for new another writer had made by the time they were written.';

create or replace function load.apply(p_entity text, p_derived text[] default '{}', p_join text default '') returns void
language plpgsql as $$
declare
  v_file import_files;
  v_written bigint;
  v_new bigint;
  v_made bigint;
  v_marked bigint;
  v_omitted bigint := 0;
  v_staged bigint;
  v_pending bigint;
  v_refused bigint;
begin
  select * into v_file from import_files where entity = p_entity;
  execute format('select count(*) filter (where not faulty and known_status is null and status = ''active''),
      count(*) filter (where not faulty and known_status is null),
      count(*) filter (where not faulty and status = ''tobedeleted'' and known_status is distinct from ''tobedeleted''),
      count(*), count(distinct ordinal) filter (where faulty), (select count(*) from %I) from %I', 'staged_' || p_entity, 'incoming_' || p_entity)
  into v_new, v_made, v_marked, v_pending, v_refused, v_staged;
  -- before the new rows: on a first import there is nothing to compare
  if v_file.mode = 'bulk' and v_staged > 0 then
    v_omitted := load.delete_omitted(p_entity, v_file.file);
  end if;
  v_written := case when v_pending > 0 then load.upsert(p_entity, p_derived, p_join) else 0 end;
  if v_written < v_pending - v_refused then
    perform load.refuse_race(p_entity, v_file.file);
  end if;
  if v_pending > 0 then
    perform load.remember(p_entity);
  end if;
  if v_new > 0 then
    perform load.fill_new(p_entity);
  end if;
  -- the later files are checked against this table: at its first load the planner must learn that it is not empty
  if v_written > 0 and (select reltuples <= 0 from pg_class where oid = format('store.%I', p_entity)::regclass) then
    execute format('analyze (skip_locked) store.%I', p_entity);
  end if;
  update import_files set row_count = v_staged, made = v_made - load.met(p_entity), created = v_new, deleted = v_marked + v_omitted, updated = v_written - v_new - v_marked,
    unchanged = v_staged - v_refused - v_written, refused = v_refused where entity = p_entity;
end $$;
comment on function load.apply is 'Writes the accepted rows of an entity and counts them in import_files.';
