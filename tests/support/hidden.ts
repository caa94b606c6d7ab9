// What a client must not be shown, worked out from the tables by the words of docs/access.md and by nothing of the hub's own
// code; and where a text shows it all the same.

import type { Hub } from './hub.ts'

export interface Sight {
  /** Null: all. */
  readonly orgs: readonly string[] | null
  readonly roles: readonly string[] | null
}

export interface Hidden {
  /** Ids of records that are not seen, and the emails and usernames of people who are not. */
  readonly words: ReadonlySet<string>
  /** The names of orgs that are not seen. */
  readonly names: readonly string[]
}

interface Row {
  readonly id: string
  readonly seen: boolean
  readonly words: readonly string[] | null
  readonly name: string | null
}

/** A record is seen by the rule of its table below; sessions, categories and resources are seen by everybody. */
export async function hiddenFrom({ owner }: Pick<Hub, 'owner'>, { orgs, roles }: Sight): Promise<Hidden> {
  const [row] = await owner.sql.unsafe<{ rows: Row[] }[]>(
    `with recursive
    granted (id) as (
      select sourced_id from store.orgs where $1::text::jsonb is null or $1::text::jsonb ? sourced_id
      union select o.sourced_id from store.orgs as o join granted as g on o.parent_sourced_id = g.id),
    people as (select u.sourced_id as id, u.email, u.username,
        $1::text is null and $2::text is null or exists (select from jsonb_array_elements(u.roles) as r
          where ($1::text is null or r #>> '{org,sourcedId}' in (select id from granted))
            and ($2::text::jsonb is null or $2::text::jsonb ? (r ->> 'role'))) as seen
      from store.users as u),
    classes as (select *, school_sourced_id in (select id from granted) as seen from store.classes),
    courses as (select *, org_sourced_id in (select id from granted) or exists (select from classes as k
        where k.course_sourced_id = c.sourced_id and k.seen) as seen from store.courses as c),
    items as (select l.*, k.seen from store.line_items as l join classes as k on k.sourced_id = l.class_sourced_id),
    tests as (select a.sourced_id, a.class_sourced_id is null or k.seen as seen from store.assessment_line_items as a
        left join classes as k on k.sourced_id = a.class_sourced_id),
    everything (id, seen, words, name) as (
      select sourced_id, sourced_id in (select id from granted), null::text[], name from store.orgs
      union all select id, seen, array[email, username], null from people
      union all select sourced_id, seen, null, null from classes
      union all select sourced_id, seen, null, null from courses
      union all select sourced_id, seen, null, null from items
      union all select sourced_id, seen, null, null from tests
      union all select e.sourced_id, k.seen and p.seen and ($2::text::jsonb is null or $2::text::jsonb ? e.role or e.role = 'administrator'), null, null
        from store.enrollments as e join classes as k on k.sourced_id = e.class_sourced_id join people as p on p.id = e.user_sourced_id
      union all select r.sourced_id, l.seen and p.seen, null, null from store.results as r
        join items as l on l.sourced_id = r.line_item_sourced_id join people as p on p.id = r.student_sourced_id
      union all select s.sourced_id, coalesce(k.seen, c.seen, s.org_sourced_id in (select id from granted)), null, null from store.score_scales as s
        left join classes as k on k.sourced_id = s.class_sourced_id left join courses as c on c.sourced_id = s.course_sourced_id
      union all select r.sourced_id, l.seen and p.seen, null, null from store.assessment_results as r
        join tests as l on l.sourced_id = r.assessment_line_item_sourced_id join people as p on p.id = r.student_sourced_id
      union all select sourced_id, true, null, null from store.academic_sessions
      union all select sourced_id, true, null, null from store.categories
      union all select sourced_id, true, null, null from store.resources)
    select jsonb_agg(jsonb_build_object('id', id, 'seen', coalesce(seen, false), 'words', to_jsonb(array_remove(words, null)), 'name', name)) as rows
    from everything`,
    [orgs === null ? null : JSON.stringify(orgs), roles === null ? null : JSON.stringify(roles)] as never,
  )
  const rows = row?.rows ?? []
  const seen = new Set(rows.filter((one) => one.seen).map(({ id }) => id))
  const unseen = rows.filter((one) => !one.seen)
  const words = unseen.flatMap(({ id, words: more }) => [id, ...(more ?? [])]).filter((word) => !seen.has(word))
  return { words: new Set(words), names: unseen.flatMap(({ name }) => (name === null ? [] : [name])) }
}

/** What a text shows of it, unless it was `sent` by who asks: an answer may say an id back. */
export function shownIn(text: string, { words, names }: Hidden, sent = ''): string[] {
  const shown = text.split(/[^\w@.-]+/).filter((word) => words.has(word))
  const told = names.filter((name) => text.includes(name) || text.includes(JSON.stringify(name).slice(1, -1)))
  return [...new Set([...shown, ...told])].filter((word) => !sent.includes(word))
}
