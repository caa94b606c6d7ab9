-- PUT, POST and DELETE. The writers themselves are load.write_<entity>; here is what an operation adds: which entity, what
-- its path says of the records, and the publication that dates them. A record that another writer holds, such as an import,
-- is not waited for: the answer says locked, and the caller comes again. New ids are waited for half a second, less than the
-- second after which PostgreSQL looks for a deadlock, so that it is never the import that has to give way.

create or replace function api.put(p_operation text, p_items jsonb) returns jsonb language plpgsql security definer
set search_path = pg_catalog, pg_temp set lock_timeout = '3s' as $$
declare
  v_entity text := (select entity from catalog.operations where operation = p_operation and kind = 'put');
  v_revision bigint := nextval('store.revisions');
  v_outcomes jsonb;
begin
  perform set_config('lock_timeout', '500ms', true);
  execute format('select load.%I($1, $2)', 'write_' || v_entity) into v_outcomes using p_items, v_revision;
  perform set_config('lock_timeout', '3s', true);
  if v_outcomes @? '$[*].outcome ? (@ == "created" || @ == "replaced")' then
    perform load.publish_entities(v_revision, array[(select table_name from catalog.entities where entity = v_entity)]);
  end if;
  return v_outcomes;
end $$;
comment on function api.put is
  'Records, each [{client, path, sourcedId, record, ifMatch}], of different ids -> for each {outcome, fault}: created, '
  'replaced or unchanged; {status, message}; or locked: another writer has the record, it is to be put again. ifMatch lists '
  'the revisions one of which it must have. A fault keeps no other record out. Fails with lock_not_available where another '
  'transaction is making one of the ids.';

create or replace function api.missing_parent(p_operation catalog.operations, p_arguments text[], g store.granted) returns integer language plpgsql stable as $$
declare
  v_found boolean;
begin
  for place in 1 .. cardinality(p_operation.parents) loop
    execute format('select exists (select from %s as x)', api.source_rows(p_operation.parents[place],
      array(select format('($1)[%s]', i) from generate_series(1, place) as i), g, '$2')) into v_found using p_arguments, g.audience;
    if not v_found then
      return place;
    end if;
  end loop;
  return null;
end $$;
comment on function api.missing_parent is 'The number of the first path argument that names nothing; null where all do.';

-- What the path names, each record is about: its field of that name is filled in.
create or replace function api.placed(p_operation catalog.operations, p_arguments text[], p_record jsonb) returns jsonb language sql stable as $$
  select p_record || coalesce(jsonb_object_agg(f.field, jsonb_build_object('sourcedId', p_arguments[i])), '{}')
  from unnest(p_operation.parameters) with ordinality as t(name, i)
    join catalog.fields as f on f.entity = p_operation.entity and f.field = t.name and f.kind = 'reference'
  where not p_record ? f.field
$$;

create or replace function api.post(p_client text, p_operation text, p_arguments text[], p_records jsonb) returns jsonb language plpgsql
security definer set search_path = pg_catalog, pg_temp set lock_timeout = '3s' as $$
declare
  v_operation catalog.operations;
  v_revision bigint := nextval('store.revisions');
  v_items jsonb;
  v_place bigint;
  v_fault jsonb;
begin
  select * into strict v_operation from catalog.operations where operation = p_operation and kind = 'post';
  v_place := api.missing_parent(v_operation, p_arguments, api.granted(p_client));
  if v_place is not null then
    perform api.fail('unknownobject', format('Unknown Object: no %s "%s"', v_operation.parameters[v_place], p_arguments[v_place]));
  end if;
  select jsonb_agg(jsonb_build_object('client', p_client, 'path', format('/%s/%s', v_operation.envelope, place - 1),
    'sourcedId', gen_random_uuid(), 'record', api.placed(v_operation, p_arguments, record)) order by place)
  into v_items from jsonb_array_elements(p_records) with ordinality as t(record, place);
  select min(place) into v_place from (
    select place, row_number() over (partition by record ->> 'sourcedId' order by place) as occurrence
    from jsonb_array_elements(p_records) with ordinality as t(record, place)) as o where occurrence > 1;
  if v_place is not null then
    perform api.fail('invaliddata', format('/%s/%s/sourcedId: an earlier record has the same sourcedId', v_operation.envelope, v_place - 1));
  end if;
  if v_items is null then
    return '[]';
  end if;
  execute format('select fault from (select load.%I($1, $2) as outcomes) as o, jsonb_path_query(outcomes, ''$[*].fault ? (@ != null)'') as fault limit 1',
    'write_' || v_operation.entity) into v_fault using v_items, v_revision;
  if v_fault is not null then
    perform api.fail(case v_fault ->> 'status' when '403' then 'forbidden' else 'invaliddata' end, v_fault ->> 'message');
  end if;
  execute format('select min(place) from jsonb_array_elements($1) with ordinality as t(item, place)
    where item ->> ''sourcedId'' not in (select sourced_id from source.%I(%s))', v_operation.source,
    (select string_agg(format('$2[%s]', i), ', ' order by i) from generate_series(1, cardinality(v_operation.parameters)) as i))
  into v_place using v_items, p_arguments;
  if v_place is not null then
    perform api.fail('invaliddata', format('/%s/%s: the record does not belong to the %s of the path', v_operation.envelope, v_place - 1,
      (select string_agg(format('%s "%s"', name, p_arguments[i]), ' and the ' order by i) from unnest(v_operation.parameters) with ordinality as t(name, i))));
  end if;
  perform load.publish_entities(v_revision, array[(select table_name from catalog.entities where entity = v_operation.entity)]);
  return (select jsonb_agg(jsonb_build_object('suppliedSourcedId', record ->> 'sourcedId', 'allocatedSourcedId', item ->> 'sourcedId') order by place)
    from jsonb_array_elements(p_records) with ordinality as r(record, place) join jsonb_array_elements(v_items) with ordinality as i(item, place) using (place));
end $$;
comment on function api.post is
  'Records under ids of their sender -> [{suppliedSourcedId, allocatedSourcedId}]. All or none; what the path names is filled in, '
  'and every record must be among the rows that source.<operation> finds. Fails with unknownobject or invaliddata.';

create or replace function api.remove(p_client text, p_operation text, p_sourced_id text, p_if_match jsonb) returns text language plpgsql
security definer set search_path = pg_catalog, pg_temp set lock_timeout = '3s' as $$
declare
  v_operation catalog.operations;
  v_granted store.granted := api.granted(p_client);
  v_table text;
  v_outcome text;
begin
  select * into strict v_operation from catalog.operations where operation = p_operation and kind = 'remove';
  v_table := (select table_name from catalog.entities where entity = v_operation.entity);
  if v_granted.may_write is false then
    perform api.fail('forbidden', 'the client is granted no writes');
  elsif v_granted.is_restricted is not true or (api.is_shown(v_table, v_granted) and load.sees(v_granted, v_table, p_sourced_id)) then
    v_outcome := load.remove(v_table, p_sourced_id, p_if_match, nextval('store.revisions'));
  end if;
  if v_outcome is null then
    perform api.fail('unknownobject', format('Unknown Object: no %s "%s"', v_operation.envelope, p_sourced_id));
  end if;
  return v_outcome;
end $$;
comment on function api.remove is
  'Marks a record deleted: removed, or locked where another writer has it and it is to be removed again. Fails with '
  'forbidden, with unknownobject, or with 412 where it has none of the revisions p_if_match lists.';
