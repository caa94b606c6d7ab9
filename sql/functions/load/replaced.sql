-- What an import replaces is kept as it was: a trigger on each table that packages fill, made from the catalog. It does
-- nothing but in the transaction of an import that is a job. Insert alone is never logged, so a first import pays nothing.

create or replace function load.create_log(p_entity text) returns void language plpgsql as $$
declare
  -- jsonb has no negative zero
  v_floats text := (select format(' || jsonb_build_object(%s)', string_agg(format('%1$L, o.%1$I::text', attname), ', ')) from pg_attribute
    where attrelid = format('store.%I', p_entity)::regclass and atttypid = 'double precision'::regtype and not attisdropped);
begin
  execute format($sql$
    create or replace function load.%1$I() returns trigger language plpgsql as $body$
    begin
      if current_setting('rosterhub.import', true) <> '' then
        insert into store.replaced_rows (import_id, entity, sourced_id, old_revision, old)
        select c.import_id, %2$L, o.sourced_id, o.revision, to_jsonb(o) - 'document'%3$s from old_rows as o, import_context as c
        where o.revision <> c.revision
        -- as it was before the first change stands
        on conflict do nothing;
      end if;
      return null;
    end $body$ $sql$, 'log_' || p_entity, p_entity, coalesce(v_floats, ''));
  execute format('revoke all on function load.%I() from public', 'log_' || p_entity);
  -- made anew it would wait for every writer of the table
  if not exists (select from pg_trigger where tgrelid = format('store.%I', p_entity)::regclass and tgname = 'replaced') then
    execute format('create trigger replaced after update on store.%1$I referencing old table as old_rows
      for each statement execute function load.%2$I()', p_entity, 'log_' || p_entity);
  end if;
end $$;

create or replace function load.create_logs() returns void language plpgsql as $$
declare
  v_entity text;
begin
  for v_entity in select entity from catalog.csv_files loop
    perform load.create_log(v_entity);
  end loop;
end $$;
comment on function load.create_logs is 'Makes the trigger of every table that packages fill. Called when the catalog has changed.';

create or replace function load.made() returns jsonb language plpgsql as $$
begin
  if to_regclass('pg_temp.import_files') is null then
    return null;
  end if;
  return (select coalesce(jsonb_object_agg(entity, made) filter (where made > 0), '{}') from import_files);
end $$;
comment on function load.made is 'How many rows of each entity the import of this transaction has made; null where there is none.';
