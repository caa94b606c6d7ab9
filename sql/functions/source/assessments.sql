-- Which rows each operation of the assessment results profile is about.

create or replace function source.get_all_assessment_line_items() returns setof store.assessment_line_items language sql stable as $$
  select * from store.assessment_line_items
$$;

create or replace function source.get_assessment_line_item(p_line_item text) returns setof store.assessment_line_items language sql stable as $$
  select * from store.assessment_line_items where sourced_id = p_line_item
$$;

create or replace function source.get_all_assessment_results() returns setof store.assessment_results language sql stable as $$
  select * from store.assessment_results
$$;

create or replace function source.get_assessment_result(p_result text) returns setof store.assessment_results language sql stable as $$
  select * from store.assessment_results where sourced_id = p_result
$$;
