// A form as browsers send it -> the bytes of the one file in it, as they come. The only importer of multipasta.

import { make, type MultipartError as ParserError } from 'multipasta'

/** The form cannot be read, or holds no file or several. */
export class MultipartError extends Error {
  override name = 'MultipartError'
}

/** Bytes of a field that is no file; more are no such field. */
const fieldBytesMax = 64 * 1024
const zipTypes = ['application/zip', 'application/x-zip-compressed', 'application/octet-stream']

function reasonOf(error: ParserError): string {
  switch (error._tag) {
    case 'InvalidBoundary':
      return 'the Content-Type names no boundary'
    case 'ReachedLimit':
      return `a field of the form has more than ${fieldBytesMax} bytes`
    case 'EndNotReached':
      return 'the form broke off'
    default:
      return 'the form cannot be read: a part has broken headers'
  }
}

/**
 * The bytes of the file in a form of this Content-Type; other fields are passed over. Throws MultipartError where there is
 * no file, a second one, or the form breaks off.
 */
export async function* fileOf(
  chunks: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let found: Uint8Array[] = []
  let fault: string | undefined
  let file: 'none' | 'open' | 'whole' = 'none'
  const take = (chunk: Uint8Array | null): void => {
    if (chunk === null) file = 'whole'
    else found.push(chunk)
  }
  const parser = make({
    headers: { 'content-type': contentType },
    isFile: (part) => part.filename !== undefined || zipTypes.includes(part.contentType),
    maxFieldSize: fieldBytesMax,
    onField: () => {},
    onFile: () => {
      if (file !== 'none') fault ??= 'the form has several files; one package is wanted'
      file = 'open'
      return take
    },
    onError: (error) => {
      fault ??= reasonOf(error)
    },
    onDone: () => {},
  })
  for await (const chunk of whole(chunks, delimiterOf(contentType))) {
    write(parser, chunk)
    if (fault !== undefined) throw new MultipartError(fault)
    yield* found
    found = []
  }
  if (file === 'none') throw new MultipartError('the form has no file')
  if (file === 'open') throw new MultipartError('the form broke off')
}

function write(parser: ReturnType<typeof make>, chunk: Uint8Array): void {
  try {
    parser.write(chunk)
  } catch (cause) {
    throw new MultipartError('the form cannot be read: a part has broken headers', { cause })
  }
}

function delimiterOf(contentType: string): Uint8Array {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]+))/i.exec(contentType) ?? []
  return new TextEncoder().encode(`--${quoted ?? plain ?? ''}`)
}

/**
 * The same bytes, cut so that no chunk ends with a delimiter, or with one byte behind it: the parser looks there for the
 * two hyphens that end the form, and does not see them in two chunks.
 */
async function* whole(chunks: AsyncIterable<Uint8Array>, delimiter: Uint8Array): AsyncGenerator<Uint8Array> {
  let kept = new Uint8Array(0)
  for await (const chunk of chunks) {
    const bytes = kept.length === 0 ? chunk : concat(kept, chunk)
    const end = [0, 1].map((after) => bytes.length - delimiter.length - after).find((at) => isAt(bytes, delimiter, at))
    kept = end === undefined ? new Uint8Array(0) : bytes.slice(end)
    if (end !== 0) yield bytes.subarray(0, end)
  }
  if (kept.length > 0) yield kept
}

const isAt = (bytes: Uint8Array, wanted: Uint8Array, at: number): boolean =>
  at >= 0 && wanted.every((byte, index) => bytes[at + index] === byte)

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
