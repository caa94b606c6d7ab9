-- What the documents say, as tables: written by sql/generated/catalog.sql, read when a statement is built.

create table catalog.entities (
  entity     text constraint entities_pkey primary key,
  collection text,
  type       text
);
comment on table catalog.entities is
  'An entity is a table of schema store; collection is the path of its hrefs, type the type of a reference to it.';

create table catalog.fields (
  entity      text not null,
  field       text collate "C" not null,
  column_name text,
  kind        text not null constraint fields_kind_known check (kind in (
    'text', 'flag', 'date', 'instant', 'number', 'reference', 'reference_type', 'reference_href', 'object', 'metadata', 'absent')),
  is_list     boolean not null,
  target      text,
  path        text[],
  selectable  boolean not null,
  constraint fields_pkey primary key (entity, field)
);
comment on table catalog.fields is
  'The names a filter may use, dotted ones included; selectable are those a fields parameter may name. path leads into '
  'the objects of a jsonb column.';

create table catalog.operations (
  operation text constraint operations_pkey primary key,
  kind      text not null constraint operations_kind_known check (kind in ('page', 'one', 'put', 'post', 'remove')),
  entity    text not null,
  envelope  text not null,
  parents   text[] not null,
  reads     text[] not null
);
comment on table catalog.operations is
  'parents are the source functions that must find a row for the first, first two, ... path arguments; reads are the '
  'entities whose versions decide whether a total still holds.';

create table catalog.csv_files (
  file     text collate "C" constraint csv_files_pkey primary key,
  entity   text not null,
  position integer not null,
  binding     text
);

create table catalog.csv_columns (
  file        text collate "C" not null,
  header      text collate "C" not null,
  column_name text not null,
  stored      boolean not null,
  position    integer not null,
  type        text not null constraint csv_columns_type_known check (type in (
    'guid', 'string', 'enum', 'flag', 'date', 'date-time', 'year', 'integer', 'float', 'pair', 'ref')),
  required    text constraint csv_columns_required_known check (required in ('always', 'delta')),
  is_list     boolean not null,
  vocabulary  text[],
  extensible  boolean not null,
  target      text,
  binding        text,
  constraint csv_columns_pkey primary key (file, header)
);
comment on table catalog.csv_columns is 'openapi/csv.yaml; a column that is not stored is read and dropped.';
