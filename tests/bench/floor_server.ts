// The least that can answer with the same rows over HTTP: a bare server, the same pool, one prepared statement, its text
// handed on as it came. No router, no token, no total, no links.

import { connectPostgres } from '../../src/database.ts'

const { sql } = connectPostgres(process.env['DATABASE_URL'] ?? '', {
  poolSize: Number(process.env['DATABASE_POOL_SIZE']),
})

// the limit is part of the text: as a parameter it would hide from the planner how few rows are wanted
const statement = (limit: number): string => `select string_agg(document, ',') from (
  select document from store.users where status = 'active' order by sourced_id limit ${limit}) as page`

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 60,
  async fetch(request) {
    const limit = Number(new URL(request.url).searchParams.get('limit'))
    const [[body]] = (await sql.unsafe(statement(limit), [], { prepare: true }).values()) as unknown as [[string]]
    return new Response(body)
  },
})
process.stderr.write(`listening on port ${server.port}\n`)
