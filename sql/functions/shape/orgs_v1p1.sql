-- store.orgs -> OrgDType of OneRoster 1.1, without its opening brace and dateLastModified.
create or replace function shape.orgs_v1p1(r store.orgs) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('name', r.name)
    || shape.member('type', r.type)
    || shape.member('identifier', r.identifier)
    || shape.reference_member('parent', 'v1p1/orgs', 'org', r.parent_sourced_id)
    || shape.references_member('children', 'v1p1/orgs', 'org', r.child_sourced_ids)
    || '}'
$$;
