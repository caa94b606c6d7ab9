// The body of a request -> a package in chunks in the database, as it comes: re-cut, counted, hashed, and looked at once it
// is whole. What broke off leaves nothing; what is no package stays on record as a failed import.

import { type BodyFault, readChunks } from './bytes.ts'
import { ApiError } from './errors.ts'
import { chunkBytes, type Job, type JobOptions, type Jobs } from './jobs.ts'
import { fileCountMax, ImportError, readManifest } from './manifest.ts'
import { fileOf, MultipartError } from './multipart.ts'
import { type RandomAccess, readZip, ZipError } from './zip.ts'

export interface UploadLimits {
  /** IMPORT_MAX_BYTES. */
  readonly bytesMax: number
  /** IMPORT_MAX_UNPACKED_BYTES. */
  readonly unpackedBytesMax: number
}

export interface Refusal {
  readonly status: 413 | 422
  readonly reason: string
}

export interface Received {
  readonly job: Job
  /** Why this is no package; the job has failed. */
  readonly refusal: Refusal | undefined
}

const packageTypes = ['application/zip', 'application/x-zip-compressed', 'application/octet-stream']
const formType = 'multipart/form-data'
/** What a form may have beside its file. */
const formBytesMax = 256 * 1024

const tooLarge = (bytesMax: number): ApiError =>
  new ApiError('invaliddata', `the package has more than ${bytesMax} bytes (IMPORT_MAX_BYTES)`, { status: 413 })

const badBody = (reason: string, cause?: unknown): ApiError =>
  new ApiError('invaliddata', reason, { status: 400, cause })

/**
 * The bytes of the package that a request brings, whichever way. Throws ApiError: 415 for another type, 413 for too many
 * bytes (at once where Content-Length tells), 400 for a body that breaks off or a form without one file.
 */
export function packageOf(request: Request, { bytesMax }: UploadLimits): AsyncIterable<Uint8Array> {
  const contentType = request.headers.get('content-type') ?? ''
  const type = contentType.replace(/;.*/s, '').trim().toLowerCase()
  if (type !== formType && !packageTypes.includes(type)) {
    const named = type === '' ? 'none is named' : `not ${type}`
    throw new ApiError('invaliddata', `Content-Type: ${packageTypes.join(', ')} or ${formType} is wanted, ${named}`, {
      status: 415,
    })
  }
  const refusal = (fault: BodyFault, cause?: unknown): ApiError =>
    fault === 'size' ? tooLarge(bytesMax) : badBody('the body broke off', cause)
  if (type !== formType) return readChunks(request, { bytesMax, refusal })
  return fileOfForm(readChunks(request, { bytesMax: bytesMax + formBytesMax, refusal }), contentType, bytesMax)
}

async function* fileOfForm(
  chunks: AsyncIterable<Uint8Array>,
  contentType: string,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  try {
    for await (const chunk of fileOf(chunks, contentType)) {
      sizeBytes += chunk.length
      if (sizeBytes > bytesMax) throw tooLarge(bytesMax)
      yield chunk
    }
  } catch (thrown) {
    throw thrown instanceof MultipartError ? badBody(thrown.message, thrown) : thrown
  }
}

/**
 * Stores a package as a new import and queues it. Throws ApiError 400 where there are no bytes at all, and what the stream
 * or the database threw; then nothing of it is kept.
 */
export async function receive(
  jobs: Jobs,
  client: string,
  options: JobOptions,
  chunks: AsyncIterable<Uint8Array>,
  limits: UploadLimits,
): Promise<Received> {
  const pieces = recut(chunks)
  // a body that is refused at its first byte, or has none, opens no import
  const first = await pieces.next()
  if (first.done === true) throw badBody('the body is empty: a package is wanted')
  try {
    return await keep(jobs, await jobs.open(client, options), options, { first: first.value, rest: pieces }, limits)
  } finally {
    // where it was not read to its end, the rest is not wanted
    await pieces.return(undefined)
  }
}

interface Pieces {
  readonly first: Uint8Array<ArrayBuffer>
  readonly rest: AsyncIterable<Uint8Array<ArrayBuffer>>
}

async function keep(
  jobs: Jobs,
  id: string,
  options: JobOptions,
  pieces: Pieces,
  limits: UploadLimits,
): Promise<Received> {
  try {
    const { sizeBytes, hash } = await store(jobs, id, pieces)
    const found = await inspect(jobs.archive(id, sizeBytes), options.assume, limits)
    const refusal = 'reason' in found ? found : undefined
    const source = 'source' in found ? found.source : undefined
    const job = await jobs.received(id, { source, sizeBytes, hash, refusal: refusal?.reason })
    return { job, refusal }
  } catch (thrown) {
    // where this fails too, the upload is taken away with what never ended
    await jobs.drop(id).catch(() => {})
    throw thrown
  }
}

/** Pieces of chunkBytes, the last one shorter. Each is good until the next is asked for: they share their memory. */
export async function* recut(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(chunkBytes)
  let length = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + chunkBytes - length)
      piece.set(part, length)
      length += part.length
      at += part.length
      if (length < chunkBytes) continue
      yield piece
      length = 0
    }
  }
  if (length > 0) yield piece.subarray(0, length)
}

/** The package's hash is the SHA-256 of its chunks' SHA-256s: Web Crypto takes no stream. */
async function store(
  jobs: Jobs,
  id: string,
  { first, rest }: Pieces,
): Promise<{ sizeBytes: number; hash: Uint8Array }> {
  const digests: Uint8Array[] = []
  let sizeBytes = 0
  const write = async (piece: Uint8Array<ArrayBuffer>): Promise<void> => {
    const [digest] = await Promise.all([sha256(piece), jobs.write(id, digests.length, piece)])
    digests.push(digest)
    sizeBytes += piece.length
  }
  await write(first)
  for await (const piece of rest) await write(piece)
  const joined = new Uint8Array(digests.length * 32)
  for (const [index, digest] of digests.entries()) joined.set(digest, index * 32)
  return { sizeBytes, hash: await sha256(joined) }
}

const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))

/** Who sent the package, as it says itself; or why it is none. Throws where its bytes cannot be read back. */
async function inspect(
  archive: RandomAccess,
  assume: JobOptions['assume'],
  { unpackedBytesMax }: UploadLimits,
): Promise<Refusal | { readonly source: string }> {
  let lost: unknown
  const read: RandomAccess['read'] = (offset, length) =>
    archive.read(offset, length).catch((thrown) => {
      lost = thrown
      throw thrown
    })
  try {
    const unlimited = { unpackedBytesMax: Number.POSITIVE_INFINITY, fileCountMax }
    const files = await readZip({ sizeBytes: archive.sizeBytes, read }, unlimited)
    const unpackedBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    if (unpackedBytes > unpackedBytesMax) {
      const allowed = `${unpackedBytesMax} are allowed (IMPORT_MAX_UNPACKED_BYTES)`
      return { status: 413, reason: `the package unpacks to ${unpackedBytes} bytes; ${allowed}` }
    }
    const { source } = await readManifest(files, assume)
    return { source: source ?? 'default' }
  } catch (thrown) {
    if (lost !== undefined) throw lost
    if (thrown instanceof ZipError || thrown instanceof ImportError) return { status: 422, reason: thrown.message }
    throw thrown
  }
}
