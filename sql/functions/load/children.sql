-- The lists of children that orgs and academic sessions show, after their parents changed. Deleted children are not shown.
create or replace function load.children(p_entity text) returns void language plpgsql as $$
declare
  v_revision bigint := (select revision from import_context);
begin
  -- the parents are locked first: another source's import may be giving them children, which the update must see
  execute format('select from store.%1$I as k where k.child_sourced_ids is distinct from (
      select array_agg(child.sourced_id order by child.sourced_id) from store.%1$I as child
      where child.parent_sourced_id = k.sourced_id and child.status = ''active'') order by k.sourced_id for update', p_entity);
  execute format('update store.%1$I as k set child_sourced_ids = c.ids, revision = %2$s
    from (select p.sourced_id, (select array_agg(child.sourced_id order by child.sourced_id) from store.%1$I as child
        where child.parent_sourced_id = p.sourced_id and child.status = ''active'') as ids from store.%1$I as p) as c
    where c.sourced_id = k.sourced_id and k.child_sourced_ids is distinct from c.ids', p_entity, v_revision);
  execute format('update store.%1$I as k set document = shape.%1$I(k) where revision = %2$s and document <> shape.%1$I(k)', p_entity, v_revision);
end $$;
