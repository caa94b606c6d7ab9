-- What an import changed, from the store and the rows it replaced: rows as objects by the headers of their file.

create or replace function load.file_columns(p_entity text) returns table (header text, name text, type text, is_text boolean, is_array boolean, place integer)
language sql stable as $$
  select c.header, a.attname::text, c.type, a.atttypid = 'text'::regtype, a.atttypid = 'text[]'::regtype, c.position
  from catalog.csv_columns as c join catalog.csv_files using (file)
    join pg_attribute as a on a.attrelid = format('store.%I', p_entity)::regclass and not attisdropped
      and a.attname = case c.column_name when 'date_last_modified' then 'source_modified_at' else c.column_name end
  where entity = p_entity and c.stored
$$;
comment on function load.file_columns is 'The columns of an entity''s table that its file has, and their headers.';

-- p_row is an expression of the table's type.
create or replace function load.csv_row_sql(p_entity text, p_row text) returns text language sql stable as $$
  select format('jsonb_strip_nulls(jsonb_build_object(%s)) || case when (%s).metadata is null then ''{}'' else
      (select coalesce(jsonb_object_agg(''metadata.'' || m.key, m.value), ''{}'') from jsonb_each((%2$s).metadata) as m) end',
    string_agg(format('%L, %s', header, case
      when is_array then format('nullif((%s).%I, ''{}'')', p_row, name)
      when is_text then format('nullif((%s).%I, '''')', p_row, name)
      when type = 'day' then format('to_char((%s).%I at time zone ''UTC'', ''YYYY-MM-DD'')', p_row, name)
      when type = 'date-time' then format('shape.time((%s).%I)', p_row, name)
      else format('(%s).%I', p_row, name) end), ', ' order by place), p_row)
  from load.file_columns(p_entity)
$$;
comment on function load.csv_row_sql is 'The SQL expression of a row as {header: value}; what is blank is absent.';

create or replace function load.content_sql(p_entity text, p_row text) returns text language sql stable as $$
  select format('(%s)', string_agg(format('(%s).%I', p_row, name), ', ' order by place)) from (
    select name, place from load.file_columns(p_entity) where name not in ('sourced_id', 'source_modified_at')
    union all values ('metadata', 1000), ('source_system', 1001)) as c
$$;
comment on function load.content_sql is 'What makes a row another one to those who sent it; neither what is derived nor when.';

-- p_created: rows it made, null for none. p_after, p_action, p_limit: null for all.
create or replace function load.changes_sql(p_entity text, p_import bigint, p_revision bigint, p_created bigint, p_after text, p_action text,
  p_limit bigint, p_with_rows boolean) returns text language plpgsql stable as $$
declare
  v_image text := format('jsonb_populate_record(null::store.%I, ', p_entity);
  -- many are met on a walk along the key; few are found by their revision, where there is an index
  v_at text := format('k.revision%s = %s', case when p_created > 20000 then ' + 0' else '' end, p_revision);
  v_bounds text := format('%s and (%L is null or action = %2$L) order by sourced_id limit %s',
    case when p_after is null then 'true' else format('sourced_id > %L', p_after) end, p_action, coalesce(p_limit::text, 'all'));
  v_after text := case when p_after is null then '' else format(' and sourced_id > %L', p_after) end;
  v_row text := case when p_with_rows then load.csv_row_sql(p_entity, 'n.made') else 'null::jsonb' end;
  v_streams text[] := '{}';
begin
  if p_action is distinct from 'created' then
    v_streams := v_streams || format('select l.sourced_id, case when n.made is null then ''updated'' when (n.made).status = ''tobedeleted''
          and (o.was).status <> ''tobedeleted'' then ''deleted'' else ''updated'' end as action,
        %s as old, case when n.made is null then null else %s end as new, n.made is null as overwritten
      from (select * from store.replaced_rows where import_id = %s and entity = %L%s order by sourced_id) as l
        join store.%I as k on k.sourced_id = l.sourced_id
        left join store.replaced_rows as later on k.revision <> %s and later.entity = l.entity and later.old_revision = %7$s and later.sourced_id = l.sourced_id
        cross join lateral (select %s l.old) as was offset 0) as o
        cross join lateral (select case when k.revision = %7$s then k when later.old is not null then %8$s later.old) end as made offset 0) as n
      where n.made is null or %s is distinct from %s',
      case when p_with_rows then load.csv_row_sql(p_entity, 'o.was') else 'null::jsonb' end, v_row, p_import, p_entity, v_after, p_entity, p_revision,
      v_image, load.content_sql(p_entity, 'o.was'), load.content_sql(p_entity, 'n.made'));
  end if;
  if p_created > 0 and p_action is distinct from 'updated' then
    v_streams := v_streams || format('select n.sourced_id, case (n.made).status when ''active'' then ''created'' else ''deleted'' end as action,
        null::jsonb as old, %s as new, false as overwritten
      from (select k.sourced_id, k as made from store.%I as k where %s%s
          and not exists (select from store.replaced_rows as l where l.import_id = %s and l.entity = %L and l.sourced_id = k.sourced_id)
          order by k.sourced_id) as n', v_row, p_entity, v_at, v_after, p_import, p_entity)
      || format('select n.sourced_id, case (n.made).status when ''active'' then ''created'' else ''deleted'' end as action,
        null::jsonb as old, %s as new, false as overwritten
      from (select c.sourced_id, %s c.old) as made from store.replaced_rows as c where c.entity = %L and c.old_revision = %s%s
          and not exists (select from store.replaced_rows as l where l.import_id = %s and l.entity = %3$L and l.sourced_id = c.sourced_id)
          order by c.sourced_id offset 0) as n', v_row, v_image, p_entity, p_revision, v_after, p_import);
  end if;
  return (select format('select * from (%s) as changes order by sourced_id%s',
      string_agg(format('(select * from (%s) as stream where %s)', stream, v_bounds), ' union all '),
      case when p_limit is null then '' else format(' limit %s', p_limit) end)
    from unnest(v_streams) as stream having count(*) > 0);
end $$;
comment on function load.changes_sql is
  'The query of what an import changed in an entity, {sourced_id, action, old, new, overwritten} by id: rows it replaced, rows it '
  'made, rows it made that a later import replaced. What has changed only in derived columns is left out. Null where there can be none.';

create or replace function load.change_page(p_import bigint, p_revision bigint, p_file text, p_action text, p_after text, p_limit integer)
returns table (file text, sourced_id text, action text, old jsonb, new jsonb, overwritten boolean, after text) language plpgsql stable
-- a page is met by walking keys, whatever the statistics say
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  v_import store.imports := (select i from store.imports as i where import_id = p_import);
  v_made bigint;
  v_position integer := coalesce(split_part(p_after, ':', 1)::integer, 0);
  v_left bigint := p_limit;
  v_file record;
  v_query text;
  v_count bigint;
begin
  for v_file in select f.* from catalog.csv_files as f where position >= v_position and (p_file is null or f.file = p_file) order by position loop
    v_made := (v_import.created ->> v_file.entity)::bigint;
    if p_action = 'deleted' and v_import.report -> 'files' @> jsonb_build_array(jsonb_build_object('file', v_file.file, 'created', v_made)) then
      -- all that it made came as active rows: none of them is to be looked for
      v_made := 0;
    end if;
    v_query := load.changes_sql(v_file.entity, p_import, p_revision, v_made,
      case when v_file.position = v_position then split_part(p_after, ':', 2) end, p_action, v_left, true);
    continue when v_query is null;
    return query execute format('select %L, c.sourced_id, c.action, c.old, c.new, c.overwritten, %L || c.sourced_id from (%s) as c',
      v_file.file, v_file.position || ':', v_query);
    get diagnostics v_count = row_count;
    v_left := v_left - v_count;
    exit when v_left <= 0;
  end loop;
end $$;
comment on function load.change_page is 'Changes of an import that was applied, in the order of files and ids, behind p_after, which is <position of the file>:<id>.';
