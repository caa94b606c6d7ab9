-- Who may do what. Stands last: it speaks of every function. The application's role may execute what is named here and
-- nothing else. api.page and api.read execute statements that the session keeps prepared, under names a caller could take:
-- so they run as a role that may read rosters, and neither clients nor tokens.
revoke all on all functions in schema store, catalog, shape, source, load, api from public;
revoke all on all functions in schema api from rosterhub_app, rosterhub_reader;

grant usage on schema store, catalog, shape, source, api to rosterhub_reader;
grant create on schema api to rosterhub_reader;
grant select on all tables in schema catalog to rosterhub_reader;
grant execute on all functions in schema shape, source to rosterhub_reader;
do $$
declare
  v_table text;
  v_function regprocedure;
begin
  for v_table in select entity from store.versions union all
    values ('publications'), ('versions'), ('granted'), ('grants'), ('audience_orgs'), ('audience_users') loop
    execute format('grant select on store.%I to rosterhub_reader', v_table);
  end loop;
  for v_function in select oid from pg_proc where pronamespace = 'api'::regnamespace and not prosecdef loop
    execute format('grant execute on function %s to rosterhub_reader', v_function);
  end loop;
end $$;
alter function api.page(text, text, text[], jsonb, text, boolean, text[], integer, integer, text[], bigint, text) owner to rosterhub_reader;
alter function api.read(text, text, text, text[], text) owner to rosterhub_reader;
-- an owner too may execute its function only where nobody has taken that away, as the second line of this file does
grant execute on function
  api.page(text, text, text[], jsonb, text, boolean, text[], integer, integer, text[], bigint, text),
  api.read(text, text, text, text[], text)
to rosterhub_reader;
-- owning them took the right to create; kept, it would let a statement slipped in make functions that the owner then calls
revoke create on schema api from rosterhub_reader;

grant execute on function
  api.page(text, text, text[], jsonb, text, boolean, text[], integer, integer, text[], bigint, text),
  api.read(text, text, text, text[], text),
  api.list_version(text, text),
  api.version(text),
  api.admin_set_grant(text, text[], text, text[], text[], text[], text[], boolean),
  api.admin_grant(text, text[], text),
  api.put(text, jsonb),
  api.post(text, text, text[], jsonb),
  api.remove(text, text, text, jsonb),
  api.create_token(text, bytea, text[], bytea, integer),
  api.token(bytea),
  api.consumer(text),
  api.key(text),
  api.touch_key(uuid),
  api.admin_list_clients(text, text[]),
  api.admin_create_client(text, text[], text, text, bytea, text[], boolean, text[], integer),
  api.admin_limit_client(text, text[], text, text[], integer),
  api.admin_rotate_client(text, text[], text, bytea),
  api.admin_revoke_client(text, text[], text),
  api.list_keys(text, text[], text),
  api.issue_key(text, text[], text, uuid, text, text, bytea, text[], timestamptz, text[], integer),
  api.rotate_key(text, text[], uuid, uuid, text, bytea, integer),
  api.extend_key(text, text[], uuid, timestamptz),
  api.revoke_key(text, text[], uuid),
  api.use_nonce(text, text, bigint, integer),
  api.applied_migrations(),
  api.import_open(text, text, text, text, boolean, boolean, boolean, text),
  api.import_write(bigint, integer, bytea),
  api.import_read(bigint, integer),
  api.import_drop(bigint),
  api.import_received(bigint, text, bigint, bytea, text),
  api.import_metrics(),
  api.import_job(bigint),
  api.import_jobs(text, text, bigint, integer),
  api.import_fault_page(bigint, bigint, integer),
  api.import_change_page(bigint, text, text, text, integer),
  api.import_cancel(text, bigint),
  api.import_release(text, bigint, text),
  api.import_revert(text, bigint, text),
  api.export_open(text, text),
  api.audit_write(uuid, bigint, text, bigint, jsonb),
  api.audit_beat(uuid),
  api.audit_page(jsonb, bigint, integer)
to rosterhub_app;
