-- Gradebook, assessment results and resources: their tables, and what the catalog must know to describe them. The first
-- columns are those of 0001_store.sql. Records of these tables are written by packages and by clients alike: a record a
-- client made has the source "client:<its id>".

create table store.resources (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null constraint resources_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  title              text collate "C",
  roles              text[] collate "C",
  importance         text collate "C",
  vendor_resource_id text collate "C" not null,
  vendor_id          text collate "C",
  application_id     text collate "C",
  document           text not null,
  constraint resources_pkey primary key (sourced_id) include (status)
);
create index resources_revision on store.resources (revision);

create table store.categories (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null constraint categories_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  title              text collate "C" not null,
  weight             double precision,
  document           text not null,
  constraint categories_pkey primary key (sourced_id) include (status)
);
create index categories_revision on store.categories (revision);

create table store.score_scales (
  sourced_id         text collate "C" not null,
  status             text collate "C" not null constraint score_scales_status_known check (status in ('active', 'tobedeleted')),
  revision           bigint not null,
  source_system      text collate "C" not null,
  source_modified_at timestamptz,
  row_hash           bigint,
  metadata           jsonb,
  title              text collate "C" not null,
  type               text collate "C" not null,
  org_sourced_id     text collate "C",
  course_sourced_id  text collate "C",
  class_sourced_id   text collate "C" not null,
  score_scale_value  jsonb not null constraint score_scales_have_a_value check (jsonb_array_length(score_scale_value) > 0),
  document           text not null,
  constraint score_scales_pkey primary key (sourced_id) include (status)
);
create index score_scales_class on store.score_scales (class_sourced_id);
create index score_scales_revision on store.score_scales (revision);
comment on column store.score_scales.org_sourced_id is 'scoreScales.csv has it; REST does not show it.';

create table store.line_items (
  sourced_id                  text collate "C" not null,
  status                      text collate "C" not null constraint line_items_status_known check (status in ('active', 'tobedeleted')),
  revision                    bigint not null,
  source_system               text collate "C" not null,
  source_modified_at          timestamptz,
  row_hash                    bigint,
  metadata                    jsonb,
  title                       text collate "C" not null,
  description                 text collate "C",
  assign_date                 timestamptz not null,
  due_date                    timestamptz not null,
  class_sourced_id            text collate "C" not null,
  school_sourced_id           text collate "C" not null,
  category_sourced_id         text collate "C" not null,
  grading_period_sourced_id   text collate "C",
  academic_session_sourced_id text collate "C",
  score_scale_sourced_id      text collate "C",
  result_value_min            double precision,
  result_value_max            double precision,
  learning_objective_set      jsonb,
  document                    text not null,
  constraint line_items_pkey primary key (sourced_id) include (status)
);
create index line_items_class on store.line_items (class_sourced_id);
create index line_items_revision on store.line_items (revision);

create table store.results (
  sourced_id             text collate "C" not null,
  status                 text collate "C" not null constraint results_status_known check (status in ('active', 'tobedeleted')),
  revision               bigint not null,
  source_system          text collate "C" not null,
  source_modified_at     timestamptz,
  row_hash               bigint,
  metadata               jsonb,
  line_item_sourced_id   text collate "C" not null,
  student_sourced_id     text collate "C" not null,
  class_sourced_id       text collate "C",
  score_scale_sourced_id text collate "C",
  score_status           text collate "C" not null,
  score                  double precision,
  text_score             text collate "C",
  score_date             date not null,
  comment                text collate "C",
  learning_objective_set jsonb,
  in_progress            boolean,
  incomplete             boolean,
  late                   boolean,
  missing                boolean,
  document               text not null,
  constraint results_pkey primary key (sourced_id) include (status)
);
create index results_line_item on store.results (line_item_sourced_id);
create index results_student on store.results (student_sourced_id);
create index results_revision on store.results (revision);

create table store.assessment_line_items (
  sourced_id                             text collate "C" not null,
  status                                 text collate "C" not null
    constraint assessment_line_items_status_known check (status in ('active', 'tobedeleted')),
  revision                               bigint not null,
  source_system                          text collate "C" not null,
  source_modified_at                     timestamptz,
  row_hash                               bigint,
  metadata                               jsonb,
  title                                  text collate "C" not null,
  description                            text collate "C",
  class_sourced_id                       text collate "C",
  parent_assessment_line_item_sourced_id text collate "C",
  score_scale_sourced_id                 text collate "C",
  result_value_min                       double precision,
  result_value_max                       double precision,
  learning_objective_set                 jsonb,
  document                               text not null,
  constraint assessment_line_items_pkey primary key (sourced_id) include (status)
);
create index assessment_line_items_revision on store.assessment_line_items (revision);

create table store.assessment_results (
  sourced_id                      text collate "C" not null,
  status                          text collate "C" not null
    constraint assessment_results_status_known check (status in ('active', 'tobedeleted')),
  revision                        bigint not null,
  source_system                   text collate "C" not null,
  source_modified_at              timestamptz,
  row_hash                        bigint,
  metadata                        jsonb,
  assessment_line_item_sourced_id text collate "C" not null,
  student_sourced_id              text collate "C" not null,
  score                           double precision,
  text_score                      text collate "C",
  score_date                      date not null,
  score_scale_sourced_id          text collate "C",
  score_percentile                double precision,
  score_status                    text collate "C" not null,
  comment                         text collate "C",
  learning_objective_set          jsonb,
  in_progress                     boolean,
  incomplete                      boolean,
  late                            boolean,
  missing                         boolean,
  document                        text not null,
  constraint assessment_results_pkey primary key (sourced_id) include (status)
);
create index assessment_results_line_item on store.assessment_results (assessment_line_item_sourced_id);
create index assessment_results_student on store.assessment_results (student_sourced_id);
create index assessment_results_revision on store.assessment_results (revision);

-- Files that join a record to what its document shows: each has rows of its own, and fills one column of that record.
create table store.class_resources (
  sourced_id          text collate "C" not null constraint class_resources_pkey primary key,
  status              text collate "C" not null constraint class_resources_status_known check (status in ('active', 'tobedeleted')),
  revision            bigint not null,
  source_system       text collate "C" not null,
  source_modified_at  timestamptz,
  row_hash            bigint,
  metadata            jsonb,
  title               text collate "C",
  class_sourced_id    text collate "C" not null,
  resource_sourced_id text collate "C" not null
);
create index class_resources_class on store.class_resources (class_sourced_id);

create table store.course_resources (
  sourced_id          text collate "C" not null constraint course_resources_pkey primary key,
  status              text collate "C" not null constraint course_resources_status_known check (status in ('active', 'tobedeleted')),
  revision            bigint not null,
  source_system       text collate "C" not null,
  source_modified_at  timestamptz,
  row_hash            bigint,
  metadata            jsonb,
  title               text collate "C",
  course_sourced_id   text collate "C" not null,
  resource_sourced_id text collate "C" not null
);
create index course_resources_course on store.course_resources (course_sourced_id);

create table store.user_resources (
  sourced_id          text collate "C" not null constraint user_resources_pkey primary key,
  status              text collate "C" not null constraint user_resources_status_known check (status in ('active', 'tobedeleted')),
  revision            bigint not null,
  source_system       text collate "C" not null,
  source_modified_at  timestamptz,
  row_hash            bigint,
  metadata            jsonb,
  user_sourced_id     text collate "C" not null,
  org_sourced_id      text collate "C",
  class_sourced_id    text collate "C",
  resource_sourced_id text collate "C" not null
);
create index user_resources_user on store.user_resources (user_sourced_id);

create table store.line_item_score_scales (
  sourced_id             text collate "C" not null constraint line_item_score_scales_pkey primary key,
  status                 text collate "C" not null
    constraint line_item_score_scales_status_known check (status in ('active', 'tobedeleted')),
  revision               bigint not null,
  source_system          text collate "C" not null,
  source_modified_at     timestamptz,
  row_hash               bigint,
  metadata               jsonb,
  title                  text collate "C",
  line_item_sourced_id   text collate "C" not null,
  score_scale_sourced_id text collate "C" not null
);
create index line_item_score_scales_line_item on store.line_item_score_scales (line_item_sourced_id);

create table store.line_item_learning_objective_ids (
  sourced_id            text collate "C" not null constraint line_item_learning_objective_ids_pkey primary key,
  status                text collate "C" not null
    constraint line_item_learning_objective_ids_status_known check (status in ('active', 'tobedeleted')),
  revision              bigint not null,
  source_system         text collate "C" not null,
  source_modified_at    timestamptz,
  row_hash              bigint,
  metadata              jsonb,
  line_item_sourced_id  text collate "C" not null,
  source                text collate "C" not null,
  learning_objective_id text collate "C" not null
);
create index line_item_learning_objective_ids_line_item on store.line_item_learning_objective_ids (line_item_sourced_id);

create table store.result_score_scales (
  sourced_id             text collate "C" not null constraint result_score_scales_pkey primary key,
  status                 text collate "C" not null
    constraint result_score_scales_status_known check (status in ('active', 'tobedeleted')),
  revision               bigint not null,
  source_system          text collate "C" not null,
  source_modified_at     timestamptz,
  row_hash               bigint,
  metadata               jsonb,
  title                  text collate "C",
  result_sourced_id      text collate "C" not null,
  score_scale_sourced_id text collate "C" not null
);
create index result_score_scales_result on store.result_score_scales (result_sourced_id);

create table store.result_learning_objective_ids (
  sourced_id            text collate "C" not null constraint result_learning_objective_ids_pkey primary key,
  status                text collate "C" not null
    constraint result_learning_objective_ids_status_known check (status in ('active', 'tobedeleted')),
  revision              bigint not null,
  source_system         text collate "C" not null,
  source_modified_at    timestamptz,
  row_hash              bigint,
  metadata              jsonb,
  result_sourced_id     text collate "C" not null,
  source                text collate "C" not null,
  learning_objective_id text collate "C" not null,
  score                 double precision,
  text_score            text collate "C"
);
create index result_learning_objective_ids_result on store.result_learning_objective_ids (result_sourced_id);

insert into store.versions
select entity, 0
from unnest('{resources,categories,score_scales,line_items,results,assessment_line_items,assessment_results}'::text[]) as entity;

-- The catalog describes two bindings of one store: an entity of 1.1 is a second view of the table of 1.2.
alter table catalog.entities add column table_name text;
comment on column catalog.entities.table_name is 'The table of schema store that has the rows: several entities may show one.';

alter table catalog.fields
  add column computed text,
  add column collection text,
  add column required boolean not null default false,
  drop constraint fields_kind_known,
  add constraint fields_kind_known check (kind in ('text', 'flag', 'date', 'time', 'instant', 'number', 'reference',
    'reference_type', 'reference_href', 'object', 'metadata', 'absent'));
comment on column catalog.fields.computed is 'A function of schema shape that makes the value from the row, where no column has it as it is.';
comment on column catalog.fields.collection is 'Of a reference: the path its hrefs lead to.';

alter table catalog.operations
  add column source text,
  add column parameters text[],
  drop constraint operations_kind_known,
  add constraint operations_kind_known check (kind in ('page', 'one', 'put', 'post', 'remove'));
comment on column catalog.operations.source is 'The function of schema source that finds the rows the operation is about.';
comment on column catalog.operations.parameters is 'The names of the path arguments as fields of a record: lineItem for {lineItemSourcedId}.';

alter table catalog.csv_files
  add column parent text,
  add column parent_key text,
  add column fills text;
comment on column catalog.csv_files.fills is
  'The column of the table parent that the rows of this file fill, for the record that parent_key names.';

alter table catalog.csv_columns
  drop constraint csv_columns_type_known,
  add constraint csv_columns_type_known check (type in (
    'guid', 'string', 'enum', 'flag', 'date', 'day', 'date-time', 'year', 'integer', 'float', 'pair', 'scale', 'ref'));

-- api.read answers for it from here on: it tells the revision too.
drop function if exists api.one(text, text, text, text[], text);
