-- store.courses -> CourseDType, without its opening brace and dateLastModified.
create or replace function shape.courses(r store.courses) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.reference_member('schoolYear', 'rostering/v1p2/academicSessions', 'academicSession', r.school_year_sourced_id)
    || shape.member('courseCode', r.course_code)
    || shape.member('grades', r.grades)
    || shape.member('subjects', r.subjects)
    || shape.reference_member('org', 'rostering/v1p2/orgs', 'org', r.org_sourced_id)
    || shape.member('subjectCodes', r.subject_codes)
    || shape.references_member('resources', 'resources/v1p2/resources', 'resource', r.resource_sourced_ids)
    || '}'
$$;
