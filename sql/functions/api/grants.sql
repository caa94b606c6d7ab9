-- What a client is granted: set, told, and tried. Called by whoever keeps the clients.

create or replace function api.check_grant(p_orgs text[], p_roles text[], p_entities text[], p_hidden text[]) returns void
language plpgsql stable as $$
declare
  v_wrong text;
  v_known text[] := array(select substring(collection from '[^/]+$') from catalog.entities where entity = table_name order by 1);
  v_required boolean;
begin
  select id into v_wrong from unnest(p_orgs) as id where not exists (select from store.orgs where sourced_id = id) limit 1;
  if v_wrong is not null then
    perform api.fail('invaliddata', format('org: no org "%s"', v_wrong));
  end if;
  select role into v_wrong from unnest(p_roles) as role where not exists (select from catalog.csv_columns
    where file = 'roles.csv' and header = 'role' and (role = any(vocabulary) or role ~ '^ext:.')) limit 1;
  if v_wrong is not null then
    perform api.fail('invaliddata', format('role: no role "%s"; there are %s, and those that begin with ext:', v_wrong,
      (select array_to_string(vocabulary, ', ') from catalog.csv_columns where file = 'roles.csv' and header = 'role')));
  end if;
  select name into v_wrong from unnest(p_entities) as name where name <> all(v_known) limit 1;
  if v_wrong is not null then
    perform api.fail('invaliddata', format('entity: no entity "%s"; there are %s', v_wrong, array_to_string(v_known, ', ')));
  end if;
  for v_wrong in select name from unnest(p_hidden) as name where name <> all(v_known) loop
    select f.required or f.field in ('sourcedId', 'status', 'dateLastModified') into v_required
    from catalog.fields as f join catalog.entities as e using (entity)
    where e.entity = e.table_name and f.selectable and substring(e.collection from '[^/]+$') || '.' || f.field = v_wrong;
    if v_required is null then
      perform api.fail('invaliddata', format('hide: "%s" is neither a field, such as users.email, nor an entity: %s', v_wrong, array_to_string(v_known, ', ')));
    elsif v_required then
      perform api.fail('invaliddata', format('hide: every record must have %s; hide the entity, or leave it out of the entities', v_wrong));
    end if;
  end loop;
end $$;

create or replace function api.audience_of(p_orgs text[], p_roles text[]) returns bigint language plpgsql as $$
declare
  v_orgs text[] := (select array_agg(distinct id collate "C" order by id collate "C") from unnest(p_orgs) as id);
  v_roles text[] := (select array_agg(distinct role collate "C" order by role collate "C") from unnest(p_roles) as role);
  v_audience bigint;
begin
  if v_orgs is null and v_roles is null then
    return null;
  end if;
  select audience into v_audience from store.audiences
  where org_sourced_ids is not distinct from v_orgs and roles is not distinct from v_roles;
  if v_audience is null then
    insert into store.audiences (org_sourced_ids, roles) values (v_orgs, v_roles) returning audience into v_audience;
    perform load.fill_audience(v_audience);
  end if;
  return v_audience;
end $$;

create or replace function api.set_grant(
  p_client text, p_orgs text[], p_roles text[], p_entities text[], p_hidden text[], p_may_write boolean
) returns jsonb language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_audience bigint;
begin
  if not exists (select from store.clients where client_id = p_client and revoked_at is null) then
    perform api.fail('unknownobject', format('Unknown Object: no client "%s", or it is revoked', p_client));
  end if;
  perform api.check_grant(p_orgs, p_roles, p_entities, p_hidden);
  -- an import that publishes now is waited for, and the next one finds the audience
  perform load.lock_audiences();
  perform pg_advisory_xact_lock(hashtextextended('rosterhub publish', 0));
  -- those that lost their last client, but not now: a page that is being read may be of the one this client has
  delete from store.audiences as a where not exists (select from store.grants as g where g.audience = a.audience);
  v_audience := api.audience_of(nullif(p_orgs, '{}'), nullif(p_roles, '{}'));
  insert into store.grants as g (client_id, audience, entities, hidden, may_write, version)
  values (p_client, v_audience, nullif(p_entities, '{}'), coalesce(p_hidden, '{}'), coalesce(p_may_write, true), load.next_version())
  on conflict (client_id) do update set audience = excluded.audience, entities = excluded.entities, hidden = excluded.hidden,
    may_write = excluded.may_write, version = excluded.version, granted_at = now();
  return api.client_grant(p_client);
end $$;
comment on function api.set_grant is
  'Gives a client this grant in place of the one it had, as {orgs, roles, entities, hidden, mayWrite}; null or empty: no limit of the '
  'kind. Seen by the next request of every process. Fails with unknownobject for the client, with invaliddata that names what is wrong.';

create or replace function api.admin_set_grant(
  p_by text, p_held text[], p_client text, p_orgs text[], p_roles text[], p_entities text[], p_hidden text[], p_may_write boolean
) returns jsonb language sql security definer set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held);
  select api.set_grant(p_client, p_orgs, p_roles, p_entities, p_hidden, p_may_write)
$$;
comment on function api.admin_set_grant is 'As api.set_grant. forbidden: as api.check_admin.';

create or replace function api.admin_grant(p_by text, p_held text[], p_client text) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select api.check_admin(p_by, p_held, true);
  select jsonb_build_object('clientId', client_id, 'scopes', to_jsonb(api.scopes_in_effect(client_id, scopes)), 'grant', api.client_grant(client_id))
  from store.clients where client_id = p_client and revoked_at is null
$$;
comment on function api.admin_grant is
  '{clientId, scopes, grant}: the scopes that the grant leaves, and the grant or null; null for an unknown or revoked client. forbidden: as api.check_admin.';

create or replace function api.client_grant(p_client text) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('orgs', to_jsonb(a.org_sourced_ids), 'roles', to_jsonb(a.roles), 'entities', to_jsonb(g.entities),
    'hidden', to_jsonb(g.hidden), 'mayWrite', g.may_write, 'grantedAt', shape.time(g.granted_at))
  from store.grants as g left join store.audiences as a using (audience) where g.client_id = p_client
$$;
comment on function api.client_grant is '{orgs, roles, entities, hidden, mayWrite, grantedAt}, null for no limit; null for a client that was granted nothing of its own.';

-- Imports are about whole districts, and who keeps the clients could lift the own grant: neither is for a client with limits,
-- to read is one of them.
create or replace function api.scopes_in_effect(p_client text, p_scopes text[]) returns text[] language sql stable as $$
  select case when (select is_restricted or not may_write from api.granted(p_client))
    then array(select scope from unnest(p_scopes) with ordinality as t(scope, i)
      where scope !~ '^urn:rosterhub:scope/(import|admin)(\.readonly)?$' order by i)
    else p_scopes end
$$;
comment on function api.scopes_in_effect is 'Of the scopes of a credential those that the client''s grant leaves.';
