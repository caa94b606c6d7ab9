-- store.score_scales -> ScoreScaleDType, without its opening brace and dateLastModified.
create or replace function shape.score_scales(r store.score_scales) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('type', r.type)
    || shape.reference_member('course', 'rostering/v1p2/courses', 'course', r.course_sourced_id)
    || shape.reference_member('class', 'rostering/v1p2/classes', 'class', r.class_sourced_id)
    || shape.member('scoreScaleValue', r.score_scale_value)
    || '}'
$$;
