// JSON text -> its value, or the place and the reason why it has none. Stricter than JSON.parse, which takes the last of two
// members of one name: who signs, logs or checks the text elsewhere may have taken the first. Pure.

export type Read =
  | { readonly value: unknown; readonly fault?: undefined }
  | { readonly fault: { readonly path: string; readonly reason: string } }

/** Deeper than any body of the hub. */
const levelsMax = 64

/** A JSON pointer to a member or an item below `path`. Source: RFC 6901, section 3. */
export const pointer = (path: string, name: string | number): string =>
  `${path}/${typeof name === 'number' ? name : name.replaceAll('~', '~0').replaceAll('/', '~1')}`

/**
 * The value of a text that is JSON, no more than 64 levels deep, no object of which names a member twice or so that code
 * which copies it would change its own objects: `__proto__`, or `prototype` in `constructor`.
 */
export function readJson(text: string): Read {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    const isBlank = text.trim() === ''
    return refusal('', isBlank ? 'a JSON body is wanted' : `the body is not JSON: ${(cause as Error).message}`)
  }
  const { members, isDeep, isOdd } = look(value)
  if (isDeep) return refusal('', `more than ${levelsMax} levels deep`)
  // of members with one name JSON.parse keeps one: it has fewer than the text has colons
  return (isOdd || members !== colonsOf(text) ? firstFault(text) : undefined) ?? { value }
}

const refusal = (path: string, reason: string): Read => ({ fault: { path, reason } })

interface Seen {
  members: number
  isDeep: boolean
  /** A name in it may do harm; where it stands, the text tells. */
  isOdd: boolean
}

function look(value: unknown, seen: Seen = { members: 0, isDeep: false, isOdd: false }, level = 1): Seen {
  if (typeof value !== 'object' || value === null) return seen
  if (level > levelsMax) {
    seen.isDeep = true
    return seen
  }
  if (Array.isArray(value)) {
    for (const item of value) look(item, seen, level + 1)
    return seen
  }
  // twice as fast as over Object.entries; what JSON.parse makes inherits nothing that is listed
  for (const name in value) {
    seen.members += 1
    if (name === '__proto__' || name === 'prototype') seen.isOdd = true
    look((value as Record<string, unknown>)[name], seen, level + 1)
  }
  return seen
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a

/** Colons outside of texts: as many as there are members. */
function colonsOf(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) at = endOfText(text, at)
    else if (code === colon) count += 1
  }
  return count
}

/** Where the text in quotes ends that begins at `start`. */
function endOfText(text: string, start: number): number {
  let at = start + 1
  for (let code = text.charCodeAt(at); code !== quote; code = text.charCodeAt(at)) at += code === backslash ? 2 : 1
  return at
}

interface Open {
  /** The names so far; of an array there are none. */
  readonly names: Set<string> | undefined
  /** Of the member or item that is being read. */
  place: string | number
}

/** The first name in valid JSON that stands twice in its object, or may do harm. */
function firstFault(text: string): Read | undefined {
  const open: Open[] = []
  let isName = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    const top = open.at(-1)
    if (letter === '{') {
      open.push({ names: new Set(), place: '' })
      isName = true
    } else if (letter === '[') open.push({ names: undefined, place: 0 })
    else if (letter === '}' || letter === ']') open.pop()
    else if (letter === ',' && top !== undefined) {
      isName = top.names !== undefined
      if (typeof top.place === 'number') top.place += 1
    } else if (letter === ':') isName = false
    else if (letter === '"') {
      const end = endOfText(text, at)
      const fault =
        isName && top !== undefined ? faultOf(String(JSON.parse(text.slice(at, end + 1))), top, open) : undefined
      if (fault !== undefined) return fault
      at = end
    }
  }
  return undefined
}

/** What is wrong with the next name of the innermost object, which is then the one that is being read. */
function faultOf(name: string, top: Open, open: readonly Open[]): Read | undefined {
  const isKnown = top.names?.has(name)
  top.names?.add(name)
  top.place = name
  const isHarmful = name === '__proto__' || (name === 'prototype' && open.at(-2)?.place === 'constructor')
  if (!isKnown && !isHarmful) return undefined
  const path = open.reduce((path, { place }) => pointer(path, place), '')
  return refusal(path, isKnown ? 'the name is given twice' : 'no member may have this name')
}
