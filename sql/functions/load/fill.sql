-- Files that join a record to what its document shows: after their rows are written, the one column they fill is gathered
-- anew for every record that a changed row named or names.

create or replace view load.filled_class_resources as
  select class_sourced_id as sourced_id, array_agg(distinct resource_sourced_id) as value
  from store.class_resources where status = 'active' group by class_sourced_id;

create or replace view load.filled_course_resources as
  select course_sourced_id as sourced_id, array_agg(distinct resource_sourced_id) as value
  from store.course_resources where status = 'active' group by course_sourced_id;

create or replace view load.filled_user_resources as
  select user_sourced_id as sourced_id, array_agg(distinct resource_sourced_id) as value
  from store.user_resources where status = 'active' group by user_sourced_id;

create or replace view load.filled_line_item_score_scales as
  select distinct on (line_item_sourced_id) line_item_sourced_id as sourced_id, score_scale_sourced_id as value
  from store.line_item_score_scales as r where status = 'active' order by line_item_sourced_id, revision desc, r.sourced_id;
comment on view load.filled_line_item_score_scales is 'REST shows one score scale: that of the row written last, of one import the first by id.';

create or replace view load.filled_result_score_scales as
  select distinct on (result_sourced_id) result_sourced_id as sourced_id, score_scale_sourced_id as value
  from store.result_score_scales as r where status = 'active' order by result_sourced_id, revision desc, r.sourced_id;

create or replace function load.objective_source(p_source text) returns text language sql immutable as $$
  select case when p_source in ('case', 'unknown') then p_source when name in ('', 'case', 'unknown') then 'unknown' else '/' || name end
  from (select regexp_replace(lower(substr(p_source, 5)), '[^a-z0-9]', '', 'g') as name) as others
$$;
comment on function load.objective_source is
  'CSV names other sources ext:name, REST /name, of a-z and 0-9 alone; what leaves no name, or one REST keeps for itself, is unknown.';

create or replace function load.objective_id(p_source text, p_id text) returns text language sql immutable as $$
  select case when p_source = 'case' then regexp_replace(p_id, '^urn:uuid:', '', 'i') else p_id end
$$;
comment on function load.objective_id is 'CSV writes the id of a CASE item as urn:uuid:…, REST as the UUID alone.';

create or replace view load.filled_line_item_learning_objective_ids as
  select sourced_id, jsonb_agg(jsonb_build_object('source', source, 'learningObjectiveIds', ids) order by source) as value
  from (select line_item_sourced_id as sourced_id, load.objective_source(source) as source,
      jsonb_agg(distinct load.objective_id(source, learning_objective_id)) as ids
    from store.line_item_learning_objective_ids where status = 'active' group by 1, 2) as sets
  group by sourced_id;

create or replace view load.filled_result_learning_objective_ids as
  select sourced_id, jsonb_agg(jsonb_build_object('source', source, 'learningObjectiveResults', results) order by source) as value
  from (select result_sourced_id as sourced_id, load.objective_source(source) as source,
      jsonb_agg(jsonb_strip_nulls(jsonb_build_object('learningObjectiveId', load.objective_id(source, learning_objective_id),
        'score', score, 'textScore', text_score)) order by learning_objective_id, r.sourced_id) as results
    from store.result_learning_objective_ids as r where status = 'active' group by 1, 2) as sets
  group by sourced_id;

-- joined has the ids of records that a file may now fill otherwise.
create or replace function load.fill_joined(p_file catalog.csv_files) returns void language plpgsql as $$
declare
  v_revision bigint := (select revision from import_context);
begin
  analyze joined;
  -- another source's import may be filling the same records: wait for it, then see what it wrote
  execute format('select from store.%I where sourced_id in (select sourced_id from joined) and revision + 0 <> %s order by sourced_id for update',
    p_file.parent, v_revision);
  execute format('update store.%1$I as k set %2$I = f.value, revision = %3$s, document = shape.%1$I(%4$s)
    from (select j.sourced_id, v.value from (select distinct sourced_id from joined) as j left join load.%5$I as v using (sourced_id)) as f
    where f.sourced_id = k.sourced_id and k.%2$I is distinct from f.value', p_file.parent, p_file.fills, v_revision,
    load.row_sql(p_file.parent, jsonb_build_object(p_file.fills, 'f.value'), 'k'), 'filled_' || p_file.entity);
  drop table joined;
end $$;

create or replace function load.fill(p_entity text) returns void language plpgsql as $$
declare
  v_file catalog.csv_files;
begin
  select * into strict v_file from catalog.csv_files where entity = p_entity;
  create temp table joined (sourced_id text collate "C") on commit drop;
  -- records that a row leaves for another show it no longer
  execute format('insert into joined select k.%1$I from store.%2$I as k join %3$I as i using (sourced_id)
    where not i.faulty and k.%1$I <> i.%1$I', v_file.parent_key, p_entity, 'incoming_' || p_entity);
  perform load.apply(p_entity);
  execute format('insert into joined select %I from store.%I where revision = %s', v_file.parent_key, p_entity,
    (select revision from import_context));
  perform load.fill_joined(v_file);
end $$;
comment on function load.fill is 'Writes the rows of a joining file and the column they fill, in the documents of the records they name.';

create or replace function load.fill_new(p_entity text) returns void language plpgsql as $$
declare
  v_file catalog.csv_files;
begin
  for v_file in select * from catalog.csv_files where parent = p_entity loop
    execute format('create temp table joined on commit drop as select distinct l.%1$I as sourced_id from store.%2$I as l
      join %3$I as i on i.sourced_id = l.%1$I where not i.faulty and i.known_status is null', v_file.parent_key, v_file.entity, 'incoming_' || p_entity);
    perform load.fill_joined(v_file);
  end loop;
end $$;
comment on function load.fill_new is 'Rows kept though the record they name was unknown fill it when it comes.';
