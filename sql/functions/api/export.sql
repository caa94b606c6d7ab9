-- What an export begins with: which files its package has for the client that asks, and how their rows are read. The rows are then
-- copied in the same transaction, a repeatable read one, so that all of it is of one moment.
create or replace function api.export_open(p_client text, p_since text) returns jsonb language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  v_since timestamptz := api.instant(p_since);
begin
  if p_since is not null and (v_since is null or p_since !~* '(Z|[+-]\d\d:\d\d)$') then
    perform api.fail('invaliddata 400', format('since: "%s" is no date and time as RFC 3339 has it, such as 2026-09-01T00:00:00.000Z', p_since));
  end if;
  perform set_config('rosterhub.client', p_client, true), set_config('datestyle', 'ISO, YMD', true), set_config('jit', 'off', true);
  return jsonb_build_object('files', load.export_files(v_since, api.granted(p_client)), 'asOf', to_char(
    coalesce((select max(published_at) from store.publications), 'epoch') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
end $$;
comment on function api.export_open is
  '{asOf, files: [{file, header, query}]} of a package: bulk, or with p_since what was published after that moment. asOf is the '
  'publication it knows of last, what the next delta is asked for with. Fails with invaliddata, 400.';
