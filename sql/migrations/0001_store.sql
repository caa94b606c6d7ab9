-- The floors of the database, and the tables of OneRoster rostering.
--
-- Every entity table has the same first columns: the key, the status, the revision that wrote the row, the system that
-- sent it, that system's own modification time, a hash of the CSV row, the metadata. `document` is the row's OneRoster
-- JSON without its opening brace and dateLastModified, which stand in store.publications.head: a row is dated by the
-- publication of its revision, in the last step of the transaction that wrote it.

create schema store;
create schema catalog;
create schema shape;
create schema source;
create schema load;
create schema api;

-- rosterhub_app is the application's role: may execute schema api and nothing else. rosterhub_reader owns the functions that
-- build statements, and may read rosters, no client and no token. Roles are shared by all databases of a cluster; an owner
-- that is no superuser needs both, to act as the one and to replace what the other owns.
do $$
declare
  v_role text;
begin
  foreach v_role in array '{rosterhub_app,rosterhub_reader}'::text[] loop
    begin
      if not exists (select from pg_roles where rolname = v_role) then
        execute format('create role %I nologin', v_role);
      end if;
    exception when duplicate_object or unique_violation then null;
    end;
    begin
      execute format('grant %I to %I', v_role, current_user);
    exception when others then
      raise notice '% is not granted to %: %', v_role, current_user, sqlerrm;
    end;
  end loop;
end $$;

revoke all on schema public from public;
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end $$;
grant usage on schema api to rosterhub_app;

create sequence store.revisions;

create table store.publications (
  revision     bigint      constraint publications_pkey primary key,
  published_at timestamptz not null constraint publications_published_at_rises unique,
  head         text        not null
);
comment on table store.publications is
  'When each revision became visible. published_at has whole milliseconds and rises in the order of the commits; head is '
  'the beginning of the documents of that revision, with dateLastModified.';

create table store.versions (
  entity  text   collate "C" constraint versions_pkey primary key,
  version bigint not null
);
comment on table store.versions is 'A number for each entity that rises with every publication that changes it.';

create table store.settings (
  name  text constraint settings_pkey primary key,
  value text not null
);

create table store.orgs (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null constraint orgs_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  name               text collate "C" not null,
  type               text collate "C" not null,
  identifier         text collate "C" not null default '',
  parent_sourced_id  text collate "C",
  child_sourced_ids  text[] collate "C",
  document           text not null,
  constraint orgs_pkey primary key (sourced_id) include (status)
);
create index orgs_parent on store.orgs (parent_sourced_id);
create index orgs_revision on store.orgs (revision);

create table store.academic_sessions (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null
    constraint academic_sessions_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  title              text collate "C" not null,
  start_date         date not null,
  end_date           date not null,
  type               text collate "C" not null,
  parent_sourced_id  text collate "C",
  child_sourced_ids  text[] collate "C",
  school_year        text collate "C" not null,
  document           text not null,
  constraint academic_sessions_pkey primary key (sourced_id) include (status)
);
create index academic_sessions_parent on store.academic_sessions (parent_sourced_id);
create index academic_sessions_revision on store.academic_sessions (revision);

create table store.courses (
  sourced_id             text collate "C" not null,
  status                 text collate "C" not null
    constraint courses_status_known check (status in ('active', 'tobedeleted')),
  revision               bigint not null,
  source_system          text collate "C" not null,
  source_modified_at     timestamptz,
  row_hash               bigint,
  metadata               jsonb,
  title                  text collate "C" not null,
  school_year_sourced_id text collate "C",
  course_code            text collate "C" not null default '',
  grades                 text[] collate "C",
  subjects               text[] collate "C",
  org_sourced_id         text collate "C",
  subject_codes          text[] collate "C",
  resource_sourced_ids   text[] collate "C",
  document               text not null,
  constraint courses_pkey primary key (sourced_id) include (status)
);
create index courses_org on store.courses (org_sourced_id);
create index courses_revision on store.courses (revision);

create table store.classes (
  sourced_id           text collate "C" not null,
  status               text collate "C" not null
    constraint classes_status_known check (status in ('active', 'tobedeleted')),
  revision             bigint not null,
  source_system        text collate "C" not null,
  source_modified_at   timestamptz,
  row_hash             bigint,
  metadata             jsonb,
  title                text collate "C" not null,
  class_code           text collate "C",
  class_type           text collate "C",
  location             text collate "C",
  grades               text[] collate "C",
  subjects             text[] collate "C",
  course_sourced_id    text collate "C" not null,
  school_sourced_id    text collate "C" not null,
  term_sourced_ids     text[] collate "C" not null constraint classes_have_a_term check (cardinality(term_sourced_ids) > 0),
  subject_codes        text[] collate "C",
  periods              text[] collate "C",
  resource_sourced_ids text[] collate "C",
  document             text not null,
  constraint classes_pkey primary key (sourced_id) include (status)
);
create index classes_course on store.classes (course_sourced_id);
create index classes_school on store.classes (school_sourced_id, sourced_id);
create index classes_terms on store.classes using gin (term_sourced_ids);
create index classes_revision on store.classes (revision);

create table store.user_profiles (
  sourced_id         text collate "C" not null constraint user_profiles_pkey primary key,
  status             text collate "C" not null
    constraint user_profiles_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  user_sourced_id    text collate "C" not null,
  profile_type       text collate "C" not null,
  vendor_id          text collate "C" not null,
  application_id     text collate "C",
  description        text collate "C",
  credential_type    text collate "C" not null,
  username           text collate "C" not null
);
create index user_profiles_user on store.user_profiles (user_sourced_id);
comment on table store.user_profiles is 'Rows of userProfiles.csv. A password is never stored.';

create table store.roles (
  sourced_id              text collate "C" not null constraint roles_pkey primary key,
  status                  text collate "C" not null
    constraint roles_status_known check (status in ('active', 'tobedeleted')),
  revision                bigint not null,
  source_system           text collate "C" not null,
  source_modified_at      timestamptz,
  row_hash                bigint,
  metadata                jsonb,
  user_sourced_id         text collate "C" not null,
  role_type               text collate "C" not null,
  role                    text collate "C" not null,
  org_sourced_id          text collate "C" not null,
  user_profile_sourced_id text collate "C",
  begin_date              date,
  end_date                date
);
create index roles_user on store.roles (user_sourced_id);

create table store.users (
  sourced_id             text collate "C" not null,
  status                 text collate "C" not null
    constraint users_status_known check (status in ('active', 'tobedeleted')),
  revision               bigint not null,
  source_system          text collate "C" not null,
  source_modified_at     timestamptz,
  row_hash               bigint,
  metadata               jsonb,
  user_master_identifier text collate "C",
  username               text collate "C",
  user_ids               jsonb,
  enabled_user           boolean not null,
  given_name             text collate "C" not null,
  family_name            text collate "C" not null,
  middle_name            text collate "C",
  preferred_first_name   text collate "C",
  preferred_middle_name  text collate "C",
  preferred_last_name    text collate "C",
  pronouns               text collate "C",
  roles                  jsonb not null constraint users_have_a_role check (jsonb_array_length(roles) > 0),
  user_profiles          jsonb,
  primary_org_sourced_id text collate "C",
  identifier             text collate "C",
  email                  text collate "C",
  sms                    text collate "C",
  phone                  text collate "C",
  agent_sourced_ids      text[] collate "C",
  grades                 text[] collate "C",
  resource_sourced_ids   text[] collate "C",
  document               text not null,
  constraint users_pkey primary key (sourced_id) include (status)
);
create index users_roles on store.users using gin (roles jsonb_path_ops);
create index users_username on store.users (username);
create index users_email on store.users (email);
create index users_identifier on store.users (identifier);
create index users_revision on store.users (revision);
comment on table store.users is
  'roles and user_profiles repeat store.roles and store.user_profiles as the JSON that filters and documents read: the '
  'active ones, or the last known ones where none is active. A password is never stored.';

create table store.enrollments (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null
    constraint enrollments_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  user_sourced_id    text collate "C" not null,
  class_sourced_id   text collate "C" not null,
  school_sourced_id  text collate "C" not null,
  role               text collate "C" not null,
  "primary"          boolean,
  begin_date         date,
  end_date           date,
  document           text not null,
  constraint enrollments_pkey primary key (sourced_id) include (status)
);
create index enrollments_class on store.enrollments (class_sourced_id);
create index enrollments_user on store.enrollments (user_sourced_id);
create index enrollments_school on store.enrollments (school_sourced_id, sourced_id);
create index enrollments_revision on store.enrollments (revision);

create table store.demographics (
  sourced_id                                text collate "C" not null,
  status                                    text collate "C" not null
    constraint demographics_status_known check (status in ('active', 'tobedeleted')),
  revision                                  bigint not null,
  source_system                             text collate "C" not null,
  source_modified_at                        timestamptz,
  row_hash                                  bigint,
  metadata                                  jsonb,
  birth_date                                date,
  sex                                       text collate "C",
  american_indian_or_alaska_native          boolean,
  asian                                     boolean,
  black_or_african_american                 boolean,
  native_hawaiian_or_other_pacific_islander boolean,
  white                                     boolean,
  demographic_race_two_or_more_races        boolean,
  hispanic_or_latino_ethnicity              boolean,
  country_of_birth_code                     text collate "C",
  state_of_birth_abbreviation               text collate "C",
  city_of_birth                             text collate "C",
  public_school_residence_status            text collate "C",
  document                                  text not null,
  constraint demographics_pkey primary key (sourced_id) include (status)
);
create index demographics_revision on store.demographics (revision);

insert into store.versions
select entity, 0
from unnest('{orgs,academic_sessions,courses,classes,users,enrollments,demographics}'::text[]) as entity;
