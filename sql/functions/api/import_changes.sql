-- What an import changed, or would: of one that was applied from the store and the rows it replaced, of one that was previewed
-- or held from what it left behind.

-- Changes are numbered in the order of the files: where those of one begin is found by halving.
create or replace function load.first_previewed(p_import bigint, p_position integer) returns bigint language plpgsql stable as $$
declare
  v_low bigint := 1;
  v_high bigint := (select coalesce(max(number), 0) + 1 from store.previewed_changes where import_id = p_import);
  v_middle bigint;
begin
  while v_low < v_high loop
    v_middle := (v_low + v_high) / 2;
    if (select f.position < p_position from store.previewed_changes as c join catalog.csv_files as f using (file)
      where c.import_id = p_import and c.number = v_middle)
    then
      v_low := v_middle + 1;
    else
      v_high := v_middle;
    end if;
  end loop;
  return v_low;
end $$;
comment on function load.first_previewed is 'The number of the first change that is of the file at p_position or a later one.';

create or replace function api.import_change_page(p_import bigint, p_file text, p_action text, p_after text, p_limit integer)
returns table (file text, sourced_id text, action text, old jsonb, new jsonb, overwritten boolean, after text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
-- planned for the filters that are given
set plan_cache_mode = force_custom_plan as $$
declare
  v_revision bigint := (select revision from store.imports where import_id = p_import);
  v_position integer := (select f.position from catalog.csv_files as f where f.file = p_file);
  v_first bigint := 0;
  v_end bigint;
begin
  if p_after !~ (case when v_revision is null then '^\d{1,18}$' else '^\d{1,9}:[^:]{0,255}$' end) then
    perform api.fail('invaliddata 400', format('after: "%s" is no place in the changes of import %s', p_after, p_import));
  end if;
  if v_revision is not null then
    return query select * from load.change_page(p_import, v_revision, p_file, p_action, p_after, p_limit);
    return;
  end if;
  if p_file is not null then
    v_first := load.first_previewed(p_import, v_position);
    v_end := load.first_previewed(p_import, v_position + 1);
  end if;
  return query select c.file, c.sourced_id, c.action, c.old, c.new, false, c.number::text from store.previewed_changes as c
    where c.import_id = p_import and c.number > coalesce(p_after::bigint, 0) and (p_file is null or c.number >= v_first and c.number < v_end)
      and (p_action is null or c.action = p_action)
    order by c.number limit p_limit;
end $$;
comment on function api.import_change_page is
  'The changes behind p_after, of a file and an action where they are given, in the order of files and ids; after is the '
  'place of each. overwritten: a client has written the record since, and what the import made of it is not known any more.';
