-- The one way a function refuses a request: one SQLSTATE, the CodeMinor in DETAIL.
create or replace function api.fail(p_code_minor text, p_message text) returns void language plpgsql as $$
begin
  raise exception using errcode = 'RH001', message = p_message, detail = p_code_minor;
end $$;
comment on function api.fail is 'Raises SQLSTATE RH001; p_code_minor is an imsx_codeMinorFieldValue.';
