-- CSV cells -> values. Each takes the text of one cell and answers null where it is no such value; the fast cases are
-- plain expressions that inline.

create or replace function load.any_day(p_text text) returns date language plpgsql immutable strict as $$
begin
  if p_text ~ '^\d{4}-\d\d-\d\d([T ].*)?$' then
    return make_date(substr(p_text, 1, 4)::integer, substr(p_text, 6, 2)::integer, substr(p_text, 9, 2)::integer);
  end if;
  return null;
exception when datetime_field_overflow then
  return null;
end $$;

create or replace function load.day(p_text text) returns date language sql stable as $$
  select case when p_text ~ '^[12]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$' then p_text::date else load.any_day(p_text) end
$$;
comment on function load.day is 'YYYY-MM-DD; of a date and time, its date.';

create or replace function load.any_instant(p_text text) returns timestamptz language plpgsql stable strict as $$
declare
  v_instant timestamptz := api.instant(p_text);
begin
  -- a zone may lead out of the years that are written with four digits
  return case when v_instant >= '0001-01-01T00:00:00Z' and v_instant < '10000-01-01T00:00:00Z' then v_instant end;
end $$;

create or replace function load.instant(p_text text) returns timestamptz language sql stable as $$
  select case when p_text is null then null else load.any_instant(p_text) end
$$;

create or replace function load.word(p_text text, p_vocabulary text[]) returns text language sql immutable strict as $$
  select word from unnest(p_vocabulary) as word where lower(word) = lower(trim(p_text)) limit 1
$$;
comment on function load.word is 'The word of a vocabulary that was meant, whatever its case.';

create or replace function load.items(p_text text) returns text[] language plpgsql immutable strict as $$
begin
  return array(
    select trim(item) from unnest(string_to_array(p_text, ',')) with ordinality as t(item, i) where trim(item) <> '' order by i);
end $$;
comment on function load.items is 'The items of a list cell, without the spaces around them; empty ones are left out.';

create or replace function load.list(p_text text) returns text[] language sql immutable as $$
  select case when p_text is null then null when p_text ~ '[, ]' then load.items(p_text) else array[p_text] end
$$;

create or replace function load.ids(p_text text) returns text[] language sql immutable as $$
  select case when p_text is null then null when p_text ~ '[, ]' then load.distinct_items(p_text) else array[p_text] end
$$;

create or replace function load.distinct_items(p_text text) returns text[] language sql immutable strict as $$
  select coalesce(array_agg(item order by i), '{}')
  from (select item, min(i) as i from unnest(load.items(p_text)) with ordinality as t(item, i) group by item) as once
$$;
comment on function load.distinct_items is 'The items of a list cell of ids, each where it stands first.';

create or replace function load.number(p_text text, p_whole boolean) returns double precision language plpgsql immutable strict as $$
declare
  v_text text := trim(p_text);
begin
  if v_text ~ '^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$' and (not p_whole or v_text::numeric % 1 = 0) then
    return v_text::double precision;
  end if;
  return null;
exception when numeric_value_out_of_range then
  return null;
end $$;
comment on function load.number is 'A decimal number, within the range of a double; null for any other text.';

create or replace function load.words(p_items text[], p_vocabulary text[], p_extensible boolean) returns text[] language sql immutable strict as $$
  select array_agg(word order by i)
  from (select i, case when p_extensible and item ~ '^ext:[a-zA-Z0-9.\-_]+$' then item else load.word(item, p_vocabulary) end as word
    from unnest(p_items) with ordinality as t(item, i)) as read
  where word is not null
$$;
comment on function load.words is 'The words of a list that are in the vocabulary, each as it is spelt there.';

create or replace function load.pairs(p_text text, p_first text, p_second text) returns jsonb language plpgsql immutable strict as $$
declare
  v_items text[] := load.items(p_text);
begin
  if exists (select from unnest(v_items) as item where item !~ '^\{[^:{}]+:[^{}]+\}$') then
    return null;
  end if;
  return (select jsonb_agg(jsonb_build_object(p_first, split_part(body, ':', 1), p_second, substr(body, strpos(body, ':') + 1)) order by i)
    from unnest(v_items) with ordinality as t(item, i), substr(item, 2, length(item) - 2) as body);
end $$;
comment on function load.pairs is 'A list of {first:second} -> [{first, second}] under these names.';

create or replace function load.missing(p_ids text[], p_found text[]) returns text language sql immutable as $$
  select string_agg(id, ', ' order by i) from unnest(p_ids) with ordinality as t(id, i) where id <> all(p_found)
$$;
