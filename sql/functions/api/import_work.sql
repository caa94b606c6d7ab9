-- Imports as their worker sees them: claimed under a lease, kept alive by beats, ended. For the owner alone.

create or replace function api.import_claim(p_holder text, p_lease_ms integer, p_source text) returns jsonb language plpgsql as $$
declare
  v_import store.imports;
begin
  loop
    -- the head of each source's line, unless one of that source runs under a lease; whoever holds the row claims it. Not for
    -- update: the transaction of a worker that hangs holds its key, and it is that one whose job is to be taken over
    select * into v_import from store.imports as i
    where status in ('received', 'staging', 'checking', 'applying') and (p_source is null or source = p_source)
      and (status = 'received' or lease_until < clock_timestamp())
      and not exists (select from store.imports as other where other.source = i.source and other.import_id <> i.import_id
        and other.status in ('received', 'staging', 'checking', 'applying')
        and (other.status <> 'received' and other.lease_until >= clock_timestamp()
          or (other.status = 'received', other.queued_at, other.import_id) < (i.status = 'received', i.queued_at, i.import_id)))
    order by status = 'received', queued_at, import_id limit 1 for no key update skip locked;
    if v_import.import_id is null then
      return null;
    end if;
    if v_import.cancel_asked_at is not null then
      update store.imports set status = 'cancelled', ended_at = clock_timestamp(), lease_holder = null, lease_until = null
      where import_id = v_import.import_id;
      delete from store.import_chunks where import_id = v_import.import_id;
    elsif v_import.status <> 'received' or (load.complete_repeat(v_import)).status <> 'completed' then
      exit;
    end if;
  end loop;
  delete from store.import_faults where import_id = v_import.import_id;
  delete from store.previewed_changes where import_id = v_import.import_id;
  update store.imports set status = 'staging', lease_holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
    attempts = attempts + 1, started_at = coalesce(started_at, clock_timestamp()), progress = null, report = null, seconds = null
  where import_id = v_import.import_id returning * into v_import;
  return load.job(v_import);
end $$;
comment on function api.import_claim is
  'The next import that may run, of p_source where it is given, now the holder''s for p_lease_ms; null where there is none. One '
  'import of a source runs at a time, in the order of queued_at; one whose lease ran out is claimed again.';

create or replace function api.import_beat(p_import bigint, p_holder text, p_lease_ms integer, p_status text, p_progress jsonb) returns text
language plpgsql as $$
declare
  v_asked_at timestamptz;
begin
  update store.imports set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0),
    status = coalesce(p_status, status), progress = coalesce(p_progress, progress)
  where import_id = p_import and lease_holder = p_holder and status in ('staging', 'checking', 'applying')
  returning cancel_asked_at into v_asked_at;
  return case when not found then 'lost' when v_asked_at is not null then 'cancel' else 'go' end;
end $$;
comment on function api.import_beat is
  'Prolongs the holder''s lease and tells how far it is. go, cancel (someone asked for it) or lost (it is another''s, or ended).';

create or replace function api.import_end(p_import bigint, p_holder text, p_status text, p_reason text, p_report jsonb, p_seconds jsonb) returns boolean
language plpgsql as $$
declare
  v_status text;
begin
  -- one that somebody wants cancelled is, however it came out
  update store.imports set status = case when cancel_asked_at is null then p_status else 'cancelled' end,
    reason = case when cancel_asked_at is null then p_reason end, report = p_report, seconds = p_seconds, ended_at = clock_timestamp(),
    lease_holder = null, lease_until = null, progress = null
  where import_id = p_import and lease_holder = p_holder and status in ('staging', 'checking', 'applying') returning status into v_status;
  if not found then
    return false;
  end if;
  if v_status in ('failed', 'cancelled') then
    delete from store.import_chunks where import_id = p_import;
  end if;
  return true;
end $$;
comment on function api.import_end is
  'Ends an import that changed nothing: held, failed, cancelled, or completed for a preview. False where it is not the holder''s any more.';

create or replace function api.import_hand_back(p_import bigint, p_holder text) returns boolean language plpgsql as $$
begin
  update store.imports set status = 'received', attempts = attempts - 1, lease_holder = null, lease_until = null, progress = null
  where import_id = p_import and lease_holder = p_holder and status in ('staging', 'checking', 'applying');
  return found;
end $$;
comment on function api.import_hand_back is
  'Puts an import that its holder did not end back at the head of its line, as if it had not been tried. False where it is not the holder''s any more.';

-- In the transaction that applies, as its last step: so that an import is completed exactly when its rows are there.
create or replace function api.import_complete(p_import bigint, p_holder text, p_revision bigint, p_published_at timestamptz, p_report jsonb,
  p_seconds jsonb) returns void language plpgsql as $$
declare
  v_created jsonb := load.made();
  v_replaced bigint := (select count(*) from store.replaced_rows where import_id = p_import);
begin
  update store.imports set status = 'completed', report = p_report, seconds = p_seconds, ended_at = clock_timestamp(),
    created = v_created, replaced = v_replaced,
    -- rows that no document shows are written without being published
    revision = case when p_published_at is not null or v_created <> '{}' or v_replaced > 0 then p_revision end,
    published_at = p_published_at, lease_holder = null, lease_until = null, progress = null
  where import_id = p_import and lease_holder = p_holder and status in ('staging', 'checking', 'applying') and cancel_asked_at is null;
  if not found then
    raise exception 'import % was cancelled or taken over', p_import using errcode = 'RH002';
  end if;
  delete from store.import_chunks where import_id = p_import;
end $$;
comment on function api.import_complete is 'Completes an import in its own transaction, whose revision is kept where it wrote any row. RH002 where it is not the holder''s any more, or is to be cancelled.';

create or replace function api.import_due() returns table (import_id bigint, source text, is_orphan boolean) language sql stable as $$
  select import_id, source, status <> 'received' from store.imports
  where status = 'received' or status in ('staging', 'checking', 'applying') and lease_until < clock_timestamp()
  order by queued_at, import_id
$$;
comment on function api.import_due is 'Imports that wait for a worker; orphans are those whose lease ran out.';

-- What was kept for people to read and for a revert, and uploads that never ended.
create or replace function api.import_purge(p_keep_days integer) returns bigint language plpgsql as $$
declare
  v_before timestamptz := now() - make_interval(days => p_keep_days);
  v_count bigint;
begin
  delete from store.imports where status = 'receiving' and received_at < now() - interval '1 day';
  update store.imports set status = 'cancelled', reason = coalesce(reason || '; ', '') || 'nobody applied it in time'
  where status = 'held' and ended_at < v_before;
  delete from store.import_chunks as c using store.imports as i
  where c.import_id = i.import_id and i.ended_at < v_before and i.status in ('completed', 'failed', 'cancelled');
  delete from store.import_faults as f using store.imports as i where f.import_id = i.import_id and i.ended_at < v_before;
  delete from store.previewed_changes as p using store.imports as i where p.import_id = i.import_id and i.ended_at < v_before;
  delete from store.replaced_rows as r using store.imports as i where r.import_id = i.import_id and i.ended_at < v_before;
  get diagnostics v_count = row_count;
  return v_count;
end $$;
comment on function api.import_purge is 'Takes away what is older than p_keep_days; the imports themselves stay on record.';
