// The Accept header -> the one of some media types that the client likes best. Source: RFC 9110, section 12.5.1. Pure.

interface Range {
  readonly type: string
  readonly quality: number
}

/** The media type to answer with; of equals the one offered first. Undefined where the client takes none of them. */
export function preferred(accept: string | null, offered: readonly string[]): string | undefined {
  if (accept === null || accept.trim() === '') return offered[0]
  const ranges = accept.split(',').map(rangeOf)
  const rated = offered.map((type) => ({ type, quality: qualityOf(type, ranges) }))
  const best = rated.reduce((found, one) => (one.quality > found.quality ? one : found))
  return best.quality > 0 ? best.type : undefined
}

function rangeOf(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
  return { type, quality: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality) : 0 }
}

/** As the most precise range says that the type is of. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const precise = [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']
  for (const name of precise) {
    const range = ranges.find((one) => one.type === name)
    if (range !== undefined) return range.quality
  }
  return 0
}
