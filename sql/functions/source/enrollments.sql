-- Which rows each enrollment operation is about.

create or replace function source.get_all_enrollments() returns setof store.enrollments language sql stable as $$
  select * from store.enrollments
$$;

create or replace function source.get_enrollment(p_enrollment text) returns setof store.enrollments language sql stable as $$
  select * from store.enrollments where sourced_id = p_enrollment
$$;

create or replace function source.get_enrollments_for_school(p_school text) returns setof store.enrollments
language sql stable as $$
  select * from store.enrollments where school_sourced_id = p_school
$$;

create or replace function source.get_enrollments_for_class_in_school(p_school text, p_class text)
returns setof store.enrollments language sql stable as $$
  select * from store.enrollments where class_sourced_id = p_class and school_sourced_id = p_school
$$;
