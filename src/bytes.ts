// The body of a request -> its bytes or its text, up to a limit: of a body beyond it no more is read than shows that it is
// beyond. What went wrong is told as the caller's own error. Knows no binding and no operation.

/** Too large, not UTF-8, or broken off by who sent it. */
export type BodyFault = 'size' | 'encoding' | 'end'

export interface BodyBounds {
  readonly bytesMax: number
  /** The error to throw. */
  readonly refusal: (fault: BodyFault, cause?: unknown) => Error
}

/** The chunks of a body, while they are no more than `bytesMax` bytes. Throws what `refusal` makes of a fault. */
export async function* readChunks(
  { headers, body }: Pick<Request, 'headers' | 'body'>,
  { bytesMax, refusal }: BodyBounds,
): AsyncGenerator<Uint8Array> {
  if (Number(headers.get('content-length') ?? 0) > bytesMax) throw refusal('size')
  const reader = body?.getReader()
  let sizeBytes = 0
  try {
    for (;;) {
      const chunk = await reader?.read().catch((cause) => {
        // the client hung up: nobody reads this answer, and it is no fault of the hub's
        throw refusal('end', cause)
      })
      if (chunk?.value === undefined) return
      sizeBytes += chunk.value.length
      if (sizeBytes > bytesMax) throw refusal('size')
      yield chunk.value
    }
  } finally {
    // not waited for: of a copied body it would settle no sooner than the original is read
    void reader?.cancel().catch(() => {})
  }
}

/** The body's text. Throws what `refusal` makes of a fault. */
export async function readText(request: Request, bounds: BodyBounds): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch (cause) {
      throw bounds.refusal('encoding', cause)
    }
  }
  let text = ''
  for await (const chunk of readChunks(request, bounds)) text += decode(chunk)
  return text + decode()
}

/** The body's bytes. Throws as readText does, but for the encoding. */
export async function readBytes(request: Request, bounds: BodyBounds): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readChunks(request, bounds)) chunks.push(chunk)
  const bytes = new Uint8Array(chunks.reduce((sizeBytes, { length }) => sizeBytes + length, 0))
  let end = 0
  for (const chunk of chunks) {
    bytes.set(chunk, end)
    end += chunk.length
  }
  return bytes
}
