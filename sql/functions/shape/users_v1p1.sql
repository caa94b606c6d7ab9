-- store.users -> UserDType of OneRoster 1.1, without its opening brace and dateLastModified: one role and the
-- organisations, where 1.2 has a role for each of them. No password is stored, so none is shown.

-- 1.1 has one administrator, and the rights of a principal are an administrator's. It has no counselor: aide is the member
-- of staff who does not teach, and the one that grants least.
create or replace function shape.role_v1p1(p_role text) returns text language sql stable as $$
  select case
    when p_role in ('districtAdministrator', 'siteAdministrator', 'systemAdministrator', 'principal') then 'administrator'
    when p_role = 'counselor' then 'aide'
    else p_role end
$$;
comment on function shape.role_v1p1 is 'A role of 1.2 in the words of 1.1; a role both have, and an extension, as it is.';

create or replace function shape.user_role_v1p1(r store.users) returns text language sql stable as $$
  select shape.role_v1p1(
    coalesce(jsonb_path_query_first(r.roles, '$[*] ? (@.roleType == "primary")'), r.roles -> 0) ->> 'role')
$$;
comment on function shape.user_role_v1p1 is 'The one role 1.1 shows: the first primary one, else the first.';

create or replace function shape.user_orgs_v1p1(p_roles jsonb) returns text[] language sql stable as $$
  select array_agg(id order by place)
  from (select role #>> '{org,sourcedId}' as id, min(i) as place
        from jsonb_array_elements(p_roles) with ordinality as t(role, i) group by 1) as orgs
$$;
comment on function shape.user_orgs_v1p1 is 'The organisations of the roles, each once, in the order of the roles.';

create or replace function shape.users_v1p1(r store.users) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('username', coalesce(r.username, ''))
    || case when r.user_ids is null then '' else ',"userIds":' || shape.user_ids(r.user_ids) end
    || shape.member('enabledUser', r.enabled_user)
    || shape.member('givenName', r.given_name)
    || shape.member('familyName', r.family_name)
    || shape.member('middleName', r.middle_name)
    || shape.member('role', shape.user_role_v1p1(r))
    || shape.member('identifier', r.identifier)
    || shape.member('email', r.email)
    || shape.member('sms', r.sms)
    || shape.member('phone', r.phone)
    || shape.references_member('agents', 'v1p1/users', 'user', r.agent_sourced_ids)
    || shape.references_member('orgs', 'v1p1/orgs', 'org', shape.user_orgs_v1p1(r.roles))
    || shape.member('grades', r.grades)
    || '}'
$$;
