-- Which rows each operation on line items is about, and the parents it names. What a POST makes must be among the rows of
-- its own function.

create or replace function source.get_all_line_items() returns setof store.line_items language sql stable as $$
  select * from store.line_items
$$;

create or replace function source.get_line_item(p_line_item text) returns setof store.line_items language sql stable as $$
  select * from store.line_items where sourced_id = p_line_item
$$;

create or replace function source.get_line_items_for_class(p_class text) returns setof store.line_items language sql stable as $$
  select * from store.line_items where class_sourced_id = p_class
$$;

create or replace function source.get_line_item_in_class(p_class text, p_line_item text) returns setof store.line_items language sql stable as $$
  select * from store.line_items where sourced_id = p_line_item and class_sourced_id = p_class
$$;

create or replace function source.post_line_items_for_class(p_class text) returns setof store.line_items language sql stable as $$
  select * from store.line_items where class_sourced_id = p_class
$$;

create or replace function source.post_line_items_for_school(p_school text) returns setof store.line_items language sql stable as $$
  select * from store.line_items where school_sourced_id = p_school
$$;
