-- OAuth 2 clients and their access tokens. Neither a secret nor a token is stored: only its SHA-256, which is enough for
-- 256 random bits.

create table store.clients (
  client_id   text collate "C" constraint clients_pkey primary key,
  name        text not null,
  secret_hash bytea not null constraint clients_secret_hash_is_sha256 check (octet_length(secret_hash) = 32),
  scopes      text[] not null,
  created_at  timestamptz not null default now(),
  rotated_at  timestamptz,
  revoked_at  timestamptz
);

create table store.tokens (
  token_hash bytea constraint tokens_pkey primary key
    constraint tokens_token_hash_is_sha256 check (octet_length(token_hash) = 32),
  client_id  text collate "C" not null constraint tokens_client references store.clients on delete cascade,
  scopes     text[] not null,
  expires_at timestamptz not null
);
create index tokens_expires_at on store.tokens (expires_at);
create index tokens_client_id on store.tokens (client_id);
