-- What an import would delete or refuse, against the limits: of the active rows of each source, and of the rows of a file.

create or replace function load.share(p_part bigint, p_whole bigint, p_setting text, p_limit integer) returns text language sql immutable as $$
  select format('(%s %%, %s is %s)', to_char(ceil(p_part * 1000.0 / p_whole) / 10, 'FM9999990.0'), p_setting, p_limit)
$$;
comment on function load.share is 'A part that is too large in words; rounded up, so that it never reads as the limit itself.';

create or replace function load.guard(p_delete_percent integer, p_fault_percent integer) returns text[] language plpgsql as $$
declare
  v_context record;
  v_file record;
  v_of record;
  v_reasons text[] := '{}';
begin
  select * into v_context from import_context;
  for v_file in
    -- roles made of 1.1 users stand in no file: their users do
    select f.*, f.row_count + k.kept as whole, f.refused + k.kept as faulty from import_files as f join catalog.csv_files using (file, entity)
      cross join lateral (select count(*) as kept from import_kept as kept where kept.file = f.file) as k order by position
  loop
    if v_file.deleted > 0 then
      -- what a take-over brings in and deletes is measured by the source it had
      for v_of in execute format('select source, sum(gone)::bigint as gone, sum(active)::bigint as active from (
          select l.old ->> ''source_system'' as source, count(*) filter (where k.status = ''tobedeleted'') as gone, count(*) as active
          from store.replaced_rows as l join store.%1$I as k using (sourced_id)
          where l.import_id = $1 and l.entity = %1$L and l.old ->> ''status'' = ''active'' group by 1
          union all select source_system, 0, count(*) from store.%1$I where status = ''active'' and revision <> $2 group by 1) as counted
        group by source having sum(gone) * 100 > sum(active) * $3 order by source', v_file.entity)
        using v_context.import_id, v_context.revision, p_delete_percent
      loop
        v_reasons := v_reasons || format('%s would delete %s of %s active rows%s %s', v_file.file, v_of.gone, v_of.active,
          case when v_of.source <> v_context.source then format(' of the source "%s"', v_of.source) else '' end,
          load.share(v_of.gone, v_of.active, 'IMPORT_MAX_DELETE_PERCENT', p_delete_percent));
      end loop;
    end if;
    if v_file.faulty * 100 > v_file.whole * p_fault_percent then
      v_reasons := v_reasons || format('%s would refuse %s of %s rows %s', v_file.file, v_file.faulty, v_file.whole,
        load.share(v_file.faulty, v_file.whole, 'IMPORT_MAX_FAULT_PERCENT', p_fault_percent));
    end if;
  end loop;
  return v_reasons;
end $$;
comment on function load.guard is
  'Why the import is to be held, a reason for each file and limit: it would delete more than p_delete_percent of the rows that '
  'were active before and had one source, or refuse more than p_fault_percent of the rows of a file. At the limit it passes.';
