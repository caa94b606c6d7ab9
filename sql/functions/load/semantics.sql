-- What the rows of a package must be to other records: all of them warnings, as the rows can be used. Each rule is one query
-- over the incoming rows, joined with the records that will stand beside them once the package is in: the package's other
-- rows, and the store's unless the package has them otherwise or leaves them out. Only rows that may change something are
-- looked at, so of two rows that were in the store before, none is told.

-- p_query answers (ordinal, value) of rows of incoming_<entity>; each is warned of, and read anew the next time.
create or replace function load.warn_rows(p_entity text, p_file text, p_header text, p_code text, p_reason text, p_query text)
returns void language plpgsql as $$
begin
  execute format('with bad as materialized (%s), told as (
      insert into import_warnings select %L, load.line(%2$L, min(ordinal)), %L, (array_agg(value order by ordinal))[1], %L, %L, count(*)
      from bad having count(*) > 0)
    update %I as i set warned = true from bad where i.ordinal = bad.ordinal', p_query, p_file, p_header, p_code, p_reason, 'incoming_' || p_entity);
end $$;

-- The stored rows of an entity that will stand unchanged, as k, of those that p_where picks. What the package has is asked after
-- by its hash, as a subplan: a join the planner would make a loop of, as it expects hardly a row to be picked.
create or replace function load.standing_sql(p_entity text, p_columns text, p_where text) returns text language plpgsql stable as $$
declare
  v_sql text := format('select %s from store.%I as k where k.status = ''active'' and %s', p_columns, p_entity, p_where);
begin
  if to_regclass('pg_temp.incoming_' || p_entity) is not null then
    v_sql := v_sql || format(' and k.sourced_id not in (select sourced_id from %I where not faulty)', 'incoming_' || p_entity);
  end if;
  if exists (select from import_files where entity = p_entity and mode = 'bulk') then
    v_sql := v_sql || format(' and (k.source_system <> %L or k.sourced_id in (select sourced_id from %I))',
      (select source from import_context), 'staged_' || p_entity);
  end if;
  return v_sql;
end $$;

-- Rows beyond the first of those that only one may be of: active, with the same key, at the same time where they have dates.
create or replace function load.rivals_sql(p_entity text, p_key text[], p_condition text, p_value text, p_in_time boolean) returns text
language sql stable as $$
  select format('with mine as materialized (select i.ordinal, i.sourced_id, %1$s, i.begin_date, i.end_date, %2$s as value from %3$I as i
        where %4$s and i.status = ''active'' and not i.faulty),
      beside as (select 0 as ordinal, * from (%5$s) as k union all select ordinal, sourced_id, %6$s, begin_date, end_date from mine)
    select mine.ordinal, mine.value from mine where exists (select from beside where %7$s and beside.ordinal < mine.ordinal
      and beside.sourced_id <> mine.sourced_id%8$s)',
    k.columns, p_value, 'incoming_' || p_entity, format(p_condition, 'i'),
    load.standing_sql(p_entity, format('k.sourced_id, %s, k.begin_date, k.end_date', replace(k.columns, 'i.', 'k.')),
      format('%s and (%s) in (select %s from mine)', format(p_condition, 'k'), replace(k.columns, 'i.', 'k.'), k.names)),
    k.names, k.same, case when p_in_time then
      ' and (beside.begin_date < mine.end_date) is not false and (mine.begin_date < beside.end_date) is not false' else '' end)
  from (select string_agg(format('i.%I', name), ', ') as columns, string_agg(format('%I', name), ', ') as names,
    string_agg(format('beside.%1$I = mine.%1$I', name), ' and ') as same from unnest(p_key) as name) as k
$$;

create or replace function load.semantics(p_entity text, p_file text, p_mode text) returns void language plpgsql as $$
begin
  case
    when p_entity = 'roles' and p_mode <> 'derived' then
      perform load.warn_of_profiles(p_file);
      perform load.warn_rows(p_entity, p_file, 'roleType', 'several_primary_roles', 'the user has another primary role in the same org',
        load.rivals_sql(p_entity, '{user_sourced_id,org_sourced_id}', '%s.role_type = ''primary''', 'i.role_type', false));
    when p_entity = 'enrollments' then
      perform load.warn_rows(p_entity, p_file, 'primary', 'several_primary_teachers', 'the class has another primary teacher at the same time',
        load.rivals_sql(p_entity, '{class_sourced_id}', '%1$s."primary" and %1$s.role = ''teacher''', 'i."primary"::text', true));
    when p_entity = 'results' then
      perform load.warn_rows(p_entity, p_file, 'score', 'score_out_of_bounds', 'outside the bounds of the line item; it is kept',
        'select i.ordinal, i.score::text as value from incoming_results as i join store.line_items as l on l.sourced_id = i.line_item_sourced_id
          where not i.faulty and (i.score < l.result_value_min or i.score > l.result_value_max)');
      perform load.warn_rows(p_entity, p_file, 'classSourcedId', 'class_of_another_line_item', 'not the class of the line item',
        'select i.ordinal, i.class_sourced_id as value from incoming_results as i join store.line_items as l on l.sourced_id = i.line_item_sourced_id
          where not i.faulty and i.class_sourced_id <> l.class_sourced_id
            and exists (select from store.classes as c where c.sourced_id = i.class_sourced_id)');
    else
  end case;
end $$;
comment on function load.semantics is 'Warns of rows that do not go with other records; users, whose roles come later, see load.warn_of_primary_orgs.';

-- A role names a profile of its own user. Another one's is kept: it may have moved since the role was written, and an export says
-- what is there.
create or replace function load.warn_of_profiles(p_file text) returns void language plpgsql as $$
declare
  v_sent text := case when to_regclass('pg_temp.incoming_user_profiles') is null then '' else
    ' left join incoming_user_profiles as p on p.sourced_id = i.user_profile_sourced_id and not p.faulty' end;
  v_owner text := case when v_sent = '' then 'k.user_sourced_id' else 'coalesce(p.user_sourced_id, k.user_sourced_id)' end;
begin
  perform load.warn_rows('roles', p_file, 'userProfileSourcedId', 'profile_of_another_user', 'the profile is another user''s',
    format('select i.ordinal, i.user_profile_sourced_id as value from incoming_roles as i%s
      left join store.user_profiles as k on k.sourced_id = i.user_profile_sourced_id
      where i.user_profile_sourced_id is not null and not i.faulty and %s <> i.user_sourced_id', v_sent, v_owner));
end $$;

-- A user's primary org is that of one of its roles.
create or replace function load.warn_of_primary_orgs(p_file text) returns void language plpgsql as $$
declare
  v_sent text := case when to_regclass('pg_temp.incoming_roles') is null then '' else
    ' and not exists (select from incoming_roles as r where r.user_sourced_id = i.sourced_id and r.org_sourced_id = i.primary_org_sourced_id
        and r.status = ''active'' and not r.faulty)' end;
begin
  perform load.warn_rows('users', p_file, 'primaryOrgSourcedId', 'primary_org_without_role', 'no role of the user is in this org',
    format('with mine as materialized (select i.ordinal, i.sourced_id, i.primary_org_sourced_id as value from incoming_users as i
        where i.primary_org_sourced_id is not null and i.status = ''active'' and not i.faulty%s),
        standing as materialized (%s)
      select mine.ordinal, mine.value from mine where not exists (select from standing where standing.user_sourced_id = mine.sourced_id
        and standing.org_sourced_id = mine.value)', v_sent,
      load.standing_sql('roles', 'k.user_sourced_id, k.org_sourced_id', 'k.user_sourced_id in (select sourced_id from mine)')));
end $$;
