-- Which rows each operation on users, students and teachers is about. A student is a user who holds the role student;
-- a school's students hold it at that school; a class's students are enrolled in it as students.

create or replace function source.get_all_users() returns setof store.users language sql stable as $$
  select * from store.users
$$;

create or replace function source.get_user(p_user text) returns setof store.users language sql stable as $$
  select * from store.users where sourced_id = p_user
$$;

create or replace function source.get_all_students() returns setof store.users language sql stable as $$
  select * from store.users where roles @> '[{"role": "student"}]'
$$;

create or replace function source.get_student(p_student text) returns setof store.users language sql stable as $$
  select * from store.users where sourced_id = p_student and roles @> '[{"role": "student"}]'
$$;

create or replace function source.get_all_teachers() returns setof store.users language sql stable as $$
  select * from store.users where roles @> '[{"role": "teacher"}]'
$$;

create or replace function source.get_teacher(p_teacher text) returns setof store.users language sql stable as $$
  select * from store.users where sourced_id = p_teacher and roles @> '[{"role": "teacher"}]'
$$;

create or replace function source.get_students_for_school(p_school text) returns setof store.users language sql stable as $$
  select * from store.users
  where roles @> jsonb_build_array(jsonb_build_object('role', 'student', 'org', jsonb_build_object('sourcedId', p_school)))
$$;

create or replace function source.get_teachers_for_school(p_school text) returns setof store.users language sql stable as $$
  select * from store.users
  where roles @> jsonb_build_array(jsonb_build_object('role', 'teacher', 'org', jsonb_build_object('sourcedId', p_school)))
$$;

create or replace function source.get_students_for_class(p_class text) returns setof store.users language sql stable as $$
  select * from store.users where sourced_id in (
    select user_sourced_id from store.enrollments
    where class_sourced_id = p_class and role = 'student' and status = 'active')
$$;

create or replace function source.get_teachers_for_class(p_class text) returns setof store.users language sql stable as $$
  select * from store.users where sourced_id in (
    select user_sourced_id from store.enrollments
    where class_sourced_id = p_class and role = 'teacher' and status = 'active')
$$;

create or replace function source.get_students_for_class_in_school(p_school text, p_class text) returns setof store.users
language sql stable as $$
  select * from store.users where sourced_id in (
    select user_sourced_id from store.enrollments
    where class_sourced_id = p_class and school_sourced_id = p_school and role = 'student' and status = 'active')
$$;

create or replace function source.get_teachers_for_class_in_school(p_school text, p_class text) returns setof store.users
language sql stable as $$
  select * from store.users where sourced_id in (
    select user_sourced_id from store.enrollments
    where class_sourced_id = p_class and school_sourced_id = p_school and role = 'teacher' and status = 'active')
$$;

create or replace function source.get_student_in_class(p_class text, p_student text) returns setof store.users
language sql stable as $$
  select * from store.users where sourced_id = p_student and sourced_id in (
    select user_sourced_id from store.enrollments where class_sourced_id = p_class and role = 'student')
$$;
comment on function source.get_student_in_class is 'One who is or was enrolled: what was scored stays readable.';
