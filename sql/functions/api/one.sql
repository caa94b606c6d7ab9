-- One record by its id.

create or replace function api.one_statement(p_operation text, p_fields text[]) returns text language plpgsql stable as $$
declare
  v_operation catalog.operations;
begin
  select * into strict v_operation from catalog.operations where operation = p_operation and kind = 'one';
  return format($sql$
    select '{"%1$s":' || case when $2 = shape.base() then x.document
      else replace(x.document, '"href":"' || shape.base(), '"href":"' || $2) end || '}'
    from (select %2$s as document from source.%3$I($1) as r join store.publications as p on p.revision = r.revision) as x$sql$,
    v_operation.envelope, api.projection(v_operation.entity, p_fields), p_operation);
end $$;

create or replace function api.one(p_client text, p_operation text, p_sourced_id text, p_fields text[], p_base text)
returns text language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  v_name text := 'rh_' || md5(row(p_operation, p_fields)::text);
  v_execute text := format('execute %I(%L, %L)', v_name, p_sourced_id, p_base);
  v_answer text;
begin
  begin
    execute v_execute into v_answer;
  exception when invalid_sql_statement_name then
    perform api.prepare(v_name, 'text, text', api.one_statement(p_operation, p_fields));
    execute v_execute into v_answer;
  end;
  if v_answer is null then
    perform api.fail('unknownobject', format('Unknown Object: no %s "%s"',
      (select envelope from catalog.operations where operation = p_operation), p_sourced_id));
  end if;
  return v_answer;
end $$;
comment on function api.one is 'The body. Deleted records are shown, with their status. Fails with unknownobject or invalid_selection_field.';
