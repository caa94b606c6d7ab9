-- Which rows each class operation is about. A deleted enrollment joins nobody to a class.

create or replace function source.get_all_classes() returns setof store.classes language sql stable as $$
  select * from store.classes
$$;

create or replace function source.get_class(p_class text) returns setof store.classes language sql stable as $$
  select * from store.classes where sourced_id = p_class
$$;

create or replace function source.get_class_in_school(p_school text, p_class text) returns setof store.classes
language sql stable as $$
  select * from store.classes where sourced_id = p_class and school_sourced_id = p_school
$$;

create or replace function source.get_classes_for_course(p_course text) returns setof store.classes language sql stable as $$
  select * from store.classes where course_sourced_id = p_course
$$;

create or replace function source.get_classes_for_school(p_school text) returns setof store.classes language sql stable as $$
  select * from store.classes where school_sourced_id = p_school
$$;

create or replace function source.get_classes_for_term(p_term text) returns setof store.classes language sql stable as $$
  select * from store.classes where term_sourced_ids @> array[p_term]
$$;

create or replace function source.get_classes_for_student(p_student text) returns setof store.classes language sql stable as $$
  select * from store.classes where sourced_id in (
    select class_sourced_id from store.enrollments
    where user_sourced_id = p_student and role = 'student' and status = 'active')
$$;

create or replace function source.get_classes_for_teacher(p_teacher text) returns setof store.classes language sql stable as $$
  select * from store.classes where sourced_id in (
    select class_sourced_id from store.enrollments
    where user_sourced_id = p_teacher and role = 'teacher' and status = 'active')
$$;

create or replace function source.get_classes_for_user(p_user text) returns setof store.classes language sql stable as $$
  select * from store.classes where sourced_id in (
    select class_sourced_id from store.enrollments where user_sourced_id = p_user and status = 'active')
$$;
