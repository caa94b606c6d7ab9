-- A parsed filter -> the text of an SQL condition over r (a row of the entity), p (its publication) and $2 (the base of the
-- references that the client is shown). Names and types
-- come from the catalog, values are quoted. The meaning, for a value v:
--   scalar  =, !=  equal, not equal (an absent value is not equal)   <, <=, >, >=  in code point order, dates as instants
--           ~      contains v, case-sensitively
--   list    =      has every item of v (separated by commas)         !=  lacks one of them
--           ~      has any item of v                                 <, <=, >, >=  some element is

create or replace function api.text_condition(p_value text, p_operator text, p_literal text) returns text
language sql immutable as $$
  select case p_operator
    when '=' then format('%s = %L', p_value, p_literal)
    when '!=' then format('%s is distinct from %L', p_value, p_literal)
    when '~' then format('%s like %L', p_value, '%' || regexp_replace(p_literal, '([\\%_])', '\\\1', 'g') || '%')
    else format('(%s) collate "C" %s %L', p_value, p_operator, p_literal)
  end
$$;

create or replace function api.instant_condition(p_value text, p_operator text, p_literal timestamptz) returns text
language sql immutable as $$
  select case p_operator
    when '!=' then format('%s is distinct from %L::timestamptz', p_value, p_literal)
    else format('%s %s %L::timestamptz', p_value, p_operator, p_literal)
  end
$$;

create or replace function api.list_condition(p_list text, p_operator text, p_items text[]) returns text
language sql immutable as $$
  select case p_operator
    when '=' then format('%s @> %L::text[]', p_list, p_items)
    when '!=' then format('(%s @> %L::text[]) is not true', p_list, p_items)
    when '~' then format('%s && %L::text[]', p_list, p_items)
    else format('exists (select from unnest(%s) as item where item collate "C" %s %L)', p_list, p_operator, array_to_string(p_items, ','))
  end
$$;

create or replace function api.number_condition(p_value text, p_operator text, p_literal double precision) returns text
language sql immutable as $$
  select case p_operator
    when '!=' then format('%s is distinct from %L::double precision', p_value, p_literal)
    else format('%s %s %L::double precision', p_value, p_operator, p_literal)
  end
$$;

create or replace function api.numbers_condition(p_list text, p_operator text, p_literals double precision[]) returns text
language sql immutable as $$
  select case p_operator
    when '=' then format('%s::double precision[] @> %L::double precision[]', p_list, p_literals)
    when '!=' then format('(%s::double precision[] @> %L::double precision[]) is not true', p_list, p_literals)
    when '~' then format('%s::double precision[] && %L::double precision[]', p_list, p_literals)
    else format('exists (select from unnest(%s::double precision[]) as item where item %s %L)', p_list, p_operator, p_literals[1])
  end
$$;

create or replace function api.element_condition(p_column text, p_path text[], p_operator text, p_items text[]) returns text
language plpgsql immutable as $$
declare
  v_pattern jsonb;
  v_conditions text[];
  v_item text;
  v_step text;
begin
  foreach v_item in array p_items loop
    v_pattern := to_jsonb(v_item);
    foreach v_step in array array(select s from unnest(p_path) with ordinality as t(s, i) order by i desc) loop
      v_pattern := case v_step when '*' then jsonb_build_array(v_pattern) else jsonb_build_object(v_step, v_pattern) end;
    end loop;
    v_conditions := v_conditions || format('%s @> %L', p_column, jsonb_build_array(v_pattern));
  end loop;
  return case p_operator
    when '=' then array_to_string(v_conditions, ' and ')
    when '~' then '(' || array_to_string(v_conditions, ' or ') || ')'
    else '(' || array_to_string(v_conditions, ' and ') || ') is not true'
  end;
end $$;
comment on function api.element_condition is 'The operators =, != and ~ on a list of objects, as containment, which the GIN index answers.';

create or replace function api.elements(p_column text, p_path text[]) returns text language sql immutable as $$
  select case when array_position(p_path, '*') is null
    then format('array(select e #>> %L from jsonb_array_elements(%s) as e)', p_path, p_column)
    else format('array(select i #>> %L from jsonb_array_elements(%s) as e, jsonb_array_elements(e #> %L) as i)',
      p_path[array_position(p_path, '*') + 1:], p_column, p_path[:array_position(p_path, '*') - 1])
  end
$$;

create or replace function api.metadata(p_field text) returns text language sql immutable as $$
  select format('coalesce(r.metadata ->> %L, r.metadata #>> %L)', name, string_to_array(name, '.'))
  from substr(p_field, length('metadata.') + 1) as name
$$;
comment on function api.metadata is 'metadata.a.b is the property "a.b", or else the property b of the object a.';

create or replace function api.field(p_entity text, p_field text) returns catalog.fields language plpgsql stable as $$
declare
  v_field catalog.fields;
begin
  select * into v_field from catalog.fields where entity = p_entity and field = p_field;
  if v_field.field is null and p_field like 'metadata._%' then
    v_field.entity := p_entity;
    v_field.field := p_field;
    v_field.column_name := 'metadata';
    v_field.kind := 'text';
    v_field.is_list := false;
    v_field.selectable := false;
  end if;
  return v_field;
end $$;
comment on function api.field is 'What a name in a filter or a sort means; a row of nulls where it means nothing.';

create or replace function api.scalar(p_field catalog.fields) returns text language plpgsql stable as $$
declare
  v_value text;
begin
  if p_field.field like 'metadata.%' then
    return api.metadata(p_field.field);
  elsif p_field.kind = 'absent' then
    return 'null::text'; -- it may have no column at all
  end if;
  v_value := case when p_field.computed is null then format('r.%I', p_field.column_name) else format('shape.%I(r)', p_field.computed) end;
  return case p_field.kind
    when 'flag' then v_value || '::text'
    when 'reference_type' then format('case when %s is not null then %L end', v_value, p_field.target)
    when 'reference_href' then format('$2 || %L || shape.segment(%s)', p_field.collection || '/', v_value)
    else v_value
  end;
end $$;
comment on function api.scalar is 'The SQL expression of a field that is no list.';

create or replace function api.list(p_field catalog.fields) returns text language plpgsql stable as $$
declare
  v_list text := case when p_field.path is null then format('r.%I', p_field.column_name)
    else api.elements(format('r.%I', p_field.column_name), p_field.path) end;
begin
  return case p_field.kind
    when 'reference_type' then format('array(select %L::text from unnest(%s))', p_field.target, v_list)
    when 'reference_href' then format('array(select $2 || %L || shape.segment(id) from unnest(%s) as id)',
      p_field.collection || '/', v_list)
    when 'absent' then 'null::text[]'
    else v_list
  end;
end $$;
comment on function api.list is 'The SQL expression, a text[], of a field that is a list or leads through one.';

create or replace function api.filter_number(p_clause jsonb, p_text text) returns double precision language plpgsql stable as $$
begin
  if p_text !~ '^\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*$' then
    perform api.fail('invalid_filter_field', format('filter: "%s" at position %s is compared with "%s", which is no number',
      p_clause ->> 'field', p_clause ->> 'position', p_text));
  end if;
  return p_text::double precision;
exception when numeric_value_out_of_range then
  return case when abs(p_text::numeric) < 1 then '0' when p_text::numeric < 0 then '-Infinity' else 'Infinity' end;
end $$;
comment on function api.filter_number is 'The number that a filter value names. Fails with invalid_filter_field.';

create or replace function api.condition(p_entity text, p_clause jsonb) returns text language plpgsql stable as $$
declare
  v_name text := p_clause ->> 'field';
  v_operator text := p_clause ->> 'operator';
  v_value text := p_clause ->> 'value';
  v_field catalog.fields := api.field(p_entity, v_name);
  v_items text[];
  v_instant timestamptz;
begin
  if v_field.field is null then
    perform api.fail('invalid_filter_field', format('filter: unknown field "%s" at position %s', v_name, p_clause ->> 'position'));
  elsif v_field.kind in ('object', 'metadata') then
    perform api.fail('invalid_filter_field', format('filter: "%s" at position %s is an object; name one of its properties, as in %s.x',
      v_name, p_clause ->> 'position', v_name));
  end if;
  if v_field.is_list then
    v_items := array(select trim(item) from unnest(string_to_array(v_value, ',')) with ordinality as t(item, i) order by i);
    v_items := case when v_items = '{}' then '{""}' else v_items end;
    if v_field.path is not null and v_field.kind in ('text', 'reference') and v_operator in ('=', '!=', '~') then
      return api.element_condition(format('r.%I', v_field.column_name), v_field.path, v_operator, v_items);
    end if;
    if v_field.kind = 'number' then
      return api.numbers_condition(api.list(v_field), v_operator, array(select api.filter_number(p_clause, item) from unnest(v_items) as item));
    end if;
    return api.list_condition(api.list(v_field), v_operator, v_items);
  elsif v_field.kind = 'number' and v_operator <> '~' then
    return api.number_condition(api.scalar(v_field), v_operator, api.filter_number(p_clause, v_value));
  elsif v_field.kind in ('date', 'time', 'instant') and v_operator <> '~' then
    v_instant := api.instant(v_value);
    if v_instant is null then
      perform api.fail('invalid_filter_field', format(
        'filter: "%s" at position %s is compared with "%s", which is no date (2026-09-01) and no time (2026-09-01T08:00:00Z)',
        v_name, p_clause ->> 'position', v_value));
    end if;
    return api.instant_condition(case v_field.kind when 'instant' then 'p.published_at' when 'time' then api.scalar(v_field)
      else format('(r.%I::timestamp at time zone ''UTC'')', v_field.column_name) end, v_operator, v_instant);
  end if;
  return api.text_condition(case v_field.kind
    when 'instant' then 'substr(p.head, 22, 24)'
    when 'date' then format('to_char(r.%I, ''YYYY-MM-DD'')', v_field.column_name)
    when 'time' then format('shape.time(%s)', api.scalar(v_field))
    when 'number' then api.scalar(v_field) || '::text'
    else api.scalar(v_field) end, v_operator, v_value);
end $$;

create or replace function api.filter(p_entity text, p_filter jsonb) returns text language sql stable as $$
  select case when p_filter is null then 'r.status = ''active'''
    else '(' || alternatives.condition || ')' || case when p_filter @? '$[*][*].field ? (@ == "status" || @ == "dateLastModified")'
      then '' else ' and r.status = ''active''' end end
  from (
    select string_agg('(' || clauses.condition || ')', ' or ' order by i) as condition
    from jsonb_array_elements(p_filter) with ordinality as a(alternative, i),
      lateral (
        select string_agg('(' || api.condition(p_entity, clause) || ')', ' and ' order by j) as condition
        from jsonb_array_elements(alternative) with ordinality as c(clause, j)
      ) as clauses
  ) as alternatives
$$;
comment on function api.filter is
  'A filter as alternatives of clauses, [[{field, operator, value, position}, …], …], or null -> an SQL condition. Deleted '
  'rows are hidden unless it names status or dateLastModified. Fails with invalid_filter_field.';
