// RFC 5849 as its own examples show it, and as a signer that is not ours signs: the base string, the signature, and what a
// request must say of itself.

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { ApiError } from '../../src/errors.ts'
import {
  baseString,
  isSignature,
  isSignedWith,
  percentEncode,
  readClaim,
  type Signable,
  signatureBase,
} from '../../src/oauth1.ts'
import { headerOf, sign } from '../support/signer.ts'

const signable = (url: string, more: Partial<Signable> = {}): Signable => ({
  method: 'GET',
  url: new URL(url),
  authorization: null,
  ...more,
})

/** The examples of RFC 5849, which has a token; ours have none. */
const photos = {
  secrets: 'kd94hf93k423kf44&pfkkdhi9sl3r4s00',
  signatureOf: (base: string, signature: string) => isSignature(signature, 'HMAC-SHA1', base, photos.secrets),
}

describe('the base string', () => {
  test('of section 3.4.1.1: form, query and header together, the realm and the signature left out', () => {
    const request = signable('http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', {
      method: 'POST',
      authorization: `OAuth realm="Example",
        oauth_consumer_key="9djdj82h48djs9d2",
        oauth_token="kkk9d7dh3k39sjv7",
        oauth_signature_method="HMAC-SHA1",
        oauth_timestamp="137131201",
        oauth_nonce="7d8f3e4a",
        oauth_signature="djosJKDKJSD8743243%2Fjdk33klY%3D"`,
      form: 'c2&a3=2+q',
    })
    expect(signatureBase(request)).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    )
  })

  test('of section 1.2 has the signature that stands there', async () => {
    const request = signable('http://photos.example.net/photos?file=vacation.jpg&size=original', {
      authorization: `OAuth realm="Photos", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_token="nnch734d00sl2jdk",
        oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131202", oauth_nonce="chapoH",
        oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"`,
    })
    expect(await photos.signatureOf(signatureBase(request), 'MdpQcU8iPSUjWoN/UDMsK2sui9I=')).toBe(true)
    expect(await photos.signatureOf(signatureBase(request), 'NdpQcU8iPSUjWoN/UDMsK2sui9I=')).toBe(false)
  })

  test('of the first OAuth specification has the signature that stands there', async () => {
    const base = baseString('get', new URL('http://photos.example.net/photos'), [
      ['oauth_version', '1.0'],
      ['size', 'original'],
      ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
      ['oauth_token', 'nnch734d00sl2jdk'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['file', 'vacation.jpg'],
      ['oauth_timestamp', '1191242096'],
      ['oauth_nonce', 'kllo9940pd9333jh'],
    ])
    expect(base).toBe(
      'GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal',
    )
    expect(await photos.signatureOf(base, 'tR3+Ty81lMeYAr/Fid0kMTYa/WM=')).toBe(true)
  })

  test.each([
    ['http://EXAMPLE.COM:80/r%20v/X?id=123', 'http://example.com/r%20v/X'],
    ['https://www.example.net:8080/?q=1', 'https://www.example.net:8080/'],
    ['https://hub.example:443/a', 'https://hub.example/a'],
    ['http://hub.example:443/a', 'http://hub.example:443/a'],
    ['HTTP://hub.example/users/a%2Fb%2fc', 'http://hub.example/users/a%2Fb%2fc'],
    ['http://hub.example', 'http://hub.example/'],
  ])('has of %s the address %s', (url, address) => {
    expect(baseString('GET', new URL(url), [])).toBe(`GET&${encodeURIComponent(address)}&`)
  })

  test('sorts by name and then by value, not by the text they make together', () => {
    const pairs = ['a=2', 'a-=1', 'a=1', 'a=10', 'B=1', 'é=1'].map((text) => text.split('=') as [string, string])
    const sorted = decodeURIComponent(baseString('GET', new URL('http://x/'), pairs).split('&')[2] ?? '')
    expect(sorted).toBe('%C3%A9=1&B=1&a=1&a=10&a=2&a-=1')
  })
})

test('percentEncode leaves letters, digits and - . _ ~ alone, and writes the rest as %XX of its UTF-8', () => {
  expect(percentEncode(`aZ09-._~`)).toBe('aZ09-._~')
  expect(percentEncode(` !*'()+/%"é`)).toBe('%20%21%2A%27%28%29%2B%2F%25%22%C3%A9')
  expect(percentEncode('😀')).toBe('%F0%9F%98%80')
})

describe('a request signed by another library', () => {
  const secret = 'a secret & more'
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/^(oauth_|__proto__$)/.test(text))
  const pairs = fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' })), { maxLength: 8 })
  const method = fc.constantFrom('HMAC-SHA1' as const, 'HMAC-SHA256' as const)
  const segments = fc.array(fc.stringMatching(/^[\w'~@:=,;$!()*-]{1,8}(%2F|%20|%25)?$/), { maxLength: 4 })
  const place = fc.constantFrom('header', 'query', 'form')
  const encoded = (list: Iterable<readonly [string, string]>): string =>
    new URLSearchParams([...list].map((pair) => [...pair])).toString()

  test('fits its secret and no other, wherever its parameters and its signature stand', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, pairs, segments, method, place, async (inQuery, inForm, path, method, place) => {
        const url = `https://hub.example/${path.join('/')}`
        const signing = { key: 'kéy', secret, method }
        const signed = sign(signing, { httpMethod: 'POST', url, parameters: [...inQuery, ...inForm] })
        const own = Object.entries(signed)
        const claim = readClaim({
          method: 'POST',
          url: new URL(`${url}?${encoded([...inQuery, ...(place === 'query' ? own : [])])}`),
          authorization: place === 'header' ? headerOf(signed, 'hub') : null,
          form: encoded([...inForm, ...(place === 'form' ? own : [])]),
        })
        if (claim === undefined) throw new Error('nothing was claimed')
        expect([claim.consumerKey, claim.method, claim.nonce]).toEqual(['kéy', method, String(signed['oauth_nonce'])])
        expect([await isSignedWith(claim, secret), await isSignedWith(claim, `${secret} `)]).toEqual([true, false])
      }),
    )
  })

  test('does not fit when anything of it is altered', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.tuple(name, fc.string()), async (parameters, more) => {
        const url = 'https://hub.example/users'
        const signed = sign({ key: 'k', secret }, { url, parameters })
        const fits = async (altered: Partial<Signable>, of = signed): Promise<boolean> => {
          const request = signable(`${url}?${encoded(parameters)}`, { authorization: headerOf(of), ...altered })
          const claim = readClaim(request)
          return claim !== undefined && isSignedWith(claim, secret)
        }
        expect(await fits({})).toBe(true)
        const altered = [
          fits({ method: 'POST' }),
          fits({ url: new URL(`${url}?${encoded([...parameters, more])}`) }),
          fits({ url: new URL(`${url}/?${encoded(parameters)}`) }),
          fits({ url: new URL(`http://hub.example/users?${encoded(parameters)}`) }),
          fits({ form: encoded([more]) }),
          fits({}, { ...signed, oauth_nonce: 'other' }),
          fits({}, { ...signed, oauth_timestamp: '1' }),
          fits({}, { ...signed, oauth_consumer_key: 'other' }),
          fits({}, { ...signed, oauth_signature_method: 'HMAC-SHA256' }),
        ]
        expect(await Promise.all(altered)).toEqual(altered.map(() => false))
      }),
    )
  })

  test('fits however its query is written: + or %20, lower-case hexadecimal, marks bare or encoded', async () => {
    const url = 'https://hub.example/users'
    const filter = `givenName='Anne Marie+x' AND status!='a~b'`
    const signed = sign({ key: 'k', secret }, { url, parameters: [['filter', filter]] })
    for (const query of [
      encodeURIComponent(filter),
      encodeURIComponent(filter).replaceAll('%20', '+'),
      percentEncode(filter),
      percentEncode(filter).replace(/%../g, (code) => code.toLowerCase()),
      percentEncode(filter).replaceAll('~', '%7E'),
    ]) {
      const claim = readClaim(signable(`${url}?filter=${query}`, { authorization: headerOf(signed) }))
      expect([query, claim !== undefined && (await isSignedWith(claim, secret))]).toEqual([query, true])
    }
  })

  test.each(['', '=', 'not base64!', 'AAAA', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=', 'AAA'])(
    'does not fit by the signature %p',
    async (signature) => {
      expect(await isSignature(signature, 'HMAC-SHA1', 'text', 'key&')).toBe(false)
    },
  )
})

describe('a request', () => {
  const url = 'https://hub.example/users'
  const good = sign({ key: 'k', secret: 's' }, { url })
  const without = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(good).filter(([other]) => other !== name))
  const refused = (request: Signable): [number, string, string | undefined] => {
    try {
      readClaim(request)
    } catch (thrown) {
      const { status, message, headers } = thrown as ApiError
      return [status, message, headers['www-authenticate']]
    }
    return [200, '', undefined]
  }
  const byHeader = (parameters: Record<string, string>): Signable =>
    signable(url, { authorization: headerOf(parameters) })

  test('that does not speak of OAuth 1.0a claims nothing', () => {
    expect(readClaim(signable(`${url}?oauth=1&filter=oauth_nonce`))).toBeUndefined()
    expect(readClaim(signable(url, { authorization: 'Bearer token' }))).toBeUndefined()
    expect(readClaim(signable(`${url}?oauth_nonce=1`, { authorization: 'Bearer token' }))).toBeUndefined()
    expect(readClaim(signable(url, { form: 'a=b' }))).toBeUndefined()
  })

  test.each(['oauth_consumer_key', 'oauth_signature_method', 'oauth_signature', 'oauth_timestamp', 'oauth_nonce'])(
    'without %s, or with an empty one, is refused by that name',
    (name) => {
      const answer: [number, string, string] = [401, `${name}: is missing`, 'OAuth realm="oneroster"']
      expect(refused(byHeader(without(name)))).toEqual(answer)
      expect(refused(byHeader({ ...good, [name]: '' }))).toEqual(answer)
    },
  )

  test.each([
    ['oauth_signature_method', 'PLAINTEXT'],
    ['oauth_signature_method', 'hmac-sha1'],
    ['oauth_signature_method', 'toString'],
    ['oauth_timestamp', '-1'],
    ['oauth_timestamp', '0'],
    ['oauth_timestamp', '1.5'],
    ['oauth_timestamp', '1e3'],
    ['oauth_timestamp', '1234567890123'],
    ['oauth_version', '2.0'],
    ['oauth_token', 'x'],
    ['oauth_nonce', 'n'.repeat(256)],
    ['oauth_nonce', '\0'],
    ['oauth_consumer_key', 'k'.repeat(256)],
  ])('with %s=%p is refused by that name', (name, value) => {
    expect(refused(byHeader({ ...good, [name]: value }))).toEqual([
      401,
      expect.stringMatching(new RegExp(`^${name}: `)) as never,
      'OAuth realm="oneroster"',
    ])
  })

  test('may leave the version out, send an empty token, and begin its header in any case', () => {
    const request = byHeader({ ...without('oauth_version'), oauth_token: '' })
    expect(refused({ ...request, authorization: String(request.authorization).replace('OAuth', 'oauth') })[0]).toBe(200)
  })

  test('that gives a parameter of the protocol twice, or in two places, is refused', () => {
    const twice = `${headerOf(good)}, oauth_nonce="other"`
    expect(refused(signable(url, { authorization: twice }))[1]).toBe('oauth_nonce: is given twice')
    const query = new URLSearchParams(good)
    expect(refused(signable(`${url}?${query}&oauth_nonce=${good['oauth_nonce']}`))[1]).toBe(
      'oauth_nonce: is given twice',
    )
    const both = signable(`${url}?${query}`, { authorization: headerOf(good) })
    expect(refused(both)[1]).toContain('header and query')
    expect(refused(signable(`${url}?oauth_x=1`, { authorization: headerOf(good) }))[1]).toContain('header and query')
    expect(refused(signable(`${url}?${query}`, { form: 'oauth_nonce=1' }))[1]).toContain('query and form')
  })

  test.each([
    'OAuth oauth_nonce',
    'OAuth oauth_nonce=abc',
    'OAuth oauth_nonce="abc',
    'OAuth oauth_nonce="a" oauth_version="1.0"',
    'OAuth oauth_nonce="%zz"',
    'OAuth oauth_nonce="%ff"',
  ])('with the header %p is refused, for it cannot be read', (authorization) => {
    expect(refused(signable(url, { authorization }))[1]).toStartWith('Authorization: ')
  })

  test('may have a comma in its realm, quotes escaped, a line end after each parameter and a comma at the end', async () => {
    const authorization = `${headerOf(good, 'a, b=\\"c\\"').replaceAll('", ', '",\n\t')},`
    const claim = readClaim(signable(url, { authorization }))
    expect(claim !== undefined && (await isSignedWith(claim, 's'))).toBe(true)
  })

  test('with an endless header is refused in no time', () => {
    const startedAt = performance.now()
    expect(refused(signable(url, { authorization: `OAuth a="${'\\"'.repeat(50_000)}` }))[0]).toBe(401)
    expect(refused(signable(url, { authorization: `OAuth ${' ,'.repeat(50_000)}=` }))[0]).toBe(401)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})
