-- The audit: a row for each request, in a chain of hashes that shows what was taken out or altered. No name, no id of a
-- record, no query and no secret is in it: the ids in a path stand as salted hashes, and the table that tells whose hash it is
-- forgets a person without a row of the audit being touched.

create table store.audit_subjects (
  subject    uuid constraint audit_subjects_pkey primary key,
  sourced_id text collate "C" not null constraint audit_subjects_once unique
    constraint audit_subjects_are_short check (char_length(sourced_id) <= 255),
  salt       uuid not null
);
comment on table store.audit_subjects is
  'What stands for a sourcedId in the audit: load.audit_subject of the id and a random salt, so that no row here can be given another '
  'id. Without its row, and the salt in it, a subject says no longer whom it meant.';

create table store.api_key_audit_logs (
  audit_id   bigint      not null,
  created_at timestamptz not null,
  batch      bigint      not null,
  client_id  text collate "C",
  key_id     text collate "C",
  operation  text collate "C" not null,
  method     text collate "C" not null,
  path       text collate "C" not null,
  subjects   uuid[],
  status     smallint    not null,
  address    text collate "C",
  row_count  bigint,
  request_id text collate "C" not null,
  hash       bytea       not null,
  constraint api_key_audit_logs_pkey primary key (audit_id, created_at)
) partition by range (created_at);
create index api_key_audit_logs_client on store.api_key_audit_logs (client_id, audit_id);
create index api_key_audit_logs_batch on store.api_key_audit_logs (batch);
create index api_key_audit_logs_subjects on store.api_key_audit_logs using gin (subjects) where subjects is not null;
comment on table store.api_key_audit_logs is
  'Each request, by API key, by OAuth client or by nobody known; a partition a month, in UTC. audit_id has no gaps. path is as '
  'the documents have it; subjects are the ids that stood in it, in its order, null for one that names no record. hash is the '
  'SHA-256 of load.audit_text.';

create view store.client_audit_logs as
  select audit_id, created_at, client_id, operation, method, path, subjects, status, address, row_count, request_id
  from store.api_key_audit_logs where client_id is not null and key_id is null;
comment on view store.client_audit_logs is 'What OAuth clients asked, without the API keys.';

create table store.audit_batches (
  position   bigint  constraint audit_batches_pkey primary key,
  process_id uuid,
  sequence   bigint,
  kind       text    not null constraint audit_batches_kind_known check (kind in ('start', 'rows', 'end', 'purge', 'erase')),
  month      date,
  first_id   bigint  not null,
  row_count  integer not null,
  lost       bigint  not null,
  written_at timestamptz not null,
  rows_hash  bytea   not null,
  anchor_position bigint,
  anchor_hash     bytea,
  hash       bytea   not null,
  constraint audit_batches_purge_leaves_an_anchor check ((kind = 'purge') = (anchor_hash is not null and anchor_position is not null))
);
create index audit_batches_process on store.audit_batches (process_id, sequence);
comment on table store.audit_batches is
  'The chain. hash is the SHA-256 of the hash before it and load.audit_batch_text. rows: those of one month that a process '
  'wrote at once, rows_hash the SHA-256 of their hashes in order; lost: how many the process could not keep before these. '
  'start and end: a process began, and ended with nothing left to write. purge: months before month were dropped, and anchor is '
  'the last batch that went with them. erase: a person was erased.';

create table store.audit_head (
  only_one        boolean constraint audit_head_pkey primary key constraint audit_head_is_one check (only_one),
  anchor_position bigint not null,
  anchor_hash     bytea  not null,
  position        bigint not null,
  hash            bytea  not null,
  last_id         bigint not null
);
comment on table store.audit_head is
  'Where the chain ends; whoever writes holds this row. anchor: what the first batch kept follows. It is the last one '
  'that was dropped with its month, as the latest batch of the kind purge says; the beginning where there is none.';
insert into store.audit_head
select true, 0, genesis, 0, genesis, 0 from (select sha256('rosterhub audit') as genesis) as g;

create table store.audit_processes (
  process_id uuid constraint audit_processes_pkey primary key,
  seen_at    timestamptz not null
);
comment on table store.audit_processes is 'When a process that writes the audit was last seen: it says so also when there is nothing to write.';
