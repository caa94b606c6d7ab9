-- store.line_items -> LineItemDType of OneRoster 1.1, without its opening brace and dateLastModified. 1.1 wants both score
-- bounds; where the record has none there is nothing to say, and none is made up.

create or replace function shape.grading_period_v1p1(r store.line_items) returns text language sql stable as $$
  select coalesce(r.grading_period_sourced_id, r.academic_session_sourced_id)
$$;
comment on function shape.grading_period_v1p1 is
  'The sourcedId of the session 1.1 shows as the grading period: 1.2 may name an academic session instead.';

create or replace function shape.line_items_v1p1(r store.line_items) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('description', r.description)
    || shape.member('assignDate', r.assign_date)
    || shape.member('dueDate', r.due_date)
    || ',"class":' || shape.reference('v1p1/classes', 'class', r.class_sourced_id)
    || ',"category":' || shape.reference('v1p1/categories', 'category', r.category_sourced_id)
    || shape.reference_member('gradingPeriod', 'v1p1/academicSessions', 'academicSession', shape.grading_period_v1p1(r))
    || shape.member('resultValueMin', r.result_value_min)
    || shape.member('resultValueMax', r.result_value_max)
    || '}'
$$;
