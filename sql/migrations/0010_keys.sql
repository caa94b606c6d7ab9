-- API keys: a second kind of credential that a client may have, beside its secret. And from where, and how often, a client
-- may ask. Of a key only its SHA-256 is stored, which is enough for 256 random bits; by the prefix it is found.

alter table store.clients
  add column addresses text[]
    constraint clients_addresses_are_blocks check (
      addresses is null or (cardinality(addresses) > 0 and array_position(addresses, null) is null and addresses::cidr[] is not null)),
  add column per_minute integer
    constraint clients_per_minute_counts check (per_minute > 0);
comment on column store.clients.addresses is 'CIDR blocks from which the client may ask; null: from anywhere.';
comment on column store.clients.per_minute is 'Requests a minute, where it is not what everybody has.';

create table store.api_keys (
  key_id       uuid constraint api_keys_pkey primary key,
  client_id    text collate "C" not null constraint api_keys_client references store.clients on delete cascade,
  name         text not null,
  prefix       text collate "C" not null constraint api_keys_prefix_once unique
    constraint api_keys_prefix_is_no_key check (prefix ~ '^rh_[a-z0-9]{8}$'),
  key_hash     bytea not null constraint api_keys_key_hash_is_sha256 check (octet_length(key_hash) = 32),
  scopes       text[] not null constraint api_keys_scopes_are_some check (scopes <> '{}'),
  is_active    boolean not null default true,
  expires_at   timestamptz not null,
  last_used_at timestamptz,
  addresses    text[]
    constraint api_keys_addresses_are_blocks check (
      addresses is null or (cardinality(addresses) > 0 and array_position(addresses, null) is null and addresses::cidr[] is not null)),
  per_minute   integer constraint api_keys_per_minute_counts check (per_minute > 0),
  created_at   timestamptz not null default now(),
  -- a key has one successor: who has lost that one rotates it in turn
  rotated_from uuid constraint api_keys_rotated_once unique
    constraint api_keys_rotated_from references store.api_keys on delete set null,
  revoked_at   timestamptz,
  constraint api_keys_revoked_is_inactive check (revoked_at is null or not is_active)
);
create index api_keys_client_id on store.api_keys (client_id);
comment on table store.api_keys is
  'addresses and per_minute are the client''s own where they are null. An inactive key is refused: revoked for good, or '
  'while is_active is false. last_used_at is at most a minute behind.';
