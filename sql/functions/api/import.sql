-- The steps of an import, called in this order inside one transaction: import_begin, import_log where it is a job, for each
-- file import_stage and its rows, for each entity import_load in the order of the files, import_publish. import_report tells
-- what happened, import_guard whether it is too much; a revert has import_undo in place of files.

create or replace function api.import_log(p_import bigint) returns void language plpgsql as $$
begin
  update import_context set import_id = p_import;
  perform set_config('rosterhub.import', p_import::text, true);
  begin
    -- what a worker runs that is gone ends by itself, where the server can tell
    perform set_config('client_connection_check_interval', '500ms', true);
    -- one whose worker was stopped, not ended, must not hold its job for ever: between two statements a worker is never long
    perform set_config('idle_in_transaction_session_timeout', '60s', true);
  exception when invalid_parameter_value then null;
  end;
end $$;
comment on function api.import_log is 'From here on every row the transaction replaces is kept, as it was, under this import.';

create or replace function api.import_kept_back(p_file text, p_lines jsonb) returns void language plpgsql as $$
begin
  insert into import_shifts select p_file, ordinal, shift from jsonb_to_recordset(p_lines) as t(ordinal bigint, shift bigint);
  -- a line that cannot be told into cells is not shown where one of them would be a password
  insert into import_faults select p_file, line, null,
    case when not exists (select from catalog.csv_columns where file = p_file and not stored) then value end, code, reason
  from jsonb_to_recordset(p_lines) as t(line bigint, value text, code text, reason text) where code is not null;
  insert into import_kept select p_file, line, "sourcedId"
  from jsonb_to_recordset(p_lines) as t(line bigint, "sourcedId" text, code text) where code is not null;
end $$;
comment on function api.import_kept_back is
  '[{line, ordinal, shift, sourcedId, value, code, reason}]: lines the reader did not pass on, with the reason, or (without a '
  'code) that span several lines or are blank: from row ordinal on, lines are shift further than rows.';

create or replace function api.import_warnings(p_warnings jsonb) returns void language sql as $$
  insert into import_warnings select file, line, field, value, code, reason, rows
  from jsonb_to_recordset(p_warnings) as t(file text, line bigint, field text, value text, code text, reason text, rows bigint)
$$;
comment on function api.import_warnings is '[{file, line, field, value, code, reason, rows}]: what the reader saw that is not as the standard has it.';

create or replace function api.import_load(p_step text) returns void language plpgsql as $$
declare
  v_staged boolean := exists (select from import_files where entity = p_step);
begin
  case
    when p_step in ('orgs', 'academic_sessions') then
      if v_staged then
        perform load.check(p_step);
        perform load.apply(p_step);
        perform load.children(p_step);
      end if;
    when p_step = 'users' then
      perform load.people();
    when p_step in ('user_profiles', 'roles') then
      null;
    when v_staged then
      perform load.check(p_step);
      if exists (select from catalog.csv_files where entity = p_step and fills is not null) then
        perform load.fill(p_step);
      else
        perform load.apply(p_step);
      end if;
    else
  end case;
end $$;
comment on function api.import_load is 'Checks and writes the staged rows of one step: an entity, or for users their profiles and roles too.';

create or replace function api.import_publish() returns timestamptz language sql as $$
  select load.publish(revision) from import_context
$$;

create or replace function api.import_report() returns jsonb language sql stable as $$
  select jsonb_build_object(
    'files', (select coalesce(jsonb_agg(jsonb_build_object('file', f.file, 'mode', mode, 'rows', f.row_count + kept.row_count, 'created', created,
        'updated', updated, 'unchanged', unchanged, 'deleted', deleted, 'refused', refused + kept.row_count) order by position), '[]')
      from import_files as f join catalog.csv_files using (file, entity)
        cross join lateral (select count(*) as row_count from import_kept as k where k.file = f.file) as kept),
    'faultCount', (select count(*) from import_faults),
    'warnings', (select coalesce(jsonb_agg(to_jsonb(w) order by file, line, field), '[]')
      from (select file, line, field, value, code, reason, row_count as rows from import_warnings) as w))
$$;
comment on function api.import_report is '{files: [{file, mode, rows, created, updated, unchanged, deleted, refused}], faultCount, warnings}.';

create or replace function api.import_faults(p_after bigint, p_limit integer)
returns table (row_number bigint, file text, line bigint, field text, value text, code text, reason text) language sql stable as $$
  select * from (
    select row_number() over (order by position, line, field, value), f.file, line, field, value, code, reason
    from import_faults as f left join catalog.csv_files using (file)) as numbered(row_number)
  where row_number > p_after order by row_number limit p_limit
$$;
comment on function api.import_faults is 'The faults in the order of files and lines, a page at a time.';

create or replace function api.import_guard(p_delete_percent integer, p_fault_percent integer) returns jsonb language sql as $$
  select to_jsonb(load.guard(p_delete_percent, p_fault_percent))
$$;

-- Inside the transaction that applies; one that is undone has its faults copied out of it.
create or replace function api.import_keep_faults(p_import bigint) returns void language sql as $$
  insert into store.import_faults (import_id, number, file, line, field, value, code, message)
  select p_import, row_number, file, line, field, value, code, reason from api.import_faults(0, null)
$$;

create or replace function api.import_faults_query(p_import bigint) returns text language sql as $$
  select format('select %s, row_number, file, line, field, value, code, reason from api.import_faults(0, null)', p_import)
$$;
comment on function api.import_faults_query is 'The query of the rows that store.import_faults is to have.';

create or replace function api.import_changes_query(p_import bigint) returns text language plpgsql as $$
declare
  v_revision bigint := (select revision from import_context);
  v_made jsonb := load.made();
  v_streams text;
begin
  select string_agg(format('select %L as file, c.sourced_id, c.action, c.old, c.new from (%s) as c', file, query), ' union all ' order by position)
  into v_streams
  from (select f.file, f.position, load.changes_sql(f.entity, p_import, v_revision, (v_made ->> f.entity)::bigint, null, null, null, true) as query
    from catalog.csv_files as f) as streams where query is not null;
  -- they are read in their order, by keys
  perform set_config(name, 'off', true) from unnest('{enable_seqscan,enable_bitmapscan,enable_hashjoin,enable_mergejoin}'::text[]) as name;
  return format('select %s, row_number() over (), file, sourced_id, action, old, new from (%s) as c', p_import, v_streams);
end $$;
comment on function api.import_changes_query is
  'The query of the rows that store.previewed_changes is to have; sets the planner to it for what is left of the transaction.';

create or replace function api.import_undo(p_import bigint) returns void language sql as $$
  select load.undo(p_import)
$$;
comment on function api.import_undo is
  'Puts back what an import replaced and marks what it made deleted; where rows were changed since, a fault for each and nothing else.';
