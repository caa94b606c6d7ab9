// Addresses of the internet protocol as text -> what they are, the blocks they are in, and who is behind the proxies that
// are trusted. Pure; what is no address is undefined, and throws nothing.

/** Of 4 or of 16 bytes. An IPv4 address that is written as an IPv6 one (::ffff:192.0.2.1) has 4. */
export type Address = readonly number[]

/** The addresses whose first `bits` bits are those of `address`. */
export interface Block {
  readonly address: Address
  readonly bits: number
}

/** Which proxies are believed: those with these addresses, or so many of them, whatever their address. */
export type TrustedProxies = { readonly blocks: readonly Block[] } | { readonly hops: number }

/** Dotted, decimal, and without leading zeros: some read 010 as 8. */
function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = parts.map((part) => (/^(?:0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return bytes.every((byte) => byte < 256) ? bytes : undefined
}

/** The groups of one side of a `::` as bytes; an IPv4 address may be the last of them. */
function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [place, group] of groups.entries()) {
    const ipv4 = isLast && place === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined
    if (ipv4 !== undefined) bytes.push(...ipv4)
    else if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return undefined
  }
  return bytes
}

function parseIpv6(text: string): Address | undefined {
  const sides = text.split('::')
  if (sides.length > 2) return undefined
  const [front, back] = sides.map((side, place) => parseGroups(side, place === sides.length - 1))
  if (front === undefined || (sides.length === 2 && back === undefined)) return undefined
  if (back === undefined) return front.length === 16 ? front : undefined
  const missing = 16 - front.length - back.length
  return missing >= 2 ? [...front, ...new Array<number>(missing).fill(0), ...back] : undefined
}

const mappedBits = 96
const isMapped = (bytes: Address): boolean =>
  bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255

const bytesOf = (text: string): Address | undefined => (text.includes(':') ? parseIpv6(text) : parseIpv4(text))

/** An address alone: no port, no brackets; the zone of a link-local one (`%eth0`) is passed over. */
export function parseAddress(text: string): Address | undefined {
  const [alone = '', zone, ...more] = text.split('%')
  if (more.length > 0 || zone === '' || (zone !== undefined && !alone.includes(':'))) return undefined
  const bytes = bytesOf(alone)
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes
}

/** As proxies write it: also with a port (192.0.2.1:8080), in brackets ([2001:db8::1]), or with both. */
export function parseForwarded(text: string): Address | undefined {
  const sent = text.trim()
  const inBrackets = /^\[([^[\]]+)\](?::\d{1,5})?$/.exec(sent)?.[1]
  if (inBrackets !== undefined) return inBrackets.includes(':') ? parseAddress(inBrackets) : undefined
  return parseAddress(/^([\d.]+):\d{1,5}$/.exec(sent)?.[1] ?? sent)
}

/** The usual text: RFC 5952 for IPv6, its longest run of zeros as `::`. */
export function formatAddress(address: Address): string {
  if (address.length === 4) return address.join('.')
  const groups = Array.from({ length: 8 }, (_, place) =>
    (((address[2 * place] ?? 0) << 8) | (address[2 * place + 1] ?? 0)).toString(16),
  )
  const text = groups.join(':')
  let [at, end] = [0, 0]
  for (const { index, 0: run } of text.matchAll(/\b0(?::0\b)+/g))
    if (run.length > end - at) [at, end] = [index, index + run.length]
  return end === 0 ? text : `${text.slice(0, at).replace(/:$/, '')}::${text.slice(end).replace(/^:/, '')}`
}

/** `192.0.2.0/24`, or an address for itself alone. Bits behind the first ones count for nothing. */
export function parseBlock(text: string): Block | undefined {
  const [before = '', after, ...more] = text.split('/')
  const bytes = bytesOf(before)
  if (bytes === undefined || more.length > 0) return undefined
  const bits = after === undefined ? bytes.length * 8 : /^(?:0|[1-9]\d{0,2})$/.test(after) ? Number(after) : 129
  if (bits > bytes.length * 8) return undefined
  const isIpv4 = isMapped(bytes) && bits >= mappedBits
  return isIpv4 ? { address: bytes.slice(12), bits: bits - mappedBits } : { address: bytes, bits }
}

const words: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
}

/**
 * Blocks, by commas or spaces; the words `loopback` and `private` stand for several. A list of one thing that is none is
 * answered as that thing's text.
 */
export function parseBlocks(text: string): readonly Block[] | string {
  const found: Block[] = []
  for (const name of text.split(/[\s,]+/).filter((each) => each !== '')) {
    for (const each of words[name] ?? [name]) {
      const block = parseBlock(each)
      if (block === undefined) return name
      found.push(block)
    }
  }
  return found
}

function isInBlock(address: Address, { address: first, bits }: Block): boolean {
  if (address.length !== first.length) return false
  const whole = bits >> 3
  for (let place = 0; place < whole; place += 1) if (address[place] !== first[place]) return false
  const rest = bits & 7
  return rest === 0 || ((address[whole] ?? 0) ^ (first[whole] ?? 0)) >> (8 - rest) === 0
}

/** Whether an address, as its text, is in one of the blocks; what is no address is in none. */
export function isWithin(text: string | undefined, blocks: readonly Block[]): boolean {
  const address = text === undefined ? undefined : parseAddress(text)
  return address !== undefined && blocks.some((block) => isInBlock(address, block))
}

/** What one subscriber has: an IPv4 address itself, of IPv6 the 64 bits before it. */
export function networkOf(text: string): string {
  const address = parseAddress(text)
  if (address === undefined || address.length === 4) return text
  return `${formatAddress([...address.slice(0, 8), ...new Array<number>(8).fill(0)])}/64`
}

/**
 * Where a request comes from, as its usual text. `peer` is the other end of the connection. Without trusted proxies that is
 * all; else X-Forwarded-For is read from its end, where each proxy adds whom it was asked by: past every address that is
 * trusted, to the first that is not. An entry that is no address ends the walk at the proxy that let it pass, so what a
 * client writes into the header itself is never believed. undefined where the peer is not known.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | null,
  trusted: TrustedProxies | undefined,
): string | undefined {
  let address = peer === undefined ? undefined : parseForwarded(peer)
  if (address === undefined) return undefined
  let end = trusted === undefined || forwardedFor === null ? -1 : forwardedFor.length
  for (let hop = 0; end >= 0 && trusted !== undefined; hop += 1) {
    const at: Address = address
    if ('hops' in trusted ? hop >= trusted.hops : !trusted.blocks.some((block) => isInBlock(at, block))) break
    // a comma at 0 has an empty entry before it
    const comma: number = end === 0 ? -1 : (forwardedFor ?? '').lastIndexOf(',', end - 1)
    const before: Address | undefined = parseForwarded((forwardedFor ?? '').slice(comma + 1, end))
    if (before === undefined) break
    address = before
    end = comma
  }
  return formatAddress(address)
}
