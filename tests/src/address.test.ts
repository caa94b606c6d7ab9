// Addresses, blocks and proxies, beside arithmetic on whole numbers, the addresses of URLs and node's own block list.

import { describe, expect, test } from 'bun:test'
import { BlockList, isIP, isIPv4 } from 'node:net'
import fc from 'fast-check'
import {
  type Block,
  clientAddress,
  formatAddress,
  isWithin,
  networkOf,
  parseAddress,
  parseBlock,
  parseBlocks,
  parseForwarded,
} from '../../src/address.ts'

const runs = { numRuns: 2000 }
const ipv4 = fc.ipV4()
const ipv6 = fc.ipV6()
const either = fc.oneof(ipv4, ipv6)

/** As a URL's host shows it, which is the other writer of the usual text; it reads no IPv4 address in one of IPv6. */
function hostOf(text: string): string {
  if (isIPv4(text)) return text
  const alone = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  return new URL(`http://[${alone}]/`).hostname.replace(/^\[|\]$/g, '')
}

/** The whole number that an address is, read from the text that a URL has of it. */
function numberOf(text: string): bigint {
  const [front = '', back] = hostOf(text).split('::')
  if (isIPv4(text)) return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '')
  const missing = 8 - groups(front).length - groups(back ?? '').length
  const all = [...groups(front), ...new Array<string>(missing).fill('0'), ...groups(back ?? '')]
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

const isMapped = (text: string): boolean => !isIPv4(text) && numberOf(text) >> 32n === 0xffffn
const usual = (text: string): string | undefined => {
  const address = parseAddress(text)
  return address === undefined ? undefined : formatAddress(address)
}
const blocksOf = (text: string): readonly Block[] => {
  const found = parseBlocks(text)
  if (typeof found === 'string') throw new Error(`no block: ${found}`)
  return found
}

describe('an address', () => {
  test('is read, and written as a URL writes it', () => {
    fc.assert(
      fc.property(either, (text) => {
        fc.pre(!isMapped(text))
        expect(usual(text)).toBe(hostOf(text))
      }),
      runs,
    )
  })

  test('is read from its usual text as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = groups.flatMap((group) => [group >> 8, group & 255])
        const text = formatAddress(bytes)
        expect(isIP(text)).toBe(6)
        expect(usual(text) ?? '').toBe(isMapped(text) ? bytes.slice(12).join('.') : text)
        if (!isMapped(text)) expect(parseAddress(text)).toEqual(bytes)
      }),
      runs,
    )
  })

  test('is what node takes for one, but for zones, and nothing else', () => {
    const odd = fc.stringMatching(/^[0-9a-f:.]{0,24}$/)
    fc.assert(
      fc.property(fc.oneof(odd, either, fc.string()), (text) => {
        fc.pre(!text.includes('%'))
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0)
      }),
      runs,
    )
  })

  test.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['1::', '1::'],
  ])('%s is %s', (text, address) => {
    expect(usual(text)).toBe(address)
  })

  test.each([
    '',
    ' 192.0.2.1',
    '192.0.2.01',
    '192.0.2',
    '192.0.2.256',
    '0x7f.1',
    '1::2::3',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::8',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1.2.3.4:5',
    '1.2.3.4%eth0',
    'fe80::1%',
    'fe80::1%a%b',
    '[::1]',
    'localhost',
  ])('"%s" is none', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  test.each([
    ['192.0.2.1:8080', '192.0.2.1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[::ffff:192.0.2.1]:1', '192.0.2.1'],
    [' 2001:db8::1 ', '2001:db8::1'],
    ['[fe80::1%en0]:80', 'fe80::1'],
  ])('is read as a proxy writes it: %s', (text, address) => {
    expect(formatAddress(parseForwarded(text) ?? [])).toBe(address)
  })

  test.each(['unknown', '_hidden', '[192.0.2.1]', '192.0.2.1:', '[::1', '::1]:80', '"192.0.2.1"', 'for=192.0.2.1', ''])(
    'is not read out of "%s"',
    (text) => {
      expect(parseForwarded(text)).toBeUndefined()
    },
  )
})

describe('a block', () => {
  const cases = fc.oneof(
    fc.record({ first: ipv4, bits: fc.nat(32), asked: either }),
    fc.record({ first: ipv6, bits: fc.nat(128), asked: either }),
    // neighbours: equal but for the last bits
    fc
      .record({ first: ipv4, bits: fc.nat(32), last: fc.nat(255) })
      .map(({ last, ...more }) => ({ ...more, asked: more.first.replace(/\d+$/, String(last)) })),
  )

  test('has the addresses whose first bits are its own', () => {
    fc.assert(
      fc.property(cases, ({ first, bits, asked }) => {
        fc.pre(!isMapped(first) && !isMapped(asked))
        const size = isIPv4(first) ? 32 : 128
        const shift = BigInt(size - bits)
        const isIn = isIPv4(first) === isIPv4(asked) && numberOf(first) >> shift === numberOf(asked) >> shift
        expect(isWithin(asked, blocksOf(`${first}/${bits}`))).toBe(isIn)
      }),
      runs,
    )
  })

  test('has what the block list of node has', () => {
    fc.assert(
      fc.property(fc.array(cases, { minLength: 1, maxLength: 5 }), either, (all, asked) => {
        fc.pre(![asked, ...all.map(({ first }) => first)].some(isMapped))
        const list = new BlockList()
        const version = (text: string) => (isIPv4(text) ? 'ipv4' : 'ipv6')
        // node finds IPv4 addresses in short blocks of IPv6 too
        fc.pre(all.every(({ first, bits }) => bits >= 96 || isIPv4(first) || !isIPv4(asked)))
        for (const { first, bits } of all) list.addSubnet(first, bits, version(first))
        const text = all.map(({ first, bits }) => `${first}/${bits}`).join(', ')
        expect(isWithin(asked, blocksOf(text))).toBe(list.check(asked, version(asked)))
      }),
      runs,
    )
  })

  test('of IPv4 has an address that is written as one of IPv6, and the other way round', () => {
    expect(isWithin('::ffff:10.1.2.3', blocksOf('10.0.0.0/8'))).toBe(true)
    expect(isWithin('10.1.2.3', blocksOf('::ffff:10.0.0.0/104'))).toBe(true)
    expect(isWithin('11.1.2.3', blocksOf('::ffff:10.0.0.0/104'))).toBe(false)
    expect(isWithin('::a01:203', blocksOf('10.0.0.0/8'))).toBe(false)
  })

  test.each([
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1'], ['128.0.0.1', '::2', '10.0.0.1']],
    [
      'private',
      ['10.9.9.9', '172.31.0.1', '192.168.1.1', 'fd00::1', 'fe80::1%eth0'],
      ['172.32.0.1', '127.0.0.1', '2001:db8::1'],
    ],
  ])('has a word: %s', (word, inside, outside) => {
    expect(inside.filter((address) => !isWithin(address, blocksOf(word)))).toEqual([])
    expect(outside.filter((address) => isWithin(address, blocksOf(word)))).toEqual([])
  })

  test.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', 'any', '10.0.0/8'])(
    '%s is none, and is named',
    (text) => {
      expect(parseBlock(text)).toBeUndefined()
      expect(parseBlocks(`loopback ,${text}`)).toBe(text)
    },
  )

  test('list that is empty has nobody, nor has any list who is not known', () => {
    expect(isWithin('127.0.0.1', blocksOf(' , '))).toBe(false)
    expect(isWithin(undefined, blocksOf('0.0.0.0/0 ::/0'))).toBe(false)
    expect(isWithin('nobody', blocksOf('0.0.0.0/0 ::/0'))).toBe(false)
  })
})

test('a network is an IPv4 address itself, and of IPv6 what one subscriber has', () => {
  expect(['192.0.2.1', '2001:db8:1:2:3::4', '2001:db8:1:2::', 'nothing'].map(networkOf)).toEqual([
    '192.0.2.1',
    '2001:db8:1:2::/64',
    '2001:db8:1:2::/64',
    'nothing',
  ])
})

describe('the address of a client', () => {
  const trusted = { blocks: blocksOf('loopback 10.0.0.0/8') }

  test('is that of its peer, whatever a header says, where no proxy is trusted', () => {
    fc.assert(
      fc.property(either, fc.oneof(fc.string(), either), (peer, header) => {
        fc.pre(!isMapped(peer))
        expect(clientAddress(peer, header, undefined)).toBe(hostOf(peer))
        expect(clientAddress(peer, header, { blocks: [] })).toBe(hostOf(peer))
      }),
      runs,
    )
  })

  test.each([
    ['198.51.100.7', '203.0.113.9', '198.51.100.7', 'the peer is not trusted'],
    ['10.0.0.1', null, '10.0.0.1', 'the proxy asks for itself'],
    ['10.0.0.1', '203.0.113.9', '203.0.113.9', 'one proxy'],
    ['::ffff:10.0.0.1', '203.0.113.9:4711', '203.0.113.9', 'one proxy, that writes the port too'],
    ['10.0.0.1', '1.1.1.1, 203.0.113.9', '203.0.113.9', 'the client wrote into the header'],
    ['10.0.0.1', '10.9.9.9, 203.0.113.9', '203.0.113.9', 'the client wrote a trusted address into it'],
    ['10.0.0.1', '1.1.1.1, 203.0.113.9, 10.0.0.2', '203.0.113.9', 'two proxies'],
    ['10.0.0.1', '10.0.0.3,10.0.0.2', '10.0.0.3', 'nobody but proxies'],
    ['10.0.0.1', 'garbage', '10.0.0.1', 'no address'],
    ['10.0.0.1', '1.1.1.1, garbage, 10.0.0.2', '10.0.0.2', 'no address behind a proxy'],
    ['10.0.0.1', '', '10.0.0.1', 'an empty header'],
    ['10.0.0.1', ',10.0.0.2', '10.0.0.2', 'an empty entry'],
    ['10.0.0.1', '1.1.1.1,', '10.0.0.1', 'an empty entry at its end'],
    ['127.0.0.1', '[2001:DB8::1]:99', '2001:db8::1', 'an address in brackets'],
  ])('behind %s with "%s" is %s: %s', (peer, header, address) => {
    expect(clientAddress(peer, header, trusted)).toBe(address)
  })

  test.each([
    [1, '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    [2, '1.1.1.1, 203.0.113.9', '1.1.1.1'],
    [3, '1.1.1.1, 203.0.113.9', '1.1.1.1'],
    [2, 'x, 203.0.113.9', '203.0.113.9'],
    [1, null, '198.51.100.7'],
  ])('behind %p proxies with "%s" is %s', (hops, header, address) => {
    expect(clientAddress('198.51.100.7', header, { hops })).toBe(address)
  })

  test('is unknown where the peer is, whatever the header says', () => {
    expect(clientAddress(undefined, '203.0.113.9', { hops: 1 })).toBeUndefined()
    expect(clientAddress('/run/hub.sock', '203.0.113.9', trusted)).toBeUndefined()
  })

  test('cannot be moved by what a client writes before the address its proxy adds', () => {
    const outside = fc.oneof(ipv4, ipv6).filter((text) => !isMapped(text) && !isWithin(text, trusted.blocks))
    const written = fc.array(fc.oneof(fc.string(), either, fc.constantFrom('10.0.0.9', '127.0.0.1', '', ' ')))
    const proxies = fc.array(fc.constantFrom('10.0.0.2', '127.0.0.1', '[::1]:80'))
    fc.assert(
      fc.property(written, outside, proxies, (forged, client, chain) => {
        const header = [...forged, client, ...chain].join(', ')
        expect(clientAddress('10.0.0.1', header, trusted)).toBe(hostOf(client))
        expect(clientAddress('10.0.0.1', header, { hops: chain.length + 1 })).toBe(hostOf(client))
      }),
      runs,
    )
  })
})
