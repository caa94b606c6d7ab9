// The district a little later: of its rosters' rows one in a hundred is another. As a bulk package with all rows, or as a
// delta with those alone.

import type { DistrictFile } from '../../src/district/district.ts'

const share = 100
/** The files with nearly all rows, and what makes another row of one: the last cell, or a date in the middle. */
const changes: Readonly<Record<string, (row: string) => string>> = {
  'users.csv': (row) => `${row}x`,
  'roles.csv': (row) => row.replace('2027-06-19', '2027-06-18'),
  'enrollments.csv': (row) => row.replace('2027-06-19', '2027-06-18'),
  'demographics.csv': (row) => `${row}1`,
}
const stamp = 'active,2026-10-01T04:00:00.000Z'
const encoder = new TextEncoder()
const blockRows = 2000

export const onePercentBulk = (whole: readonly DistrictFile[]): readonly DistrictFile[] =>
  whole.map((file) => {
    const change = changes[file.name]
    return change === undefined ? file : rewritten(file, (row, place) => (place % share === 0 ? change(row) : row))
  })

/** What onePercentBulk changes, and nothing else. */
export const onePercentDelta = (whole: readonly DistrictFile[]): readonly DistrictFile[] =>
  whole.flatMap((file) => {
    if (file.name === 'manifest.csv') return [{ name: file.name, chunks: () => [manifestOf(file)] }]
    const change = changes[file.name]
    if (change === undefined) return []
    // bulk rows have neither status nor date: two empty cells behind the id
    return [
      rewritten(file, (row, place) =>
        place % share === 0 ? change(row).replace(/^([^,]*),,/, `$1,${stamp}`) : undefined,
      ),
    ]
  })

function manifestOf(manifest: DistrictFile): Uint8Array {
  const text = Buffer.concat([...manifest.chunks()]).toString()
  return encoder.encode(
    text.replace(
      /^file\.(\w+),bulk/gm,
      (_, key: string) => `file.${key},${`${key}.csv` in changes ? 'delta' : 'absent'}`,
    ),
  )
}

/** Rows of the made-up district have no line break in a cell. */
function rewritten(file: DistrictFile, rewrite: (row: string, place: number) => string | undefined): DistrictFile {
  return {
    name: file.name,
    chunks: function* () {
      let place = 0
      let rows: string[] = []
      for (const row of rowsOf(file)) {
        const wanted = place === 0 ? row : rewrite(row, place)
        place += 1
        if (wanted !== undefined) rows.push(`${wanted}\r\n`)
        if (rows.length < blockRows) continue
        yield encoder.encode(rows.join(''))
        rows = []
      }
      if (rows.length > 0) yield encoder.encode(rows.join(''))
    },
  }
}

function* rowsOf(file: DistrictFile): Iterable<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for (const chunk of file.chunks()) {
    const rows = (rest + decoder.decode(chunk, { stream: true })).split('\r\n')
    rest = rows.pop() ?? ''
    yield* rows
  }
  if (rest !== '') yield rest
}
