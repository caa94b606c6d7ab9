-- store.categories -> CategoryDType, without its opening brace and dateLastModified.
create or replace function shape.categories(r store.categories) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('weight', r.weight)
    || '}'
$$;
