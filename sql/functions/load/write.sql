-- What clients write: one function a writable entity, load.write_<entity>, made from the catalog, so that a write is one
-- planned statement. It takes a batch of records and answers for each what became of it; a record at fault is left out, the
-- others are written. A batch of several fails with lock_not_available where another transaction has one of its rows.

create or replace function load.read_sql(f catalog.fields) returns text language sql stable as $$
  select case
    when f.kind = 'reference' and f.is_list
      then format('case when s.record ? %1$L then array(select e ->> ''sourcedId'' from jsonb_array_elements(s.record -> %1$L) as e) end', f.field)
    when f.kind = 'reference' then format('s.record #>> ''{%s,sourcedId}''', f.field)
    when f.kind in ('object', 'metadata') then format('nullif(s.record -> %L, ''{}'')', f.field)
    when f.is_list then format('case when s.record ? %1$L then array(select jsonb_array_elements_text(s.record -> %1$L)) end', f.field)
    when f.kind = 'flag' then format('(s.record ->> %L)::boolean', f.field)
    when f.kind = 'number' then format('(s.record ->> %L)::double precision', f.field)
    when f.kind = 'date' then format('case when load.instant(s.record ->> %1$L) is not null then load.day(s.record ->> %1$L) end', f.field)
    when f.kind = 'time' then format('load.instant(s.record ->> %L)', f.field)
    when f.field = 'status' then 'coalesce(s.record ->> ''status'', ''active'')'
    when f.required then format('s.record ->> %L', f.field)
    else format('nullif(s.record ->> %L, '''')', f.field) end
$$;
comment on function load.read_sql is 'The SQL expression of a field''s column over s, which has the record: an empty text that may be absent is.';

-- What a client does not see of a record, a PUT of what it does see leaves as it was.
create or replace function load.kept_sql(f catalog.fields, p_read text) returns text language sql stable as $$
  select format('case when g.is_restricted and (%L = any(g.hidden)%s) then k.%I else %s end', load.public_name(f),
    case when f.kind = 'reference' and not f.is_list and not f.required
      then format(' or (%s is null and not load.shows(g, %L, k.%I))', p_read, target.table_name, f.column_name) else '' end, f.column_name, p_read)
  from (select (select table_name from catalog.entities where collection = f.collection limit 1)) as target
$$;

-- A field as grants name it: results.comment, whatever the binding.
create or replace function load.public_name(f catalog.fields) returns text language sql stable as $$
  select substring(collection from '[^/]+$') || '.' || f.field from catalog.entities where entity = f.entity
$$;

-- The columns of an entity's table as expressions: from the record, else (another binding does not know them) as they are.
create or replace function load.write_values(p_entity text) returns jsonb language plpgsql stable as $$
declare
  v_table text := (select table_name from catalog.entities where entity = p_entity);
  -- what a binding shows in place of an absent value, and gets back, is no value of the column
  v_read jsonb := (select jsonb_object_agg(column_name, load.kept_sql(f, case when computed is null then load.read_sql(f)
      else format('case when %1$s = shape.%2$I(k) then k.%3$I else %1$s end', load.read_sql(f), computed, column_name) end))
    from catalog.fields as f where entity = p_entity and selectable and kind not in ('absent', 'instant'));
begin
  return (select jsonb_object_agg(name, coalesce(v_read ->> name, case name
      when 'revision' then 'p_revision' when 'document' then 'null'
      when 'source_system' then 'coalesce(k.source_system, ''client:'' || s.client)'
      when 'school_sourced_id' then format('case when k.class_sourced_id = %1$s then k.%2$I
        else (select c.school_sourced_id from store.classes as c where c.sourced_id = %1$s) end', v_read ->> 'class_sourced_id', name)
      else format('k.%I', name) end)) || '{"sourced_id": "s.sourced_id"}'
    from load.table_columns(v_table));
end $$;

-- The first thing wrong with a record, as {status, message}, or null. t are the records as values, s their texts.
create or replace function load.fault_sql(p_entity text) returns text language plpgsql stable as $$
declare
  v_name text := (select substring(collection from '[^/]+$') from catalog.entities where entity = p_entity);
  v_cases text := format('when (t.granted).may_write is false then load.refusal(403, ''the client is granted no writes'')
      when (t.granted).is_restricted and not api.is_shown(%L, t.granted) then load.refusal(403, ''the client is not granted %s'')
      when t.is_hidden and t.if_match is not null then load.refusal(412, format(''If-Match: the record has another version; read "%%s" again'', t.sourced_id))
      when t.is_hidden then load.refusal(404, format(''Unknown Object: no %s "%%s"'', t.sourced_id))',
      (select table_name from catalog.entities where entity = p_entity), v_name,
      (select envelope from catalog.operations where entity = p_entity and kind = 'one' limit 1))
    || ' when t.if_match is not null and not coalesce(t.if_match ? ''*'' and t.known_revision is not null or t.if_match ? t.known_revision::text, false)
      then jsonb_build_object(''status'', 412, ''message'', format(''If-Match: the record has another version; read "%s" again'', t.sourced_id))';
  v_table text := (select table_name from catalog.entities where entity = p_entity);
  f catalog.fields;
  v_target text;
begin
  for f in select * from catalog.fields where entity = p_entity and selectable order by kind <> 'date', kind <> 'time', field loop
    if f.kind in ('date', 'time') and f.field <> 'dateLastModified' then
      v_cases := v_cases || format(' when t.record ? %1$L and t.%2$I is null then load.fault(t.path || %3$L, %4$L || (t.record ->> %1$L))',
        f.field, f.column_name, '/' || f.field, case f.kind when 'date' then 'no date: ' else 'no date and time: ' end);
    elsif f.kind = 'reference' and not f.is_list then
      v_target := (select table_name from catalog.entities where collection = f.collection);
      v_cases := v_cases || format(' when t.%1$I is not null and not exists (select from store.%2$I as x where x.sourced_id = t.%1$I and (load.shows(t.granted, %2$L, t.%1$I) or %5$s))
          then load.fault(t.path || %3$L, format(''no %4$s "%%s"'', t.%1$I))',
        f.column_name, v_target, '/' || f.field || '/sourcedId', f.target,
        -- one that the record must have, and has, is shown whatever it leads to; of another, who does not see it says nothing
        case when f.required then format('exists (select from store.%I as k where k.sourced_id = t.sourced_id and k.%I = t.%2$I)', v_table, f.column_name)
          else format('not t.record ? %L', f.field) end);
    end if;
  end loop;
  if p_entity like 'score\_scales%' then
    v_cases := v_cases || ' when (t.granted).by_org and coalesce(t.class_sourced_id, t.course_sourced_id, t.org_sourced_id) is null
      then load.fault(t.path, ''a client that is granted some orgs must name a class or a course'')';
  end if;
  return format('case %s end', v_cases);
end $$;

create or replace function load.refusal(p_status integer, p_message text) returns jsonb language sql immutable as $$
  select jsonb_build_object('status', p_status, 'message', p_message)
$$;

create or replace function load.fault(p_path text, p_reason text) returns jsonb language sql immutable as $$
  select load.refusal(422, p_path || ': ' || p_reason)
$$;

create or replace function load.create_writer(p_entity text) returns void language plpgsql as $$
declare
  v_table text := (select table_name from catalog.entities where entity = p_entity);
  v_values jsonb := load.write_values(p_entity);
  -- what makes a record another one: neither who sent it nor when
  v_content text[] := array(select name from load.table_columns(v_table)
    where name <> all('{sourced_id,revision,source_system,source_modified_at,row_hash,document}') order by place);
  v_columns text[] := array(select name from load.table_columns(v_table) where name <> 'document' order by place);
begin
  execute format($sql$
    create or replace function load.%1$I(p_items jsonb, p_revision bigint) returns jsonb language plpgsql
    -- a few records among however many: by their keys, whatever the table had in it when the plan was made
    set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
    declare
      v_outcomes jsonb;
      v_held text[];
    begin
      -- the rows as they are, each held; one that another writer holds is left out: nobody waits for a record of somebody
      -- else's, and who waits would hold a connection
      v_held := array(select sourced_id from store.%2$I where sourced_id in (
        select item ->> 'sourcedId' from jsonb_array_elements(p_items) as item) order by sourced_id for update skip locked);
      with sent as (
        select place, item ->> 'path' as path, item ->> 'client' as client, item ->> 'sourcedId' as sourced_id,
          item -> 'record' as record, item -> 'ifMatch' as if_match
        from jsonb_array_elements(p_items) with ordinality as t(item, place)
      ), typed as materialized (
        select s.place, s.path, s.record, nullif(s.if_match, 'null') as if_match, k.revision as known_revision,
          k.sourced_id is not null and k.sourced_id <> all(v_held) as is_locked, g as granted,
          k.sourced_id is not null and g.is_restricted and not load.sees(g, %11$L, k.sourced_id) as is_hidden, %3$s
        from sent as s left join store.%2$I as k on k.sourced_id = s.sourced_id left join store.granted as g on g.client_id = s.client
      ), checked as materialized (
        select t.*, %4$s as fault from typed as t
      ), written as (
        insert into store.%2$I as old (%5$s, document) select %6$s, shape.%2$I(row(%7$s)::store.%2$I) from checked as t
          where fault is null and not is_locked order by t.sourced_id
        -- a record that came to be in the meantime is not known here, nor what it has that this binding does not bring
        on conflict (sourced_id) do update set %8$s, revision = excluded.revision, document = excluded.document
          where old.sourced_id = any(v_held) and (%9$s) is distinct from (%10$s)
        returning old.sourced_id
      )
      select jsonb_agg(jsonb_build_object('fault', case when c.is_hidden or not c.is_locked then c.fault end, 'outcome', case
        when c.is_hidden then null when c.is_locked then 'locked' when c.fault is not null then null
        when w.sourced_id is not null then case when c.known_revision is null then 'created' else 'replaced' end
        when c.known_revision is null then 'locked' else 'unchanged' end) order by c.place)
      into v_outcomes
      from checked as c left join written as w on w.sourced_id = c.sourced_id;
      return v_outcomes;
    end $body$ $sql$,
    'write_' || p_entity, v_table,
    (select string_agg(format('%s as %I', v_values ->> name, name), ', ') from unnest(v_columns) as name),
    load.fault_sql(p_entity),
    (select string_agg(format('%I', name), ', ') from unnest(v_columns) as name),
    (select string_agg(format('t.%I', name), ', ') from unnest(v_columns) as name),
    (select string_agg(case name when 'document' then 'null' else format('t.%I', name) end, ', ' order by place) from load.table_columns(v_table)),
    (select string_agg(format('%1$I = excluded.%1$I', name), ', ') from unnest(v_content) as name),
    (select string_agg(format('old.%I', name), ', ') from unnest(v_content) as name),
    (select string_agg(format('excluded.%I', name), ', ') from unnest(v_content) as name),
    v_table);
  execute format('revoke all on function load.%I(jsonb, bigint) from public', 'write_' || p_entity);
end $$;

create or replace function load.create_writers() returns void language plpgsql as $$
declare
  v_entity text;
begin
  for v_entity in select distinct entity from catalog.operations where kind in ('put', 'post') loop
    perform load.create_writer(v_entity);
  end loop;
end $$;
comment on function load.create_writers is 'Makes load.write_<entity> for every entity that an operation writes. Called when the catalog has changed.';

-- Marks a record deleted; one that is already stays as it is. Answers removed, locked where another writer has it, or null
-- where there is none.
create or replace function load.remove(p_table text, p_sourced_id text, p_if_match jsonb, p_revision bigint) returns text language plpgsql as $$
declare
  v_known bigint;
  v_exists boolean;
  v_written bigint;
begin
  execute format('select revision from store.%I where sourced_id = $1 for update skip locked', p_table) into v_known using p_sourced_id;
  if v_known is null then
    execute format('select exists (select from store.%I where sourced_id = $1)', p_table) into v_exists using p_sourced_id;
    return case when v_exists then 'locked' end;
  end if;
  if p_if_match is not null and not (p_if_match ? '*' or p_if_match ? v_known::text) then
    perform api.fail('invaliddata 412', format('If-Match: the record has another version; read "%s" again', p_sourced_id));
  end if;
  execute format('update store.%1$I as k set status = ''tobedeleted'', revision = $2, document = shape.%1$I(%2$s)
    where sourced_id = $1 and status = ''active''', p_table, load.row_sql(p_table, '{"status": "''tobedeleted''"}', 'k')) using p_sourced_id, p_revision;
  get diagnostics v_written = row_count;
  if v_written > 0 then
    perform load.publish_entities(p_revision, array[p_table]);
  end if;
  return 'removed';
end $$;
