// JSON text -> the first way in which it is larger than it may be, found before anything is made of it: parsing 6 MB of
// opened brackets takes seconds. Does not check that the text is JSON. Pure.

export interface ExtentBounds {
  /** Brackets open at once. */
  readonly levelsMax: number
  /** Items inside the members of the body: the records of a set. */
  readonly itemsMax: number
  /** Bytes of one such item, as UTF-8. */
  readonly itemBytesMax: number
}

export type Excess =
  | { readonly what: 'levels' }
  | { readonly what: 'items' }
  | { readonly what: 'itemBytes'; readonly index: number }

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const opens = (code: number): boolean => code === 0x5b || code === 0x7b
const closes = (code: number): boolean => code === 0x5d || code === 0x7d

/** What goes beyond its bounds first; undefined where all is within. */
export function excessOf(text: string, { levelsMax, itemsMax, itemBytesMax }: ExtentBounds): Excess | undefined {
  let [levels, items, index, start] = [0, 0, 0, 0]
  const isItemTooLarge = (end: number): boolean => levels >= 2 && isLonger(text, start, end, itemBytesMax)
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfText(text, at)
    else if (opens(code)) {
      levels += 1
      if (levels > levelsMax) return { what: 'levels' }
      if (levels === 2) [index, start] = [0, at + 1]
    } else if (code === comma && levels <= 2) {
      if (isItemTooLarge(at)) return { what: 'itemBytes', index }
      // a comma between members of the body counts too: a body has one member
      items += 1
      if (items >= itemsMax) return { what: 'items' }
      ;[index, start] = [index + 1, at + 1]
    } else if (closes(code)) {
      if (levels === 2 && isItemTooLarge(at)) return { what: 'itemBytes', index }
      levels -= 1
    }
  }
  return isItemTooLarge(text.length) ? { what: 'itemBytes', index } : undefined
}

/** Where the text in quotes ends that begins at `start`. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at += 1
  }
  return text.length
}

/** Whether a part of the text has more bytes than that; a letter has three at most, half of a pair two. */
const isLonger = (text: string, start: number, end: number, bytesMax: number): boolean =>
  (end - start) * 3 > bytesMax && new TextEncoder().encode(text.slice(start, end).trim()).length > bytesMax
