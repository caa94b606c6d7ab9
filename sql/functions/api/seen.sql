-- api.export_seen_<entity>: the ids of the records of an entity that the client of the transaction is granted, where not all
-- are. Whoever copies an export has no rights on what decides, so the views ask with the rights of their owner; which client it
-- is, api.export_open says. The conditions are those of the reads, written for any grant.
do $$
declare
  v_entity text;
  -- limited by org and by role, whatever the grant is: an audience that is not limited by one of them has all of the kind
  v_any store.granted := row('', 0, true, '{}', null, '{}', true, 0, true, false)::store.granted;
begin
  foreach v_entity in array '{orgs,users,demographics,classes,courses,enrollments,line_items,results,score_scales,assessment_line_items}'::text[]
  loop
    execute format('create or replace view api.%I as select s.sourced_id from store.granted as g join store.%I as s on %s
      where g.client_id = current_setting(''rosterhub.client'', true)', 'export_seen_' || v_entity, v_entity,
      replace(api.row_granted(v_entity, 's', v_any, 'g.audience'), 's.role = any(''{}''::text[])', 'g.roles is null or s.role = any(g.roles)'));
    execute format('grant select on api.%I to rosterhub_app', 'export_seen_' || v_entity);
  end loop;
end $$;
