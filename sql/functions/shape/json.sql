-- Pieces of JSON text that the shapes are put together from. All but percent_encode, references and pairs are plain
-- expressions, which the planner inlines (declared stable because to_json is: an immutable wrapper would not inline).

-- shape.base() is the address that references begin with, as a constant the planner folds. It is written into the
-- documents; api.page replaces it for a request that came by another address.
create or replace function store.set_base(p_base text) returns void language plpgsql as $$
begin
  insert into store.settings values ('base', p_base) on conflict (name) do update set value = excluded.value;
  execute format('create or replace function shape.base() returns text language sql immutable as %L', format('select %L::text', p_base));
end $$;
comment on function store.set_base is 'Sets the address references begin with, ending in a slash: https://host/ims/oneroster/.';

do $$
begin
  if to_regprocedure('shape.base()') is null then
    perform store.set_base('http://localhost:3000/ims/oneroster/');
  end if;
end $$;

create or replace function shape.percent_encode(p_text text) returns text language sql stable as $$
  select string_agg(
    case when c ~ '[A-Za-z0-9._~@-]' then c
         else upper(regexp_replace(encode(convert_to(c, 'UTF8'), 'hex'), '(..)', '%\1', 'g')) end, '' order by i)
  from regexp_split_to_table(p_text, '') with ordinality as t(c, i)
$$;

create or replace function shape.segment(p_text text) returns text language sql stable as $$
  select case when p_text ~ '[^A-Za-z0-9._~@-]' then shape.percent_encode(p_text) else p_text end
$$;
comment on function shape.segment is 'One path segment of an address: percent-encoded where RFC 3986 wants it, "/" included.';

create or replace function shape.string(p_text text) returns text language sql stable as $$
  select to_json(p_text)::text
$$;

create or replace function shape.member(p_name text, p_value text) returns text language sql stable as $$
  select coalesce(',"' || p_name || '":' || to_json(p_value)::text, '')
$$;
comment on function shape.member(text, text) is 'A string property with its leading comma; nothing where the value is absent.';

create or replace function shape.member(p_name text, p_value date) returns text language sql stable as $$
  select coalesce(',"' || p_name || '":"' || to_char(p_value, 'YYYY-MM-DD') || '"', '')
$$;

create or replace function shape.member(p_name text, p_value boolean) returns text language sql stable as $$
  select case when p_value is null then '' when p_value then ',"' || p_name || '":"true"' else ',"' || p_name || '":"false"' end
$$;
comment on function shape.member(text, boolean) is 'OneRoster booleans are the strings "true" and "false".';

create or replace function shape.member(p_name text, p_value text[]) returns text language sql stable as $$
  select case when p_value is null then '' else ',"' || p_name || '":' || to_json(p_value)::text end
$$;

create or replace function shape.member(p_name text, p_value jsonb) returns text language sql stable as $$
  select case when p_value is null then '' else ',"' || p_name || '":' || p_value::text end
$$;

create or replace function shape.member(p_name text, p_value double precision) returns text language sql stable as $$
  select coalesce(',"' || p_name || '":' || p_value::text, '')
$$;
comment on function shape.member(text, double precision) is 'A number, in the shortest decimals that mean it; the store holds no NaN and no infinity.';

create or replace function shape.time(p_value timestamptz) returns text language sql stable as $$
  select to_char(p_value at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
comment on function shape.time is 'A point in time as the standard writes it: UTC, milliseconds.';

create or replace function shape.member(p_name text, p_value timestamptz) returns text language sql stable as $$
  select coalesce(',"' || p_name || '":"' || shape.time(p_value) || '"', '')
$$;

create or replace function shape.reference(p_collection text, p_type text, p_sourced_id text) returns text
language sql stable as $$
  select '{"href":"' || shape.base() || p_collection || '/' || shape.segment(p_sourced_id)
    || '","sourcedId":' || to_json(p_sourced_id)::text || ',"type":"' || p_type || '"}'
$$;
comment on function shape.reference is 'A GUIDRef object; null where the id is null.';

create or replace function shape.references(p_collection text, p_type text, p_sourced_ids text[]) returns text
language sql stable as $$
  select '[' || coalesce(string_agg(shape.reference(p_collection, p_type, id), ',' order by i), '') || ']'
  from unnest(p_sourced_ids) with ordinality as t(id, i)
$$;

create or replace function shape.reference_member(p_name text, p_collection text, p_type text, p_sourced_id text) returns text
language sql stable as $$
  select coalesce(',"' || p_name || '":' || shape.reference(p_collection, p_type, p_sourced_id), '')
$$;

create or replace function shape.references_member(p_name text, p_collection text, p_type text, p_sourced_ids text[])
returns text language sql stable as $$
  select case when p_sourced_ids is null then ''
    else ',"' || p_name || '":' || shape.references(p_collection, p_type, p_sourced_ids) end
$$;

create or replace function store.change_base(p_base text) returns void language plpgsql as $$
declare
  v_old text := shape.base();
  v_entity text;
begin
  if v_old = p_base then
    return;
  end if;
  for v_entity in select entity from store.versions loop
    execute format('update store.%I set document = replace(document, %L, %L) where strpos(document, %2$L) > 0',
      v_entity, '"href":"' || v_old, '"href":"' || p_base);
  end loop;
  perform store.set_base(p_base);
end $$;
comment on function store.change_base is 'Sets the base and rewrites the references of every stored document that begin with the old one.';
