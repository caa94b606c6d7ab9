-- store.results -> ResultDType of OneRoster 1.1, without its opening brace and dateLastModified. 1.1 wants a score; a result
-- that has none, such as one not handed in, is sent without, as zero would say something else.
create or replace function shape.results_v1p1(r store.results) returns text language sql stable as $$
  select '"sourcedId":' || shape.string(r.sourced_id) || ',"status":"' || r.status || '"'
    || shape.member('metadata', r.metadata)
    || ',"lineItem":' || shape.reference('v1p1/lineItems', 'lineItem', r.line_item_sourced_id)
    || ',"student":' || shape.reference('v1p1/users', 'user', r.student_sourced_id)
    || shape.member('scoreStatus', r.score_status)
    || shape.member('score', r.score)
    || shape.member('scoreDate', r.score_date)
    || shape.member('comment', r.comment)
    || '}'
$$;
