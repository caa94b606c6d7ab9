-- The least that brings enrollments.csv, given on stdin, into store.enrollments: COPY into text columns, then one upsert
-- that writes the same rows, documents included, as an import does. Nothing is checked, counted, reported or published.
-- Run by psql -v ON_ERROR_STOP=1.

begin;
set local work_mem = '96MB';
set local jit = off;
select nextval('store.revisions') as revision \gset

create temp table staged (
  sourced_id text collate "C", status text collate "C", date_last_modified text, class_sourced_id text collate "C",
  school_sourced_id text collate "C", user_sourced_id text collate "C", role text collate "C", "primary" text,
  begin_date text, end_date text
) on commit drop;

\copy staged from pstdin with (format csv, header)

insert into store.enrollments as old (
  sourced_id, status, revision, source_system, source_modified_at, row_hash, user_sourced_id, class_sourced_id,
  school_sourced_id, role, "primary", begin_date, end_date, document)
select s.sourced_id, coalesce(s.status, 'active'), :revision, 'demo-sis', s.date_last_modified::timestamptz,
  hash_record_extended(row(s.sourced_id, s.status, s.date_last_modified, s.class_sourced_id, s.school_sourced_id,
    s.user_sourced_id, s.role, s."primary", s.begin_date, s.end_date), 0),
  s.user_sourced_id, s.class_sourced_id, s.school_sourced_id, s.role, s."primary"::boolean, s.begin_date::date,
  s.end_date::date,
  shape.enrollments(row(s.sourced_id, coalesce(s.status, 'active'), null, null, null, null, null, s.user_sourced_id,
    s.class_sourced_id, s.school_sourced_id, s.role, s."primary"::boolean, s.begin_date::date, s.end_date::date,
    null)::store.enrollments)
from staged as s
on conflict (sourced_id) do update set
  status = excluded.status, revision = excluded.revision, source_system = excluded.source_system,
  source_modified_at = excluded.source_modified_at, row_hash = excluded.row_hash,
  user_sourced_id = excluded.user_sourced_id, class_sourced_id = excluded.class_sourced_id,
  school_sourced_id = excluded.school_sourced_id, role = excluded.role, "primary" = excluded."primary",
  begin_date = excluded.begin_date, end_date = excluded.end_date, document = excluded.document
where (old.status, old.source_system, old.user_sourced_id, old.class_sourced_id, old.school_sourced_id, old.role,
    old."primary", old.begin_date, old.end_date)
  is distinct from (excluded.status, excluded.source_system, excluded.user_sourced_id, excluded.class_sourced_id,
    excluded.school_sourced_id, excluded.role, excluded."primary", excluded.begin_date, excluded.end_date);
commit;
