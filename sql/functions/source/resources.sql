-- Which rows each operation on resources is about: a class's, a course's or a user's are those its document refers to.

create or replace function source.get_all_resources() returns setof store.resources language sql stable as $$
  select * from store.resources
$$;

create or replace function source.get_resource(p_resource text) returns setof store.resources language sql stable as $$
  select * from store.resources where sourced_id = p_resource
$$;

create or replace function source.get_resources_for_class(p_class text) returns setof store.resources language sql stable as $$
  select * from store.resources
  where sourced_id in (select unnest(resource_sourced_ids) from store.classes where sourced_id = p_class)
$$;

create or replace function source.get_resources_for_course(p_course text) returns setof store.resources language sql stable as $$
  select * from store.resources
  where sourced_id in (select unnest(resource_sourced_ids) from store.courses where sourced_id = p_course)
$$;

create or replace function source.get_resources_for_user(p_user text) returns setof store.resources language sql stable as $$
  select * from store.resources
  where sourced_id in (select unnest(resource_sourced_ids) from store.users where sourced_id = p_user)
$$;
