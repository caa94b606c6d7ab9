-- A user's document shows its roles and profiles, which come in files of their own. So they are checked together: users,
-- then profiles, then roles; a user that no role names is refused; then all are written, the users last.

create or replace function load.refuse_users_without_role() returns void language plpgsql as $$
declare
  v_file text := (select file from import_files where entity = 'users');
  v_role text := case when to_regclass('pg_temp.incoming_roles') is null then 'false'
    else 'exists (select from incoming_roles as r where r.user_sourced_id = u.sourced_id and not r.faulty)' end;
begin
  if to_regclass('pg_temp.incoming_users') is null then
    return;
  end if;
  execute format('with refused as (
      update incoming_users as u set faulty = true
      where not u.faulty and not (%s) and not exists (select from store.roles as r where r.user_sourced_id = u.sourced_id)
      returning u.ordinal, u.sourced_id)
    insert into import_faults select %L, load.line(%2$L, ordinal), ''sourcedId'', sourced_id, ''missing_role'',
      ''no row of roles.csv gives this user a role, in the package or the hub'' from refused', v_role, v_file);
  if to_regclass('pg_temp.incoming_user_profiles') is not null then
    with refused as (
      update incoming_user_profiles as p set faulty = true
      where not p.faulty and exists (select from incoming_users as u where u.sourced_id = p.user_sourced_id and u.faulty and u.known_status is null)
        and not exists (select from incoming_users as u where u.sourced_id = p.user_sourced_id and not u.faulty)
      returning p.ordinal, p.user_sourced_id)
    insert into import_faults select f.file, load.line(f.file, ordinal), 'userSourcedId', user_sourced_id, 'unknown_reference', 'the user was refused'
    from refused, import_files as f where f.entity = 'user_profiles';
  end if;
end $$;

create or replace function load.affected_users() returns void language plpgsql as $$
declare
  v_revision bigint := (select revision from import_context);
begin
  create temp table affected_users on commit drop as
    select user_sourced_id as sourced_id from store.roles where revision = v_revision
    union select user_sourced_id from store.user_profiles where revision = v_revision
    union select sourced_id from left_users;
  if to_regclass('pg_temp.incoming_users') is not null then
    insert into affected_users select sourced_id from incoming_users where not faulty except select sourced_id from affected_users;
  end if;
  analyze affected_users;
  -- another source's import may be giving the same users roles: wait for it, then see what it wrote
  perform from store.users where sourced_id in (select sourced_id from affected_users) order by sourced_id for update;
  create temp table derived_users on commit drop as
    with role_lists as (
      select user_sourced_id, coalesce(jsonb_agg(entry order by role_type, sourced_id) filter (where status = 'active'),
        jsonb_agg(entry order by role_type, sourced_id)) as roles
      from (select r.*, jsonb_strip_nulls(jsonb_build_object('roleType', role_type, 'role', role,
          'org', jsonb_build_object('sourcedId', org_sourced_id, 'type', 'org'), 'userProfile', shape.profile_id(user_profile_sourced_id),
          'beginDate', to_char(begin_date, 'YYYY-MM-DD'), 'endDate', to_char(end_date, 'YYYY-MM-DD'))) as entry
        from store.roles as r join affected_users as a on a.sourced_id = r.user_sourced_id) as entries
      group by user_sourced_id
    ), profile_lists as (
      select user_sourced_id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('profileId', shape.profile_id(p.sourced_id), 'profileType', profile_type,
        'vendorId', vendor_id, 'applicationId', application_id, 'description', description,
        'credentials', jsonb_build_array(jsonb_build_object('type', credential_type, 'username', username)))) order by p.sourced_id) as user_profiles
      from store.user_profiles as p join affected_users as a on a.sourced_id = p.user_sourced_id where p.status = 'active'
      group by user_sourced_id
    )
    select a.sourced_id, r.roles, p.user_profiles from affected_users as a
      join role_lists as r on r.user_sourced_id = a.sourced_id left join profile_lists as p on p.user_sourced_id = a.sourced_id;
  analyze derived_users;
end $$;
comment on function load.affected_users is 'derived_users: the roles and profiles of each user this import touches, as the JSON that store.users keeps.';

create or replace function load.refresh_users() returns void language plpgsql as $$
begin
  execute format('update store.users as k set roles = d.roles, user_profiles = d.user_profiles, revision = c.revision,
      document = shape.users(%s)
    from derived_users as d, import_context as c
    where d.sourced_id = k.sourced_id and (k.roles, k.user_profiles) is distinct from (d.roles, d.user_profiles)',
    load.row_sql('users', '{"roles": "d.roles", "user_profiles": "d.user_profiles"}', 'k'));
end $$;
comment on function load.refresh_users is 'Users whose own row did not change, but whose roles or profiles did.';

create or replace function load.people() returns void language plpgsql as $$
declare
  v_entity text;
begin
  foreach v_entity in array '{users,user_profiles,roles}'::text[] loop
    if v_entity = 'roles' and (select version from import_context) = '1.1' and to_regclass('pg_temp.staged_users') is not null
      and to_regclass('pg_temp.staged_roles') is null
    then
      perform load.roles_from_users();
    end if;
    if exists (select from import_files where entity = v_entity) then
      perform load.check(v_entity);
    end if;
  end loop;
  perform load.refuse_users_without_role();
  if to_regclass('pg_temp.incoming_users') is not null then
    perform load.mend('users', f.file, c.keep_dangling) from import_files as f, import_context as c where f.entity = 'users';
    perform load.warn_of_primary_orgs(file) from import_files where entity = 'users';
  end if;
  create temp table left_users (sourced_id text collate "C") on commit drop;
  foreach v_entity in array '{user_profiles,roles}'::text[] loop
    if exists (select from import_files where entity = v_entity) then
      -- users whom a role or profile leaves for another show it no longer
      execute format('insert into left_users select k.user_sourced_id from store.%I as k join %I as i using (sourced_id)
        where not i.faulty and k.user_sourced_id <> i.user_sourced_id', v_entity, 'incoming_' || v_entity);
      perform load.apply(v_entity);
    end if;
  end loop;
  perform load.affected_users();
  if exists (select from import_files where entity = 'users') then
    perform load.apply('users', '{roles,user_profiles}', 'join derived_users as derived using (sourced_id)');
  end if;
  perform load.refresh_users();
  -- what is stored is looked up in the store from here on
  drop table if exists incoming_users, incoming_user_profiles, incoming_roles;
end $$;
