-- What the cells of one row must be, as rules: rows of a condition over t (typed values, raw cells as "= <column>") that
-- makes a fault or a warning. Made from catalog.csv_columns.

create or replace function load.is_read(c catalog.csv_columns) returns boolean language sql stable as $$
  select c.binding is distinct from '1.1' or (select version from import_context) = '1.1'
$$;
comment on function load.is_read is 'What 1.2 has anew is read wherever it stands; what it took away, only in a package that says it is of 1.1.';

create or replace function load.is_renamed(c catalog.csv_columns) returns boolean language sql stable as $$
  select coalesce(c.required = 'always' and c.binding = '1.2', false) and (select version from import_context) = '1.1'
    and c.column_name <> all(load.derived_in_v1p1(c.file))
$$;
comment on function load.is_renamed is 'A column that 1.2 wants and 1.1 had under another name: a package of 1.1 leaves it as it is.';

create or replace function load.raw_name(c catalog.csv_columns) returns text language sql stable as $$
  select case when c.type in ('guid', 'string', 'ref') and not c.is_list then c.column_name else '= ' || c.column_name end
$$;
comment on function load.raw_name is 'Where the typed rows keep the raw cell: beside its value, unless the two are the same.';

-- The rules of single cells.
create or replace function load.rules(p_entity text, p_mode text, p_keep_dangling boolean)
returns table (is_fault boolean, header text, condition text, value text, code text, reason text) language plpgsql stable as $$
declare
  c catalog.csv_columns;
  v_raw text;
  v_found text;
begin
  for c in select col.* from catalog.csv_columns as col join catalog.csv_files using (file)
    where entity = p_entity and load.is_read(col) and col.stored order by col.position
  loop
    header := c.header;
    v_raw := format('t.%I', load.raw_name(c));
    value := v_raw;
    if c.column_name = any(load.derived_in_v1p1(c.file)) and (select version from import_context) = '1.1' then
      -- where dangling references are refused, this one is
      if p_keep_dangling then
        select u.header, format('t.%I is not null and %s is null', u.column_name, v_raw), format('t.%I', u.column_name), quote_literal(u.reason)
        into header, condition, value, reason from load.underivable(c.file) as u;
        is_fault := true; code := 'unknown_reference';
        return next;
        header := c.header; value := v_raw;
      end if;
    elsif not load.is_renamed(c) and (c.required = 'always' or c.required = 'delta' and p_mode = 'delta') then
      is_fault := true; condition := v_raw || ' is null'; code := 'required';
      if c.is_list and c.type = 'ref' then
        condition := condition || format(' or cardinality(t.%I) = 0', c.column_name);
      end if;
      reason := quote_literal('must not be blank');
      return next;
    end if;
    is_fault := true;
    case
      when c.type = 'guid' then
        condition := format('%1$s ~ ''[^0-9A-Za-z._/@-]'' or length(%1$s) > 255', v_raw); code := 'invalid_id';
        reason := quote_literal('an id has 1 to 255 of the characters 0-9 A-Z a-z . - _ / @'); return next;
      when c.type in ('date', 'day', 'date-time', 'year', 'pair', 'scale', 'integer', 'float') then
        condition := format('%s is not null and t.%I is null', v_raw, c.column_name);
        code := case c.type when 'date' then 'invalid_date' when 'day' then 'invalid_day' when 'date-time' then 'invalid_date_time'
          when 'year' then 'invalid_year' when 'integer' then 'invalid_integer' when 'float' then 'invalid_float'
          when 'pair' then 'invalid_pair' when 'scale' then 'invalid_scale' end;
        reason := quote_literal(case c.type when 'date' then 'a date is YYYY-MM-DD' when 'day' then 'a date is YYYY-MM-DD'
          when 'year' then 'a year is YYYY' when 'integer' then 'a whole number is wanted' when 'scale' then 'items are {itemValueLHS:itemValueRHS}'
          when 'date-time' then 'a date and time is YYYY-MM-DDTHH:MM:SS.sssZ' when 'pair' then 'items are {type:identifier}'
          else 'a number is wanted' end);
        return next;
      when c.type = 'enum' and c.is_list then
        condition := format('coalesce(cardinality(t.%I), 0) < cardinality(load.list(%s))', c.column_name, v_raw); code := 'not_in_vocabulary';
        reason := format('(select string_agg(''"'' || item || ''"'', '', '') from unnest(load.list(%s)) as item where load.words(array[item], %L, %L) is null) || %L',
          v_raw, c.vocabulary, c.extensible,
          ': each must be one of ' || array_to_string(c.vocabulary, ', ') || case when c.extensible then ', or ext:…' else '' end);
        return next;
      when c.type in ('enum', 'flag') then
        condition := format('%s is not null and t.%I is null', v_raw, c.column_name); code := 'not_in_vocabulary';
        reason := quote_literal('must be one of ' || array_to_string(c.vocabulary, ', ') || case when c.extensible then ', or ext:…' else '' end);
        return next;
      else
    end case;
    if c.target is not null then
      v_found := load.known_sql(p_entity, c.target, case when c.is_list then 'id' else format('t.%I', c.column_name) end);
      is_fault := c.required is not null and not p_keep_dangling;
      condition := case
        when c.is_list then format('exists (select from unnest(t.%I) as id where not (%s))', c.column_name, v_found)
        else format('t.%I is not null and not (%s)', c.column_name, v_found) end;
      code := case when is_fault then 'unknown_reference' else 'dangling_reference' end;
      reason := case when c.is_list
        then format('(select ''no record '' || string_agg(''"'' || id || ''"'', '', '') || %L from unnest(t.%I) as id where not (%s))',
          format(' of %s in the package or the hub', c.target), c.column_name, v_found)
        else format('''no record "'' || t.%I || %L', c.column_name, format('" of %s in the package or the hub', c.target)) end
        || case when is_fault or p_keep_dangling then '' else ' || ''; the reference is left out''' end;
      return next;
    end if;
    is_fault := false;
    if c.type = 'ref' and c.is_list then
      condition := format('cardinality(t.%I) < cardinality(load.list(%s))', c.column_name, v_raw); code := 'duplicate_item';
      reason := quote_literal('a record that the list names again is left out'); return next;
    end if;
    if c.type in ('pair', 'scale') then
      condition := v_raw || $c$ ~ '\{[^{}:]*:[^{}]*:'$c$; code := 'pair_spelling';
      reason := quote_literal('an item has one colon; all behind the first is read as its right side'); return next;
    end if;
    if c.type = 'enum' and c.is_list then
      condition := format('t.%I <> load.list(%s)', c.column_name, v_raw); code := 'value_spelling';
      reason := format('''read as "'' || array_to_string(t.%I, '','') || ''"''', c.column_name); return next;
    end if;
    case
      when c.type = 'flag' then
        condition := format('%1$s <> t.%2$I::text', v_raw, c.column_name); code := 'value_spelling'; reason := quote_literal('true and false are spelt in small letters');
        return next;
      when c.type = 'enum' and not c.is_list then
        condition := format('%1$s <> t.%2$I', v_raw, c.column_name); code := 'value_spelling';
        reason := format('''read as "'' || t.%I || ''"''', c.column_name); return next;
      when c.type in ('date', 'day') then
        condition := format('length(%s) <> 10', v_raw); code := 'date_spelling'; reason := quote_literal('a date is wanted; the time is left out'); return next;
      when c.type = 'date-time' then
        condition := format('%s !~ ''^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$''', v_raw); code := 'date_time_spelling';
        reason := quote_literal('YYYY-MM-DDTHH:MM:SS.sssZ is wanted'); return next;
      when c.is_list then
        condition := format('%s ~ ''(^ |, | ,| $|,,|^,|,$)''', v_raw); code := 'list_spelling';
        reason := quote_literal('spaces around items and empty items are left out'); return next;
      else
    end case;
  end loop;
end $$;
