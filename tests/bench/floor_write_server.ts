// The least that can keep a result over HTTP: a bare server, the same pool, one prepared upsert into a table like ours with
// its indexes. The body is taken on trust: no token, no check of a reference, no date, nothing rendered.

import { connectPostgres } from '../../src/database.ts'

const { sql } = connectPostgres(process.env['DATABASE_URL'] ?? '', {
  poolSize: Number(process.env['DATABASE_POOL_SIZE']),
})

interface Sent {
  readonly sourcedId: string
  readonly lineItem: { readonly sourcedId: string }
  readonly student: { readonly sourcedId: string }
  readonly scoreStatus: string
  readonly score: number
  readonly scoreDate: string
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 60,
  async fetch(request) {
    const text = await request.text()
    const { sourcedId, lineItem, student, scoreStatus, score, scoreDate } = (JSON.parse(text) as { result: Sent })
      .result
    await sql`insert into floor.results as old
        (sourced_id, status, revision, source_system, line_item_sourced_id, student_sourced_id, score_status, score, score_date, document)
      values (${sourcedId}, 'active', 1, 'floor', ${lineItem.sourcedId}, ${student.sourcedId}, ${scoreStatus}, ${score}, ${scoreDate}, ${text})
      on conflict (sourced_id) do update set line_item_sourced_id = excluded.line_item_sourced_id,
        student_sourced_id = excluded.student_sourced_id, score_status = excluded.score_status, score = excluded.score,
        score_date = excluded.score_date, document = excluded.document`
    return new Response(null, { status: 201 })
  },
})
process.stderr.write(`listening on port ${server.port}\n`)
