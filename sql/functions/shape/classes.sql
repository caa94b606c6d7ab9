-- store.classes -> ClassDType, without its opening brace and dateLastModified.
create or replace function shape.classes(r store.classes) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('classCode', r.class_code)
    || shape.member('classType', r.class_type)
    || shape.member('location', r.location)
    || shape.member('grades', r.grades)
    || shape.member('subjects', r.subjects)
    || shape.reference_member('course', 'rostering/v1p2/courses', 'course', r.course_sourced_id)
    || shape.reference_member('school', 'rostering/v1p2/orgs', 'org', r.school_sourced_id)
    || shape.references_member('terms', 'rostering/v1p2/academicSessions', 'academicSession', r.term_sourced_ids)
    || shape.member('subjectCodes', r.subject_codes)
    || shape.member('periods', r.periods)
    || shape.references_member('resources', 'resources/v1p2/resources', 'resource', r.resource_sourced_ids)
    || '}'
$$;
