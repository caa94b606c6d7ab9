// What a database's URL says of TLS, in libpq's words -> what the client of the database is told. The client's own reading of
// them takes verify-ca for verify-full and sslrootcert for a setting of the session. Pure. Source: PostgreSQL, 34.19.

import { tlsFaultOf } from './config.ts'

/** As the TLS of the runtime takes them. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly ca?: string
  readonly checkServerIdentity?: () => undefined
}

export interface Secured {
  /** Without what was said of TLS. */
  readonly url: string
  /** False: in the clear. */
  readonly ssl: false | TlsOptions
}

/** Where the certificates stand that are trusted; undefined: with the runtime. */
export function rootCertPath(url: string): string | undefined {
  const path = new URL(url).searchParams.get('sslrootcert')
  return path === null || path === '' || path === 'system' ? undefined : path
}

/**
 * Without sslmode, and with `disable`: no TLS. `require`: TLS with whoever answers, unless there is a root certificate, with
 * which it is `verify-ca`: a certificate of a known authority. `verify-full`: one that is for this host. Where a server
 * has no TLS, all but `disable` reject. `rootCert`: what stands at rootCertPath, as PEM. Throws where that is missing.
 */
export function readTls(url: string, rootCert?: string): Secured {
  const fault = tlsFaultOf(url)
  if (fault !== undefined) throw new Error(`the database's URL ${fault}`)
  const path = rootCertPath(url)
  if (path !== undefined && rootCert === undefined) throw new Error('sslrootcert: there are no files to read here')
  const bare = new URL(url)
  const mode = bare.searchParams.get('sslmode')
  if (mode === null) return { url, ssl: false }
  for (const name of ['sslmode', 'sslrootcert']) bare.searchParams.delete(name)
  return { url: bare.href, ssl: mode === 'disable' ? false : optionsOf(mode, rootCert) }
}

function optionsOf(mode: string, ca: string | undefined): TlsOptions {
  if (mode === 'require' && ca === undefined) return { rejectUnauthorized: false }
  const trusting = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) }
  return mode === 'verify-full' ? trusting : { ...trusting, checkServerIdentity: () => undefined }
}
