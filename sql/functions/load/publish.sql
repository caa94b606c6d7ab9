-- The last step of a transaction that changed rows: its revision gets its date. Publications follow one another under a
-- lock held to the commit, each with a later date than all before it, so that a client that asks for what was modified
-- after the latest date it saw misses nothing.
create or replace function load.next_version() returns bigint language sql stable as $$
  select greatest((select max(version) from store.versions), (select max(version) from store.grants)) + 1
$$;
comment on function load.next_version is 'The version after all that lists have told of. Wanted under the lock of the publications.';

create or replace function load.publish_entities(p_revision bigint, p_changed text[]) returns timestamptz language plpgsql as $$
declare
  v_published_at timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('rosterhub publish', 0));
  -- the millisecond after this one: a clock read now, before the commit, shows an earlier date
  select greatest(date_trunc('milliseconds', clock_timestamp()), max(published_at)) + interval '1 millisecond'
  into v_published_at from store.publications;
  insert into store.publications values (p_revision, v_published_at, format('{"dateLastModified":"%s",', shape.time(v_published_at)));
  update store.versions set version = load.next_version() where entity = any(p_changed);
  return v_published_at;
end $$;
comment on function load.publish_entities is 'Dates a revision and raises the version of the entities it changed.';

create or replace function load.publish(p_revision bigint) returns timestamptz language plpgsql as $$
declare
  v_changed text[] := '{}';
  v_entity text;
  v_any boolean;
begin
  for v_entity in select entity from store.versions loop
    execute format('select exists (select from store.%I where revision = $1)', v_entity) into v_any using p_revision;
    if v_any then
      v_changed := v_changed || v_entity;
    end if;
  end loop;
  -- rows that no document shows, such as the metadata of a role, are published too: a delta has them by their date
  if v_changed = '{}' and not exists (select from import_files where created + updated + deleted > 0) then
    return null;
  end if;
  perform load.follow_audiences(p_revision, v_changed);
  return load.publish_entities(p_revision, v_changed);
end $$;
comment on function load.publish is 'Dates a revision and raises the version of each entity it changed; null, and nothing written, where it changed no row.';
