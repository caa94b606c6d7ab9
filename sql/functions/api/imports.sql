-- Imports as clients see them: sent in chunks, listed, read, released, cancelled, reverted. Reading and running them wants
-- other scopes than rosters do, so all of them see all imports.

create or replace function load.job(i store.imports) returns jsonb language sql stable as $$
  select jsonb_object_agg(key, value) filter (where value <> 'null') from jsonb_each(jsonb_build_object(
    'id', i.import_id::text, 'status', i.status, 'mode', i.mode, 'onFault', i.on_fault, 'takeOver', i.take_over,
    'keepDangling', i.keep_dangling, 'force', i.force, 'assume', i.assume, 'source', i.source, 'sentBy', i.sent_by,
    'sizeBytes', i.size_bytes, 'packageHash', encode(i.package_hash, 'hex'), 'receivedAt', shape.time(i.received_at),
    'startedAt', shape.time(i.started_at), 'endedAt', shape.time(i.ended_at), 'attempts', i.attempts,
    'cancelAskedAt', shape.time(i.cancel_asked_at), 'cancelledBy', i.cancelled_by, 'reason', i.reason,
    'releasedBy', i.released_by, 'releasedAt', shape.time(i.released_at), 'note', i.note, 'repeats', i.repeats::text,
    'reverts', i.reverts::text,
    'revertedBy', (select max(r.import_id)::text from store.imports as r where r.reverts = i.import_id and r.status = 'completed'),
    'publishedAt', shape.time(i.published_at), 'progress', i.progress, 'seconds', i.seconds)
    || coalesce(i.report, '{}'))
$$;
comment on function load.job is 'An import as clients read it; what does not apply is absent.';

create or replace function load.known_import(p_import bigint) returns store.imports language plpgsql as $$
declare
  v_import store.imports;
begin
  -- not for update: the transaction of an import that runs holds its key, by the rows that belong to it
  select * into v_import from store.imports where import_id = p_import and status <> 'receiving' for no key update;
  if v_import.import_id is null then
    perform api.fail('unknownobject', format('no import %s', p_import));
  end if;
  return v_import;
end $$;

create or replace function api.import_open(p_client text, p_mode text, p_on_fault text, p_source text, p_take_over boolean,
  p_keep_dangling boolean, p_force boolean, p_assume text) returns bigint language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into store.imports (status, mode, on_fault, source, take_over, keep_dangling, force, assume, sent_by)
  values ('receiving', p_mode, p_on_fault, p_source, p_take_over, p_keep_dangling, p_force, p_assume, p_client) returning import_id
$$;
comment on function api.import_open is 'A new import whose bytes come by import_write; nobody sees it before import_received.';

create or replace function api.import_write(p_import bigint, p_position integer, p_bytes bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into store.import_chunks values (p_import, p_position, p_bytes)
$$;

create or replace function api.import_read(p_import bigint, p_position integer) returns bytea
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select bytes from store.import_chunks where import_id = p_import and position = p_position
$$;

-- An upload that broke off: nothing of it is kept.
create or replace function api.import_drop(p_import bigint) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from store.imports where import_id = p_import and status = 'receiving'
$$;

create or replace function api.import_received(p_import bigint, p_source text, p_size bigint, p_hash bytea, p_refusal text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_import store.imports;
begin
  update store.imports set source = coalesce(source, p_source), size_bytes = p_size, package_hash = p_hash, queued_at = clock_timestamp(),
    status = case when p_refusal is null then 'received' else 'failed' end, reason = p_refusal,
    ended_at = case when p_refusal is not null then clock_timestamp() end
  where import_id = p_import and status = 'receiving' returning * into v_import;
  if v_import.import_id is null then
    perform api.fail('unknownobject', format('no import %s is being received', p_import));
  end if;
  if p_refusal is not null then
    delete from store.import_chunks where import_id = p_import;
  else
    -- what waits before it may make a repeat no repeat: then it is looked at again when its turn has come
    perform from store.imports as other where other.source = v_import.source and other.import_id <> p_import
      and other.status in ('received', 'staging', 'checking', 'applying');
    if not found then
      v_import := load.complete_repeat(v_import);
    end if;
  end if;
  return load.job(v_import);
end $$;
comment on function api.import_received is
  'The bytes are all there: p_refusal null queues the import, in line behind those of its source; else it has failed for that '
  'reason. A package that its source has just sent completes at once.';

create or replace function load.repeated(i store.imports) returns bigint language sql stable as $$
  select last.import_id
  from (select * from store.imports as done where done.source = i.source and done.status = 'completed' and done.mode <> 'preview'
      and done.repeats is null and done.import_id <> i.import_id order by done.ended_at desc, done.import_id desc limit 1) as last
  where i.mode = 'apply' and not i.force and last.package_hash = i.package_hash
    and (last.on_fault, last.take_over, last.keep_dangling, last.assume)
      is not distinct from (i.on_fault, i.take_over, i.keep_dangling, i.assume)
    and last.ended_at > (select max(applied_at) from migration.files)
    and (last.published_at >= (select max(published_at) from store.publications)
      or (last.report ->> 'faultCount')::bigint = 0 and not last.report @> '{"warnings": [{"code": "dangling_reference"}]}'
        and not exists (select from store.imports as taken where taken.take_over and taken.status = 'completed' and taken.ended_at > last.ended_at))
$$;
comment on function load.repeated is
  'The import that this one would repeat: the last that its source ran, of the same bytes and options, by this build''s SQL. What '
  'was refused or left out for want of a record may find it by now, so such a package is a repeat only while nothing was published since.';

create or replace function load.complete_repeat(i store.imports) returns store.imports language plpgsql as $$
declare
  v_repeats bigint := load.repeated(i);
begin
  if v_repeats is null then
    return i;
  end if;
  update store.imports as job set status = 'completed', ended_at = clock_timestamp(), repeats = v_repeats, lease_holder = null,
    lease_until = null, report = (
      select jsonb_build_object('version', old.report -> 'version', 'faultCount', old.report -> 'faultCount', 'warnings', old.report -> 'warnings',
        'files', (select coalesce(jsonb_agg(f || jsonb_build_object('created', 0, 'updated', 0, 'deleted', 0,
          'unchanged', (f ->> 'rows')::bigint - (f ->> 'refused')::bigint) order by n), '[]')
          from jsonb_array_elements(old.report -> 'files') with ordinality as t(f, n)))
      from store.imports as old where old.import_id = v_repeats)
  where job.import_id = i.import_id returning * into i;
  delete from store.import_chunks where import_id = i.import_id;
  return i;
end $$;
comment on function load.complete_repeat is 'The import, completed as unchanged where it repeats another; its faults are that one''s.';

create or replace function api.import_job(p_import bigint) returns jsonb language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select load.job(i) from store.imports as i where import_id = p_import and status <> 'receiving'
$$;
comment on function api.import_job is 'An import; null where there is none.';

create or replace function api.import_jobs(p_status text, p_source text, p_before bigint, p_limit integer) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(load.job(i) order by import_id desc), '[]') from (
    select * from store.imports where status <> 'receiving' and (p_status is null or status = p_status)
      and (p_source is null or source = p_source) and (p_before is null or import_id < p_before)
    order by import_id desc limit p_limit) as i
$$;
comment on function api.import_jobs is 'Imports, newest first: those before p_before, of a status and a source where these are given.';

create or replace function api.import_cancel(p_client text, p_import bigint) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_import store.imports := load.known_import(p_import);
begin
  if v_import.status in ('failed', 'cancelled') or v_import.status = 'completed' and (v_import.mode <> 'preview'
    or not exists (select from store.import_chunks where import_id = p_import))
  then
    perform api.fail('invaliddata 409', format('import %s is %s already', p_import, v_import.status));
  end if;
  if v_import.status in ('staging', 'checking', 'applying') then
    update store.imports set cancel_asked_at = coalesce(cancel_asked_at, clock_timestamp()), cancelled_by = coalesce(cancelled_by, p_client)
    where import_id = p_import returning * into v_import;
  else
    update store.imports set status = 'cancelled', ended_at = clock_timestamp(), cancel_asked_at = clock_timestamp(), cancelled_by = p_client
    where import_id = p_import returning * into v_import;
    delete from store.import_chunks where import_id = p_import;
  end if;
  return load.job(v_import);
end $$;
comment on function api.import_cancel is
  'One that waits, is held or was previewed is cancelled at once; one that runs, by the worker that runs it.';

create or replace function api.import_release(p_client text, p_import bigint, p_note text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_import store.imports := load.known_import(p_import);
  v_newer bigint;
  -- only what somebody was told of is let pass
  v_is_told boolean := trim(p_note) <> '' and (v_import.status = 'held' or v_import.report ? 'wouldHold');
begin
  if not (v_import.status = 'held' or v_import.status = 'completed' and v_import.mode = 'preview') then
    perform api.fail('invaliddata 409', format('import %s is %s: only one that is held or was previewed can be applied', p_import, v_import.status));
  end if;
  if v_import.mode <> 'revert' and not exists (select from store.import_chunks where import_id = p_import) then
    perform api.fail('invaliddata 409', format('the package of import %s is kept no longer; send it again', p_import));
  end if;
  -- what is applied now is what was looked at: no package may lie over a newer one of its source
  select import_id into v_newer from store.imports as newer where newer.source = v_import.source and newer.import_id > p_import
    and (newer.status in ('received', 'staging', 'checking', 'applying') or newer.status = 'completed' and newer.revision is not null)
  order by newer.import_id desc limit 1;
  if v_newer is not null then
    perform api.fail('invaliddata 409', format('import %s of the same source came after import %s; cancel this one, and send its package again if it is still wanted',
      v_newer, p_import));
  end if;
  if v_import.status = 'held' and coalesce(trim(p_note), '') = '' then
    perform api.fail('invaliddata', format('note: import %s is held (%s); say who applies it and why', p_import, v_import.reason));
  end if;
  update store.imports set status = 'received', mode = case mode when 'preview' then 'apply' else mode end, queued_at = clock_timestamp(),
    released_by = case when v_is_told then p_client end, released_at = case when v_is_told then clock_timestamp() end,
    note = nullif(trim(p_note), ''), attempts = 0, started_at = null, ended_at = null, progress = null, reason = null, report = null,
    seconds = null, cancel_asked_at = null, cancelled_by = null
  where import_id = p_import returning * into v_import;
  return load.job(v_import);
end $$;
comment on function api.import_release is
  'Queues an import that is held, or that was previewed, to be applied, unless a newer one of its source waits or was applied. With a '
  'note the guard lets pass what it held, or said that it would hold; one that is held wants a note.';

create or replace function api.import_revert(p_client text, p_import bigint, p_note text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_import store.imports := load.known_import(p_import);
  v_revert store.imports;
begin
  if v_import.status <> 'completed' or v_import.mode = 'preview' or v_import.revision is null then
    perform api.fail('invaliddata 409', format('import %s changed nothing that could be reverted', p_import));
  end if;
  select * into v_revert from store.imports where reverts = p_import and status not in ('failed', 'cancelled') limit 1;
  if v_revert.import_id is not null then
    perform api.fail('invaliddata 409', format('import %s is reverted by import %s already', p_import, v_revert.import_id));
  end if;
  insert into store.imports (status, mode, on_fault, source, take_over, keep_dangling, force, sent_by, reverts, queued_at, note)
  values ('received', 'revert', 'reject', v_import.source, true, true, true, p_client, p_import, clock_timestamp(), nullif(trim(p_note), ''))
  returning * into v_revert;
  return load.job(v_revert);
end $$;
comment on function api.import_revert is 'A new import that puts back what p_import changed, in line behind those of its source.';

create or replace function api.import_fault_page(p_import bigint, p_after bigint, p_limit integer)
returns table (number bigint, file text, line bigint, field text, value text, code text, message text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select number, file, line, field, value, code, message from store.import_faults
  where import_id = coalesce((select repeats from store.imports where import_id = p_import), p_import) and number > p_after
  order by number limit p_limit
$$;
comment on function api.import_fault_page is 'The faults behind number p_after, in the order of files and lines.';
