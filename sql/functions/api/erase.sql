-- A person's data: who could read and did read it, and the end of it. For the owner alone.

create or replace function api.erase(p_sourced_id text) returns jsonb language plpgsql as $$
declare
  v_running bigint;
  v_revision bigint;
  v_words text[];
  v_ids text[];
  v_removed jsonb;
  v_rewritten jsonb;
  v_published timestamptz;
begin
  -- no import begins meanwhile, and no batch of the audit maps the person again
  lock table store.imports in share mode;
  select import_id into v_running from store.imports where status in ('staging', 'checking', 'applying') and lease_until > clock_timestamp() limit 1;
  if v_running is not null then
    perform api.fail('invaliddata 409', format('import %s is running, and may be writing the person: wait for it, or cancel it', v_running));
  end if;
  perform load.lock_audiences();
  perform from store.audit_head for update;
  perform load.find_person(p_sourced_id);
  v_ids := array(select distinct sourced_id from erased union select p_sourced_id);
  v_words := array(select word from load.person_words() union select p_sourced_id);
  v_revision := nextval('store.revisions');
  perform load.recount_imports();
  v_removed := load.erase_rows(p_sourced_id);
  v_rewritten := load.erase_agent(p_sourced_id, v_revision) || load.erase_words(p_sourced_id, v_ids, v_words);
  if not exists (select from jsonb_each_text(v_removed - 'import_chunks') where value::bigint > 0)
    and not exists (select from jsonb_each_text(v_rewritten) where value::bigint > 0)
  then
    perform api.fail('unknownobject', format('nothing is known of "%s"', p_sourced_id));
  end if;
  -- who stood for whom
  perform load.follow_audiences(v_revision, '{users}');
  -- totals, lists and entity tags are those of before no longer
  v_published := load.publish_entities(v_revision, array(select distinct e.entity from erased as e join store.versions using (entity) where import_id is null
    union select 'users' where (v_rewritten ->> 'users')::bigint > 0));
  perform load.audit_mark('erase', null);
  return jsonb_build_object('removed', v_removed, 'rewritten', v_rewritten, 'publishedAt', shape.time(v_published),
    'waitingImports', (select coalesce(jsonb_agg(i.import_id::text order by i.import_id), '[]') from store.imports as i
      where exists (select from store.import_chunks as c where c.import_id = i.import_id)));
end $$;
comment on function api.erase is
  'Takes away every row about a person, what imports kept and told of it, and whom its hashes in the audit meant: {removed: {table: rows}, '
  'rewritten: {table: rows}, publishedAt, waitingImports: [ids whose packages are kept, for they have yet to run]}. Fails with unknownobject '
  'where nothing is known of it, with 409 while an import runs.';

create or replace function load.audit_reads(p_subjects uuid[]) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(read order by read ->> 'client', read ->> 'operation', read ->> 'key'), '[]') from (
    select jsonb_strip_nulls(jsonb_build_object('client', client_id, 'key', key_id, 'operation', operation, 'method', method, 'count', count(*),
      'first', shape.time(min(created_at)), 'last', shape.time(max(created_at)))) as read
    from store.api_key_audit_logs where subjects && p_subjects and status between 200 and 304 group by client_id, key_id, operation, method) as r
$$;
comment on function load.audit_reads is 'Requests in whose path one of these stood and that were answered, by client, key and operation.';

-- A list inside of a class, an org or a person that has nothing to do with the person does not have it.
create or replace function load.audit_lists(p_operations text[], p_subjects uuid[], p_related text[]) returns jsonb language sql stable as $$
  with asked as (
    select client_id, key_id, operation, subjects, count(*) as count, min(created_at) as first, max(created_at) as last from store.api_key_audit_logs
    where operation = any(p_operations) and status in (200, 304) and coalesce(row_count, 1) > 0 and not coalesce(subjects && p_subjects, false)
    group by client_id, key_id, operation, subjects
  )
  select coalesce(jsonb_agg(read order by read ->> 'client', read ->> 'operation', read ->> 'key'), '[]') from (
    select jsonb_strip_nulls(jsonb_build_object('client', client_id, 'key', key_id, 'operation', operation, 'count', sum(count),
      'first', shape.time(min(first)), 'last', shape.time(max(last)))) as read
    from asked where not exists (
      select from store.audit_subjects as s where s.subject = any(asked.subjects) and s.sourced_id <> all(p_related)
        and (exists (select from store.classes as k where k.sourced_id = s.sourced_id) or exists (select from store.orgs as k where k.sourced_id = s.sourced_id)
          or exists (select from store.users as k where k.sourced_id = s.sourced_id)))
    group by client_id, key_id, operation) as r
$$;

create or replace function api.audit_person(p_sourced_id text, p_lists text[], p_exports text[]) returns jsonb language plpgsql stable as $$
declare
  v_subjects uuid[];
  v_related text[];
begin
  v_subjects := array(select subject from store.audit_subjects where sourced_id in (
    select p_sourced_id union all select sourced_id from store.enrollments where user_sourced_id = p_sourced_id
    union all select sourced_id from store.results where student_sourced_id = p_sourced_id
    union all select sourced_id from store.assessment_results where student_sourced_id = p_sourced_id));
  -- deleted enrollments and roles too: what the person belonged to before
  v_related := array(select class_sourced_id from store.enrollments where user_sourced_id = p_sourced_id
    union select school_sourced_id from store.enrollments where user_sourced_id = p_sourced_id
    union select org_sourced_id from store.roles where user_sourced_id = p_sourced_id
    union select primary_org_sourced_id from store.users where sourced_id = p_sourced_id and primary_org_sourced_id is not null);
  return jsonb_build_object('known', exists (select from store.users where sourced_id = p_sourced_id),
    'since', (select shape.time(min(created_at)) from store.api_key_audit_logs),
    'clients', (select coalesce(jsonb_agg(jsonb_build_object('clientId', c.client_id, 'name', c.name, 'scopes', to_jsonb(c.scopes),
        'createdAt', shape.time(c.created_at), 'revokedAt', shape.time(c.revoked_at), 'entities', to_jsonb(g.entities), 'hidden', to_jsonb(coalesce(g.hidden, '{}')),
        'isVisible', g.audience is null or exists (select from store.audience_users as m where m.audience = g.audience and m.sourced_id = p_sourced_id))
        order by c.created_at, c.client_id), '[]')
      from store.clients as c left join store.grants as g using (client_id)),
    'reads', load.audit_reads(v_subjects), 'lists', load.audit_lists(p_lists, v_subjects, v_related),
    'exports', load.audit_lists(p_exports, v_subjects, v_related));
end $$;
comment on function api.audit_person is
  'What the audit and the grants say of a person: {known, since, clients: [{clientId, name, scopes, createdAt, revokedAt, entities, hidden, isVisible}], '
  'reads: by its id, or the id of a record about it, lists: of these operations that may have had it, exports: of these operations}; each read '
  '{client, key, operation, method, count, first, last}.';
