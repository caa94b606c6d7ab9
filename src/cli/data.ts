// Where a command's data are: PostgreSQL by DATABASE_URL, or PGlite in a directory that one process may hold at a time.

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { appRole, connectEmbedded, connectPostgres, type Database, openPglite, serveEmbedded } from '../database.ts'
import { rootCertPath } from '../sslmode.ts'

/** Something the person at the terminal can mend; its message is all they need. */
export class CommandError extends Error {
  override name = 'CommandError'
}

export interface Data {
  /** Acts as the owner: migrates, imports, keeps clients. */
  readonly owner: Database
  /** Acts as the application's role, for serving. Embedded there is one session: the owner must be done. */
  readonly app: () => Promise<Database>
  /** Acts as the owner, with so many connections, for a worker; embedded, the one session. */
  readonly worker: (poolSize: number) => Database
  readonly close: () => Promise<void>
}

export interface DataOptions {
  readonly directory: string
  /** What the holder of the directory is called when another command meets it. */
  readonly holder: string
}

export async function openData(config: Config, options: DataOptions): Promise<Data> {
  return config.databaseUrl === undefined ? openEmbedded(options) : openPostgres(config.databaseUrl, config)
}

function openPostgres(url: string, { poolSize, statementTimeoutMs }: Config): Data {
  const rootCert = rootCertOf(url)
  const opened = new Set<Database>()
  const keep = (database: Database): Database => {
    const kept: Database = {
      ...database,
      close: () => {
        opened.delete(kept)
        return database.close()
      },
    }
    opened.add(kept)
    return kept
  }
  const owner = keep(connectPostgres(url, { poolSize: 2, rootCert }))
  return {
    owner,
    app: async () => keep(connectPostgres(url, { poolSize, rootCert, role: appRole, statementTimeoutMs })),
    worker: (size) => keep(connectPostgres(url, { poolSize: size, rootCert })),
    close: async () => {
      await Promise.all([...opened].map((database) => database.close()))
    },
  }
}

/** The certificates that the URL names. Throws CommandError where they cannot be read. */
function rootCertOf(url: string): string | undefined {
  const path = rootCertPath(url)
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new CommandError(`sslrootcert of DATABASE_URL: ${(thrown as Error).message}`)
  }
}

async function openEmbedded({ directory, holder }: DataOptions): Promise<Data> {
  mkdirSync(directory, { recursive: true })
  const release = lock(directory, holder)
  try {
    const pglite = await openPglite(`${directory}/pgdata`)
    const owner = await connectEmbedded(pglite)
    return {
      owner,
      app: async () => {
        await serveEmbedded(owner.sql, appRole)
        return owner
      },
      worker: () => owner,
      close: async () => {
        await owner.close()
        await pglite.close()
        release()
      },
    }
  } catch (thrown) {
    release()
    throw thrown
  }
}

/** One process a directory: a file with its id, taken over when that process is gone. */
function lock(directory: string, holder: string): () => void {
  const path = `${directory}/rosterhub.lock`
  const own = `${path}.${process.pid}`
  for (let attempt = 1; ; attempt += 1) {
    try {
      // written whole under a name of its own, then linked: nobody reads it half written
      writeFileSync(own, JSON.stringify({ pid: process.pid, holder }))
      linkSync(own, path)
      rmSync(own)
      return () => rmSync(path, { force: true })
    } catch (thrown) {
      rmSync(own, { force: true })
      if ((thrown as { code?: string }).code !== 'EEXIST' || attempt > 5) throw thrown
      const found = readHolder(path)
      if (found !== undefined && found.pid !== process.pid && isAlive(found.pid)) {
        throw new CommandError(
          `${directory} is in use by ${found.holder} (process ${found.pid}). Stop it first, name another directory with ` +
            '--data DIR, or set DATABASE_URL: PostgreSQL serves several processes at once.',
        )
      }
      rmSync(path, { force: true })
    }
  }
}

function readHolder(path: string): { pid: number; holder: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { pid: number; holder: string }
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as { code?: string }).code === 'EPERM'
  }
}
