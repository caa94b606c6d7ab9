-- What a database of an earlier build has otherwise.
--
-- A row's hash stands for what its source said of it last, its status included. Rows that a bulk file had left out kept the
-- hash of the time before; without it they are read anew when a file has them again.
do $$
declare
  v_table text;
begin
  for v_table in select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'store'::regnamespace and c.relkind = 'r' and a.attname = 'row_hash'
  loop
    execute format('update store.%I set row_hash = null where status = ''tobedeleted'' and row_hash is not null', v_table);
  end loop;
end $$;

-- Functions that have another signature now, or no caller: kept, the first would be one of two of its name.
drop function if exists load.pairs(text);
drop function if exists load.nulls(text, jsonb);
drop function if exists api.one_statement(text, text[]);
