// A form as browsers send it (RFC 7578) -> the bytes of the one file in it, as they come, wherever the chunks are cut. Pure
// but for the stream it reads.

/** The form cannot be read, or holds no file or several. */
export class MultipartError extends Error {
  override name = 'MultipartError'
}

/** Of a part's headers, and of a field that is no file; more are none. */
const headBytesMax = 16 * 1024
const fieldBytesMax = 64 * 1024
const zipTypes = /^content-type:\s*application\/(zip|x-zip-compressed|octet-stream)\b/im
const named = /^content-disposition:[^\r\n]*;\s*filename\*?=/im

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const lineEnd = bytesOf('\r\n')
const headEnd = bytesOf('\r\n\r\n')

/**
 * The bytes of the file in a form of this Content-Type; other fields are passed over. Throws MultipartError where there is
 * no file, a second one, or the form breaks off.
 */
export async function* fileOf(
  chunks: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const delimiter = bytesOf(`\r\n--${boundaryOf(contentType)}`)
  const source = chunks[Symbol.asyncIterator]()
  const reader = new PartReader(source)
  let hasFile = false
  try {
    await reader.skip(delimiter, fieldBytesMax)
    while (await reader.isPart()) {
      const head = await reader.text(headEnd, headBytesMax)
      if (!named.test(head) && !zipTypes.test(head)) {
        await reader.skip(delimiter, fieldBytesMax)
        continue
      }
      if (hasFile) throw new MultipartError('the form has several files; one package is wanted')
      hasFile = true
      yield* reader.until(delimiter)
    }
    if (!hasFile) throw new MultipartError('the form has no file')
  } finally {
    await source.return?.()
  }
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) throw new MultipartError('the Content-Type names no boundary')
  return boundary
}

class PartReader {
  /** Read and not yet taken. A delimiter begins with a line end, the first one at the beginning of the form too. */
  private bytes = lineEnd

  constructor(private readonly source: AsyncIterator<Uint8Array>) {}

  /** The bytes before `wanted`, which is taken away. Throws MultipartError where it does not come. */
  async *until(wanted: Uint8Array): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = indexOf(this.bytes, wanted)
      // the last bytes may be the beginning of it
      const end = at === -1 ? Math.max(0, this.bytes.length - wanted.length + 1) : at
      const found = this.bytes.subarray(0, end)
      this.bytes = this.bytes.subarray(at === -1 ? end : at + wanted.length)
      if (found.length > 0) yield found
      if (at !== -1) return
      await this.more()
    }
  }

  async skip(wanted: Uint8Array, bytesMax: number): Promise<void> {
    let sizeBytes = 0
    for await (const { length } of this.until(wanted)) {
      sizeBytes += length
      if (sizeBytes > bytesMax) throw new MultipartError(`a field of the form has more than ${bytesMax} bytes`)
    }
  }

  async text(wanted: Uint8Array, bytesMax: number): Promise<string> {
    const decoder = new TextDecoder()
    let text = ''
    for await (const found of this.until(wanted)) {
      text += decoder.decode(found, { stream: true })
      if (text.length > bytesMax)
        throw new MultipartError(`a part of the form has more than ${bytesMax} bytes of headers`)
    }
    return text
  }

  /** Behind a delimiter: whether a part follows, else it was the last. */
  async isPart(): Promise<boolean> {
    while (this.bytes.length < 2) await this.more()
    if (this.bytes[0] === 0x2d && this.bytes[1] === 0x2d) return false
    await this.skip(lineEnd, headBytesMax)
    // a part without headers has its empty line at once
    this.bytes = concat(lineEnd, this.bytes)
    return true
  }

  private async more(): Promise<void> {
    const { done, value } = await this.source.next()
    if (done === true) throw new MultipartError('the form broke off')
    this.bytes = this.bytes.length === 0 ? value : concat(this.bytes, value)
  }
}

/** Where `wanted`, which begins with a carriage return, stands; -1 where it does not. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const last = bytes.length - wanted.length
  for (let at = bytes.indexOf(0x0d); at !== -1 && at <= last; at = bytes.indexOf(0x0d, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at
  }
  return -1
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
