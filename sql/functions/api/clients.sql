-- OAuth 2: clients, and the tokens they are given. Hashes in, never a secret or a token.

create or replace function api.create_token(
  p_client text, p_secret_hash bytea, p_scopes text[], p_token_hash bytea, p_lifetime_seconds integer
) returns text[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_allowed text[];
  v_granted text[];
begin
  select scopes into v_allowed from store.clients
  where client_id = p_client and secret_hash = p_secret_hash and revoked_at is null;
  if v_allowed is null then
    return null;
  end if;
  v_granted := case when p_scopes is null then v_allowed
    else array(select scope from unnest(p_scopes) with ordinality as t(scope, i) where scope = any(v_allowed) group by scope order by min(i)) end;
  if v_granted <> '{}' then
    delete from store.tokens where token_hash in (
      select token_hash from store.tokens where expires_at < now() order by expires_at limit 100 for update skip locked);
    insert into store.tokens values (p_token_hash, p_client, v_granted, now() + make_interval(secs => p_lifetime_seconds));
  end if;
  return v_granted;
end $$;
comment on function api.create_token is
  'The scopes granted: those asked for that the client may have, or all of them. Null for an unknown client or secret, '
  '{} (and no token) when none is left. Takes a hundred expired tokens away on the way.';

create or replace function api.token(p_token_hash bytea) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('client', client_id, 'scopes', to_jsonb(api.scopes_in_effect(client_id, t.scopes)),
    'expiresAtMs', (extract(epoch from expires_at) * 1000)::bigint, 'addresses', to_jsonb(addresses), 'perMinute', per_minute)
  from store.tokens as t join store.clients as c using (client_id)
  where token_hash = p_token_hash and expires_at > now() and revoked_at is null
$$;
comment on function api.token is
  'Who a token speaks for, and the client''s addresses and perMinute or null; null when it is unknown, expired or revoked.';

create or replace function api.create_client(p_client text, p_name text, p_secret_hash bytea, p_scopes text[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into store.clients (client_id, name, secret_hash, scopes) values (p_client, p_name, p_secret_hash, p_scopes)
$$;

create or replace function api.allow_scopes(p_client text, p_scopes text[]) returns boolean language sql
security definer set search_path = pg_catalog, pg_temp as $$
  with changed as (
    update store.clients set scopes = scopes || array(select scope from unnest(p_scopes) as scope where scope <> all(scopes))
    where client_id = p_client and revoked_at is null returning 1)
  select exists (select from changed)
$$;
comment on function api.allow_scopes is 'Adds scopes that a client may be granted. False for an unknown or revoked client.';

create or replace function api.limit_client(p_client text, p_addresses text[], p_per_minute integer) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with changed as (
    update store.clients set addresses = api.blocks(p_addresses), per_minute = p_per_minute
    where client_id = p_client and revoked_at is null returning 1)
  select exists (select from changed)
$$;
comment on function api.limit_client is
  'From where and how often a client may ask; null: from anywhere, as often as everybody. False for an unknown or revoked client.';

create or replace function api.list_clients() returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('clientId', client_id, 'name', name, 'scopes', to_jsonb(scopes),
    'oauth1', oauth1_generation is not null, 'addresses', to_jsonb(addresses), 'perMinute', per_minute,
    'createdAt', shape.time(created_at), 'rotatedAt', shape.time(rotated_at), 'revokedAt', shape.time(revoked_at))
    order by created_at, client_id), '[]')
  from store.clients
$$;

create or replace function api.rotate_client(p_client text, p_secret_hash bytea) returns boolean language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  update store.clients set secret_hash = p_secret_hash, oauth1_generation = oauth1_generation + 1, rotated_at = now()
  where client_id = p_client and revoked_at is null;
  if not found then
    return false;
  end if;
  delete from store.tokens where client_id = p_client;
  return true;
end $$;
comment on function api.rotate_client is
  'Takes a new secret, and raises the generation of a client that may sign; the old secrets and every token end. False '
  'for an unknown or revoked client.';

create or replace function api.revoke_client(p_client text) returns boolean language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
  update store.clients set revoked_at = now() where client_id = p_client and revoked_at is null;
  if not found then
    return false;
  end if;
  delete from store.tokens where client_id = p_client;
  return true;
end $$;

create or replace function api.is_current_secret(p_client text, p_secret_hash bytea) returns boolean language sql stable
security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select from store.clients where client_id = p_client and secret_hash = p_secret_hash and revoked_at is null)
$$;
