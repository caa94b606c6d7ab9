-- OAuth 1.0a: who may sign, and that no signed request counts twice. No secret passes here.

create or replace function api.consumer(p_client text) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('generation', oauth1_generation, 'scopes', to_jsonb(api.scopes_in_effect(client_id, scopes)),
    'addresses', to_jsonb(addresses), 'perMinute', per_minute)
  from store.clients
  where client_id = p_client and oauth1_generation is not null and revoked_at is null
$$;
comment on function api.consumer is
  'Generation, scopes, addresses and perMinute (or null) of a client that may sign; null when it is unknown, revoked or may not.';

create or replace function api.allow_oauth1(p_client text) returns integer language sql security definer
set search_path = pg_catalog, pg_temp as $$
  update store.clients set oauth1_generation = coalesce(oauth1_generation, 1)
  where client_id = p_client and revoked_at is null
  returning oauth1_generation
$$;
comment on function api.allow_oauth1 is
  'Lets a client sign; answers its generation, which stays where it had one. Null for an unknown or revoked client.';

create or replace function api.use_nonce(p_client text, p_nonce text, p_timestamp bigint, p_window_seconds integer)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  if abs(extract(epoch from v_now) - p_timestamp) > p_window_seconds then
    return null;
  end if;
  delete from store.nonces where (client_id, timestamp, nonce) in (
    select client_id, timestamp, nonce from store.nonces
    where expires_at < v_now order by expires_at limit 100 for update skip locked);
  -- a minute longer than its timestamp is taken: another session may be past the check above and not yet here
  insert into store.nonces values (p_client, p_timestamp, p_nonce, to_timestamp(p_timestamp + p_window_seconds + 60))
  on conflict do nothing;
  return found;
end $$;
comment on function api.use_nonce is
  'True when the nonce is new for its client and timestamp, and now used; false when it was used before; null when the '
  'timestamp is outside the window by the clock of the database, which all processes share. Takes a hundred expired nonces '
  'away on the way.';
