-- Which rows each operation on academic sessions, terms and grading periods is about.

create or replace function source.get_all_academic_sessions() returns setof store.academic_sessions language sql stable as $$
  select * from store.academic_sessions
$$;

create or replace function source.get_academic_session(p_session text) returns setof store.academic_sessions
language sql stable as $$
  select * from store.academic_sessions where sourced_id = p_session
$$;

create or replace function source.get_all_terms() returns setof store.academic_sessions language sql stable as $$
  select * from store.academic_sessions where type = 'term'
$$;

create or replace function source.get_term(p_term text) returns setof store.academic_sessions language sql stable as $$
  select * from store.academic_sessions where sourced_id = p_term and type = 'term'
$$;

create or replace function source.get_all_grading_periods() returns setof store.academic_sessions language sql stable as $$
  select * from store.academic_sessions where type = 'gradingPeriod'
$$;

create or replace function source.get_grading_period(p_period text) returns setof store.academic_sessions
language sql stable as $$
  select * from store.academic_sessions where sourced_id = p_period and type = 'gradingPeriod'
$$;

create or replace function source.get_grading_periods_for_term(p_term text) returns setof store.academic_sessions
language sql stable as $$
  select * from store.academic_sessions where parent_sourced_id = p_term and type = 'gradingPeriod'
$$;

create or replace function source.get_terms_for_school(p_school text) returns setof store.academic_sessions
language sql stable as $$
  select * from store.academic_sessions
  where type = 'term' and sourced_id in (
    select unnest(term_sourced_ids) from store.classes where school_sourced_id = p_school and status = 'active')
$$;
comment on function source.get_terms_for_school is 'The terms that active classes of the school are held in.';

create or replace function source.get_academic_session_in_class(p_class text, p_session text) returns setof store.academic_sessions
language sql stable as $$
  select * from store.academic_sessions where sourced_id = p_session
$$;
comment on function source.get_academic_session_in_class is
  'Any session: a class names its terms, its line items the grading periods within them, or the year around them.';
