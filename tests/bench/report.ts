// What a bench found: tables of numbers, and ratios beside their bars. Printed for a person here, as JSON by the caller.

export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Bar {
  readonly name: string
  readonly value: number
  readonly unit: '' | 'MB' | 'rows'
  readonly bound: 'at least' | 'at most'
  readonly bar: number
  readonly ok: boolean
}

export interface Report {
  readonly tables: readonly Table[]
  readonly bars: readonly Bar[]
}

export const atLeast = (name: string, value: number, bar: number, unit: Bar['unit'] = ''): Bar => ({
  name,
  value,
  unit,
  bound: 'at least',
  bar,
  ok: value >= bar,
})

export const atMost = (name: string, value: number, bar: number, unit: Bar['unit'] = ''): Bar => ({
  name,
  value,
  unit,
  bound: 'at most',
  bar,
  ok: value <= bar,
})

export const megabytes = (bytes: number): number => bytes / 1024 / 1024

const isNumber = (text: string): boolean => /^-?[\d.,]+$/.test(text)

function lines({ title, header, rows }: Table): string[] {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const isRight = header.map((_, column) => rows.every((row) => isNumber(row[column] ?? '') || row[column] === ''))
  const format = (row: readonly string[]): string =>
    row
      .map((text, column) => (isRight[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return ['', title, ...[header, ...rows].map((row) => `  ${format(row)}`)]
}

function barLine({ name, value, unit, bound, bar, ok }: Bar): string {
  const digits = unit === '' ? 2 : 0
  const suffix = unit === '' ? '' : ` ${unit}`
  return `  ${ok ? 'ok    ' : 'MISSED'}  ${name}: ${value.toFixed(digits)}${suffix} (${bound} ${bar.toFixed(digits)}${suffix})`
}

export function printReport({ tables, bars }: Report): void {
  const text = [...tables.flatMap(lines), '', 'ratios and bars', ...bars.map(barLine)]
  process.stdout.write(`${text.join('\n')}\n`)
}
