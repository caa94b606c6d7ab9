-- What a client may see. Without a row in store.grants a client sees all that its scopes open; with one, the orgs, roles,
-- entities and fields of the row, and nothing else: what is hidden counts as not there, in every list, total, filter, nested
-- collection, reference, export and write.
--
-- Who belongs to some orgs and roles is worked out when rosters change, not when they are read: clients that are granted the
-- same orgs and roles share an audience, and its members stand in tables that a page walks in the order of its keys.

create table store.audiences (
  audience        bigint generated always as identity constraint audiences_pkey primary key,
  org_sourced_ids text[] collate "C",
  roles           text[] collate "C",
  constraint audiences_limit_something check (org_sourced_ids is not null or roles is not null),
  constraint audiences_once unique nulls not distinct (org_sourced_ids, roles)
);
comment on table store.audiences is
  'Orgs, each with all below it, and roles, both in order; null: all. A person belongs who has one of the roles at one of the orgs.';

create table store.audience_orgs (
  audience   bigint not null constraint audience_orgs_audience references store.audiences on delete cascade,
  sourced_id text   collate "C" not null,
  constraint audience_orgs_pkey primary key (audience, sourced_id)
);
comment on table store.audience_orgs is 'The orgs of an audience, those below the granted ones included; of one that is not limited by org, all.';

create table store.audience_users (
  audience         bigint  not null constraint audience_users_audience references store.audiences on delete cascade,
  sourced_id       text    collate "C" not null,
  orgs_are_whole   boolean not null,
  agents_are_whole boolean not null,
  is_whole         boolean not null generated always as (orgs_are_whole and agents_are_whole) stored,
  constraint audience_users_pkey primary key (audience, sourced_id) include (is_whole)
);
create index audience_users_of_user on store.audience_users (sourced_id);
comment on table store.audience_users is
  'The people of an audience. orgs_are_whole: every role the person has is granted, and the primary org; agents_are_whole: so are '
  'the agents. is_whole: nothing need be cut out of the person''s document.';

-- whose agents are in an audience no longer, or newly
create index users_agents on store.users using gin (agent_sourced_ids) where agent_sourced_ids is not null;

create table store.grants (
  client_id  text collate "C" constraint grants_pkey primary key
    constraint grants_client references store.clients on delete cascade,
  audience   bigint constraint grants_audience references store.audiences,
  entities   text[] collate "C",
  hidden     text[] collate "C" not null default '{}',
  may_write  boolean not null default true,
  version    bigint not null,
  granted_at timestamptz not null default now()
);
create index grants_audience on store.grants (audience);
comment on table store.grants is
  'entities are the collections that are shown, as users or lineItems; null: all. hidden are fields, as users.email. version '
  'is what lists of the client are at least, so that one that was kept from before the grant is told from one of today.';

-- what api.page and api.read know of a client
create view store.granted as
  select g.client_id, g.audience, a.org_sourced_ids is not null as by_org, a.roles, g.entities, g.hidden, g.may_write, g.version,
    g.audience is not null or g.entities is not null or g.hidden <> '{}' as is_restricted,
    -- whether 1.1 asks, a statement says of itself
    false as is_v1p1
  from store.grants as g left join store.audiences as a using (audience);

-- Functions that have another signature now: kept, the first would be one of two of its name.
drop function if exists api.page_statement(text, integer, jsonb, text, boolean, text[], integer, text);
drop function if exists api.read_statement(text, text[]);
drop function if exists api.arguments(integer);
drop function if exists load.export_files(timestamptz);
drop function if exists api.missing_parent(catalog.operations, text[]);
