// The made-up district with its gradebook: it goes in without a fault, and no operation that reads is without an answer
// for it. Its assessments have no CSV file: they come as a client puts them.

import { beforeAll, describe, expect, test } from 'bun:test'
import { assessments } from '../../src/district/assessments.ts'
import { district, districtDelta } from '../../src/district/district.ts'
import { operations } from '../../src/generated/operations.ts'
import { writeZip } from '../../src/zip.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { type Imported, importZip } from '../support/packages.ts'
import { faultsOf } from '../support/schemas.ts'

const options = { students: 60, seed: 3, gradebook: true }
const origin = 'http://localhost'
const archive = (files: ReturnType<typeof district>): Promise<Blob> => new Response(writeZip(files)).blob()

let hub: Hub
let night: Imported
let again: Imported
let nightAfter: Imported
/** By the segment of a path that stands before the id. */
let ids: Readonly<Record<string, string>>
beforeAll(async () => {
  hub = await openHub()
  night = await importZip(hub.owner, await archive(district(options)))
  again = await importZip(hub.owner, await archive(district(options)))
  nightAfter = await importZip(hub.owner, await archive(districtDelta(options)))
  await putAssessments()
  const [found] = await hub.owner.sql<Record<string, string>[]>`
    select k.sourced_id as classes, k.course_sourced_id as courses, k.school_sourced_id as schools,
      k.school_sourced_id as orgs, u.sourced_id as users, u.sourced_id as students, u.sourced_id as demographics,
      t.user_sourced_id as teachers, e.sourced_id as enrollments, l.sourced_id as "lineItems", x.sourced_id as results,
      l.category_sourced_id as categories, z.sourced_id as "scoreScales", k.resource_sourced_ids[1] as resources,
      p.sourced_id as "gradingPeriods", p.parent_sourced_id as terms, p.parent_sourced_id as "academicSessions",
      m.sourced_id as "assessmentLineItems", n.sourced_id as "assessmentResults"
    from store.results as x
      join store.line_items as l on l.sourced_id = x.line_item_sourced_id
      join store.classes as k on k.sourced_id = l.class_sourced_id and k.resource_sourced_ids is not null
      join store.courses as c on c.sourced_id = k.course_sourced_id and c.resource_sourced_ids is not null
      join store.users as u on u.sourced_id = x.student_sourced_id and u.resource_sourced_ids is not null
      join store.score_scales as z on z.class_sourced_id = k.sourced_id
      join store.enrollments as e on e.class_sourced_id = k.sourced_id and e.user_sourced_id = u.sourced_id
      join store.enrollments as t on t.class_sourced_id = k.sourced_id and t.role = 'teacher'
      join store.academic_sessions as p on p.parent_sourced_id = any(k.term_sourced_ids) and p.type = 'gradingPeriod'
      cross join store.assessment_line_items as m cross join store.assessment_results as n
    where 'active' = all(array[x.status, l.status, k.status, u.status, e.status, t.status])
    order by x.sourced_id, p.sourced_id, m.sourced_id, n.sourced_id limit 1`
  ids = found ?? {}
}, 120_000)

async function putAssessments(): Promise<void> {
  const { assessmentLineItems, assessmentResults } = assessments(options)
  const headers = { authorization: `Bearer ${await hub.token()}`, 'content-type': 'application/json' }
  const put = async (collection: string, envelope: string, record: { readonly sourcedId: string }): Promise<void> => {
    const url = `${origin}/ims/oneroster/gradebook/v1p2/${collection}/${encodeURIComponent(record.sourcedId)}`
    const answer = await hub.fetch(
      new Request(url, { method: 'PUT', headers, body: JSON.stringify({ [envelope]: record }) }),
    )
    expect([url, answer.status]).toEqual([url, 201])
  }
  for (const record of assessmentLineItems) await put('assessmentLineItems', 'assessmentLineItem', record)
  for (const record of assessmentResults) await put('assessmentResults', 'assessmentResult', record)
}

test('it goes in without a fault or a warning, and so does the night after', () => {
  for (const report of [night, nightAfter]) {
    expect([report.faults, report.warnings]).toEqual([[], []])
    expect(report.publishedAt).not.toBeNull()
  }
  expect(night.files.map(({ file, rows, created }) => [file, rows > 0 && rows === created])).toEqual(
    night.files.map(({ file }) => [file, true]),
  )
  expect(night.files.length).toBe(21)
  expect(nightAfter.files.filter(({ deleted }) => deleted > 0).map(({ file }) => file)).toContain('results.csv')
})

test('the same night again changes nothing', () => {
  expect(again.publishedAt).toBeNull()
  for (const { file, rows, unchanged } of again.files) expect([file, unchanged]).toEqual([file, rows])
})

const reads = operations.filter(({ kind }) => kind === 'page' || kind === 'one')
const pathOf = (path: string): string =>
  path.replace(/(\w+)\/\{\w+\}/g, (_, segment: string) => `${segment}/${encodeURIComponent(ids[segment] ?? 'none')}`)

describe.each(reads.map((operation) => [operation.id, operation] as const))(
  '%s',
  (_id, { path, envelope, kind, service, schema }) => {
    test('answers data for it', async () => {
      const answer = await hub.get(`${origin}${pathOf(path)}`)
      const body = (await answer.json()) as Record<string, unknown>
      expect([pathOf(path), answer.status]).toEqual([pathOf(path), 200])
      const records = kind === 'page' ? (body[envelope] as unknown[]) : [body[envelope]]
      expect(records.length).toBeGreaterThan(0)
      for (const record of records) expect(record).toHaveProperty('sourcedId')
      expect(faultsOf({ service, schema }, body)).toEqual([])
    })
  },
)
