-- What the cells of one row must be to each other, and the row to the record it is about: all of them warnings, as the row
-- can be used. Made from catalog.csv_columns where they follow from a column's name.

create or replace function load.header_of(p_entity text, p_column text) returns text language sql stable as $$
  select header from catalog.csv_columns as c join catalog.csv_files using (file)
  where entity = p_entity and column_name = p_column and load.is_read(c) order by c.position limit 1
$$;
comment on function load.header_of is 'The header of a column that the package is read for, or null.';

create or replace function load.has_columns(p_entity text, p_columns text[]) returns boolean language sql stable as $$
  select bool_and(load.header_of(p_entity, name) is not null) from unnest(p_columns) as name
$$;

create or replace function load.row_rules(p_entity text, p_mode text)
returns table (header text, condition text, value text, code text, reason text) language plpgsql stable as $$
declare
  v_first text;
  v_second text;
  v_type text;
begin
  for v_first, v_second in values ('begin_date', 'end_date'), ('start_date', 'end_date'), ('assign_date', 'due_date') loop
    continue when not load.has_columns(p_entity, array[v_first, v_second]);
    header := load.header_of(p_entity, v_second); value := format('t.%I', '= ' || v_second); code := 'end_before_begin';
    condition := format('t.%I < t.%I', v_second, v_first);
    reason := quote_literal(format('before the %s of the row', load.header_of(p_entity, v_first))); return next;
  end loop;
  for v_first, v_second, v_type in
    values ('school_sourced_id', 'orgs', 'school'), ('school_year_sourced_id', 'academic_sessions', 'schoolYear')
  loop
    -- where a package of 1.1 cannot say it, it follows from another record, which was told of before
    continue when not load.has_columns(p_entity, array[v_first])
      or exists (select from catalog.csv_files where entity = p_entity and v_first = any(load.derived_in_v1p1(file)))
        and (select version from import_context) = '1.1';
    header := load.header_of(p_entity, v_first); value := format('t.%I', v_first); code := 'wrong_reference_type';
    condition := format('t.%I in (select sourced_id from store.%I where type <> %L)', v_first, v_second, v_type);
    reason := quote_literal(format('a record of the type %s is wanted', v_type)); return next;
  end loop;
  if load.has_columns(p_entity, '{subjects,subject_codes}') then
    header := 'subjectCodes'; value := 't."= subject_codes"'; code := 'unequal_lists';
    condition := 'cardinality(t.subjects) <> cardinality(t.subject_codes)';
    reason := $c$cardinality(t.subject_codes) || ' codes for ' || cardinality(t.subjects) || ' subjects'$c$; return next;
  end if;
  if load.has_columns(p_entity, '{result_value_min,result_value_max}') then
    header := 'resultValueMax'; value := 't."= result_value_max"'; code := 'bounds_reversed';
    condition := 't.result_value_max < t.result_value_min';
    reason := quote_literal('less than the resultValueMin of the row'); return next;
  end if;
  if load.has_columns(p_entity, '{source,learning_objective_id}') then
    header := 'learningObjectiveId'; value := 't.learning_objective_id'; code := 'objective_id_spelling';
    condition := $c$t.source = 'case' and t.learning_objective_id !~ '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'$c$;
    reason := quote_literal('the id of a CASE item is urn:uuid: and a UUID in small letters'); return next;
  end if;
  if load.has_columns(p_entity, '{primary,role}') then
    header := 'primary'; value := 't."= primary"'; code := 'primary_not_teacher';
    condition := $c$t."primary" and t.role <> 'teacher'$c$; reason := quote_literal('only a teacher is primary'); return next;
  end if;
  if p_mode = 'delta' then
    header := 'status'; value := 't."= status"'; code := 'deleted_unknown';
    condition := $c$t.status = 'tobedeleted' and t.known_status is null$c$;
    reason := quote_literal('the hub never had the record; it is kept as a deleted one'); return next;
  end if;
end $$;
comment on function load.row_rules is
  'The warnings of load.rules that are about several cells of a row, or about what the hub has of the record.';
