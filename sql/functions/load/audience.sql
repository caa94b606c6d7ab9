-- Who belongs to an audience. Its members are found anew when its orgs change, and for the people an import touched when
-- those do; a read then walks store.audience_users in the order of its keys and evaluates nothing.

create or replace function load.orgs_below(p_org_sourced_ids text[]) returns setof text language sql stable as $$
  with recursive below as (
    select sourced_id from store.orgs where sourced_id = any(p_org_sourced_ids)
    -- union, so that orgs that stand in a circle end it
    union
    select o.sourced_id from store.orgs as o join below as b on o.parent_sourced_id = b.sourced_id
  )
  select sourced_id from below
$$;
comment on function load.orgs_below is 'The orgs named and all that stand below them, deleted ones included.';

create or replace function load.fill_audience_orgs(p_audience bigint) returns boolean language plpgsql as $$
declare
  v_orgs text[] := (select org_sourced_ids from store.audiences where audience = p_audience);
  v_gone bigint;
  v_new bigint;
begin
  if v_orgs is null then
    v_orgs := array(select sourced_id from store.orgs);
  end if;
  delete from store.audience_orgs where audience = p_audience and sourced_id not in (select load.orgs_below(v_orgs));
  get diagnostics v_gone = row_count;
  insert into store.audience_orgs select p_audience, below from load.orgs_below(v_orgs) as below on conflict do nothing;
  get diagnostics v_new = row_count;
  return v_gone + v_new > 0;
end $$;
comment on function load.fill_audience_orgs is 'Brings the orgs of an audience up to date; whether any came or went.';

-- The people to be looked at, taken apart once for however many audiences there are: those named, or all where p_users is null.
create or replace function load.read_people(p_users text[]) returns void language plpgsql as $$
begin
  if to_regclass('pg_temp.audience_people') is not null then
    drop table pg_temp.audience_people, pg_temp.audience_roles;
  end if;
  create temporary table audience_people on commit drop as
    select sourced_id, primary_org_sourced_id as org, agent_sourced_ids as agents from store.users
    where p_users is null or sourced_id = any(p_users);
  create temporary table audience_roles on commit drop as
    select u.sourced_id, role ->> 'role' as role, role #>> '{org,sourcedId}' as org
    from store.users as u cross join lateral jsonb_array_elements(u.roles) as role
    where p_users is null or u.sourced_id = any(p_users);
  analyze audience_people, audience_roles;
end $$;

create or replace function load.fill_audience_users(p_audience bigint) returns void language plpgsql as $$
declare
  v_audience store.audiences;
  v_moved text[];
begin
  select * into strict v_audience from store.audiences where audience = p_audience;
  if to_regclass('pg_temp.audience_members') is not null then
    drop table pg_temp.audience_members;
  end if;
  create temporary table audience_members on commit drop as
    select p.sourced_id, bool_and(b.belongs) and (v_audience.org_sourced_ids is null or p.org is null
      or exists (select from store.audience_orgs as a where a.audience = p_audience and a.sourced_id = p.org)) as orgs_are_whole
    from audience_people as p join audience_roles as r using (sourced_id)
      left join store.audience_orgs as o on o.audience = p_audience and o.sourced_id = r.org
      cross join lateral (select (v_audience.roles is null or r.role = any(v_audience.roles))
        and (v_audience.org_sourced_ids is null or o.sourced_id is not null) as belongs) as b
    group by p.sourced_id, p.org having bool_or(b.belongs);
  analyze audience_members;
  with went as (
    delete from store.audience_users as m using audience_people as p where m.audience = p_audience and m.sourced_id = p.sourced_id
      and not exists (select from audience_members as b where b.sourced_id = m.sourced_id)
    returning m.sourced_id
  ), came as (
    insert into store.audience_users as m (audience, sourced_id, orgs_are_whole, agents_are_whole)
    select p_audience, sourced_id, orgs_are_whole, true from audience_members order by sourced_id
    on conflict (audience, sourced_id) do update set orgs_are_whole = excluded.orgs_are_whole
      where m.orgs_are_whole <> excluded.orgs_are_whole
    returning m.sourced_id
  )
  select array_agg(sourced_id) into v_moved from (table went union all table came) as moved;
  perform load.follow_agents(p_audience, v_moved);
end $$;
comment on function load.fill_audience_users is 'Brings the people of an audience up to date, of those that load.read_people has read.';

-- Who came or went may be an agent of people that nobody touched.
create or replace function load.follow_agents(p_audience bigint, p_moved text[]) returns void language sql as $$
  with looked_at as (
    select sourced_id, agents from audience_people
    union
    select sourced_id, agent_sourced_ids from store.users where agent_sourced_ids is not null and agent_sourced_ids && p_moved
  ), cut as (
    select distinct l.sourced_id from looked_at as l cross join lateral unnest(l.agents) as agent
      left join store.audience_users as a on a.audience = p_audience and a.sourced_id = agent
    where a.sourced_id is null
  )
  update store.audience_users as m set agents_are_whole = cut.sourced_id is null
  from looked_at left join cut using (sourced_id)
  where m.audience = p_audience and m.sourced_id = looked_at.sourced_id and m.agents_are_whole = (cut.sourced_id is not null)
$$;

create or replace function load.fill_audience(p_audience bigint) returns void language plpgsql as $$
begin
  perform load.fill_audience_orgs(p_audience);
  perform load.read_people(null);
  perform load.fill_audience_users(p_audience);
end $$;

create or replace function load.lock_audiences() returns void language sql as $$
  select pg_advisory_xact_lock(hashtextextended('rosterhub audiences', 0))
$$;
comment on function load.lock_audiences is
  'One after the other, each to its commit: makers of audiences, and imports that changed orgs or users. Wanted before the lock of the publications.';

create or replace function load.follow_audiences(p_revision bigint, p_changed text[]) returns void language plpgsql as $$
declare
  v_audience bigint;
  v_moved bigint[] := '{}';
begin
  if not p_changed && '{orgs,users}' then
    return;
  end if;
  -- held to the commit: who makes an audience now waits for these rows, and who made one is seen. Not the lock of the
  -- publications, which every write by a client takes
  perform load.lock_audiences();
  if not exists (select from store.audiences) then
    return;
  elsif 'orgs' = any(p_changed) then
    for v_audience in select audience from store.audiences order by audience loop
      if load.fill_audience_orgs(v_audience) then
        v_moved := v_moved || v_audience;
      end if;
    end loop;
  end if;
  if v_moved <> '{}' then
    perform load.read_people(null);
    perform load.fill_audience_users(audience) from unnest(v_moved) as audience;
  end if;
  if 'users' = any(p_changed) then
    perform load.read_people(array(select sourced_id from store.users where revision = p_revision));
    perform load.fill_audience_users(audience) from store.audiences where audience <> all(v_moved);
  end if;
end $$;
comment on function load.follow_audiences is
  'Brings every audience up to date with what a revision changed, in its transaction: a reader sees the rows and the audience of one moment.';
