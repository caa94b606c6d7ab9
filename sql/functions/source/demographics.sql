-- Which rows each demographics operation is about.

create or replace function source.get_all_demographics() returns setof store.demographics language sql stable as $$
  select * from store.demographics
$$;

create or replace function source.get_demographics(p_user text) returns setof store.demographics language sql stable as $$
  select * from store.demographics where sourced_id = p_user
$$;
