-- One record by its id, with the version that its entity tag is made of; and the version of a list.

create or replace function api.read_statement(p_operation text, p_fields text[], p_granted store.granted) returns text language plpgsql stable as $$
declare
  v_operation catalog.operations;
begin
  select * into strict v_operation from catalog.operations where operation = p_operation and kind = 'one';
  p_granted.is_v1p1 := p_operation like 'v1p1.%';
  return format($sql$
    select r.revision || %4$s || E'\n{"%1$s":' || case when $2 = shape.base() then x.document
      else replace(x.document, '"href":"' || shape.base(), '"href":"' || $2) end || '}'
    from %3$s as r join store.publications as p on p.revision = r.revision
      cross join lateral (select %2$s as document) as x$sql$,
    v_operation.envelope, api.projection(v_operation.entity, p_fields), api.source_rows(v_operation.source, '{$1}', p_granted, '$3'),
    -- what is left of a record changes with the grant, and with records beside it that come and go: no revision tells
    case when p_granted.is_restricted then $version$'-' || left(md5(x.document), 16)$version$ else '''''' end);
end $$;

create or replace function api.read(p_client text, p_operation text, p_sourced_id text, p_fields text[], p_base text)
returns text language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  v_granted store.granted := api.granted(p_client);
  v_name text := 'rh_' || md5(row(p_operation, p_fields, api.shape_of(v_granted))::text);
  v_execute text := format('execute %I(%L, %L, %L)', v_name, p_sourced_id, p_base, v_granted.audience);
  v_answer text;
begin
  begin
    execute v_execute into v_answer;
  exception when invalid_sql_statement_name then
    perform api.prepare(v_name, 'text, text, bigint', api.read_statement(p_operation, p_fields, v_granted));
    execute v_execute into v_answer;
  end;
  if v_answer is null then
    perform api.fail('unknownobject', format('Unknown Object: no %s "%s"',
      (select envelope from catalog.operations where operation = p_operation), p_sourced_id));
  end if;
  return v_answer;
end $$;
comment on function api.read is
  'Two lines: the version of the record, and the body. The version is the revision, and for a client that is not granted all a '
  'hash of what it is shown behind it. Deleted records are shown, with their status. Fails with unknownobject or '
  'invalid_selection_field.';

create or replace function api.list_version(p_client text, p_operation text) returns bigint language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select greatest(max(v.version), max(g.version)) from api.granted(p_client) as g
    join catalog.operations as o on o.operation = p_operation
    join store.versions as v on v.entity = any(api.reads_granted(o.reads, g))
$$;
comment on function api.list_version is 'The version of the data that a list shows the client, as its page tells it: while it stays, so does the list.';

create or replace function api.version(p_operation text) returns bigint language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select max(version) from store.versions as v join catalog.operations as o on v.entity = any(o.reads) where o.operation = p_operation
$$;
comment on function api.version is 'What a build that knows no grants asks, while it is being replaced.';
