-- Who keeps clients and keys, and by what rule. p_by is the client that asks, p_held the scopes its token or key has; both null:
-- the operator, who acts as the owner of the database and may give everything.

create or replace function api.check_admin(p_by text, p_held text[], p_reads boolean default false) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_wanted text[] := '{urn:rosterhub:scope/admin}'::text[] || case when p_reads then '{urn:rosterhub:scope/admin.readonly}'::text[] end;
begin
  if p_by is null then
    -- the role is that of the session, whoever's function this is
    if current_setting('role') = 'rosterhub_app' or not has_table_privilege(session_user, 'store.clients', 'insert') then
      raise insufficient_privilege using message = 'requests are made by a client';
    end if;
  elsif not exists (select from store.clients where client_id = p_by and revoked_at is null
      and exists (select from unnest(v_wanted) as scope where scope = any(api.scopes_in_effect(client_id, scopes)) and scope = any(p_held))) then
    perform api.fail('forbidden', 'the client lacks a scope: any of ' || array_to_string(v_wanted, ' '));
  end if;
end $$;
comment on function api.check_admin is
  'Refuses (forbidden) a client that does not administer; 42501 to the application''s role where it names no client.';

create or replace function api.check_giving(p_by text, p_held text[], p_scopes text[]) returns void language plpgsql stable
security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_missing text[] := array(select scope from unnest(p_scopes) as scope where not exists (
    select from store.clients where client_id = p_by and scope = any(scopes) and scope = any(p_held)));
begin
  if p_by is not null and v_missing <> '{}' then
    perform api.fail('forbidden', 'you do not hold what this would give: ' || array_to_string(v_missing, ' '));
  end if;
end $$;
comment on function api.check_giving is
  'The rule of giving: nobody gets a secret from a client for more than that client holds itself. Refuses (forbidden) scopes beyond.';

create or replace function api.blocks(p_addresses text[]) returns text[] language plpgsql immutable security definer
set search_path = pg_catalog, pg_temp as $$
declare
  v_blocks text[];
  v_place integer := 0;
  v_address text;
begin
  foreach v_address in array coalesce(p_addresses, '{}') loop
    begin
      -- cidr alone would take 10.1 for 10.1.0.0/16
      if v_address !~ '^(\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(/\d+)?$' then
        raise exception using errcode = 'invalid_text_representation';
      end if;
      v_blocks := v_blocks || v_address::cidr::text;
    exception when data_exception then
      perform api.fail('invaliddata', format('/addresses/%s: "%s" is no CIDR block, such as 192.0.2.0/24 or 2001:db8::/32, '
        'with no bit set behind its length', v_place, v_address));
    end;
    v_place := v_place + 1;
  end loop;
  return v_blocks;
end $$;
comment on function api.blocks is
  'CIDR blocks as cidr writes them; null for none. Refuses (invaliddata) what is no block, by its place under /addresses.';

create or replace function api.admin_list_clients(p_by text, p_held text[]) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held, true);
  select api.list_clients()
$$;

create or replace function api.admin_create_client(
  p_by text, p_held text[], p_client text, p_name text, p_secret_hash bytea, p_scopes text[], p_oauth1 boolean, p_addresses text[],
  p_per_minute integer
) returns integer language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform api.check_admin(p_by, p_held);
  perform api.check_giving(p_by, p_held, p_scopes);
  perform api.create_client(p_client, p_name, p_secret_hash, p_scopes);
  perform api.limit_client(p_client, p_addresses, p_per_minute);
  return case when p_oauth1 then api.allow_oauth1(p_client) end;
end $$;
comment on function api.admin_create_client is
  'A new client; answers the generation of one that may sign. forbidden: as api.check_admin and api.check_giving. invaliddata: a bad block.';

create or replace function api.admin_limit_client(p_by text, p_held text[], p_client text, p_addresses text[], p_per_minute integer)
returns boolean language sql security definer set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held);
  select api.limit_client(p_client, p_addresses, p_per_minute)
$$;

create or replace function api.admin_rotate_client(p_by text, p_held text[], p_client text, p_secret_hash bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform api.check_admin(p_by, p_held);
  perform api.check_giving(p_by, p_held, scopes) from store.clients where client_id = p_client for update;
  return api.rotate_client(p_client, p_secret_hash);
end $$;
comment on function api.admin_rotate_client is
  'As api.rotate_client. forbidden: as api.check_admin, and as api.check_giving for all that the client may have.';

create or replace function api.admin_revoke_client(p_by text, p_held text[], p_client text) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held);
  select api.revoke_client(p_client)
$$;
