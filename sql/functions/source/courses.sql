-- Which rows each course operation is about.

create or replace function source.get_all_courses() returns setof store.courses language sql stable as $$
  select * from store.courses
$$;

create or replace function source.get_course(p_course text) returns setof store.courses language sql stable as $$
  select * from store.courses where sourced_id = p_course
$$;

create or replace function source.get_courses_for_school(p_school text) returns setof store.courses language sql stable as $$
  select * from store.courses
  where org_sourced_id = p_school or sourced_id in (
    select course_sourced_id from store.classes where school_sourced_id = p_school and status = 'active')
$$;
comment on function source.get_courses_for_school is
  'The courses that the school owns and those that an active class of the school teaches: a district often owns them all.';
