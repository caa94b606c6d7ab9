// A package that lies in pieces of one size, read as if it were whole.

/** Bytes in a chunk; the last of a package may have fewer. */
export const chunkBytes = 512 * 1024

/** Bytes by position, the last chunk kept: a package is read mostly forward. */
export function chunked(sizeBytes: number, readChunk: (position: number) => Promise<Uint8Array>) {
  let kept: { position: number; bytes: Promise<Uint8Array> } | undefined
  const chunk = (position: number): Promise<Uint8Array> => {
    if (kept?.position !== position) kept = { position, bytes: readChunk(position) }
    return kept.bytes
  }
  return {
    sizeBytes,
    read: async (offset: number, length: number): Promise<Uint8Array> => {
      const end = Math.min(offset + length, sizeBytes)
      const found = new Uint8Array(Math.max(0, end - offset))
      for (let at = offset; at < end; ) {
        const position = Math.floor(at / chunkBytes)
        const start = at - position * chunkBytes
        const part = (await chunk(position)).subarray(start, start + end - at)
        found.set(part, at - offset)
        at += part.length
      }
      return found
    },
  }
}
