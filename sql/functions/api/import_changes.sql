-- What an import changed, or would: of one that was applied from the store and the rows it replaced, of one that was previewed
-- or held from what it left behind.

create or replace function api.import_change_page(p_import bigint, p_file text, p_action text, p_after text, p_limit integer)
returns table (file text, sourced_id text, action text, old jsonb, new jsonb, overwritten boolean, after text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_revision bigint := (select revision from store.imports where import_id = p_import);
begin
  if p_after !~ (case when v_revision is null then '^\d{1,18}$' else '^\d{1,9}:[^:]{0,255}$' end) then
    perform api.fail('invaliddata 400', format('after: "%s" is no place in the changes of import %s', p_after, p_import));
  end if;
  if v_revision is not null then
    return query select * from load.change_page(p_import, v_revision, p_file, p_action, p_after, p_limit);
    return;
  end if;
  return query select c.file, c.sourced_id, c.action, c.old, c.new, false, c.number::text from store.previewed_changes as c
    where c.import_id = p_import and c.number > coalesce(p_after::bigint, 0) and (p_file is null or c.file = p_file)
      and (p_action is null or c.action = p_action)
    order by c.number limit p_limit;
end $$;
comment on function api.import_change_page is
  'The changes behind p_after, of a file and an action where they are given, in the order of files and ids; after is the '
  'place of each. overwritten: a client has written the record since, and what the import made of it is not known any more.';
