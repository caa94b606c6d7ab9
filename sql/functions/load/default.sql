-- What follows from the rest of a record where its sender cannot say it: 1.1 knows no school of a line item.

create or replace function load.derived_in_v1p1(p_file text) returns text[] language sql immutable as $$
  select case p_file when 'lineItems.csv' then '{school_sourced_id}' else '{}' end::text[]
$$;
comment on function load.derived_in_v1p1 is 'The columns of a file that a package of 1.1 does not have and that are derived for it.';

create or replace function load.default_sql(p_alias text, p_file text, p_column text) returns text language sql immutable as $$
  select case when p_file = 'lineItems.csv' and p_column = 'school_sourced_id'
    then format('(select c.school_sourced_id from store.classes as c where c.sourced_id = %I.class_sourced_id)', p_alias) else 'null' end
$$;
comment on function load.default_sql is 'The SQL expression of a derived column over the alias that has the others.';

create or replace function load.underivable(p_file text) returns table (header text, column_name text, reason text) language sql immutable as $$
  select 'classSourcedId', 'class_sourced_id', 'no record of classes in the package or the hub tells the school of the line item'
  where p_file = 'lineItems.csv'
$$;
comment on function load.underivable is 'The column that the derived ones follow from, and what to say where it leads nowhere.';
