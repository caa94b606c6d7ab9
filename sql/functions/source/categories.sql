-- Which rows each operation on categories and score scales is about.

create or replace function source.get_all_categories() returns setof store.categories language sql stable as $$
  select * from store.categories
$$;

create or replace function source.get_category(p_category text) returns setof store.categories language sql stable as $$
  select * from store.categories where sourced_id = p_category
$$;

create or replace function source.get_categories_for_class(p_class text) returns setof store.categories language sql stable as $$
  select * from store.categories
  where sourced_id in (
    select category_sourced_id from store.line_items where class_sourced_id = p_class and status = 'active')
$$;
comment on function source.get_categories_for_class is 'The categories that active line items of the class stand in.';

create or replace function source.get_all_score_scales() returns setof store.score_scales language sql stable as $$
  select * from store.score_scales
$$;

create or replace function source.get_score_scale(p_score_scale text) returns setof store.score_scales language sql stable as $$
  select * from store.score_scales where sourced_id = p_score_scale
$$;

create or replace function source.get_score_scales_for_class(p_class text) returns setof store.score_scales language sql stable as $$
  select * from store.score_scales where class_sourced_id = p_class
$$;

create or replace function source.get_score_scales_for_school(p_school text) returns setof store.score_scales language sql stable as $$
  select * from store.score_scales
  where class_sourced_id in (select sourced_id from store.classes where school_sourced_id = p_school)
$$;
comment on function source.get_score_scales_for_school is 'Those of the classes held at the school.';
