-- store.categories -> CategoryDType of OneRoster 1.1, without its opening brace and dateLastModified; it has no weight.
create or replace function shape.categories_v1p1(r store.categories) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || '}'
$$;
