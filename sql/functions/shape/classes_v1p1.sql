-- store.classes -> ClassDType of OneRoster 1.1, without its opening brace and dateLastModified.
create or replace function shape.classes_v1p1(r store.classes) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('classCode', r.class_code)
    || shape.member('classType', r.class_type)
    || shape.member('location', r.location)
    || shape.member('grades', r.grades)
    || shape.member('subjects', r.subjects)
    || shape.reference_member('course', 'v1p1/courses', 'course', r.course_sourced_id)
    || shape.reference_member('school', 'v1p1/orgs', 'org', r.school_sourced_id)
    || shape.references_member('terms', 'v1p1/academicSessions', 'academicSession', r.term_sourced_ids)
    || shape.member('subjectCodes', r.subject_codes)
    || shape.member('periods', r.periods)
    || shape.references_member('resources', 'v1p1/resources', 'resource', r.resource_sourced_ids)
    || '}'
$$;
