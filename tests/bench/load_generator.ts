// The load where there is no wrk: so many connections kept alive, each asking again as soon as it has its answer.
// Argument: a Load as JSON; stdout: a Measured as JSON.

import type { Load, Measured } from './load.ts'
import { quantile } from './statistics.ts'

const { url, token, connections, seconds, put } = JSON.parse(process.argv[2] ?? '') as Load
const latenciesMs: number[] = []
let failureCount = 0

let number = 0

function send(): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` }
  if (put === undefined) return fetch(url, { headers })
  number += 1
  const sourcedId = `${put.prefix}${put.mode === 'create' ? number : number % 1000}`
  const result = {
    sourcedId,
    lineItem: { sourcedId: 'li1' },
    student: { sourcedId: 'u1' },
    scoreStatus: 'fully graded',
    score: number,
    scoreDate: '2026-09-14',
  }
  return fetch(`${url}/${sourcedId}`, { method: 'PUT', headers, body: JSON.stringify({ result }) })
}

async function ask(until: number): Promise<void> {
  while (performance.now() < until) {
    const sentAt = performance.now()
    const answer = await send()
    await answer.arrayBuffer()
    if (answer.ok) latenciesMs.push(performance.now() - sentAt)
    else failureCount += 1
  }
}

const startedAt = performance.now()
await Promise.all(Array.from({ length: connections }, () => ask(startedAt + seconds * 1000)))
const measured: Measured = {
  requestsPerSecond: latenciesMs.length / ((performance.now() - startedAt) / 1000),
  p50Ms: quantile(latenciesMs, 0.5),
  p95Ms: quantile(latenciesMs, 0.95),
  p99Ms: quantile(latenciesMs, 0.99),
  failureCount,
}
process.stdout.write(`${JSON.stringify(measured)}\n`)
