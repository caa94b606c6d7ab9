-- store.courses -> CourseDType of OneRoster 1.1, without its opening brace and dateLastModified.
create or replace function shape.courses_v1p1(r store.courses) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.reference_member('schoolYear', 'v1p1/academicSessions', 'academicSession', r.school_year_sourced_id)
    || shape.member('courseCode', r.course_code)
    || shape.member('grades', r.grades)
    || shape.member('subjects', r.subjects)
    || shape.reference_member('org', 'v1p1/orgs', 'org', r.org_sourced_id)
    || shape.member('subjectCodes', r.subject_codes)
    || shape.references_member('resources', 'v1p1/resources', 'resource', r.resource_sourced_ids)
    || '}'
$$;
