-- Which rows each org operation is about. One plain function an operation, named for it, so that it inlines into the page.

create or replace function source.get_all_orgs() returns setof store.orgs language sql stable as $$
  select * from store.orgs
$$;

create or replace function source.get_org(p_org text) returns setof store.orgs language sql stable as $$
  select * from store.orgs where sourced_id = p_org
$$;

create or replace function source.get_all_schools() returns setof store.orgs language sql stable as $$
  select * from store.orgs where type = 'school'
$$;

create or replace function source.get_school(p_school text) returns setof store.orgs language sql stable as $$
  select * from store.orgs where sourced_id = p_school and type = 'school'
$$;
