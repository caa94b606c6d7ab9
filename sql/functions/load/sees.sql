-- Whether a grant has one record, for the writers: the condition that reads put into their statements, asked of an id.

create or replace function load.sees(g store.granted, p_table text, p_sourced_id text) returns boolean language plpgsql stable as $$
declare
  v_condition text;
  v_sees boolean;
begin
  if g.audience is null or p_sourced_id is null then
    return true;
  end if;
  v_condition := case when p_table = 'users' then api.user_granted('$1', g, '$2')
    when p_table in ('results', 'assessment_results') then
      format('exists (select from store.%I as s where s.sourced_id = $1 and %s)', p_table, api.row_granted(p_table, 's', g, '$2'))
    else api.record_granted(p_table, '$1', 's', g, '$2') end;
  if v_condition is null then
    return true;
  end if;
  execute 'select ' || v_condition into v_sees using p_sourced_id, g.audience;
  return v_sees;
end $$;
comment on function load.sees is 'Whether the orgs and roles of a grant have a record; one that may be seen by all, and null, they have.';

create or replace function load.shows(g store.granted, p_table text, p_sourced_id text) returns boolean language plpgsql stable as $$
begin
  return p_sourced_id is null or g.is_restricted is not true or (api.is_shown(p_table, g) and load.sees(g, p_table, p_sourced_id));
end $$;
comment on function load.shows is 'Whether a reference to a record is shown: load.sees, and its entity is granted.';
