-- What of the files of an export a client is granted: which files, which of their rows, and their cells. A row belongs where
-- every record belongs that it must refer to; a cell that may be empty is, where it is hidden or leads to what is hidden.

-- The entity whose records say whether a file is there at all: its own, or that of the records that its rows are a part of.
create or replace function load.file_entity(p_file catalog.csv_files) returns text language sql immutable as $$
  select case when p_file.entity in ('roles', 'user_profiles') then 'users' else coalesce(p_file.parent, p_file.entity) end
$$;

create or replace function load.is_hidden_column(p_entity text, p_column text, g store.granted) returns boolean language sql stable as $$
  select exists (select from catalog.fields as f join catalog.entities as e using (entity)
    where f.entity = p_entity and f.column_name = p_column and f.selectable and substring(e.collection from '[^/]+$') || '.' || f.field = any(g.hidden))
$$;

create or replace function load.is_file_granted(p_file catalog.csv_files, g store.granted) returns boolean language sql stable as $$
  select g.is_restricted is not true or (api.is_shown(load.file_entity(p_file), g)
    and not (p_file.fills is not null and load.is_hidden_column(p_file.parent, p_file.fills, g))
    and not (p_file.entity = 'user_profiles' and load.is_hidden_column('users', 'user_profiles', g))
    and not exists (select from catalog.csv_columns as c join catalog.entities as e on e.entity = c.target
      where p_file.parent is not null and c.file = p_file.file and c.required = 'always' and not api.is_shown(c.target, g)))
$$;

-- The condition that the record an expression names is granted; null where all are.
create or replace function load.seen_sql(p_target text, p_id text, g store.granted) returns text language sql stable as $$
  select case when g.audience is not null and to_regclass('api.export_seen_' || p_target) is not null
    then format('%s in (select sourced_id from api.%I)', p_id, 'export_seen_' || p_target) end
$$;

create or replace function load.granted_rows_sql(p_file catalog.csv_files, g store.granted) returns text language sql stable as $$
  select coalesce(string_agg(' and ' || condition, ''), '') from (
    select load.seen_sql(p_file.entity, '"sourcedId"', g) as condition
    where exists (select from catalog.entities where entity = p_file.entity)
    union all
    select load.seen_sql(c.target, format('%I', c.header), g) from catalog.csv_columns as c
    where c.file = p_file.file and c.required = 'always' and c.target is not null and c.binding is distinct from '1.1'
      and not exists (select from catalog.entities where entity = p_file.entity)
    union all
    select format('"role" = any(%L::text[])', g.roles) where p_file.entity = 'roles' and g.roles is not null
  ) as conditions where condition is not null
$$;

create or replace function load.granted_cell_sql(p_file catalog.csv_files, c catalog.csv_columns, g store.granted) returns text
language plpgsql stable as $$
declare
  v_seen text;
begin
  if g.is_restricted is not true then
    return format('%I', c.header);
  elsif load.is_hidden_column(p_file.entity, c.column_name, g) then
    return 'null';
  elsif c.required = 'always' then
    return format('%I', c.header);
  elsif (c.target = 'user_profiles' and load.is_hidden_column('users', 'user_profiles', g))
    or (c.target is not null and exists (select from catalog.entities where entity = c.target) and not api.is_shown(c.target, g)) then
    return 'null';
  end if;
  v_seen := load.seen_sql(c.target, case when c.is_list then 'id' else format('%I', c.header) end, g);
  return case when v_seen is null then format('%I', c.header)
    when c.is_list then format('(select string_agg(id, '','' order by i) from unnest(string_to_array(%I, '','')) with ordinality as t(id, i) where %s)', c.header, v_seen)
    else format('case when %s then %I end', v_seen, c.header) end;
end $$;
