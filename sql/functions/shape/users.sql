-- store.users -> UserDType, without its opening brace and dateLastModified. No password is stored, so none is shown.

create or replace function shape.user_ids(p_pairs jsonb) returns text language sql stable as $$
  select '[' || coalesce(string_agg(
    '{"type":' || (pair -> 'type')::text || ',"identifier":' || (pair -> 'identifier')::text || '}', ',' order by i), '') || ']'
  from jsonb_array_elements(p_pairs) with ordinality as t(pair, i)
$$;

create or replace function shape.roles(p_roles jsonb) returns text language sql stable as $$
  select '[' || string_agg(
    '{"roleType":' || (role -> 'roleType')::text || ',"role":' || (role -> 'role')::text
      || ',"org":' || shape.reference('rostering/v1p2/orgs', 'org', role #>> '{org,sourcedId}')
      || shape.member('userProfile', role ->> 'userProfile')
      || shape.member('beginDate', role ->> 'beginDate')
      || shape.member('endDate', role ->> 'endDate') || '}', ',' order by i) || ']'
  from jsonb_array_elements(p_roles) with ordinality as t(role, i)
$$;
comment on function shape.roles is 'store.users.roles -> RoleDType[]; the order of the roles is kept.';

create or replace function shape.user_profiles(p_profiles jsonb) returns text language sql stable as $$
  select '[' || coalesce(string_agg(
    '{"profileId":' || (profile -> 'profileId')::text || ',"profileType":' || (profile -> 'profileType')::text
      || ',"vendorId":' || (profile -> 'vendorId')::text
      || shape.member('applicationId', profile ->> 'applicationId')
      || shape.member('description', profile ->> 'description')
      || ',"credentials":[{"type":' || (profile #> '{credentials,0,type}')::text
      || ',"username":' || (profile #> '{credentials,0,username}')::text || '}]}', ',' order by i), '') || ']'
  from jsonb_array_elements(p_profiles) with ordinality as t(profile, i)
$$;

create or replace function shape.profile_id(p_sourced_id text) returns text language sql stable as $$
  select 'urn:rosterhub:userProfile:' || shape.segment(p_sourced_id)
$$;
comment on function shape.profile_id is
  'A profile is a row of userProfiles.csv with a sourcedId; REST wants a URI and has no address for it, so it is a URN.';

create or replace function shape.users(r store.users) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('userMasterIdentifier', r.user_master_identifier)
    || shape.member('username', r.username)
    || case when r.user_ids is null then '' else ',"userIds":' || shape.user_ids(r.user_ids) end
    || shape.member('enabledUser', r.enabled_user)
    || shape.member('givenName', r.given_name)
    || shape.member('familyName', r.family_name)
    || shape.member('middleName', r.middle_name)
    || shape.member('preferredFirstName', r.preferred_first_name)
    || shape.member('preferredMiddleName', r.preferred_middle_name)
    || shape.member('preferredLastName', r.preferred_last_name)
    || shape.member('pronouns', r.pronouns)
    || ',"roles":' || shape.roles(r.roles)
    || case when r.user_profiles is null then '' else ',"userProfiles":' || shape.user_profiles(r.user_profiles) end
    || shape.reference_member('primaryOrg', 'rostering/v1p2/orgs', 'org', r.primary_org_sourced_id)
    || shape.member('identifier', r.identifier)
    || shape.member('email', r.email)
    || shape.member('sms', r.sms)
    || shape.member('phone', r.phone)
    || shape.references_member('agents', 'rostering/v1p2/users', 'user', r.agent_sourced_ids)
    || shape.member('grades', r.grades)
    || shape.references_member('resources', 'resources/v1p2/resources', 'resource', r.resource_sourced_ids)
    || '}'
$$;
