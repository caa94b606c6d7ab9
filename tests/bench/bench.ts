// `bun run bench read|write|import|load|export|grant`: our speed beside the least that could do the same work, on a real PostgreSQL. Prints the
// hardware, a table and each ratio beside its bar; a missed bar is told, and only a bench that cannot run exits with 1.

import { parseArgs } from 'node:util'
import { onServer } from './databases.ts'
import { benchExport } from './export.ts'
import { benchGrant } from './grant.ts'
import { benchImport } from './import.ts'
import { benchLoad } from './load_file.ts'
import { hardware } from './machine.ts'
import { benchRead } from './read.ts'
import { printReport } from './report.ts'
import { benchWrite } from './write.ts'

const usage = `bun run bench read    [--students 200000] [--seconds 4] [--rounds 5] [--connections 32] [--fresh] [--json]
bun run bench write   [--seconds 4] [--rounds 5] [--connections 32] [--json]
bun run bench import  [--students 200000] [--json]
bun run bench load    [--students 200000] [--rounds 3] [--json]
bun run bench export  [--students 200000] [--rounds 3] [--json]
bun run bench grant   [--students 200000] [--seconds 4] [--rounds 5] [--connections 32] [--fresh] [--json]

BENCH_DATABASE_URL names the server (default postgres://postgres@127.0.0.1:5432/postgres). The bench makes databases
rosterhub_bench_* there and drops them; that of "read" and "grant" stays for the next run, and --fresh makes it anew.
DATABASE_POOL_SIZE holds for the server under test and for its floor.`

const { values: flags, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: {
    students: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string' },
    connections: { type: 'string', default: '32' },
    fresh: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

class UsageError extends Error {}

function count(name: 'students' | 'seconds' | 'rounds' | 'connections', fallback?: string): number {
  const value = Number(flags[name] ?? fallback)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new UsageError(`--${name} must be a whole number above 0`)
}

const load = () => ({ seconds: count('seconds'), rounds: count('rounds', '5'), connections: count('connections') })
const benches = {
  read: () => benchRead({ students: count('students'), isFresh: flags.fresh, ...load() }),
  grant: () => benchGrant({ students: count('students'), isFresh: flags.fresh, ...load() }),
  write: () => benchWrite(load()),
  import: () => benchImport({ students: count('students') }),
  load: () => benchLoad({ students: count('students'), rounds: count('rounds', '3') }),
  export: () => benchExport({ students: count('students'), rounds: count('rounds', '3') }),
}

async function run(bench: string | undefined): Promise<void> {
  if (bench === undefined || !(bench in benches)) throw new UsageError(usage)
  const machine = await onServer((sql) => hardware(sql))
  process.stdout.write(`${machine}\n`)
  const report = await benches[bench as keyof typeof benches]()
  printReport(report)
  if (flags.json) process.stdout.write(`${JSON.stringify({ bench, machine, ...report })}\n`)
}

try {
  await run(positionals[0])
  process.exit()
} catch (thrown) {
  const text = thrown instanceof Error && !(thrown instanceof UsageError) ? thrown.stack : undefined
  process.stderr.write(`${text ?? (thrown instanceof Error ? thrown.message : String(thrown))}\n`)
  process.exit(1)
}
