-- The rows of a table that a client is granted, as the text of a subquery that stands in a statement where the table would:
-- rows that are hidden are not in it, fields that are hidden are null in it, and references to what is hidden are left out.
-- Filters, sorting, totals, parents and projections are then about these rows, and need not know of grants. PostgreSQL pulls
-- such a subquery up: what a statement does not use of it costs nothing. In the text s is a row of the table, m its row in
-- store.audience_users, and p_audience the parameter that has the number of the audience.

create or replace function api.is_shown(p_table text, g store.granted) returns boolean language sql stable as $$
  select (g.entities is null or name = any(g.entities)) and name <> all(g.hidden)
  from (select substring(collection from '[^/]+$') as name from catalog.entities where entity = p_table) as e
$$;
comment on function api.is_shown is 'Whether the entity of a table is granted. An entity that is not still is what records refer to that must.';

-- The condition that the org named by an expression belongs; null where all do.
create or replace function api.org_granted(p_id text, g store.granted, p_audience text) returns text language sql immutable as $$
  select case when g.by_org then
    format('exists (select from store.audience_orgs as a where a.audience = %s and a.sourced_id = %s)', p_audience, p_id) end
$$;

create or replace function api.user_granted(p_id text, g store.granted, p_audience text) returns text language sql immutable as $$
  select case when g.audience is not null then
    format('exists (select from store.audience_users as a where a.audience = %s and a.sourced_id = %s)', p_audience, p_id) end
$$;

-- The condition that a row of a table, by its alias, is granted; null where all rows are. A record belongs where all belongs
-- that it must refer to. Sessions, categories and resources belong to no org, and so to everybody.
create or replace function api.row_granted(p_table text, p_alias text, g store.granted, p_audience text) returns text
language plpgsql stable as $$
declare
  v_of_class text;
  v_conditions text[];
begin
  if p_table in ('enrollments', 'line_items', 'score_scales', 'assessment_line_items') then
    v_of_class := api.record_granted('classes', p_alias || '.class_sourced_id', p_alias, g, p_audience);
  end if;
  v_conditions := case p_table
    when 'orgs' then array[api.org_granted(p_alias || '.sourced_id', g, p_audience)]
    when 'users' then array[api.user_granted(p_alias || '.sourced_id', g, p_audience)]
    when 'demographics' then array[api.user_granted(p_alias || '.sourced_id', g, p_audience)]
    when 'classes' then array[api.org_granted(p_alias || '.school_sourced_id', g, p_audience)]
    -- a district often owns the courses that its schools teach
    when 'courses' then array[case when g.by_org then format('(%s or exists (select from store.classes as %3$s_c
        where %3$s_c.course_sourced_id = %3$s.sourced_id and %2$s))', api.org_granted(p_alias || '.org_sourced_id', g, p_audience),
      api.org_granted(p_alias || '_c.school_sourced_id', g, p_audience), p_alias) end]
    -- who may see only students must not see a person teach who is a student too
    when 'enrollments' then array[v_of_class, api.org_granted(p_alias || '.school_sourced_id', g, p_audience),
      api.user_granted(p_alias || '.user_sourced_id', g, p_audience),
      case when g.roles is not null then format('(%1$s.role = any(%2$s) or %1$s.role = ''administrator'')', p_alias,
        format('%L::text[]', g.roles)) end]
    when 'line_items' then array[v_of_class]
    when 'results' then array[api.record_granted('line_items', p_alias || '.line_item_sourced_id', p_alias, g, p_audience),
      api.user_granted(p_alias || '.student_sourced_id', g, p_audience)]
    when 'score_scales' then array[case when g.by_org then format(
      'case when %1$s.class_sourced_id is not null then %2$s when %1$s.course_sourced_id is not null then %3$s else %4$s end', p_alias, v_of_class,
      api.record_granted('courses', p_alias || '.course_sourced_id', p_alias, g, p_audience),
      api.org_granted(p_alias || '.org_sourced_id', g, p_audience)) end]
    when 'assessment_line_items' then array[case when v_of_class is not null then
      format('(%s.class_sourced_id is null or %s)', p_alias, v_of_class) end]
    when 'assessment_results' then array[
      api.record_granted('assessment_line_items', p_alias || '.assessment_line_item_sourced_id', p_alias, g, p_audience),
      api.user_granted(p_alias || '.student_sourced_id', g, p_audience)]
  end;
  return (select string_agg(condition, ' and ' order by i) from unnest(v_conditions) with ordinality as t(condition, i) where condition is not null);
end $$;

-- The condition that a record, by an expression that is its id, is granted; null where all are. p_within is the alias it stands beside.
create or replace function api.record_granted(p_table text, p_id text, p_within text, g store.granted, p_audience text) returns text
language plpgsql stable as $$
declare
  v_alias text := p_within || '_' || left(p_table, 1);
  v_condition text;
begin
  if g.audience is null then
    return null;
  elsif p_table = 'orgs' then
    return api.org_granted(p_id, g, p_audience);
  elsif p_table = 'users' then
    return api.user_granted(p_id, g, p_audience);
  elsif p_table not in ('classes', 'courses', 'line_items', 'assessment_line_items', 'score_scales') then
    return null;
  end if;
  v_condition := api.row_granted(p_table, v_alias, g, p_audience);
  -- where no org is named, every class belongs, and what is asked of a record is asked of its people
  if v_condition is null then
    return null;
  end if;
  return format('exists (select from store.%I as %s where %2$s.sourced_id = %s and %s)', p_table, v_alias, p_id, v_condition);
end $$;

-- What is cut out of a column: {shown: the expression in its place, whole: the condition that nothing is cut of a row}, or null
-- where nothing ever is. A reference that the record must have stays: the row is not granted where what it leads to is not.
create or replace function api.column_granted(p_table text, p_column text, g store.granted, p_audience text) returns text[]
language plpgsql stable as $$
declare
  v_column text := format('s.%I', p_column);
  v_target text;
  v_condition text;
  f catalog.fields;
begin
  for f in select * from catalog.fields where entity = p_table and column_name = p_column and selectable loop
    if (select substring(collection from '[^/]+$') from catalog.entities where entity = p_table) || '.' || f.field = any(g.hidden) then
      return array['null', format('%s is null', v_column)];
    elsif p_table = 'users' and p_column = 'roles' then
      return api.roles_granted(g, p_audience);
    elsif f.kind <> 'reference' or f.required or (g.is_v1p1 and exists (select from catalog.fields as other
        where other.entity = p_table || '_v1p1' and other.field = f.field and other.required)) then
      continue;
    end if;
    v_target := (select table_name from catalog.entities where collection = f.collection);
    if not api.is_shown(v_target, g) then
      return array['null', format('%s is null', v_column)];
    end if;
    v_condition := api.record_granted(v_target, case when f.is_list then 'id' else v_column end, 's', g, p_audience);
    if v_condition is not null then
      return array[case when f.is_list
          then format('nullif(array(select id from unnest(%s) with ordinality as t(id, i) where %s order by i), ''{}'')', v_column, v_condition)
          else format('case when %s then %s end', v_condition, v_column) end,
        case when p_table = 'users' then 'm.is_whole'
          when f.is_list then format('not exists (select from unnest(%s) as id where not %s)', v_column, v_condition)
          else format('(%s is null or %s)', v_column, v_condition) end];
    end if;
  end loop;
  return null;
end $$;

-- The tables that a list of these is of: for a client of some orgs or roles also those whose rows decide which rows are
-- granted and which references are left.
create or replace function api.reads_granted(p_reads text[], g store.granted) returns text[] language sql immutable as $$
  select case when g.audience is null then p_reads else p_reads || case
    when p_reads && '{results,assessment_results}' then
      '{orgs,users,classes,courses,score_scales,line_items,assessment_line_items}'::text[]
    when p_reads && '{line_items,assessment_line_items,score_scales}' then '{orgs,users,classes,courses,score_scales}'
    when p_reads && '{users,demographics,enrollments,courses}' then '{orgs,users,classes}'
    when p_reads && '{classes}' then '{orgs}'
    else '{}' end end
$$;
comment on function api.reads_granted is 'The tables a change of which may change a list of p_reads for the client of a grant.';

-- Of the roles of a user those that are granted; without what they say of a profile, where profiles are hidden.
create or replace function api.roles_granted(g store.granted, p_audience text) returns text[] language sql stable as $$
  select case when hides_profiles or g.audience is not null then array[
    format('(select jsonb_agg(%s order by i) from jsonb_array_elements(s.roles) with ordinality as t(role, i) where %s)',
      case when hides_profiles then 'role - ''userProfile''' else 'role' end,
      concat_ws(' and ', 'true', case when g.roles is not null then format('role ->> ''role'' = any(%L::text[])', g.roles) end,
        api.org_granted('role #>> ''{org,sourcedId}''', g, p_audience))),
    case when hides_profiles then 'not s.roles @? ''$[*].userProfile''' || case when g.audience is not null then ' and m.is_whole' else '' end
      else 'm.is_whole' end] end
  from (select 'users.userProfiles' = any(g.hidden) as hides_profiles) as h
$$;

create or replace function api.rows_granted(p_table text, g store.granted, p_audience text) returns text language plpgsql stable as $$
declare
  v_columns text := '';
  v_row text := '';
  v_whole text[] := '{}';
  v_cut text[];
  v_expression text;
  v_attribute record;
begin
  for v_attribute in select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = format('store.%I', p_table)::regclass and attnum > 0 and not attisdropped order by attnum
  loop
    v_cut := api.column_granted(p_table, v_attribute.name, g, p_audience);
    v_expression := case when v_cut is null then format('s.%I', v_attribute.name)
      when v_cut[1] = 'null' then format('null::%s', v_attribute.type)
      when v_cut[2] = 'm.is_whole' then format('case when m.is_whole then s.%I else %s end', v_attribute.name, v_cut[1])
      else v_cut[1] end;
    if v_cut is not null and v_cut[2] <> all(v_whole) then
      v_whole := v_whole || v_cut[2];
    end if;
    v_row := v_row || case when v_attribute.name = 'document' then ', null' else ', ' || v_expression end;
    v_columns := v_columns || case when v_attribute.name = 'document' and v_whole <> '{}'
      then format(', case when %s then s.document else shape.%I(row(%s)::store.%2$I) end as document',
        array_to_string(v_whole, ' and '), p_table, substr(v_row, 3))
      else format(', %s as %I', v_expression, v_attribute.name) end;
  end loop;
  return format('(select %s from store.%I as s%s where %s)', substr(v_columns, 3), p_table,
    case when p_table = 'users' and g.audience is not null
      then format(' join store.audience_users as m on m.audience = %s and m.sourced_id = s.sourced_id', p_audience) else '' end,
    case when not api.is_shown(p_table, g) then 'false'
      when p_table = 'users' then 'true' else coalesce(api.row_granted(p_table, 's', g, p_audience), 'true') end);
end $$;
comment on function api.rows_granted is 'The columns of the table in its order, cut to what is granted; document is the last of them.';

-- The rows that a function of schema source is about. For a client with a grant its text is put in, with the granted rows of
-- each table in place of the table: so joins, too, are about what is granted.
create or replace function api.source_rows(p_source text, p_arguments text[], g store.granted, p_audience text) returns text
language plpgsql stable as $$
declare
  v_text text;
  v_names text[];
  v_table text;
begin
  if g.is_restricted is not true then
    return format('source.%I(%s)', p_source, array_to_string(p_arguments, ', '));
  end if;
  select prosrc, proargnames into strict v_text, v_names from pg_proc where pronamespace = 'source'::regnamespace and proname = p_source;
  v_text := regexp_replace(v_text, '\mstore\.(\w+)', E'\x01\\1\x01', 'g');
  for i in 1 .. coalesce(cardinality(v_names), 0) loop
    v_text := regexp_replace(v_text, '\m' || v_names[i] || '\M', p_arguments[i], 'g');
  end loop;
  for v_table in select distinct m[1] from regexp_matches(v_text, E'\x01(\\w+)\x01', 'g') as m loop
    v_text := replace(v_text, E'\x01' || v_table || E'\x01', api.rows_granted(v_table, g, p_audience) || ' as ' || v_table);
  end loop;
  return '(' || v_text || ')';
end $$;
comment on function api.source_rows is 'p_arguments are expressions, one for each argument of the function; g is null, or not restricted, for a client that may see all.';

create or replace function api.table_rows(p_table text, g store.granted, p_audience text) returns text language sql stable as $$
  select case when g.is_restricted then api.rows_granted(p_table, g, p_audience) else format('store.%I', p_table) end
$$;

create or replace function api.granted(p_client text) returns store.granted language sql stable as $$
  select * from store.granted where client_id = p_client
$$;
comment on function api.granted is 'What a client is granted; a row of nulls for one that may see all that its scopes open.';

create or replace function api.shape_of(g store.granted) returns text language sql immutable as $$
  select case when g.is_restricted then row(g.audience is not null, g.by_org, g.roles, g.entities, g.hidden)::text
    when g.version is not null then 'all' end
$$;
comment on function api.shape_of is 'What of a grant makes another statement: clients that differ in their audience alone share one.';
