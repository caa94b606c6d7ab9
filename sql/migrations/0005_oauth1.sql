-- OAuth 1.0a: which clients may sign their requests, and the nonces they have used. A consumer secret is derived from
-- OAUTH1_KEY, the client's id and its generation; it is never stored.

alter table store.clients add column oauth1_generation integer
  constraint clients_oauth1_generation_counts check (oauth1_generation > 0);
comment on column store.clients.oauth1_generation is
  'Rises with every rotation, and the secret derived from it changes. Null: the client may not sign.';

-- Unlogged, because every signed read writes a row here, and a read must not wait for the disk. A crash of the database
-- empties the table: a request signed before it can then be replayed for what is left of its window, and no longer. No
-- foreign key, because its check would lock the row of the client for each request.
create unlogged table store.nonces (
  client_id  text collate "C" not null,
  timestamp  bigint not null,
  nonce      text collate "C" not null,
  expires_at timestamptz not null,
  constraint nonces_pkey primary key (client_id, timestamp, nonce)
);
create index nonces_expires_at on store.nonces (expires_at);
comment on table store.nonces is
  'The nonces of signed requests, each until its timestamp is refused by age; timestamp is in seconds since 1970.';
