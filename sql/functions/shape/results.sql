-- store.results -> ResultDType, without its opening brace and dateLastModified.
create or replace function shape.results(r store.results) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.reference_member('lineItem', 'gradebook/v1p2/lineItems', 'lineItem', r.line_item_sourced_id)
    || shape.reference_member('student', 'rostering/v1p2/users', 'user', r.student_sourced_id)
    || shape.reference_member('class', 'rostering/v1p2/classes', 'class', r.class_sourced_id)
    || shape.reference_member('scoreScale', 'gradebook/v1p2/scoreScales', 'scoreScale', r.score_scale_sourced_id)
    || shape.member('scoreStatus', r.score_status)
    || shape.member('score', r.score)
    || shape.member('textScore', r.text_score)
    || shape.member('scoreDate', r.score_date)
    || shape.member('comment', r.comment)
    || shape.member('learningObjectiveSet', r.learning_objective_set)
    || shape.member('inProgress', r.in_progress)
    || shape.member('incomplete', r.incomplete)
    || shape.member('late', r.late)
    || shape.member('missing', r.missing)
    || '}'
$$;
