-- store.academic_sessions -> AcademicSessionDType of OneRoster 1.1, without its opening brace and dateLastModified.
create or replace function shape.academic_sessions_v1p1(r store.academic_sessions) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || shape.member('title', r.title)
    || shape.member('startDate', r.start_date)
    || shape.member('endDate', r.end_date)
    || shape.member('type', r.type)
    || shape.reference_member('parent', 'v1p1/academicSessions', 'academicSession', r.parent_sourced_id)
    || shape.references_member('children', 'v1p1/academicSessions', 'academicSession', r.child_sourced_ids)
    || shape.member('schoolYear', r.school_year)
    || '}'
$$;
