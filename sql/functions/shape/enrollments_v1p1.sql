-- store.enrollments -> EnrollmentDType of OneRoster 1.1, without its opening brace and dateLastModified.
create or replace function shape.enrollments_v1p1(r store.enrollments) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || ',"user":' || shape.reference('v1p1/users', 'user', r.user_sourced_id)
    || ',"class":' || shape.reference('v1p1/classes', 'class', r.class_sourced_id)
    || ',"school":' || shape.reference('v1p1/orgs', 'org', r.school_sourced_id)
    || shape.member('role', r.role)
    || shape.member('primary', r."primary")
    || shape.member('beginDate', r.begin_date)
    || shape.member('endDate', r.end_date)
    || '}'
$$;
