-- A person, taken away for good: the steps of api.erase. erased has every row that is about the person, as it is (import_id
-- null) or as an import replaced it.

create or replace function load.person_tables() returns table (entity text, owner text, of_results boolean) language sql immutable as $$
  values ('users', 'sourced_id', false), ('demographics', 'sourced_id', false), ('user_profiles', 'user_sourced_id', false),
    ('roles', 'user_sourced_id', false), ('enrollments', 'user_sourced_id', false), ('user_resources', 'user_sourced_id', false),
    ('assessment_results', 'student_sourced_id', false), ('results', 'student_sourced_id', false),
    ('result_score_scales', 'result_sourced_id', true), ('result_learning_objective_ids', 'result_sourced_id', true)
$$;
comment on function load.person_tables is 'The tables that have rows about a person, and the column that says about whom; of_results: it names a result of the person.';

create or replace function load.find_person(p_sourced_id text) returns void language plpgsql as $$
declare
  t record;
  v_owners text[] := array[p_sourced_id];
begin
  create temp table erased (entity text, sourced_id text collate "C", revision bigint, import_id bigint) on commit drop;
  for t in select * from load.person_tables() loop
    if t.of_results then
      v_owners := array(select distinct e.sourced_id from erased as e where e.entity = 'results');
    end if;
    execute format('insert into erased select %1$L, sourced_id, revision from store.%1$I where %2$I = any($1)', t.entity, t.owner) using v_owners;
    insert into erased select h.entity, h.sourced_id, h.old_revision, h.import_id from store.replaced_rows as h
    where h.entity = t.entity and (h.old ->> t.owner = any(v_owners)
      or h.sourced_id in (select e.sourced_id from erased as e where e.entity = t.entity));
  end loop;
end $$;

-- Rows of users as objects, those that imports replaced too.
create or replace function load.person_words() returns table (word text, is_name boolean) language sql as $$
  with known as (
    select to_jsonb(u) as u from store.users as u where sourced_id in (select sourced_id from erased where entity = 'users')
    union all
    select h.old from store.replaced_rows as h join erased as e using (import_id, entity, sourced_id) where h.entity = 'users'
  ), profiles as (
    select p.username from store.user_profiles as p where sourced_id in (select sourced_id from erased where entity = 'user_profiles')
    union all
    select h.old ->> 'username' from store.replaced_rows as h join erased as e using (import_id, entity, sourced_id) where h.entity = 'user_profiles'
  )
  select distinct word, is_name from (
    select sourced_id, false from erased
    union all select u ->> name, false from known, unnest('{user_master_identifier,username,identifier,email,sms,phone}'::text[]) as name
    union all select u ->> name, true from known, unnest('{given_name,family_name,middle_name,preferred_first_name,preferred_middle_name,preferred_last_name}'::text[]) as name
    union all select i ->> 'identifier', false from known, jsonb_array_elements(case jsonb_typeof(u -> 'user_ids') when 'array' then u -> 'user_ids' else '[]' end) as i
    union all select username, false from profiles) as words (word, is_name)
  where char_length(word) >= case when is_name then 2 else 1 end
$$;
comment on function load.person_words is 'What a text may name the person by, or a row about the person.';

-- A person may have thousands of results, and one expression of all their ids would be none that can be compiled.
create or replace function load.says(p_text text, p_words text[]) returns boolean language sql immutable as $$
  select exists (select from unnest(p_words) as word where strpos(p_text, word) > 0
    and p_text ~ ('(^|[^[:alnum:]_])' || regexp_replace(word, '([.^$*+?(){}|\[\]\\])', '\\\1', 'g') || '($|[^[:alnum:]_])'))
$$;
comment on function load.says is 'Whether one of the words stands in a text, and not as a part of a longer one.';

-- Of what imports made and replaced the person's rows are no part any more: a revert of one counts the others.
create or replace function load.recount_imports() returns void language sql as $$
  with made as (
    select i.import_id, e.entity, count(distinct e.sourced_id) as count from store.imports as i join erased as e on e.revision = i.revision
    where not exists (select from erased as h where h.import_id = i.import_id and h.entity = e.entity and h.sourced_id = e.sourced_id)
    group by i.import_id, e.entity
  ), kept as (
    select i.import_id, coalesce(jsonb_object_agg(c.key, greatest(c.value::bigint - coalesce(m.count, 0), 0))
      filter (where c.value::bigint > coalesce(m.count, 0)), '{}') as created
    from store.imports as i cross join lateral jsonb_each_text(i.created) as c left join made as m on m.import_id = i.import_id and m.entity = c.key
    where i.import_id in (select import_id from made) group by i.import_id
  )
  update store.imports as i set created = coalesce(k.created, i.created), replaced = i.replaced - coalesce(r.count, 0)
  from (select import_id from made union select import_id from erased where import_id is not null) as ids
    left join kept as k using (import_id)
    left join (select import_id, count(*) from erased where import_id is not null group by import_id) as r using (import_id)
  where i.import_id = ids.import_id
$$;

-- Answers what was taken away, by table.
create or replace function load.erase_rows(p_sourced_id text) returns jsonb language plpgsql as $$
declare
  t record;
  v_count bigint;
  v_removed jsonb := '{}';
begin
  for t in select * from load.person_tables() loop
    execute format('delete from store.%1$I where sourced_id in (select sourced_id from erased where entity = %1$L and import_id is null)', t.entity);
    get diagnostics v_count = row_count;
    v_removed := v_removed || jsonb_build_object(t.entity, v_count);
  end loop;
  delete from store.replaced_rows as h using erased as e where h.import_id = e.import_id and h.entity = e.entity and h.sourced_id = e.sourced_id;
  get diagnostics v_count = row_count;
  v_removed := v_removed || jsonb_build_object('replaced_rows', v_count);
  delete from store.audience_users where sourced_id = p_sourced_id;
  get diagnostics v_count = row_count;
  v_removed := v_removed || jsonb_build_object('audience_users', v_count);
  delete from store.import_chunks as c using store.imports as i where i.import_id = c.import_id and i.status in ('completed', 'failed', 'cancelled');
  get diagnostics v_count = row_count;
  v_removed := v_removed || jsonb_build_object('import_chunks', v_count);
  delete from store.audit_subjects where sourced_id in (select sourced_id from erased union select p_sourced_id);
  get diagnostics v_count = row_count;
  return v_removed || jsonb_build_object('audit_subjects', v_count);
end $$;

-- Whom the person stands for as an agent: their documents are rendered anew, and those kept of the past forget it.
create or replace function load.erase_agent(p_sourced_id text, p_revision bigint) returns jsonb language plpgsql as $$
declare
  v_users bigint;
  v_replaced bigint;
begin
  execute format('update store.users as k set agent_sourced_ids = nullif(array_remove(agent_sourced_ids, $1), ''{}''), revision = $2, document = shape.users(%s)
    where agent_sourced_ids @> array[$1]', load.row_sql('users', '{"agent_sourced_ids": "nullif(array_remove(k.agent_sourced_ids, $1), ''{}'')", "revision": "$2"}', 'k'))
  using p_sourced_id, p_revision;
  get diagnostics v_users = row_count;
  update store.replaced_rows set old = jsonb_set(old, '{agent_sourced_ids}', (old -> 'agent_sourced_ids') - p_sourced_id)
  where entity = 'users' and old -> 'agent_sourced_ids' ? p_sourced_id;
  get diagnostics v_replaced = row_count;
  return jsonb_build_object('users', v_users, 'replaced_rows', v_replaced);
end $$;

-- What imports told of the person: refused values, warnings, notes, changes that were previewed. Their places stay.
create or replace function load.erase_words(p_sourced_id text, p_ids text[], p_words text[]) returns jsonb language plpgsql as $$
declare
  v_faults bigint;
  v_previews bigint;
  v_imports bigint;
begin
  update store.import_faults set value = null, message = 'erased' where load.says(value, p_words) or load.says(message, p_words);
  get diagnostics v_faults = row_count;
  update store.previewed_changes set old = null, new = null, sourced_id = case when sourced_id = any(p_ids) then 'erased' else sourced_id end
  where sourced_id = any(p_ids) or coalesce(new, old) ->> 'resultSourcedId' = any(p_ids)
    or load.says(old::text, array[p_sourced_id]) or load.says(new::text, array[p_sourced_id]);
  get diagnostics v_previews = row_count;
  update store.imports set note = case when load.says(note, p_words) then 'erased' else note end,
    reason = case when load.says(reason, p_words) then 'erased' else reason end,
    report = case when report -> 'warnings' is null then report else jsonb_set(report, '{warnings}', (
      select coalesce(jsonb_agg(case when load.says(w::text, p_words) then w || '{"value": null, "reason": "erased"}' else w end order by place), '[]')
      from jsonb_array_elements(report -> 'warnings') with ordinality as t(w, place))) end
  where load.says(note, p_words) or load.says(reason, p_words) or load.says((report -> 'warnings')::text, p_words);
  get diagnostics v_imports = row_count;
  return jsonb_build_object('import_faults', v_faults, 'previewed_changes', v_previews, 'imports', v_imports);
end $$;
