// `erase SOURCEDID`: a person's data, taken away for good, and told by table; and what no hub can take away.

import { type Erased, erasePerson } from '../audit_log.ts'
import type { Config } from '../config.ts'
import { migrate, readSqlFiles } from '../migrate.ts'
import { CommandError, openData } from './data.ts'

interface Flags {
  readonly data: string
  readonly json?: boolean | undefined
  readonly yes?: boolean | undefined
}

/** Asks first, where somebody can answer. Throws CommandError where nobody said yes, or nothing is known of the person. */
export async function eraseRun(config: Config, flags: Flags, id: string | undefined): Promise<void> {
  if (id === undefined || id === '') throw new CommandError('erase SOURCEDID: name the person')
  const data = await openData(config, { directory: flags.data, holder: 'an erasure' })
  try {
    if (data.owner.embedded) await migrate(data.owner.sql, readSqlFiles())
    if (!flags.yes && !isMeant(id)) throw new CommandError('nothing was erased; say so with --yes')
    const erased = await erasePerson(data.owner, id).catch((thrown: { code?: string; message: string }) => {
      throw thrown.code === 'RH001' ? new CommandError(thrown.message) : thrown
    })
    process.stdout.write(`${flags.json ? JSON.stringify({ sourcedId: id, ...erased }) : erasedText(id, erased)}\n`)
  } finally {
    await data.close()
  }
}

const isMeant = (id: string): boolean =>
  process.stdin.isTTY && confirm(`Erase every record about "${id}"? It cannot be undone.`)

function erasedText(id: string, { removed, rewritten, publishedAt, waitingImports }: Erased): string {
  const lines = (rows: Readonly<Record<string, number>>): string[] =>
    Object.entries(rows)
      .filter(([, count]) => count > 0)
      .map(([table, count]) => `  ${table}  ${count}`)
  return [
    `${id} is erased, as of ${publishedAt}.`,
    'rows removed:',
    ...lines(removed),
    'rows that had the person among others, rewritten:',
    ...(lines(rewritten).length > 0 ? lines(rewritten) : ['  none']),
    ...(waitingImports.length > 0
      ? [
          `packages that wait may bring the person back: import ${waitingImports.join(', ')}; cancel it, or erase again behind it`,
        ]
      : []),
    'What this cannot reach: backups and the logs of the database, what clients have read or been sent (`audit person` told of',
    'whom), free text about the person in other records. The next import brings the person back, unless its source has removed it.',
  ].join('\n')
}
