-- The chain of the audit: what is hashed, and the steps that add to it. Whoever calls them holds store.audit_head.

-- No setting of a session changes these texts: times are microseconds since 1970, and jsonb writes a list in one way only.
create or replace function load.audit_text(r store.api_key_audit_logs) returns text language sql immutable as $$
  select jsonb_build_array(r.audit_id, (extract(epoch from r.created_at) * 1000000)::bigint, r.batch, r.client_id, r.key_id, r.operation, r.method,
    r.path, to_jsonb(r.subjects), r.status, r.address, r.row_count, r.request_id)::text
$$;

create or replace function load.audit_hash(r store.api_key_audit_logs) returns bytea language sql immutable as $$
  select sha256(convert_to(load.audit_text(r), 'UTF8'))
$$;

create or replace function load.audit_batch_text(b store.audit_batches) returns text language sql immutable as $$
  select jsonb_build_array(b.position, b.process_id, b.sequence, b.kind, to_char(b.month, 'YYYY-MM'), b.first_id, b.row_count, b.lost,
    (extract(epoch from b.written_at) * 1000000)::bigint, encode(b.rows_hash, 'hex'), b.anchor_position, encode(b.anchor_hash, 'hex'))::text
$$;

create or replace function load.audit_batch_hash(p_previous bytea, b store.audit_batches) returns bytea language sql immutable as $$
  select sha256(p_previous || convert_to(load.audit_batch_text(b), 'UTF8'))
$$;

create or replace function load.audit_month(p_at timestamptz) returns date language sql immutable as $$
  select date_trunc('month', p_at at time zone 'utc')::date
$$;

create or replace function load.audit_partition(p_month date) returns void language plpgsql as $$
declare
  v_name text := 'api_key_audit_logs_' || to_char(p_month, 'YYYY_MM');
begin
  if to_regclass('store.' || v_name) is not null then
    return;
  end if;
  -- made beside the table and then attached: that waits for no reader of the others
  execute format('create table store.%I (like store.api_key_audit_logs including defaults including constraints)', v_name);
  execute format('alter table store.api_key_audit_logs attach partition store.%I for values from (%L) to (%L)', v_name,
    to_char(p_month, 'YYYY-MM-DD" 00:00:00+00"'), to_char(p_month + interval '1 month', 'YYYY-MM-DD" 00:00:00+00"'));
end $$;

create or replace function load.audit_genesis() returns bytea language sql immutable as $$
  select sha256('rosterhub audit')
$$;
comment on function load.audit_genesis is 'What the first batch of all follows.';

create or replace function load.audit_append(p_process uuid, p_sequence bigint, p_kind text, p_month date, p_count integer, p_lost bigint,
  p_rows_hash bytea, p_anchor_position bigint default null, p_anchor_hash bytea default null) returns void language plpgsql as $$
declare
  v_head store.audit_head;
  v_batch store.audit_batches;
begin
  select * into strict v_head from store.audit_head;
  v_batch := row(v_head.position + 1, p_process, p_sequence, p_kind, p_month, v_head.last_id + 1, p_count, p_lost, clock_timestamp(),
    p_rows_hash, p_anchor_position, p_anchor_hash, null)::store.audit_batches;
  v_batch.hash := load.audit_batch_hash(v_head.hash, v_batch);
  insert into store.audit_batches select v_batch.*;
  update store.audit_head set position = v_batch.position, hash = v_batch.hash, last_id = last_id + p_count;
end $$;
comment on function load.audit_append is 'Adds a batch to the chain; its p_count rows have the ids behind the last. A purge says which batch is the anchor behind it.';

create or replace function load.audit_mark(p_kind text, p_month date) returns void language plpgsql as $$
begin
  perform from store.audit_head for update;
  perform load.audit_append(null, null, p_kind, p_month, 0, 0, sha256(''));
end $$;
comment on function load.audit_mark is 'Puts on record what was done to the audit, or to a person: a batch without rows.';

-- An id in a path may be anything that somebody made up, and whom it named may be erased by the time the row is written: only
-- what is a record now is kept. An erasure holds store.audit_head too, so whoever is gone here stays gone.
create or replace function load.audit_names(p_ids text[]) returns text[] language sql stable as $$
  select array(select id from unnest(p_ids) as id where char_length(id) <= 255 and (
    exists (select from store.users where sourced_id = id) or exists (select from store.classes where sourced_id = id)
    or exists (select from store.orgs where sourced_id = id) or exists (select from store.enrollments where sourced_id = id)
    or exists (select from store.demographics where sourced_id = id) or exists (select from store.results where sourced_id = id)
    or exists (select from store.line_items where sourced_id = id) or exists (select from store.courses where sourced_id = id)
    or exists (select from store.academic_sessions where sourced_id = id) or exists (select from store.categories where sourced_id = id)
    or exists (select from store.score_scales where sourced_id = id) or exists (select from store.resources where sourced_id = id)
    or exists (select from store.assessment_line_items where sourced_id = id) or exists (select from store.assessment_results where sourced_id = id)))
$$;
comment on function load.audit_names is 'Those of the ids that name a record of any kind, deleted ones too.';

-- Half of a SHA-256, for an index takes those by the thousand.
create or replace function load.audit_subject(p_sourced_id text, p_salt uuid) returns uuid language sql immutable as $$
  select encode(substr(sha256(convert_to(p_salt || ' ' || p_sourced_id, 'UTF8')), 1, 16), 'hex')::uuid
$$;
comment on function load.audit_subject is 'What stands for an id in the audit: nobody finds another id and salt for it, nor the id without the salt.';

create or replace function load.audit_rows(p_rows jsonb, p_now timestamptz) returns store.api_key_audit_logs[] language plpgsql as $$
declare
  v_ids text[] := load.audit_names(array(select distinct id from jsonb_array_elements(p_rows) as r, jsonb_array_elements_text(r -> 'subjects') as id
    where r ->> 'client' is not null));
begin
  insert into store.audit_subjects
  select load.audit_subject(id, salt), id, salt from (select id, gen_random_uuid() as salt from unnest(v_ids) as id
    where not exists (select from store.audit_subjects as known where known.sourced_id = id)) as made;
  return (select array_agg(row(null, p_now - make_interval(secs => least(greatest((r ->> 'agoMs')::float8, 0), 2678400000) / 1000), null,
      r ->> 'client', r ->> 'key', r ->> 'operation', r ->> 'method', r ->> 'path', s.subjects, (r ->> 'status')::smallint,
      left(r ->> 'address', 64), (r ->> 'rows')::bigint, r ->> 'requestId', null)::store.api_key_audit_logs order by n)
    from jsonb_array_elements(p_rows) with ordinality as t(r, n) cross join lateral (
      select array_agg(known.subject order by place) as subjects
      from jsonb_array_elements_text(case when jsonb_typeof(r -> 'subjects') = 'array' then r -> 'subjects' else '[]' end) with ordinality as i(id, place)
        left join store.audit_subjects as known on known.sourced_id = id and id = any(v_ids) and r ->> 'client' is not null) as s);
end $$;
comment on function load.audit_rows is 'Observations as rows of the audit, without their place in it. agoMs is how long ago a request was answered, 31 days at most: a month that retention has dropped comes not back.';

create or replace function load.audit_drop(p_before date) returns integer language plpgsql as $$
declare
  v_name name;
  v_count integer := 0;
begin
  for v_name in select c.relname from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
    where inhparent = 'store.api_key_audit_logs'::regclass and c.relname < 'api_key_audit_logs_' || to_char(p_before, 'YYYY_MM') order by 1
  loop
    execute format('drop table store.%I', v_name);
    v_count := v_count + 1;
  end loop;
  return v_count;
end $$;
comment on function load.audit_drop is 'Drops the months before p_before; answers how many.';
