-- store.resources -> ResourceDType, without its opening brace and dateLastModified.
create or replace function shape.resources(r store.resources) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('roles', r.roles)
    || shape.member('importance', r.importance)
    || shape.member('vendorResourceId', r.vendor_resource_id)
    || shape.member('vendorId', r.vendor_id)
    || shape.member('applicationId', r.application_id)
    || '}'
$$;
