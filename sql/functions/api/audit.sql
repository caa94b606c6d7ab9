-- The audit as processes write it, admins read it and time takes it away.

create or replace function api.audit_write(p_process uuid, p_sequence bigint, p_kind text, p_lost bigint, p_rows jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_head store.audit_head;
  v_rows store.api_key_audit_logs[];
  v_lost bigint := p_lost;
  v_month date;
  v_count integer;
  v_hash bytea;
begin
  -- one writer at a time, of however many processes
  select * into strict v_head from store.audit_head for update;
  insert into store.audit_processes select p_process, clock_timestamp() where p_process is not null
  on conflict (process_id) do update set seen_at = excluded.seen_at;
  -- what comes again because the answer to it was lost is here already
  if exists (select from store.audit_batches where process_id = p_process and sequence = p_sequence) then
    return false;
  end if;
  if p_kind in ('start', 'end') then
    perform load.audit_append(p_process, p_sequence, p_kind, null, 0, p_lost, sha256(''));
    return true;
  end if;
  v_rows := load.audit_rows(p_rows, clock_timestamp());
  for v_month in select distinct load.audit_month(created_at) from unnest(v_rows) order by 1 loop
    perform load.audit_partition(v_month);
    select * into strict v_head from store.audit_head;
    with numbered as (
      select row(v_head.last_id + row_number() over (order by n), created_at, v_head.position + 1, client_id, key_id, operation, method, path, subjects,
        status, address, row_count, request_id, null)::store.api_key_audit_logs as made
      from unnest(v_rows) with ordinality as r(audit_id, created_at, batch, client_id, key_id, operation, method, path, subjects, status, address,
        row_count, request_id, hash, n)
      where load.audit_month(created_at) = v_month
    ), written as (
      insert into store.api_key_audit_logs
      select (made).audit_id, (made).created_at, (made).batch, (made).client_id, (made).key_id, (made).operation, (made).method, (made).path,
        (made).subjects, (made).status, (made).address, (made).row_count, (made).request_id, load.audit_hash(made) from numbered
      returning audit_id, hash
    )
    select count(*), sha256(string_agg(hash, '' order by audit_id)) into v_count, v_hash from written;
    perform load.audit_append(p_process, p_sequence, 'rows', v_month, v_count, v_lost, v_hash);
    v_lost := 0;
  end loop;
  return true;
end $$;
comment on function api.audit_write is
  'Adds a batch of a process: start, rows or end, by its sequence, with how many rows the process has lost before it; a batch that is '
  'here already is passed over, and the answer is false. p_rows: [{agoMs, client, key, operation, method, path, subjects, status, '
  'address, rows, requestId}]. p_process is null for one whose end nobody would see.';

create or replace function api.audit_beat(p_process uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update store.audit_processes set seen_at = clock_timestamp() where process_id = p_process
$$;
comment on function api.audit_beat is 'The process lives, and has nothing to write.';

create or replace function load.audit_instant(p_asked jsonb, p_name text, p_else timestamptz) returns timestamptz language plpgsql stable as $$
declare
  v_text text := p_asked ->> p_name;
begin
  if v_text is not null and api.instant(v_text) is null then
    perform api.fail('invaliddata 400', format('%s: "%s" is no date and no date and time', p_name, v_text));
  end if;
  return coalesce(api.instant(v_text), p_else);
end $$;

create or replace function api.audit_page(p_asked jsonb, p_before bigint, p_limit integer) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
-- planned for the filters that are given
set plan_cache_mode = force_custom_plan as $$
declare
  v_client text := p_asked ->> 'client';
  v_key text := p_asked ->> 'key';
  v_operation text := p_asked ->> 'operation';
  v_status smallint := p_asked ->> 'status';
  v_request_id text := p_asked ->> 'requestId';
  v_from timestamptz := load.audit_instant(p_asked, 'from', '-infinity');
  v_to timestamptz := load.audit_instant(p_asked, 'to', 'infinity');
  v_subject uuid := (select subject from store.audit_subjects where sourced_id = p_asked ->> 'subject');
begin
  return (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', audit_id, 'at', shape.time(created_at), 'clientId', client_id,
      'keyId', key_id, 'operation', operation, 'method', method, 'path', path, 'status', status, 'address', address, 'rows', row_count,
      'requestId', request_id,
      'subjects', (select jsonb_agg(s.sourced_id order by place) from unnest(subjects) with ordinality as t(subject, place)
        join store.audit_subjects as s using (subject)))) order by audit_id desc), '[]')
    from (select * from store.api_key_audit_logs
      where (p_before is null or audit_id < p_before) and created_at >= v_from and created_at < v_to
        and (v_client is null or client_id = v_client) and (v_key is null or key_id = v_key)
        and (v_operation is null or operation = v_operation) and (v_status is null or status = v_status)
        and (v_request_id is null or request_id = v_request_id)
        -- what stands for an id that was never asked for is null, and nothing has it
        and (p_asked ->> 'subject' is null or subjects @> array[v_subject])
      order by audit_id desc limit p_limit) as found);
end $$;
comment on function api.audit_page is
  'Rows of the audit, newest first: those before p_before that are as p_asked says {client, key, operation, status, requestId, from, to, '
  'subject}. subjects are the ids that stood in the path and are known, still.';

create or replace function api.audit_purge(p_keep_days integer) returns integer language plpgsql
-- whoever reads the audit keeps its months from being dropped, and who waits for that keeps the writers waiting
set lock_timeout = '2s' as $$
declare
  v_month date := load.audit_month(now() - make_interval(days => p_keep_days));
  v_head store.audit_head;
  v_anchor bigint;
  v_hash bytea;
  v_count integer;
begin
  perform from store.audit_head for update;
  v_count := load.audit_drop(v_month);
  if v_count = 0 then
    return 0;
  end if;
  select * into strict v_head from store.audit_head;
  select coalesce(min(position) - 1, v_head.position) into v_anchor from store.audit_batches
  where case when kind = 'rows' then month >= v_month else load.audit_month(written_at) >= v_month end;
  select hash into v_hash from store.audit_batches where position = v_anchor;
  -- all batches may be kept, where their rows alone are of a month that is dropped
  v_hash := coalesce(v_hash, v_head.anchor_hash);
  perform load.audit_append(null, null, 'purge', v_month, 0, 0, sha256(''), v_anchor, v_hash);
  update store.audit_head set anchor_position = v_anchor, anchor_hash = v_hash;
  delete from store.audit_batches where position <= v_anchor;
  delete from store.audit_processes as p where not exists (select from store.audit_batches as b where b.process_id = p.process_id);
  delete from store.audit_subjects as s where not exists (select from store.api_key_audit_logs where subjects @> array[s.subject]);
  return v_count;
end $$;
comment on function api.audit_purge is
  'Drops the months of which every row is older than p_keep_days, which the chain says; answers how many. What follows them verifies '
  'from the last batch dropped on.';
