-- The line of imports as numbers, for whoever watches it.
create or replace function api.import_metrics() returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object(
    'waiting', count(*) filter (where status = 'received'),
    'running', count(*) filter (where status in ('staging', 'checking', 'applying')),
    'held', count(*) filter (where status = 'held'),
    'oldestWaitingSeconds', coalesce(extract(epoch from clock_timestamp() - min(queued_at) filter (where status = 'received'))::float8, 0),
    'oldestHeldSeconds', coalesce(extract(epoch from clock_timestamp() - min(ended_at) filter (where status = 'held'))::float8, 0))
  from store.imports where status in ('received', 'staging', 'checking', 'applying', 'held')
$$;
comment on function api.import_metrics is '{waiting, running, held, oldestWaitingSeconds, oldestHeldSeconds} of the imports.';
