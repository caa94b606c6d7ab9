// A zip archive -> its entries, each a stream; files -> an archive, as a stream. Refuses what is no plain package of files.
// The only importer of zip.js.

import { BlobReader, configure, type Entry, type FileEntry, Reader, ZipReader, ZipWriter } from '@zip.js/zip.js'

// without workers the limit only lets an archive wait for one that nobody reads: an export on its way would stop imports
configure({ useWebWorkers: false, maxWorkers: Number.MAX_SAFE_INTEGER })

export class ZipError extends Error {
  override name = 'ZipError'
}

export interface ZipFile {
  readonly name: string
  readonly sizeBytes: number
  /** The unpacked bytes. Ends with ZipError when there are more than the archive says. */
  readonly stream: () => ReadableStream<Uint8Array>
}

/** An archive that lies elsewhere. */
export interface RandomAccess {
  readonly sizeBytes: number
  /** Fewer than `length` bytes only at the end. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>
}

class AccessReader extends Reader<RandomAccess> {
  constructor(private readonly access: RandomAccess) {
    super(access)
    this.size = access.sizeBytes
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.access.read(index, length) as Promise<Uint8Array<ArrayBuffer>>
  }
}

export interface ZipLimits {
  readonly unpackedBytesMax: number
  readonly fileCountMax: number
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const misplaced = (filename: string): ZipError =>
  new ZipError(`the archive holds "${filename}"; the files of a package stand at its top, in no folder`)

/** Reads the archive's directory; nothing is unpacked yet. Throws ZipError for what is broken, hostile or too large. */
export async function readZip(archive: Blob | RandomAccess, limits: ZipLimits): Promise<ZipFile[]> {
  const source = archive instanceof Blob ? new BlobReader(archive) : new AccessReader(archive)
  const reader = new ZipReader(source, { checkSignature: true })
  const entries = await entriesOf(reader).catch((cause: unknown) => {
    if (cause instanceof ZipError) throw cause
    const { filename } = cause as { filename?: string }
    if (filename !== undefined) throw misplaced(filename)
    throw new ZipError(`the file is no readable zip archive (${reasonOf(cause)})`, { cause })
  })
  const files = entries.filter(
    (entry): entry is FileEntry => !entry.directory && !entry.filename.startsWith('__MACOSX/'),
  )
  if (files.length > limits.fileCountMax)
    throw new ZipError(`the archive holds ${files.length} files; a package has at most ${limits.fileCountMax}`)
  for (const { filename, encrypted } of files) {
    if (/[\\/:\0]/.test(filename) || filename === '..') {
      throw misplaced(filename)
    }
    if (encrypted) throw new ZipError(`"${filename}" is encrypted`)
  }
  const names = files.map((entry) => entry.filename)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new ZipError(`the archive holds "${twice}" twice`)
  const unpackedBytes = files.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
  if (unpackedBytes > limits.unpackedBytesMax) {
    throw new ZipError(
      `the archive unpacks to ${unpackedBytes} bytes; ${limits.unpackedBytesMax} are allowed (IMPORT_MAX_UNPACKED_BYTES)`,
    )
  }
  return files.map((entry) => ({
    name: entry.filename,
    sizeBytes: entry.uncompressedSize,
    stream: () => unpack(entry),
  }))
}

/** With the folders and resource forks that some programs add. */
const entryCountMax = 1024

/** One after the other: of an archive of a million entries no more are made than show that they are too many. */
async function entriesOf(reader: ZipReader<unknown>): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const entry of reader.getEntriesGenerator()) {
    entries.push(entry)
    if (entries.length > entryCountMax) throw new ZipError(`the archive holds more than ${entryCountMax} entries`)
  }
  return entries
}

function unpack(entry: FileEntry): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  // what goes wrong comes out at the readable end
  entry.getData(writable).catch((cause: unknown) => writable.abort(cause).catch(() => {}))
  const reader = readable.getReader()
  let sizeBytes = 0
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new ZipError(`"${entry.filename}" cannot be unpacked (${reasonOf(cause)})`, { cause })
      })
      if (done) return controller.close()
      sizeBytes += value.length
      // the directory's size is only a claim: a bomb unpacks to more
      if (sizeBytes > entry.uncompressedSize) {
        throw new ZipError(
          `"${entry.filename}" unpacks to more than the ${entry.uncompressedSize} bytes the archive says`,
        )
      }
      controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Files by name and content -> the archive as a stream, each read when its turn and its reader come. All entries carry one
 * date, so equal files make equal archives. A file that fails breaks the stream; a reader who leaves ends the file.
 */
export function writeZip(
  files: Iterable<{ readonly name: string; readonly chunks: () => Chunks }>,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const write = async (): Promise<void> => {
    const writer = new ZipWriter(writable, { lastModDate: new Date(2026, 0, 1), extendedTimestamp: false })
    for (const file of files) await writer.add(file.name, streamOf(file.chunks()))
    await writer.close()
  }
  write().catch((cause: unknown) => writable.abort(cause).catch(() => {}))
  return readable
}

function streamOf(chunks: Chunks): ReadableStream<Uint8Array> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}
