-- Imports as jobs: a package in chunks, what became of it, the rows it replaced. The state of record of every import; the
-- queue carries ids only.

create table store.imports (
  import_id       bigint generated always as identity constraint imports_pkey primary key,
  status          text   not null constraint imports_status_known check (status in (
    'receiving', 'received', 'staging', 'checking', 'held', 'applying', 'completed', 'failed', 'cancelled')),
  mode            text   not null constraint imports_mode_known check (mode in ('apply', 'preview', 'revert')),
  on_fault        text   not null constraint imports_on_fault_known check (on_fault in ('skip', 'reject')),
  take_over       boolean not null,
  keep_dangling   boolean not null,
  force           boolean not null,
  assume          text   constraint imports_assume_known check (assume in ('bulk', 'delta')),
  source          text   collate "C",
  sent_by         text   not null,
  size_bytes      bigint not null default 0,
  package_hash    bytea,
  received_at     timestamptz not null default clock_timestamp(),
  queued_at       timestamptz,
  started_at      timestamptz,
  ended_at        timestamptz,
  lease_holder    text,
  lease_until     timestamptz,
  attempts        integer not null default 0,
  cancel_asked_at timestamptz,
  cancelled_by    text,
  reason          text,
  released_by     text,
  released_at     timestamptz,
  note            text,
  repeats         bigint,
  reverts         bigint,
  revision        bigint,
  published_at    timestamptz,
  progress        jsonb,
  report          jsonb,
  seconds         jsonb,
  created         jsonb,
  replaced        bigint
);
create index imports_by_status on store.imports (status, import_id);
create index imports_waiting on store.imports (source, queued_at, import_id)
  where status in ('received', 'staging', 'checking', 'applying');
create index imports_of_source on store.imports (source, revision) where revision is not null;
create index imports_reverts on store.imports (reverts) where reverts is not null;
comment on table store.imports is
  'One row an import. receiving: its bytes are still coming in, and nobody is told of it. queued_at is its place in the line '
  'of its source. Between staging and applying it belongs to lease_holder until lease_until; whoever finds the lease run '
  'out takes it over. revision is set in the transaction that applied it.';

create table store.import_chunks (
  import_id bigint  not null constraint import_chunks_import references store.imports on delete cascade,
  position  integer not null,
  bytes     bytea   not null,
  constraint import_chunks_pkey primary key (import_id, position)
);
-- a package is compressed as it comes
alter table store.import_chunks alter column bytes set storage external;
comment on table store.import_chunks is 'The bytes of a package, from position 0; all chunks but the last have the same size.';

create table store.import_faults (
  import_id bigint not null constraint import_faults_import references store.imports on delete cascade,
  number    bigint not null,
  file      text   not null,
  line      bigint,
  field     text,
  value     text,
  code      text   not null,
  message   text   not null,
  constraint import_faults_pkey primary key (import_id, number)
);
comment on table store.import_faults is 'What was refused, numbered from 1 in the order of files and lines.';

create table store.replaced_rows (
  import_id    bigint not null constraint replaced_rows_import references store.imports on delete cascade,
  entity       text   collate "C" not null,
  sourced_id   text   collate "C" not null,
  old_revision bigint not null,
  old          jsonb  not null,
  constraint replaced_rows_pkey primary key (import_id, entity, sourced_id)
);
create index replaced_rows_by_revision on store.replaced_rows (entity, old_revision, sourced_id);
comment on table store.replaced_rows is
  'Each row an import changed as it was before, without its document: what a revert puts back. What an import made is not '
  'here: those rows have its revision, or a later import replaced them and has them here.';

create table store.previewed_changes (
  import_id  bigint not null constraint previewed_changes_import references store.imports on delete cascade,
  number     bigint not null,
  file       text   not null,
  sourced_id text   not null,
  action     text   not null constraint previewed_changes_action_known check (action in ('created', 'updated', 'deleted')),
  old        jsonb,
  new        jsonb,
  constraint previewed_changes_pkey primary key (import_id, number)
);
-- of a first package nearly all are created: the others are found without reading those
create index previewed_changes_by_action on store.previewed_changes (import_id, action, number) where action <> 'created';
comment on table store.previewed_changes is 'What an import that was previewed or held would change; rows as objects by the headers of their file.';
comment on column store.imports.created is 'Rows made, by entity; those at its revision are fewer where another writer has changed some since.';
comment on column store.imports.replaced is 'Rows it had in store.replaced_rows when it completed: they are there until they are purged.';

-- Functions that have another signature now, or no caller: kept, the first would be one of two of its name.
drop function if exists api.import_warn(text, bigint, text, text, text, text);
drop function if exists load.typed_sql(text, text, jsonb, text);
