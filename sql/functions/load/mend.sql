-- What is mended in incoming_<entity> after the check, with a warning.

create or replace function load.warn_of_unstored(p_entity text, p_file text) returns void language plpgsql as $$
declare
  c catalog.csv_columns;
begin
  for c in select col.* from catalog.csv_columns as col join catalog.csv_files using (file)
    where file = p_file and entity = p_entity and not stored loop
    execute format('insert into import_warnings select %L, load.line(%1$L, min(ordinal)), %L, null, ''not_stored'',
      ''the hub never stores this column'', count(*) from %I where %I is not null having count(*) > 0',
      p_file, c.header, 'staged_' || p_entity, c.column_name);
  end loop;
end $$;

-- A bulk file has neither a status nor a date; what it says of them all the same is believed. Told of the file and not of its
-- rows: where every row has them, none would ever again be known by its hash.
create or replace function load.warn_of_filled(p_entity text, p_file text, p_mode text) returns void language plpgsql as $$
declare
  v_any boolean;
begin
  if p_mode = 'bulk' then
    execute format('select exists (select from %I where status is not null or date_last_modified is not null)', 'staged_' || p_entity) into v_any;
  end if;
  if v_any then
    execute format('insert into import_warnings
      select %L, load.line(%1$L, min(ordinal)), field, (array_agg(value order by ordinal))[1], code, reason, count(*)
      from %I cross join lateral (values
        (''status'', status, ''deleted_in_bulk'', ''a bulk file leaves out what is deleted; the record is marked deleted'',
          lower(btrim(status)) in (''tobedeleted'', ''inactive'')),
        (''status'', status, ''filled_in_bulk'', ''blank in a bulk file, whose records are all active'',
          lower(btrim(status)) not in (''tobedeleted'', ''inactive'')),
        (''dateLastModified'', date_last_modified, ''filled_in_bulk'', ''blank in a bulk file, whose date is that of its import'',
          date_last_modified is not null)) as r(field, value, code, reason, applies)
      where applies group by field, code, reason', p_file, 'staged_' || p_entity);
  end if;
end $$;

-- Optional references that lead nowhere are taken out; so are those to a row of the same file that was refused.
create or replace function load.mend(p_entity text, p_file text, p_keep_dangling boolean) returns void language plpgsql as $$
declare
  c catalog.csv_columns;
  v_known text;
  v_id text;
begin
  if p_keep_dangling then
    return;
  end if;
  for c in select col.* from catalog.csv_columns as col join catalog.csv_files using (file)
    where entity = p_entity and col.target is not null and col.required is null and load.is_read(col)
  loop
    v_known := load.known_sql(p_entity, c.target, case when c.is_list then 'id' else format('i.%I', c.column_name) end);
    if c.target = p_entity then
      v_id := case when c.is_list then 'id' else format('i.%I', c.column_name) end;
      v_known := format('exists (select from store.%I as known where known.sourced_id = %s)
          or exists (select from %I as sent where sent.sourced_id = %2$s and not sent.faulty)', p_entity, v_id, 'incoming_' || p_entity);
      continue when not load.any_marked(p_entity, 'faulty') and not load.any_marked(p_entity, 'warned');
      execute format('insert into import_warnings select %L, load.line(%1$L, min(i.ordinal)), %L, (array_agg(bad.sourced_id order by i.ordinal))[1],
          ''dangling_reference'', ''the record referred to was refused; the reference is left out'', count(*)
        from %I as i join (select sourced_id from %3$I group by sourced_id having bool_and(faulty and known_status is null)) as bad
          on bad.sourced_id = any(%s) where not i.faulty having count(*) > 0',
        p_file, c.header, 'incoming_' || p_entity, case when c.is_list then format('i.%I', c.column_name) else format('array[i.%I]', c.column_name) end);
    end if;
    if c.is_list then
      execute format('update %1$I as i set %2$I = nullif(array(select id from unnest(i.%2$I) with ordinality as x(id, n) where %3$s order by n), ''{}''), warned = true
        where i.%2$I is not null and exists (select from unnest(i.%2$I) as id where not (%3$s))', 'incoming_' || p_entity, c.column_name, v_known);
    else
      execute format('update %1$I as i set %2$I = null, warned = true where i.%2$I is not null and not (%3$s)', 'incoming_' || p_entity, c.column_name, v_known);
    end if;
  end loop;
end $$;

create or replace function load.any_marked(p_entity text, p_mark text) returns boolean language plpgsql as $$
declare
  v_any boolean;
begin
  execute format('select exists (select from %I where %I)', 'incoming_' || p_entity, p_mark) into v_any;
  return v_any;
end $$;
