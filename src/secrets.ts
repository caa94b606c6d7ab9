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
 * The OAuth 1.0a secret of a client: HMAC-SHA256 of its id and generation under `key` (OAUTH1_KEY), as 43 characters of
 * base64url. A signature can be checked only by who has the secret itself, so a hash would not do; what is derived need
 * not be stored, and a copy of the database alone signs nothing.
 */
export async function consumerSecret(key: string, clientId: string, generation: number): Promise<string> {
  const hmac = await crypto.subtle.importKey('raw', utf8(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', hmac, utf8(`${clientId}\n${generation}`))))
}
