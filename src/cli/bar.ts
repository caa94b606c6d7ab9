// A progress bar on a terminal: one line, written anew as long as something is under way.

export interface Bar {
  readonly show: (progress: {
    readonly stage: string
    readonly file: string
    readonly doneBytes: number
    readonly totalBytes: number
  }) => void
  /** Takes the line away. */
  readonly end: () => void
}

export function progressBar(write: (text: string) => void): Bar {
  const width = 30
  let shown = ''
  return {
    show({ stage, file, doneBytes, totalBytes }) {
      const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes)
      const filled = Math.round(share * width)
      const text = `\r${stage.padEnd(8)} [${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${String(Math.round(share * 100)).padStart(3)}% ${file.padEnd(20)}`
      if (text !== shown) write(text)
      shown = text
    },
    end: () => write(`\r${' '.repeat(width + 40)}\r`),
  }
}

/** The bar of this terminal; none where the output goes elsewhere. */
export const terminalBar = (): Bar | undefined =>
  process.stderr.isTTY ? progressBar((text) => process.stderr.write(text)) : undefined
