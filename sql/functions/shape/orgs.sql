-- store.orgs -> OrgDType, without its opening brace and dateLastModified (store.publications.head has them).
create or replace function shape.orgs(r store.orgs) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('name', r.name)
    || shape.member('type', r.type)
    || shape.member('identifier', r.identifier)
    || shape.reference_member('parent', 'rostering/v1p2/orgs', 'org', r.parent_sourced_id)
    || shape.references_member('children', 'rostering/v1p2/orgs', 'org', r.child_sourced_ids)
    || '}'
$$;
