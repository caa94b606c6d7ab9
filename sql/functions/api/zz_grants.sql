-- The application's role may execute these and nothing else. Stands last: it speaks of every function.
revoke all on all functions in schema store, catalog, shape, source, load, api from public;
revoke all on all functions in schema api from rosterhub_app;
grant execute on function
  api.page(text, text, text[], jsonb, text, boolean, text[], integer, integer, text[], bigint, text),
  api.one(text, text, text, text[], text),
  api.create_token(text, bytea, text[], bytea, integer),
  api.token(bytea),
  api.applied_migrations()
to rosterhub_app;
