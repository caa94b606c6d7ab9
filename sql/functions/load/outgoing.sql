-- The rows of the files of a package, as they are written out: a view api.export_<entity> for each file, made from the
-- catalog. Its columns are the file's headers in the order of the standard, their values what COPY writes as the cells that
-- an import reads the same values from, then what decides whether a row is in a package.

-- What a view of rows shows beside its table's columns: in_bulk, whether a bulk file has the row; status, as a delta tells
-- it; touched, the revision of a record whose change changes what the row means.

create or replace view load.outgoing_roles as
  select r.sourced_id, r.status, r.revision, r.metadata, r.user_sourced_id, r.role_type, r.role, r.org_sourced_id,
    r.user_profile_sourced_id, r.begin_date, r.end_date,
    r.status = 'active' or not exists (
      select from store.roles as other where other.user_sourced_id = r.user_sourced_id and other.status = 'active') as in_bulk,
    case when r.status = 'tobedeleted' then u.revision end as touched
  from store.roles as r left join store.users as u on u.sourced_id = r.user_sourced_id
  union all
  select case when length(u.sourced_id) < 245 then u.sourced_id || name else md5(u.sourced_id || name) end, 'active', u.revision, null,
    u.sourced_id, role ->> 'roleType', role ->> 'role', role #>> '{org,sourcedId}',
    -- of what an id may have, "/" alone is written otherwise in a URN
    replace(substr(role ->> 'userProfile', length('urn:rosterhub:userProfile:') + 1), '%2F', '/'),
    (role ->> 'beginDate')::date, (role ->> 'endDate')::date, u.status = 'active', u.revision
  from store.users as u cross join lateral (
    select role, '/role/' || lpad(i::text, 3, '0') as name from jsonb_array_elements(u.roles) with ordinality as t(role, i)) as each
  where not exists (select from store.roles as r where r.user_sourced_id = u.sourced_id);
comment on view load.outgoing_roles is
  'A user without an active role shows the last known ones: a bulk file has them as any other, for a user must have a role. A '
  'delta tells of a changed user''s deleted roles again: who has its package may have them as active, or not at all. '
  'One whose every role became another user''s has no row left: its rows are made of what it shows.';

-- A client writes a score scale or objectives into the record, where no row of a file says so. Such a record has rows made
-- of what it shows, with ids of their own, and its rows that say otherwise count as deleted.

create or replace function load.create_outgoing_scales() returns void language plpgsql as $$
declare
  v_file catalog.csv_files;
begin
  for v_file in select * from catalog.csv_files where fills = 'score_scale_sourced_id' loop
    execute format($view$
      create or replace view load.%4$I as
        select r.sourced_id, case when v.is_shown then r.status else 'tobedeleted' end as status, r.revision, r.metadata, r.title, r.%2$I,
          r.score_scale_sourced_id, r.status = 'active' and v.is_shown as in_bulk, p.revision as touched
        from store.%1$I as r left join store.%3$I as p on p.sourced_id = r.%2$I
          cross join lateral (select p.sourced_id is null or coalesce(r.score_scale_sourced_id = p.score_scale_sourced_id, false) and not exists (
            select from store.%1$I as other where other.%2$I = r.%2$I and other.status = 'active'
              and other.score_scale_sourced_id = r.score_scale_sourced_id and other.sourced_id < r.sourced_id) as is_shown) as v
        where p.score_scale_sourced_id is null
          or r.sourced_id <> case when length(p.sourced_id) < 245 then p.sourced_id || '/scoreScale' else md5(p.sourced_id || '/scoreScale') end
          or exists (select from store.%1$I as other where other.%2$I = p.sourced_id and other.status = 'active'
            and other.score_scale_sourced_id = p.score_scale_sourced_id)
        union all
        select case when length(p.sourced_id) < 245 then p.sourced_id || '/scoreScale' else md5(p.sourced_id || '/scoreScale') end, 'active', p.revision,
          null, null, p.sourced_id, p.score_scale_sourced_id, p.status = 'active', p.revision
        from store.%3$I as p where p.score_scale_sourced_id is not null and not exists (
          select from store.%1$I as r where r.%2$I = p.sourced_id and r.score_scale_sourced_id = p.score_scale_sourced_id and r.status = 'active')
    $view$, v_file.entity, v_file.parent_key, v_file.parent, 'outgoing_' || v_file.entity);
    execute format('comment on view load.%I is %L', 'outgoing_' || v_file.entity,
      'One row a record at most, that of the scale it shows: of several, an import would choose by their ids.');
  end loop;
end $$;
comment on function load.create_outgoing_scales is 'Makes the views of the files that give a record its score scale, from the catalog.';

create or replace view load.outgoing_line_item_learning_objective_ids as
  with shown as (
    select p.sourced_id, p.status, p.revision, p.learning_objective_set, p.learning_objective_set is distinct from f.value as is_own
    from store.line_items as p left join load.filled_line_item_learning_objective_ids as f on f.sourced_id = p.sourced_id
    where p.learning_objective_set is not null or f.value is not null
  ), made as (
    select case when length(sourced_id) < 240 then sourced_id || name else md5(sourced_id || name) end as made_id, s.*, source, objective
    from shown as s cross join lateral (
      select '/objective/' || lpad((row_number() over (order by i, j))::text, 3, '0') as name, source, objective
      from jsonb_array_elements(s.learning_objective_set) with ordinality as sets(set, i)
        cross join lateral jsonb_array_elements_text(set -> 'learningObjectiveIds') with ordinality as ids(objective, j)
        cross join lateral (select set ->> 'source' as source) as named) as each
    where is_own and learning_objective_set is not null
  )
  select r.sourced_id, case when s.is_own then 'tobedeleted' else r.status end as status, r.revision, r.metadata,
    r.line_item_sourced_id, r.source, r.learning_objective_id, r.status = 'active' and s.is_own is not true as in_bulk, s.revision as touched
  from store.line_item_learning_objective_ids as r left join shown as s on s.sourced_id = r.line_item_sourced_id
  where s.is_own is not true or not exists (select from made where made_id = r.sourced_id)
  union all
  select made_id, 'active', revision, null, sourced_id, case when source like '/%' then 'ext:' || substr(source, 2) else source end,
    case source when 'case' then 'urn:uuid:' || objective else objective end, status = 'active', revision
  from made;

create or replace view load.outgoing_result_learning_objective_ids as
  with shown as (
    select p.sourced_id, p.status, p.revision, p.learning_objective_set, p.learning_objective_set is distinct from f.value as is_own
    from store.results as p left join load.filled_result_learning_objective_ids as f on f.sourced_id = p.sourced_id
    where p.learning_objective_set is not null or f.value is not null
  ), made as (
    select case when length(sourced_id) < 240 then sourced_id || name else md5(sourced_id || name) end as made_id, s.*, source, objective
    from shown as s cross join lateral (
      select '/objective/' || lpad((row_number() over (order by i, j))::text, 3, '0') as name, source, objective
      from jsonb_array_elements(s.learning_objective_set) with ordinality as sets(set, i)
        cross join lateral jsonb_array_elements(set -> 'learningObjectiveResults') with ordinality as ids(objective, j)
        cross join lateral (select set ->> 'source' as source) as named) as each
    where is_own and learning_objective_set is not null
  )
  select r.sourced_id, case when s.is_own then 'tobedeleted' else r.status end as status, r.revision, r.metadata,
    r.result_sourced_id, r.source, r.learning_objective_id, r.score, r.text_score, r.status = 'active' and s.is_own is not true as in_bulk,
    s.revision as touched
  from store.result_learning_objective_ids as r left join shown as s on s.sourced_id = r.result_sourced_id
  where s.is_own is not true or not exists (select from made where made_id = r.sourced_id)
  union all
  select made_id, 'active', revision, null, sourced_id, case when source like '/%' then 'ext:' || substr(source, 2) else source end,
    case source when 'case' then 'urn:uuid:' else '' end || (objective ->> 'learningObjectiveId'), (objective ->> 'score')::double precision,
    objective ->> 'textScore', status = 'active', revision
  from made;
