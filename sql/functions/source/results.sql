-- Which rows each operation on results is about. A result belongs to the class of its line item, whatever class it names
-- itself. What a POST makes must be among the rows of its own function.

create or replace function source.get_all_results() returns setof store.results language sql stable as $$
  select * from store.results
$$;

create or replace function source.get_result(p_result text) returns setof store.results language sql stable as $$
  select * from store.results where sourced_id = p_result
$$;

create or replace function source.get_results_for_class(p_class text) returns setof store.results language sql stable as $$
  select * from store.results
  where line_item_sourced_id in (select sourced_id from store.line_items where class_sourced_id = p_class)
$$;

create or replace function source.get_results_for_line_item_for_class(p_class text, p_line_item text) returns setof store.results language sql stable as $$
  select * from store.results
  where line_item_sourced_id = p_line_item and line_item_sourced_id in (select sourced_id from store.line_items where class_sourced_id = p_class)
$$;

create or replace function source.get_results_for_student_for_class(p_class text, p_student text) returns setof store.results language sql stable as $$
  select * from store.results
  where student_sourced_id = p_student and line_item_sourced_id in (select sourced_id from store.line_items where class_sourced_id = p_class)
$$;

create or replace function source.post_results_for_line_item(p_line_item text) returns setof store.results language sql stable as $$
  select * from store.results where line_item_sourced_id = p_line_item
$$;

create or replace function source.post_results_for_academic_session_for_class(p_class text, p_session text) returns setof store.results language sql stable as $$
  select * from store.results
  where line_item_sourced_id in (
    select sourced_id from store.line_items
    where class_sourced_id = p_class and p_session in (grading_period_sourced_id, academic_session_sourced_id))
$$;
