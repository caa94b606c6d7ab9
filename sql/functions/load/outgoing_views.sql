-- The views api.export_<entity>, made from the catalog. Who asks for them has no rights on what they read, so what they call
-- are functions of PostgreSQL, and the two of load that every reader of objectives needs.

-- What CSV must have and REST may leave out: it follows from the class.
create or replace function load.completed_sql(p_entity text, p_column text) returns text language sql immutable as $$
  select case p_entity || '.' || p_column
    when 'line_items.academic_session_sourced_id' then 'coalesce(r.academic_session_sourced_id, r.grading_period_sourced_id,
      (select c.term_sourced_ids[1] from store.classes as c where c.sourced_id = r.class_sourced_id))'
    when 'score_scales.org_sourced_id' then 'coalesce(r.org_sourced_id,
      (select c.school_sourced_id from store.classes as c where c.sourced_id = r.class_sourced_id))'
    when 'score_scales.course_sourced_id' then 'coalesce(r.course_sourced_id,
      (select c.course_sourced_id from store.classes as c where c.sourced_id = r.class_sourced_id))'
    else format('r.%I', p_column) end
$$;

create or replace function load.pairs_sql(p_column text, p_first text, p_second text) returns text language sql immutable as $$
  select format('(select string_agg(''{'' || (pair ->> %L) || '':'' || (pair ->> %L) || ''}'', '','' order by i)
    from jsonb_array_elements(r.%I) with ordinality as t(pair, i))', p_first, p_second, p_column)
$$;

-- c is a column of a file whose rows are r. COPY writes a date as the standard does where the session's datestyle is ISO.
create or replace function load.cell_sql(c catalog.csv_columns, p_entity text) returns text language sql stable as $$
  select case
    when not c.stored then 'null::text'
    when c.column_name = 'date_last_modified' then 'to_char(x.changed_at at time zone ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'')'
    when c.type = 'flag' then format('r.%I::text', c.column_name)
    when c.type = 'day' then format('(r.%I at time zone ''UTC'')::date', c.column_name)
    when c.type = 'integer' then format('round(r.%I)', c.column_name)
    when c.type = 'pair' then load.pairs_sql(c.column_name, 'type', 'identifier')
    when c.type = 'scale' then load.pairs_sql(c.column_name, 'itemValueLHS', 'itemValueRHS')
    when c.is_list then format('array_to_string(r.%I, '','')', c.column_name)
    when c.type = 'string' and c.required is null then format('nullif(r.%I, '''')', c.column_name)
    else load.completed_sql(p_entity, c.column_name) end
$$;
comment on function load.cell_sql is 'The SQL expression of a cell: what COPY writes of it, an import reads as the value of the column again.';

create or replace function load.create_export(p_file text, p_entity text) returns void language plpgsql as $$
declare
  v_rows text := coalesce(to_regclass('load.outgoing_' || p_entity)::text, format('store.%I', p_entity));
  v_made boolean := to_regclass('load.outgoing_' || p_entity) is not null;
  v_cells text := (select string_agg(format('%s as %I', load.cell_sql(c, p_entity), c.header), ', ' order by c.position)
    from catalog.csv_columns as c where c.file = p_file and c.binding is distinct from '1.1');
begin
  -- whoever may read it loses the right with it
  execute format('drop view if exists api.%I', 'export_' || p_entity);
  execute format('create view api.%I as select %s, r.metadata, %s as in_bulk, r.revision, %s as touched, x.changed_at
    from %s as r left join store.publications as p on p.revision = r.revision %s', 'export_' || p_entity, v_cells,
    case when v_made then 'r.in_bulk' else 'r.status = ''active''' end, case when v_made then 'r.touched' else 'null::bigint' end, v_rows,
    case when v_made then 'left join store.publications as t on t.revision = r.touched
        cross join lateral (select greatest(p.published_at, t.published_at) as changed_at) as x'
      else 'cross join lateral (select p.published_at as changed_at) as x' end);
  execute format('grant select on api.%I to rosterhub_app', 'export_' || p_entity);
end $$;

create or replace function load.create_exports() returns void language plpgsql as $$
declare
  v_file catalog.csv_files;
begin
  perform load.create_outgoing_scales();
  for v_file in select * from catalog.csv_files where binding is distinct from '1.1' order by position loop
    perform load.create_export(v_file.file, v_file.entity);
  end loop;
  grant execute on function load.objective_source(text), load.objective_id(text, text) to rosterhub_app;
end $$;
comment on function load.create_exports is 'Makes api.export_<entity> for every file of a package of 1.2. Called when the catalog has changed.';

-- The condition on a view that its rows were published after a moment. Named one by one the revisions are found by an index,
-- which a few are worth.
create or replace function load.published_sql(p_entity text, p_since timestamptz) returns text language plpgsql stable as $$
declare
  v_revisions bigint[] := array(select revision from store.publications where published_at > p_since limit 1001);
begin
  return case
    when v_revisions = '{}' then 'false'
    when cardinality(v_revisions) > 1000 then format('changed_at > %L', p_since)
    when to_regclass('load.outgoing_' || p_entity) is null then format('revision = any(%L::bigint[])', v_revisions)
    else format('(revision = any(%1$L::bigint[]) or touched = any(%1$L::bigint[]))', v_revisions) end;
end $$;

-- Which files a package has, and the rows of each as a query. p_since is null for a bulk package.
create or replace function load.export_files(p_since timestamptz, g store.granted) returns jsonb language plpgsql stable as $$
declare
  -- as many as an import reads
  v_column_max constant integer := 400;
  v_file catalog.csv_files;
  v_columns catalog.csv_columns[];
  v_headers text[];
  v_where text;
  v_any boolean;
  v_names text[];
  v_files jsonb := '[]';
begin
  for v_file in select * from catalog.csv_files where binding is distinct from '1.1' order by position loop
    v_where := case when p_since is null then 'in_bulk' else load.published_sql(v_file.entity, p_since) end || load.granted_rows_sql(v_file, g);
    select array_agg(c.header order by c.position), array_agg(c order by c.position) into v_headers, v_columns
    from catalog.csv_columns as c where c.file = v_file.file and c.binding is distinct from '1.1';
    v_any := false;
    if load.is_file_granted(v_file, g) then
      execute format('select exists (select from api.%I where %s)', 'export_' || v_file.entity, v_where) into v_any;
    end if;
    if not v_any then
      v_files := v_files || jsonb_build_object('file', v_file.file, 'header', to_jsonb(v_headers));
      continue;
    end if;
    v_names := '{}';
    if not load.is_hidden_column(v_file.entity, 'metadata', g) then
      execute format('select coalesce(array_agg(name order by name), ''{}'') from (
        select distinct key collate "C" as name from api.%I, jsonb_object_keys(metadata) as key where %s and metadata is not null
        order by 1 limit %s) as names', 'export_' || v_file.entity, v_where, v_column_max - cardinality(v_headers)) into v_names;
    end if;
    v_files := v_files || jsonb_build_object('file', v_file.file,
      'header', to_jsonb(v_headers || array(select 'metadata.' || name from unnest(v_names) with ordinality as t(name, i) order by i)),
      'query', format('select %s from api.%I where %s order by "sourcedId"',
        (select string_agg(case when p_since is null and c.header in ('status', 'dateLastModified') then 'null'
          else load.granted_cell_sql(v_file, c, g) end, ', ' order by c.position) from unnest(v_columns) as c)
        || coalesce((select string_agg(format(', metadata ->> %L', name), '' order by i) from unnest(v_names) with ordinality as t(name, i)), ''),
        'export_' || v_file.entity, v_where));
  end loop;
  return v_files;
end $$;
comment on function load.export_files is
  '[{file, header, query}]: the files of a package, in the order they are imported, with what g grants in them; without a query one has no rows.';
