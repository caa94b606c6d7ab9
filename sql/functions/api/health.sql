-- What the hub must know to say that it is ready.
create or replace function api.applied_migrations() returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(name, hashes), '{}')
  from (select name, jsonb_agg(hash) as hashes from migration.files group by name) as files
$$;
comment on function api.applied_migrations is
  'Each applied file of sql/ with every SHA-256 it was applied with: a build whose files are among them is not behind, even '
  'when a later one has migrated on.';
