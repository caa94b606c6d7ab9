-- What the hub must know to say that it is ready.
create or replace function api.applied_migrations() returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(name, hash), '{}') from migration.files
$$;
comment on function api.applied_migrations is 'Each applied file of sql/ with its SHA-256.';
