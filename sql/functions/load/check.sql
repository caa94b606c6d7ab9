-- staged_<entity> -> incoming_<entity>: the rows that may change something, as values, with whether they are refused.
-- What each column must be says load.rules; one statement checks all rows of a file as a set, and only rows it flags are
-- looked at again, to say what is wrong with them.

create or replace function load.known_sql(p_entity text, p_target text, p_id text) returns text language plpgsql stable as $$
declare
  v_known text := format('exists (select from store.%I as known where known.sourced_id = %s)', p_target, p_id);
begin
  if p_target = p_entity then
    return v_known || format(' or exists (select from %I as sent where sent.sourced_id = %s)', 'staged_' || p_target, p_id);
  elsif to_regclass('pg_temp.incoming_' || p_target) is not null then
    return v_known || format(' or exists (select from %I as sent where sent.sourced_id = %s and not sent.faulty)', 'incoming_' || p_target, p_id);
  end if;
  return v_known;
end $$;
comment on function load.known_sql is 'The condition that an id stands in the store or among the package''s rows not yet stored.';

create or replace function load.value_sql(c catalog.csv_columns, p_mode text) returns text language sql stable as $$
  select case
    when c.column_name = 'status' and p_mode = 'bulk' then format('case when %s is null then ''active'' else %s end', v.raw, v.enum)
    when c.type = 'enum' and c.is_list then format('load.words(load.list(%s), %L::text[], %L)', v.raw, c.vocabulary, c.extensible)
    when c.type = 'enum' then v.enum
    when c.type = 'flag' then format('case %1$s when ''true'' then true when ''false'' then false else load.word(%1$s, ''{true,false}'')::boolean end', v.raw)
    when c.type = 'date' then format('load.day(%s)', v.raw)
    when c.type = 'date-time' then format('load.instant(%s)', v.raw)
    when c.type = 'year' then format('substring(%s from ''^\d{4}$'')', v.raw)
    when c.type = 'day' then format('load.day(%s)::timestamp at time zone ''UTC''', v.raw)
    when c.type in ('integer', 'float') then format('load.number(%s, %L)', v.raw, c.type = 'integer')
    when c.type = 'pair' then format('load.pairs(%s, ''type'', ''identifier'')', v.raw)
    when c.type = 'scale' then format('load.pairs(%s, ''itemValueLHS'', ''itemValueRHS'')', v.raw)
    when c.column_name = any(load.derived_in_v1p1(c.file)) and (select version from import_context) = '1.1' then format('coalesce(%s, %s)', v.raw, load.default_sql('s', c.file, c.column_name))
    when c.is_list and c.type = 'ref' then format('load.ids(%s)', v.raw)
    when c.is_list then format('load.list(%s)', v.raw)
    else v.raw end
  from (
    select format('s.%I', c.column_name) as raw,
      format('case when s.%1$I = any(%2$L::text[])%3$s then s.%1$I%5$s else load.word(s.%1$I, %2$L::text[]) end', c.column_name, c.vocabulary,
        case when c.extensible then format(' or s.%I ~ ''^ext:[a-zA-Z0-9.\-_]+$''', c.column_name) else '' end, null,
        case when c.column_name = 'status' then format(' when lower(s.%I) = ''inactive'' then ''tobedeleted''', c.column_name) else '' end) as enum
  ) as v
$$;
comment on function load.value_sql is 'The SQL expression that turns a staged cell into its value, null where it is none.';

-- The typed rows of a file: s are its staged rows, with what is known of their ids. p_where is a condition on the staged rows
-- alone, p_changed one on both: it is asked before a cell is read, since of most packages most rows are as they were.
create or replace function load.typed_sql(p_entity text, p_mode text, p_metadata jsonb, p_where text, p_changed text) returns text language plpgsql stable as $$
declare
  v_values text;
  v_raws text;
  v_hashed text;
  v_metadata text := 'null::jsonb';
begin
  select string_agg(format('%s as %I', load.value_sql(c, p_mode), c.column_name), ', ' order by position),
    string_agg(format('s.%I as %I', c.column_name, load.raw_name(c)), ', ' order by position) filter (where load.raw_name(c) <> c.column_name),
    string_agg(format('s.%I', c.column_name), ', ' order by position)
  into v_values, v_raws, v_hashed
  from (select col.* from catalog.csv_columns as col join catalog.csv_files using (file)
    where entity = p_entity and load.is_read(col) and col.stored) as c;
  if p_metadata is not null then
    select format('nullif(jsonb_strip_nulls(jsonb_object(%L::text[], array[%s])), ''{}'')', array_agg(value order by value),
        string_agg(format('s.%I', key), ', ' order by value)),
      v_hashed || ', ' || string_agg(format('s.%I', key), ', ' order by value) || format(', %L::text', array_agg(value order by value))
    into v_metadata, v_hashed from jsonb_each_text(p_metadata);
  end if;
  return format('select s.ordinal, %s, %s, %s as metadata, s.row_hash, s.known_status, s.known_source from (
      select s.*, hash_record_extended(row(%s), 0) as row_hash, k.status as known_status, k.source_system as known_source, k.row_hash as known_hash
      from %I as s left join store.%I as k on k.sourced_id = s.sourced_id where %s offset 0) as s where %s offset 0',
    v_values, v_raws, v_metadata, v_hashed, 'staged_' || p_entity, p_entity, p_where, p_changed);
end $$;

create or replace function load.check(p_entity text) returns void language plpgsql as $$
declare
  v_context record;
  v_file import_files;
  v_typed text;
  v_faulty text;
  v_warned text;
  v_duplicates boolean;
  v_columns text;
begin
  select * into v_context from import_context;
  select * into v_file from import_files where entity = p_entity;
  select 't.ordinal, ' || string_agg(format('t.%I', c.column_name), ', ' order by c.position) into v_columns
  from catalog.csv_columns as c join catalog.csv_files using (file)
  where entity = p_entity and load.is_read(c) and c.stored;
  execute format('analyze %I', 'staged_' || p_entity);
  execute format('create temp table %I on commit drop as select ordinal from (
      select ordinal, row_number() over (partition by sourced_id order by ordinal) as occurrence from %2$I
      where sourced_id in (select sourced_id from %2$I group by sourced_id having count(*) > 1)) as same
    where occurrence > 1', 'duplicate_' || p_entity, 'staged_' || p_entity);
  execute format('select exists (select from %I)', 'duplicate_' || p_entity) into v_duplicates;
  create temp table import_rules on commit drop as
    select * from load.rules(p_entity, v_file.mode, v_context.keep_dangling)
    union all select false, r.* from load.row_rules(p_entity, v_file.mode) as r
    union all select true, 'sourcedId', format('t.known_source <> %L', v_context.source), 't.sourced_id', 'other_source',
      '''the record came from the source "'' || t.known_source || ''"'' ' where not v_context.take_over
    union all select true, 'sourcedId', format('t.ordinal in (select ordinal from %I)', 'duplicate_' || p_entity), 't.sourced_id',
      'duplicate_id', quote_literal('an earlier row of this file has the same sourcedId') where v_duplicates;
  select string_agg('(' || condition || ')', ' or ') filter (where is_fault), string_agg('(' || condition || ')', ' or ') filter (where not is_fault)
  into v_faulty, v_warned from import_rules;
  v_typed := load.typed_sql(p_entity, v_file.mode, v_file.metadata, 'true',
    format('(s.known_hash is distinct from s.row_hash or s.known_source <> %L%s%s)', v_context.source,
      -- a blank status is one in a bulk file, and none in a delta of the same row
      case when v_file.mode = 'delta' then ' or s.status is null' else '' end,
      case when v_duplicates then format(' or s.ordinal in (select ordinal from %I)', 'duplicate_' || p_entity) else '' end));
  execute format('create temp table %I on commit drop as
    select %s, t.metadata, t.row_hash, t.known_status, coalesce(%s, false) as faulty, coalesce(%s, false) as warned from (%s) as t',
    'incoming_' || p_entity, v_columns, v_faulty, v_warned, v_typed);
  execute format('analyze %I', 'incoming_' || p_entity);
  perform load.report(p_entity, v_file.file, v_file.mode, v_file.metadata);
  perform load.warn_of_unstored(p_entity, v_file.file);
  perform load.warn_of_filled(p_entity, v_file.file, v_file.mode);
  perform load.mend(p_entity, v_file.file, v_context.keep_dangling);
  perform load.semantics(p_entity, v_file.file, v_file.mode);
  drop table import_rules;
end $$;
comment on function load.check is
  'Checks the staged rows of an entity as a set. Rows whose hash the store already has are left out: they change nothing.';

create or replace function load.report(p_entity text, p_file text, p_mode text, p_metadata jsonb) returns void language plpgsql as $$
declare
  v_rules text;
  v_incoming text := format('%I', 'incoming_' || p_entity);
begin
  select string_agg(format('(%s, %L, %s, %L, %s)', condition, header, value, code, reason), ', ') into v_rules from import_rules where is_fault;
  if load.any_marked(p_entity, 'faulty') and v_rules is not null then
    execute format('insert into import_faults select %L, load.line(%1$L, t.ordinal), r.header, r.value, r.code, r.reason
      from (%s) as t cross join lateral (values %s) as r(applies, header, value, code, reason) where r.applies', p_file,
      load.typed_sql(p_entity, p_mode, p_metadata, format('s.ordinal in (select ordinal from %s where faulty)', v_incoming), 'true'), v_rules);
  end if;
  select string_agg(format('(%s, %L, %s, %L, %s)', condition, header, value, code, reason), ', ') into v_rules from import_rules where not is_fault;
  if load.any_marked(p_entity, 'warned') and v_rules is not null then
    execute format('insert into import_warnings select %L, load.line(%1$L, min(t.ordinal)), r.header, (array_agg(r.value order by t.ordinal))[1],
        r.code, (array_agg(r.reason order by t.ordinal))[1], count(*)
      from (%s) as t cross join lateral (values %s) as r(applies, header, value, code, reason) where r.applies
      group by r.header, r.code', p_file,
      load.typed_sql(p_entity, p_mode, p_metadata, format('s.ordinal in (select ordinal from %s where warned and not faulty)', v_incoming), 'true'), v_rules);
  end if;
end $$;
comment on function load.report is 'Writes each fault of each refused row; warnings once for each column and code, with how many rows and the first.';
