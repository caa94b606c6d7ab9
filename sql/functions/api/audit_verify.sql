-- Whether the audit is as it was written: every batch follows from the one before it, and has the rows it was written with.

create or replace function load.audit_batch_faults(p_head store.audit_head) returns table (code text, batch bigint, audit_id bigint, message text)
language sql stable as $$
  with chain as (
    select b, b.position as at, lag(b.position, 1, p_head.anchor_position) over w as before, lag(b.hash, 1, p_head.anchor_hash) over w as previous
    from store.audit_batches as b window w as (order by b.position)
  )
  select 'batch_removed', before + 1, null::bigint, case when before + 2 = at then format('batch %s is not there any more', before + 1)
    else format('batches %s to %s are not there any more', before + 1, at - 1) end
  from chain where at > before + 1
  union all
  select 'batch_altered', at, null, format('batch %s does not follow from the one before it: one of the two was altered', at)
  from chain where at = before + 1 and (b).hash <> load.audit_batch_hash(previous, b)
  union all
  -- where batches are gone, the one behind them follows from what nobody knows
  select 'batch_inserted', at, null, format('batch %s stands before the chain begins', at) from chain where at <= before
  union all
  select 'end_removed', last + 1, null, format('batches %s to %s, the last, are not there any more', last + 1, p_head.position)
  from (select coalesce(max(position), p_head.anchor_position) as last from store.audit_batches) as e where last < p_head.position
  union all
  select 'head_altered', p_head.position, null, 'the end of the chain is not what store.audit_head says'
  from (select position, hash, first_id + row_count - 1 as last_id from store.audit_batches order by position desc limit 1) as e
  where (e.position = p_head.position and (e.hash, e.last_id) is distinct from (p_head.hash, p_head.last_id)) or e.position > p_head.position
$$;

-- A beginning that was cut off leaves an anchor that no purge has put into the chain.
create or replace function load.audit_anchor_faults(p_head store.audit_head, p_purge store.audit_batches)
returns table (code text, batch bigint, audit_id bigint, message text) language sql stable as $$
  select 'anchor_altered', p_head.anchor_position, null::bigint, case
    when p_purge.position is null then format('the chain begins behind batch %s, and no purge has dropped what was before', p_head.anchor_position)
    else format('the chain begins behind batch %s, and the last purge, batch %s, left batch %s', p_head.anchor_position, p_purge.position,
      p_purge.anchor_position) end
  where (p_head.anchor_position, p_head.anchor_hash) is distinct from
    (coalesce(p_purge.anchor_position, 0), coalesce(p_purge.anchor_hash, load.audit_genesis()))
$$;
comment on function load.audit_anchor_faults is 'p_purge is the latest purge in the chain; a row of nulls where there is none.';

create or replace function load.audit_process_faults() returns table (code text, batch bigint, audit_id bigint, message text) language sql stable as $$
  select 'sequence_broken', position, null::bigint, format('process %s wrote batch %s of its own after %s', process_id, sequence, before)
  from (select position, process_id, sequence, lag(sequence) over (partition by process_id order by position) as before
    from store.audit_batches where process_id is not null) as b
  -- one batch may stand in two months
  where before is not null and sequence not in (before, before + 1)
$$;

create or replace function load.audit_row_faults(p_kept_from date) returns table (code text, batch bigint, audit_id bigint, message text)
language sql stable as $$
  with kept as (
    select * from store.audit_batches where kind = 'rows' and (p_kept_from is null or month >= p_kept_from)
  ), counted as (
    select r.batch, count(*) as count, count(distinct r.audit_id) as ids, min(r.audit_id) as first, max(r.audit_id) as last,
      sha256(string_agg(r.hash, '' order by r.audit_id)) as rows_hash, bool_and(r.hash = load.audit_hash(r)) as is_sound
    from store.api_key_audit_logs as r group by r.batch
  ), wrong as (
    select k.position, k.first_id, k.row_count, c.is_sound, c.count is not distinct from k.row_count and c.ids = c.count and c.first = k.first_id
        and c.last = k.first_id + k.row_count - 1 as is_whole
    from kept as k left join counted as c on c.batch = k.position
    where c.rows_hash is distinct from k.rows_hash or not c.is_sound or c.count <> c.ids
      or c.count <> k.row_count or c.first <> k.first_id
  )
  select 'row_removed', w.position, id, format('row %s of batch %s is not there any more', id, w.position)
  from wrong as w cross join lateral generate_series(w.first_id, w.first_id + w.row_count - 1) as id
  where not exists (select from store.api_key_audit_logs as r where r.audit_id = id and r.batch = w.position)
  union all
  select 'row_altered', w.position, r.audit_id, format('row %s of batch %s is not as it was written', r.audit_id, w.position)
  from wrong as w join store.api_key_audit_logs as r on r.batch = w.position where r.hash <> load.audit_hash(r)
  union all
  select 'rows_altered', w.position, null, format('the rows %s to %s of batch %s are not those that were written', w.first_id,
    w.first_id + w.row_count - 1, w.position)
  from wrong as w where w.is_whole and w.is_sound
  union all
  select 'row_inserted', r.batch, r.audit_id, format('row %s says it is of batch %s, which was written without it', r.audit_id, r.batch)
  from store.api_key_audit_logs as r left join kept as k on k.position = r.batch
  where k.position is null or r.audit_id not between k.first_id and k.first_id + k.row_count - 1
  union all
  select 'row_inserted', w.position, r.audit_id, format('row %s of batch %s is there %s times', r.audit_id, w.position, count(*))
  from wrong as w join store.api_key_audit_logs as r on r.batch = w.position group by w.position, r.audit_id having count(*) > 1
$$;

-- A row commits to the id that stood in its path by a salted hash. An id is forgotten by an erasure alone, which the chain says.
create or replace function load.audit_subject_faults() returns table (code text, batch bigint, audit_id bigint, message text) language sql stable as $$
  select 'subject_altered', null::bigint, null::bigint, format('store.audit_subjects: what is said of %s is not whom it stood for', subject)
  from store.audit_subjects where subject <> load.audit_subject(sourced_id, salt)
  union all
  select 'subject_removed', r.batch, r.audit_id, format('row %s of batch %s: nobody erased whom %s stood for, and it is not known any more', r.audit_id, r.batch, s)
  from store.api_key_audit_logs as r cross join lateral unnest(r.subjects) as s
  where s is not null and r.batch > (select coalesce(max(position), 0) from store.audit_batches where kind = 'erase')
    and not exists (select from store.audit_subjects as known where known.subject = s)
$$;

-- Ids follow one another through the chain too.
create or replace function load.audit_id_faults(p_head store.audit_head) returns table (code text, batch bigint, audit_id bigint, message text)
language sql stable as $$
  select 'ids_broken', position, first_id, format('batch %s begins with row %s, not %s', position, first_id, expected)
  from (select position, first_id, lag(first_id + row_count) over (order by position) as expected, lag(position) over (order by position) as before
    from store.audit_batches) as b
  where before = position - 1 and first_id <> expected
$$;

create or replace function load.audit_gaps(p_patience interval) returns jsonb language sql stable as $$
  with processes as (
    select b.process_id, min(written_at) as first_at, max(written_at) as last_at, max(sequence) as last_sequence, sum(lost) as lost,
      bool_or(kind = 'end') as has_ended, max(p.seen_at) as seen_at
    from store.audit_batches as b left join store.audit_processes as p using (process_id) where b.process_id is not null group by b.process_id
  )
  select coalesce(jsonb_agg(gap order by gap ->> 'lastAt'), '[]') from (
    select jsonb_build_object('code', 'not_ended', 'process', process_id, 'sequence', last_sequence, 'lastAt', shape.time(coalesce(seen_at, last_at)),
      'message', format('process %s did not end: what it had answered after its batch %s, at %s, is not here', process_id, last_sequence, shape.time(last_at))) as gap
    from processes where not has_ended and coalesce(seen_at, last_at) < clock_timestamp() - p_patience
    union all
    select jsonb_build_object('code', 'lost', 'process', process_id, 'rows', lost, 'lastAt', shape.time(last_at),
      'message', format('process %s could not keep %s rows while the database was away or behind', process_id, lost))
    from processes where lost > 0
    union all
    select jsonb_build_object('code', 'lost', 'rows', sum(lost), 'lastAt', shape.time(max(written_at)),
      'message', format('processes that are not on record could not keep %s rows', sum(lost)))
    from store.audit_batches where process_id is null having sum(lost) > 0) as g
$$;
comment on function load.audit_gaps is
  'What was never written, as far as it can be known: processes that were last seen p_patience ago and never ended, and rows that were '
  'given up.';

create or replace function api.audit_verify(p_position bigint, p_hash bytea, p_patience_ms integer) returns jsonb language plpgsql stable as $$
declare
  v_head store.audit_head;
  v_purge store.audit_batches;
  v_faults jsonb;
  v_count bigint;
  v_known bytea;
begin
  select * into v_head from store.audit_head;
  if v_head is null then
    return jsonb_build_object('faultCount', 1, 'faults', jsonb_build_array(jsonb_build_object('code', 'head_altered',
      'message', 'store.audit_head is empty: nobody can tell where the chain ends')), 'gaps', '[]'::jsonb, 'batches', 0, 'rows', 0);
  end if;
  select * into v_purge from store.audit_batches where kind = 'purge' order by position desc limit 1;
  with faults as (
    select * from load.audit_batch_faults(v_head)
    union all select * from load.audit_anchor_faults(v_head, v_purge)
    union all select * from load.audit_process_faults()
    union all select * from load.audit_id_faults(v_head)
    union all select * from load.audit_row_faults(v_purge.month)
    union all select * from load.audit_subject_faults()
  )
  select count(*), coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', code, 'batch', batch, 'row', audit_id, 'message', message))
    order by batch, audit_id) filter (where place <= 1000), '[]')
  into v_count, v_faults
  from (select *, row_number() over (order by batch, audit_id) as place from faults) as f;
  if p_hash is not null then
    select hash into v_known from store.audit_batches where position = p_position;
    v_known := case when p_position = v_head.anchor_position then v_head.anchor_hash else v_known end;
    if v_known is distinct from p_hash then
      v_count := v_count + 1;
      v_faults := v_faults || jsonb_build_object('code', 'other_chain', 'batch', p_position, 'message',
        case when p_position < v_head.anchor_position then format('batch %s was dropped with its month: a head that is kept as long cannot be looked for', p_position)
        else format('batch %s has another hash than the one given: the chain was written anew', p_position) end);
    end if;
  end if;
  return jsonb_strip_nulls(jsonb_build_object('head', v_head.position || ':' || encode(v_head.hash, 'hex'), 'faultCount', v_count,
    'batches', (select count(*) from store.audit_batches), 'rows', (select count(*) from store.api_key_audit_logs),
    'keptFrom', to_char(v_purge.month, 'YYYY-MM-DD'), 'purgedAt', shape.time(v_purge.written_at),
    'firstAt', (select shape.time(min(created_at)) from store.api_key_audit_logs)))
    || jsonb_build_object('faults', v_faults, 'gaps', load.audit_gaps(make_interval(secs => p_patience_ms / 1000.0)));
end $$;
comment on function api.audit_verify is
  'Reads the whole audit: {head, faultCount, faults: [{code, batch, row, message}] (a thousand at most), gaps: [{code, process, sequence, rows, '
  'lastAt, message}], batches, rows, keptFrom, purgedAt, firstAt}. A fault is what was done to the audit, a gap what never came into it. With '
  'p_position and p_hash, a head of another day, also whether the chain still is the one that had it. Processes count as gone after p_patience_ms.';
