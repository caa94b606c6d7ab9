-- store.enrollments -> EnrollmentDType, without its opening brace and dateLastModified.
create or replace function shape.enrollments(r store.enrollments) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || ',"user":' || shape.reference('rostering/v1p2/users', 'user', r.user_sourced_id)
    || ',"class":' || shape.reference('rostering/v1p2/classes', 'class', r.class_sourced_id)
    || ',"school":' || shape.reference('rostering/v1p2/orgs', 'org', r.school_sourced_id)
    || shape.member('role', r.role)
    || shape.member('primary', r."primary")
    || shape.member('beginDate', r.begin_date)
    || shape.member('endDate', r.end_date)
    || '}'
$$;
