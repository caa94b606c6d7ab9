// Secrets as the hub makes them: random, hashed, or derived from its own key. Nothing here keeps one.

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** 256 random bits as 43 characters of base64url. */
export const randomSecret = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)))

export const sha256 = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)))

/**
 * Whether two secrets, or their hashes, are the same, in a time that depends on their lengths alone. Where the database
 * compares SHA-256s of 256 random bits by equality, time tells nothing that helps: whoever learned how many leading bytes of
 * a hash they have met would need another secret whose hash has one more, and finds it by trying out only.
 */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at += 1) difference |= (a[at] ?? 0) ^ (b[at] ?? 0)
  return difference === 0
}

export interface ApiKey {
  /** What a client sends: `rh_`, eight characters, `_`, 43 characters. */
  readonly text: string
  /** What the key is found by, and called in lists: its first eleven characters, no secret. */
  readonly prefix: string
}

const keyPattern = /^(rh_[a-z0-9]{8})_[\w-]{43}$/
const prefixCharacters = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** A new key: a random prefix, and 256 random bits. */
export function randomKey(): ApiKey {
  const places = crypto.getRandomValues(new Uint32Array(8))
  const prefix = `rh_${[...places].map((place) => prefixCharacters[place % prefixCharacters.length]).join('')}`
  return { text: `${prefix}_${randomSecret()}`, prefix }
}

/** The prefix of what has the form of a key; undefined for another text. */
export const keyPrefix = (text: string): string | undefined => keyPattern.exec(text)?.[1]

/**
 * The OAuth 1.0a secret of a client: HMAC-SHA256 of its id and generation under `key` (OAUTH1_KEY), as 43 characters of
 * base64url. A signature can be checked only by who has the secret itself, so a hash would not do; what is derived need
 * not be stored, and a copy of the database alone signs nothing.
 */
export async function consumerSecret(key: string, clientId: string, generation: number): Promise<string> {
  const hmac = await crypto.subtle.importKey('raw', utf8(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', hmac, utf8(`${clientId}\n${generation}`))))
}
