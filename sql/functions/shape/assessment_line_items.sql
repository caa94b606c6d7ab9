-- store.assessment_line_items -> AssessmentLineItemDType, without its opening brace and dateLastModified.
create or replace function shape.assessment_line_items(r store.assessment_line_items) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('description', r.description)
    || shape.reference_member('class', 'rostering/v1p2/classes', 'class', r.class_sourced_id)
    || shape.reference_member('parentAssessmentLineItem', 'gradebook/v1p2/assessmentLineItems', 'assessmentLineItem', r.parent_assessment_line_item_sourced_id)
    || shape.reference_member('scoreScale', 'gradebook/v1p2/scoreScales', 'scoreScale', r.score_scale_sourced_id)
    || shape.member('resultValueMin', r.result_value_min)
    || shape.member('resultValueMax', r.result_value_max)
    || shape.member('learningObjectiveSet', r.learning_objective_set)
    || '}'
$$;
