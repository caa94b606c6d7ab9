-- Which names of metadata the rows of a file have, an export asks before its first row: most rows have none, and must not
-- be read to tell.
do $$
declare
  v_table text;
begin
  for v_table in select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'store'::regnamespace and c.relkind = 'r' and a.attname = 'metadata'
  loop
    execute format('create index %I on store.%I (status) where metadata is not null', v_table || '_metadata', v_table);
  end loop;
end $$;
