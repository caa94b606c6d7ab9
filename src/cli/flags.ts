// The words of the command line: what it can be asked, by which flags. An unknown flag ends the command.

import { parseArgs } from 'node:util'

export const usage = `RosterHub: OneRoster packages in, the OneRoster REST API out.

  quickstart [--port 3000] [--data .rosterhub] [--import FILE.zip] [--json]
  serve [--port 3000] [--data .rosterhub] [--work]
  work [--port N]
  migrate [--data .rosterhub]
  import FILE.zip [--source NAME] [--assume bulk|delta] [--strict] [--keep-dangling] [--take-over] [--faults FILE.csv] [--json]
  import FILE.zip --url URL [--preview] [--on-fault skip|reject] [--force] [--no-wait] and those above
  imports list | show ID | apply ID [--note TEXT] | cancel ID | revert ID [--note TEXT] | changes ID | faults ID
    [--url URL] [--status S] [--source NAME] [--limit N] [--file NAME.csv] [--action A] [--faults FILE.csv] [--no-wait] [--json]
  export FILE.zip [--since INSTANT] [--data .rosterhub] [--url URL [--client-id ID] [--client-secret SECRET]] [--json]
  clients create --name NAME --scope SCOPE… [--oauth1] [--cidr BLOCK]… [--per-minute N] | list
    | limit ID [--cidr BLOCK]… [--per-minute N] | rotate ID | revoke ID [--json]
  clients grant ID [--org SOURCEDID…] [--role ROLE…] [--entity NAME…] [--hide NAME[.FIELD]…] [--read-only] | --all [--json]
  keys issue --name NAME (--client ID | --scope SCOPE…) [--expires 365d] [--cidr BLOCK]… [--per-minute N] | list [--client ID]
    | rotate ID [--overlap 24h] | extend ID (--for 90d | --until DATE) | revoke ID [--json]
  audit verify [--head HEAD] | list [--client ID] [--key ID] [--operation NAME] [--status N] [--from INSTANT] [--to INSTANT]
    [--request-id ID] [--subject SOURCEDID] [--limit N] [--before N] | person SOURCEDID [--json]
  erase SOURCEDID [--yes] [--json]
  district --students N --out FILE.zip [--seed K] [--gradebook]
  edge --out FILE.js

With --url the client's id and secret come from ROSTERHUB_CLIENT_ID and ROSTERHUB_CLIENT_SECRET, or --client-id and
--client-secret, which other users of the machine can see. The exit code is 0 for completed, 2 for held, 1 for failed.

Settings come from the environment: DATABASE_URL (PostgreSQL instead of the embedded PGlite), PUBLIC_URL, LOG_LEVEL and
those the README lists.`

const options = {
  port: { type: 'string' },
  data: { type: 'string' },
  import: { type: 'string' },
  json: { type: 'boolean' },
  source: { type: 'string' },
  assume: { type: 'string' },
  strict: { type: 'boolean' },
  'keep-dangling': { type: 'boolean' },
  'take-over': { type: 'boolean' },
  faults: { type: 'string' },
  since: { type: 'string' },
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  oauth1: { type: 'boolean' },
  client: { type: 'string' },
  cidr: { type: 'string', multiple: true },
  'per-minute': { type: 'string' },
  expires: { type: 'string' },
  overlap: { type: 'string' },
  for: { type: 'string' },
  until: { type: 'string' },
  students: { type: 'string' },
  out: { type: 'string' },
  seed: { type: 'string' },
  gradebook: { type: 'boolean' },
  work: { type: 'boolean' },
  url: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  preview: { type: 'boolean' },
  'on-fault': { type: 'string' },
  force: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
  note: { type: 'string' },
  status: { type: 'string' },
  limit: { type: 'string' },
  file: { type: 'string' },
  action: { type: 'string' },
  org: { type: 'string', multiple: true },
  role: { type: 'string', multiple: true },
  entity: { type: 'string', multiple: true },
  hide: { type: 'string', multiple: true },
  'read-only': { type: 'boolean' },
  all: { type: 'boolean' },
  head: { type: 'string' },
  key: { type: 'string' },
  operation: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  'request-id': { type: 'string' },
  subject: { type: 'string' },
  before: { type: 'string' },
  yes: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

export type Flags = ReturnType<typeof parse>['values']
export const parse = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })
