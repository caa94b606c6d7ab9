-- store.assessment_results -> AssessmentResultDType, without its opening brace and dateLastModified.
create or replace function shape.assessment_results(r store.assessment_results) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.reference_member('assessmentLineItem', 'gradebook/v1p2/assessmentLineItems', 'assessmentLineItem', r.assessment_line_item_sourced_id)
    || shape.reference_member('student', 'rostering/v1p2/users', 'user', r.student_sourced_id)
    || shape.member('score', r.score)
    || shape.member('textScore', r.text_score)
    || shape.member('scoreDate', r.score_date)
    || shape.reference_member('scoreScale', 'gradebook/v1p2/scoreScales', 'scoreScale', r.score_scale_sourced_id)
    || shape.member('scorePercentile', r.score_percentile)
    || shape.member('scoreStatus', r.score_status)
    || shape.member('comment', r.comment)
    || shape.member('learningObjectiveSet', r.learning_objective_set)
    || shape.member('inProgress', r.in_progress)
    || shape.member('incomplete', r.incomplete)
    || shape.member('late', r.late)
    || shape.member('missing', r.missing)
    || '}'
$$;
