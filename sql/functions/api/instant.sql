-- The point in time that a filter value names: a date (midnight UTC), or a date and time with or without fraction and
-- zone (without: UTC). Null where the text is no such thing. A "+" that a form decoder turned into a space is understood.
create or replace function api.instant(p_text text) returns timestamptz language plpgsql stable as $$
declare
  v_text text := regexp_replace(p_text, '(\d\d:\d\d(:\d\d(\.\d+)?)?) (\d\d:?\d\d)$', '\1+\4');
begin
  if v_text ~ '^\d{4}-\d\d-\d\d$' then
    return (v_text || 'T00:00:00Z')::timestamptz;
  elsif v_text ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?$' then
    return (v_text || 'Z')::timestamptz;
  elsif v_text ~* '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)$' then
    return v_text::timestamptz;
  end if;
  return null;
exception when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
  return null;
end $$;
