// `bun run test`: every suite on PGlite, and again on PostgreSQL where it answers. Ends with one line of totals; in CI a
// service that is missing is a failure. Arguments are handed on to bun test.

import { connect } from 'node:net'
import { connectPostgres } from '../src/database.ts'

interface Totals {
  passed: number
  failed: number
  skipped: string[]
}

const isCi = process.env['CI'] === 'true'
const postgresUrl = new URL(process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres')

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const settle = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false))
  })
}

const count = (output: string, word: string): number =>
  Number(new RegExp(`^ *(\\d+) ${word}$`, 'm').exec(output)?.[1] ?? 0)

/** The databases of a run that could not close them itself. */
async function dropLeftovers(pid: number): Promise<void> {
  const server = connectPostgres(postgresUrl.href, { poolSize: 1 })
  const left = await server.sql<{ name: string }[]>`
    select datname as name from pg_database where datname like ${`rosterhub\\_test\\_${pid}\\_%`}`
  for (const { name } of left) await server.sql.unsafe(`drop database if exists ${name} with (force)`)
  await server.close()
}

/** One run of bun test; its output is shown as it comes. */
async function run(backend: 'pglite' | 'postgres'): Promise<Totals> {
  console.log(`\n== ${backend}`)
  const child = Bun.spawn([process.execPath, 'test', '--timeout', '60000', ...process.argv.slice(2)], {
    env: { ...process.env, TEST_DATABASE: backend, LOG_LEVEL: 'error' },
    stdout: 'inherit',
    stderr: 'pipe',
  })
  let output = ''
  const decoder = new TextDecoder()
  for await (const chunk of child.stderr) {
    const text = decoder.decode(chunk, { stream: true })
    process.stderr.write(text)
    output += text
  }
  const code = await child.exited
  if (backend === 'postgres') await dropLeftovers(child.pid)
  const failed = count(output, 'fail')
  // bun tells of each skipped test where it stands, and again at the end
  const skipped = [...new Set([...output.matchAll(/^\(skip\) (.+)$/gm)].map((match) => `${backend}: ${match[1]}`))]
  // a run that broke off counts as a failure even if no test did
  return { passed: count(output, 'pass'), failed: code !== 0 && failed === 0 ? 1 : failed, skipped }
}

const totals: Totals[] = [await run('pglite')]
if (await answers(postgresUrl.hostname, Number(postgresUrl.port || 5432))) totals.push(await run('postgres'))
else {
  const reason = `postgres: every suite (nothing answers at ${postgresUrl.host}; TEST_POSTGRES_URL names another)`
  totals.push({ passed: 0, failed: isCi ? 1 : 0, skipped: [reason] })
}

const sum = (of: (totals: Totals) => number): number => totals.reduce((total, one) => total + of(one), 0)
const skipped = totals.flatMap((one) => one.skipped)
if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((reason) => `- ${reason}`).join('\n')}`)
const failed = sum((one) => one.failed)
console.log(`\n${sum((one) => one.passed)} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed === 0 ? 0 : 1)
