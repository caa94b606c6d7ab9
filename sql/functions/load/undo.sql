-- The reverse of an import: rows it replaced come back as they were, rows it made are marked deleted, as changes of a revision
-- of their own. Only while nobody has touched one of them since.

create or replace function load.find_touched(p_entity text, p_import store.imports) returns void language plpgsql as $$
declare
  v_file text := (select file from catalog.csv_files where entity = p_entity);
  v_made bigint := coalesce((p_import.created ->> p_entity)::bigint, 0);
  v_found bigint := 0;
begin
  execute format('insert into import_faults
    select $3, null, ''sourcedId'', t.sourced_id, ''changed_since'',
      coalesce(''import '' || t.later, ''a client'') || '' has changed the record since''
    from (select l.sourced_id, later.import_id as later from store.replaced_rows as l join store.%1$I as k on k.sourced_id = l.sourced_id
        left join store.replaced_rows as later on later.entity = %1$L and later.old_revision = $2 and later.sourced_id = l.sourced_id
        where l.import_id = $1 and l.entity = %1$L and k.revision + 0 <> $2
      union all
      select c.sourced_id, c.import_id from store.replaced_rows as c where c.entity = %1$L and c.old_revision = $2
        and not exists (select from store.replaced_rows as l where l.import_id = $1 and l.entity = %1$L and l.sourced_id = c.sourced_id)) as t', p_entity)
  using p_import.import_id, p_import.revision, v_file;
  if v_made = 0 then
    return;
  end if;
  -- what a client replaces is not kept: rows made that are nowhere any more are known by their number alone
  execute format('select count(*) + (select count(*) from store.replaced_rows as c where c.entity = %1$L and c.old_revision = $2
      and not exists (select from store.replaced_rows as l where l.import_id = $1 and l.entity = %1$L and l.sourced_id = c.sourced_id))
    from store.%1$I as k where k.revision = $2
      and not exists (select from store.replaced_rows as l where l.import_id = $1 and l.entity = %1$L and l.sourced_id = k.sourced_id)', p_entity)
  into v_found using p_import.import_id, p_import.revision;
  if v_found < v_made then
    insert into import_faults values (v_file, null, null, null, 'changed_since',
      format('clients have changed %s of the %s records that the import created', v_made - v_found, v_made));
  end if;
end $$;

create or replace function load.put_back(p_entity text, p_import store.imports) returns void language plpgsql as $$
declare
  v_revision bigint := (select revision from import_context);
  v_has_document boolean := exists (select from load.table_columns(p_entity) where name = 'document');
  v_made bigint := coalesce((p_import.created ->> p_entity)::bigint, 0);
  v_wanted bigint;
  v_count bigint;
begin
  select count(*) into v_wanted from store.replaced_rows where import_id = p_import.import_id and entity = p_entity;
  if v_wanted > 0 then
    execute format('update store.%1$I as k set revision = %2$s, %3$s%4$s
      from store.replaced_rows as l cross join lateral (select jsonb_populate_record(null::store.%1$I, l.old) as was offset 0) as i
        cross join lateral (select (i.was).*) as o
      where l.import_id = $1 and l.entity = %1$L and k.sourced_id = l.sourced_id and k.revision = $2', p_entity, v_revision,
      (select string_agg(format('%1$I = o.%1$I', name), ', ' order by place) from load.table_columns(p_entity)
        where name not in ('sourced_id', 'revision', 'document')),
      case when v_has_document then format(', document = shape.%I(%s)', p_entity,
        load.row_sql(p_entity, jsonb_build_object('revision', v_revision, 'document', 'null'), 'o')) else '' end)
    using p_import.import_id, p_import.revision;
    get diagnostics v_count = row_count;
    if v_count <> v_wanted then
      perform api.fail('invaliddata', format('records of %s were changed while they were put back; revert again', p_entity));
    end if;
  end if;
  -- without its hash a row is read anew when a package has it again
  execute format('update store.%1$I as k set status = ''tobedeleted'', row_hash = null, revision = %2$s%3$s
    where k.revision = $1 and k.status = ''active''', p_entity, v_revision,
    case when v_has_document then format(', document = shape.%I(%s)', p_entity, load.row_sql(p_entity, '{"status": "''tobedeleted''"}', 'k')) else '' end)
  using p_import.revision;
  get diagnostics v_count = row_count;
  if v_made > 0 then
    -- those that came as deleted stay as they are
    execute format('select count(*) from store.%I where revision = $1', p_entity) into v_wanted using p_import.revision;
    if v_count + v_wanted <> v_made then
      perform api.fail('invaliddata', format('records of %s were changed while they were marked deleted; revert again', p_entity));
    end if;
  end if;
end $$;
comment on function load.put_back is 'Rows that the import replaced, as they were; rows that it made are then all that is left at its revision.';

-- Records that came since, beside those put back, may show some of what went: their derived columns are gathered anew.
create or replace function load.derive_again() returns void language plpgsql as $$
declare
  v_context record;
  v_file catalog.csv_files;
  v_entity text;
begin
  select * into v_context from import_context;
  foreach v_entity in array '{orgs,academic_sessions}'::text[] loop
    if exists (select from import_files where entity = v_entity) then
      perform load.children(v_entity);
    end if;
  end loop;
  for v_file in select * from catalog.csv_files as f where fills is not null and exists (select from import_files where entity = f.entity) order by position loop
    execute format('create temp table joined on commit drop as
      select distinct j.sourced_id from (select %1$I as sourced_id from store.%2$I where revision = $1
        union all select old ->> %1$L from store.replaced_rows where import_id = $2 and entity = %2$L) as j
      join store.%3$I as k on k.sourced_id = j.sourced_id where k.revision + 0 <> $1', v_file.parent_key, v_file.entity, v_file.parent)
    using v_context.revision, v_context.import_id;
    perform load.fill_joined(v_file);
  end loop;
  if exists (select from import_files where entity in ('roles', 'user_profiles')) then
    create temp table left_users on commit drop as
      select old ->> 'user_sourced_id' as sourced_id from store.replaced_rows
      where import_id = v_context.import_id and entity in ('roles', 'user_profiles');
    perform load.affected_users();
    delete from derived_users as d using store.users as u where u.sourced_id = d.sourced_id and u.revision = v_context.revision;
    perform load.refresh_users();
  end if;
end $$;

create or replace function load.undo(p_import bigint) returns void language plpgsql as $$
declare
  v_import store.imports;
  v_context record;
  v_file catalog.csv_files;
begin
  select * into strict v_import from store.imports where import_id = p_import;
  select * into v_context from import_context;
  if v_import.revision is null then
    perform api.fail('invaliddata', format('import %s changed nothing that could be reverted', p_import));
  end if;
  if v_import.created is null or v_import.replaced is distinct from (select count(*) from store.replaced_rows where import_id = p_import) then
    perform api.fail('invaliddata', format('what import %s replaced is kept no longer (IMPORT_KEEP_DAYS); it cannot be reverted', p_import));
  end if;
  insert into import_files (file, entity, mode) select file, entity, 'delta' from catalog.csv_files as f
  where v_import.created ? f.entity or exists (select from store.replaced_rows where import_id = p_import and entity = f.entity);
  for v_file in select f.* from catalog.csv_files as f join import_files using (entity) order by position loop
    perform load.find_touched(v_file.entity, v_import);
  end loop;
  if exists (select from import_faults) then
    delete from import_files;
    return;
  end if;
  for v_file in select f.* from catalog.csv_files as f join import_files using (entity) order by position loop
    perform load.put_back(v_file.entity, v_import);
  end loop;
  perform load.derive_again();
  for v_file in select f.* from catalog.csv_files as f join import_files using (entity) order by position loop
    execute format('with counted as (select count(*) filter (where action = ''updated'') as updated, count(*) filter (where action = ''deleted'') as deleted
        from (%s) as c)
      update import_files as f set row_count = c.updated + c.deleted, updated = c.updated, deleted = c.deleted from counted as c where f.entity = %L',
      load.changes_sql(v_file.entity, v_context.import_id, v_context.revision, null, null, null, null, false), v_file.entity);
  end loop;
  delete from import_files where row_count = 0;
end $$;
comment on function load.undo is
  'Reverts an import in the transaction of another one. Where rows were changed since, import_faults has each of them and nothing '
  'is changed. Fails with invaliddata where there is nothing to revert or what was replaced is kept no longer.';
