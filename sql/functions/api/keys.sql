-- API keys: prefixes and hashes in, never a key. What is told of a key is one jsonb object, the same everywhere. Who keeps
-- them is p_by with the scopes p_held: see admin.sql.

create or replace function api.key(p_prefix text) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('key', key_id, 'hash', encode(key_hash, 'base64'), 'client', client_id,
    'scopes', api.scopes_in_effect(client_id, array(select scope from unnest(k.scopes) as scope where scope = any(c.scopes))),
    'expiresAtMs', (extract(epoch from expires_at) * 1000)::bigint,
    'addresses', to_jsonb(coalesce(k.addresses, c.addresses)), 'perMinute', coalesce(k.per_minute, c.per_minute))
  from store.api_keys as k join store.clients as c using (client_id)
  where prefix = p_prefix and is_active and expires_at > now() and c.revoked_at is null
$$;
comment on function api.key is
  'Who a key of this prefix speaks for, once its SHA-256 is seen to be `hash`, and the scopes that its client still has. Null '
  'when it is unknown, expired, inactive or revoked, or its client is revoked.';

create or replace function api.touch_key(p_key uuid) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
  update store.api_keys set last_used_at = now()
  where key_id = p_key and (last_used_at is null or last_used_at <= now() - interval '1 minute')
$$;
comment on function api.touch_key is 'The key was used; written once a minute, whichever process says so.';

create or replace function api.key_told(p_key store.api_keys) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('keyId', (p_key).key_id, 'clientId', (p_key).client_id, 'name', (p_key).name,
    'prefix', (p_key).prefix, 'scopes', to_jsonb((p_key).scopes),
    'status', case when (p_key).revoked_at is not null then 'revoked'
      when exists (select from store.clients where client_id = (p_key).client_id and revoked_at is not null) then 'revoked'
      when not (p_key).is_active then 'inactive' when (p_key).expires_at <= now() then 'expired' else 'active' end,
    'addresses', to_jsonb((p_key).addresses), 'perMinute', (p_key).per_minute, 'rotatedFrom', (p_key).rotated_from,
    'createdAt', shape.time((p_key).created_at), 'expiresAt', shape.time((p_key).expires_at),
    'lastUsedAt', shape.time((p_key).last_used_at), 'revokedAt', shape.time((p_key).revoked_at))
$$;
comment on function api.key_told is 'A key as it is told; its status is revoked with its client''s. What does not apply is null.';

create or replace function api.list_keys(p_by text, p_held text[], p_client text) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held, true);
  select coalesce(jsonb_agg(api.key_told(k) order by created_at, key_id), '[]')
  from store.api_keys as k where p_client is null or client_id = p_client
$$;
comment on function api.list_keys is 'The keys, of one client or (null) of all, oldest first.';

create or replace function api.check_expiry(p_expires_at timestamptz) returns void language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if p_expires_at <= now() or p_expires_at > now() + interval '3650 days' then
    perform api.fail('invaliddata', '/expiresAt: a key may be good until some moment from now on to 3650 days hence');
  end if;
end $$;

create or replace function api.issue_key(
  p_by text, p_held text[], p_client text, p_key uuid, p_name text, p_prefix text, p_key_hash bytea, p_scopes text[], p_expires_at timestamptz,
  p_addresses text[], p_per_minute integer
) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_allowed text[];
  v_beyond text[];
  v_key store.api_keys;
begin
  perform api.check_admin(p_by, p_held);
  select scopes into v_allowed from store.clients where client_id = p_client and revoked_at is null for share;
  if not found then
    return null;
  end if;
  v_beyond := array(select scope from unnest(p_scopes) as scope where scope <> all(v_allowed));
  if v_beyond <> '{}' then
    perform api.fail('invaliddata', '/scopes: the client has no ' || array_to_string(v_beyond, ' '));
  end if;
  perform api.check_giving(p_by, p_held, coalesce(p_scopes, v_allowed));
  perform api.check_expiry(p_expires_at);
  insert into store.api_keys (key_id, client_id, name, prefix, key_hash, scopes, expires_at, addresses, per_minute)
  values (p_key, p_client, p_name, p_prefix, p_key_hash, coalesce(p_scopes, v_allowed),
    coalesce(p_expires_at, now() + interval '365 days'), api.blocks(p_addresses), p_per_minute)
  returning * into v_key;
  return api.key_told(v_key);
end $$;
comment on function api.issue_key is
  'A new key of a client, with its scopes (p_scopes null) or some of them, good until p_expires_at (null: for 365 days). Null for '
  'an unknown or revoked client. invaliddata: a scope the client lacks, a bad block or moment. forbidden: as api.check_admin and api.check_giving.';

create or replace function api.rotate_key(
  p_by text, p_held text[], p_key uuid, p_new_key uuid, p_prefix text, p_key_hash bytea, p_overlap_seconds integer
) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_old store.api_keys;
  v_new store.api_keys;
begin
  perform api.check_admin(p_by, p_held);
  select k.* into v_old from store.api_keys as k join store.clients as c using (client_id)
  where key_id = p_key and is_active and c.revoked_at is null for update of k;
  if not found then
    return null;
  end if;
  perform api.check_giving(p_by, p_held, v_old.scopes);
  if exists (select from store.api_keys where rotated_from = p_key) then
    perform api.fail('invaliddata 409', 'the key has been rotated: rotate the one that came of it');
  end if;
  insert into store.api_keys (key_id, client_id, name, prefix, key_hash, scopes, expires_at, addresses, per_minute, rotated_from)
  values (p_new_key, v_old.client_id, v_old.name, p_prefix, p_key_hash, v_old.scopes,
    least(now() + (v_old.expires_at - v_old.created_at), now() + interval '3650 days'), v_old.addresses, v_old.per_minute, p_key)
  returning * into v_new;
  update store.api_keys set expires_at = least(expires_at, now() + make_interval(secs => p_overlap_seconds)) where key_id = p_key;
  return api.key_told(v_new);
end $$;
comment on function api.rotate_key is
  'A new key in the place of one, for as long as that one was issued for; the old one is good for the overlap, and no longer '
  'than it was. Null for one that is unknown, inactive or revoked. invaliddata 409: it was rotated. forbidden: as api.check_admin and api.check_giving.';

create or replace function api.extend_key(p_by text, p_held text[], p_key uuid, p_expires_at timestamptz) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_key store.api_keys;
begin
  perform api.check_admin(p_by, p_held);
  perform api.check_expiry(p_expires_at);
  update store.api_keys as k set expires_at = p_expires_at
  from store.clients as c
  where k.key_id = p_key and k.revoked_at is null and c.client_id = k.client_id and c.revoked_at is null
  returning k.* into v_key;
  return case when found then api.key_told(v_key) end;
end $$;
comment on function api.extend_key is
  'Lets a key be good until another moment, one that has expired too. Null for one that is unknown or revoked.';

create or replace function api.revoke_key(p_by text, p_held text[], p_key uuid) returns jsonb language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  v_key store.api_keys;
begin
  perform api.check_admin(p_by, p_held);
  update store.api_keys set is_active = false, revoked_at = now() where key_id = p_key and revoked_at is null
  returning * into v_key;
  return case when found then api.key_told(v_key) end;
end $$;
comment on function api.revoke_key is 'Ends a key for good. Null for one that is unknown or already revoked.';
