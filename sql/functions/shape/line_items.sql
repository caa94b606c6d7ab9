-- store.line_items -> LineItemDType, without its opening brace and dateLastModified.
create or replace function shape.line_items(r store.line_items) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('description', r.description)
    || shape.member('assignDate', r.assign_date)
    || shape.member('dueDate', r.due_date)
    || shape.reference_member('class', 'rostering/v1p2/classes', 'class', r.class_sourced_id)
    || shape.reference_member('school', 'rostering/v1p2/orgs', 'org', r.school_sourced_id)
    || shape.reference_member('category', 'gradebook/v1p2/categories', 'category', r.category_sourced_id)
    || shape.reference_member('gradingPeriod', 'rostering/v1p2/academicSessions', 'academicSession', r.grading_period_sourced_id)
    || shape.reference_member('academicSession', 'rostering/v1p2/academicSessions', 'academicSession', r.academic_session_sourced_id)
    || shape.reference_member('scoreScale', 'gradebook/v1p2/scoreScales', 'scoreScale', r.score_scale_sourced_id)
    || shape.member('resultValueMin', r.result_value_min)
    || shape.member('resultValueMax', r.result_value_max)
    || shape.member('learningObjectiveSet', r.learning_objective_set)
    || '}'
$$;
