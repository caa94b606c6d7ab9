// The reference at /docs as a browser shows it: every document, nothing from elsewhere, and requests that can be tried; and
// without a browser, what its two files and their headers are.

import { beforeAll, describe, expect, test } from 'bun:test'
import { services } from '../../openapi/document.ts'
import { type Browser, chromium, type Locator, openBrowser } from '../support/browser.ts'
import { openPlace } from '../support/command.ts'

let origin: string
let credentials: { readonly clientId: string; readonly clientSecret: string }
beforeAll(async () => {
  const place = await openPlace()
  const running = place.start(['quickstart', '--json', '--port', '0', '--data', 'data'])
  const line = await running.line()
  if (line === undefined) throw new Error((await running.ended).stderr)
  const ready = JSON.parse(line)
  origin = new URL(ready.baseUrl).origin
  credentials = ready
}, 90_000)

interface Source {
  readonly title: string
  readonly slug: string
  readonly url: string
}

/** The documents that the page tells its viewer of. */
async function sources(): Promise<Source[]> {
  const html = await (await fetch(`${origin}/docs`)).text()
  const text = String(/data-configuration="([^"]*)"/.exec(html)?.[1])
  return JSON.parse(text.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<')).sources
}

interface Document {
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, { tags: readonly string[]; summary: string }>>>>
}

const viewerPath = async (): Promise<string> =>
  String(/src="([^"]+)"/.exec(await (await fetch(`${origin}/docs`)).text())?.[1])

async function token(): Promise<string> {
  const { clientId, clientSecret } = credentials
  const answer = await fetch(`${origin}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('GET /docs', () => {
  test('is a page whose headers forbid other hosts, inline scripts and frames', async () => {
    const answer = await fetch(`${origin}/docs`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const policy = Object.fromEntries(
      String(answer.headers.get('content-security-policy'))
        .split('; ')
        .map((directive) => [directive.split(' ')[0], directive.slice(directive.indexOf(' ') + 1)]),
    )
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
    })
    expect(JSON.stringify(policy)).not.toMatch(/https?:|\*|unsafe-eval/)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).not.toMatch(/https?:\/\//)
  })

  test('lists every service and the hub, by documents that are there and name this hub', async () => {
    const found = await sources()
    expect(found.length).toBe(services.length + 1)
    expect(new Set(found.map(({ slug }) => slug)).size).toBe(found.length)
    for (const { title, url } of found) {
      const answer = await fetch(new URL(url, origin))
      const document = (await answer.json()) as { info: { title: string }; servers: { url: string }[] }
      expect([answer.status, document.info.title]).toEqual([200, title])
      expect(new URL(String(document.servers[0]?.url), origin).origin).toBe(origin)
    }
  })

  test('names its viewer for its content: kept for ever, the same compressed and plain', async () => {
    const path = await viewerPath()
    const [packed, plain] = await Promise.all(
      ['gzip', 'identity'].map((encoding) => fetch(origin + path, { headers: { 'accept-encoding': encoding } })),
    )
    expect([packed?.headers.get('content-encoding'), plain?.headers.get('content-encoding')]).toEqual(['gzip', null])
    for (const answer of [packed, plain]) {
      expect(answer?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(answer?.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(answer?.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer?.headers.get('vary')).toBe('accept-encoding')
    }
    const [one, other] = [await packed?.text(), await plain?.text()]
    expect(one).toBe(String(other))
    expect(one?.length).toBeGreaterThan(1_000_000)
  })

  test('has no other file: 404 and the imsx object', async () => {
    for (const file of ['viewer-0000000000000000.js', 'scalar.js.gz', '..%2f..%2fpackage.json', 'hub']) {
      const answer = await fetch(`${origin}/docs/${file}`)
      expect([file, answer.status]).toEqual([file, 404])
      expect(await answer.text()).toContain('unknownobject')
    }
  })
})

describe.skipIf(chromium === undefined)('the reference in a browser [needs Chromium]', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser(String(chromium))
  }, 90_000)

  /** Opens an operation of the rostering document and its window for trying it. */
  async function openTryIt(): Promise<Locator> {
    const { page } = browser
    const [rostering] = await sources()
    await page.goto('about:blank')
    await page.goto(`${origin}/docs#${rostering?.slug}/tag/usersmanagement`)
    await page.getByText('List users', { exact: true }).first().click()
    await page
      .getByRole('button', { name: /^Test Request.*\/users\)?$/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Query Parameters').first().waitFor()
    return dialog
  }

  /** Sends the request in the window; answers its status and what the window shows of it. */
  async function send(dialog: Locator): Promise<[number, string | null]> {
    const [answer] = await Promise.all([
      browser.page.waitForResponse((response) => new URL(response.url()).pathname.endsWith('/users')),
      dialog.getByRole('button', { name: /^Send get request/ }).click(),
    ])
    await dialog.getByText('familyName').first().waitFor()
    return [answer.status(), await dialog.textContent()]
  }

  test('shows the operations of every document', async () => {
    const { page } = browser
    for (const { slug, title, url } of await sources()) {
      const document = (await (await fetch(new URL(url, origin))).json()) as Document
      const tag = document.tags[0]?.name
      const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
      const summary = String(operations.find(({ tags }) => tags[0] === tag)?.summary)
      await page.goto('about:blank')
      await page.goto(`${origin}/docs#${slug}/tag/${tag?.toLowerCase()}`)
      await page.getByRole('heading', { name: title, level: 1 }).first().waitFor()
      await page.getByRole('heading', { name: summary }).first().waitFor()
    }
  }, 120_000)

  test('sends a request with a token that was pasted, and shows the answer', async () => {
    const dialog = await openTryIt()
    await dialog.getByRole('button', { name: /^Selected Auth Type/ }).click()
    await browser.page.getByRole('option', { name: /^bearer/ }).click()
    await dialog.getByRole('button', { name: 'bearer', exact: true }).click()
    await dialog.getByRole('textbox', { name: 'Bearer Token' }).fill(await token())
    const [status, shown] = await send(dialog)
    expect([status, shown?.includes('"users"')]).toEqual([200, true])
  }, 120_000)

  test('gets a token for client credentials itself, and sends a request with it', async () => {
    const dialog = await openTryIt()
    await dialog.locator('[data-placeholder="12345"]').fill(credentials.clientId)
    await dialog.getByRole('textbox', { name: 'Client Secret' }).fill(credentials.clientSecret)
    await dialog.getByRole('button', { name: 'Authorize' }).click()
    await dialog.getByRole('textbox', { name: 'Access Token' }).waitFor()
    const [status, shown] = await send(dialog)
    expect([status, shown?.includes('"users"')]).toEqual([200, true])
  }, 120_000)

  test('asked no other host for anything, and complained of nothing', () => {
    const elsewhere = browser.requested.filter(
      (url) => !url.startsWith(`${origin}/`) && !/^(data|about|blob):/.test(url),
    )
    expect(browser.requested.length).toBeGreaterThan(6)
    expect(elsewhere).toEqual([])
    expect(browser.complaints).toEqual([])
  })
})
