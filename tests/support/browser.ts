// A headless Chromium of its own profile, driven by playwright-core, which stands in a folder of its own and is installed
// as its lockfile has it. Tells what the page asked for and what it complained of. Undefined where there is no Chromium.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { atEnd } from './cleanup.ts'

export const chromium =
  Bun.which('chromium') ?? Bun.which('chromium-browser') ?? Bun.which('google-chrome') ?? undefined

type Text = string | RegExp

/** As much of playwright-core as the tests use; its own types are not installed with the hub. */
export interface Locator {
  readonly getByText: (text: Text, options?: { exact?: boolean }) => Locator
  readonly getByRole: (role: string, options?: { name?: Text; exact?: boolean; level?: number }) => Locator
  readonly locator: (selector: string) => Locator
  readonly first: () => Locator
  readonly click: () => Promise<void>
  readonly fill: (text: string) => Promise<void>
  readonly waitFor: () => Promise<void>
  readonly textContent: () => Promise<string | null>
}

export interface Page extends Pick<Locator, 'getByText' | 'getByRole' | 'locator'> {
  readonly goto: (url: string) => Promise<unknown>
  readonly waitForResponse: (is: (response: Answer) => boolean) => Promise<Answer>
  readonly on: (event: string, listener: (what: never) => void) => void
}

interface Answer {
  readonly url: () => string
  readonly status: () => number
}

export interface Browser {
  readonly page: Page
  /** The address of every request the page made. */
  readonly requested: string[]
  /** Errors on its console, and exceptions nobody caught. */
  readonly complaints: string[]
}

const folder = new URL('../browser/', import.meta.url).pathname
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function openBrowser(executablePath: string): Promise<Browser> {
  const install = Bun.spawn([process.execPath, 'install', '--frozen-lockfile', '--ignore-scripts'], {
    cwd: folder,
    stdout: 'ignore',
    stderr: 'pipe',
  })
  if ((await install.exited) !== 0) throw new Error(await new Response(install.stderr).text())
  const playwright = await import(`${folder}node_modules/playwright-core/index.mjs`)
  const profile = mkdtempSync(`${tmpdir()}/rosterhub-browser-`)
  const viewport = { width: 1400, height: 1000 }
  const options = { executablePath, headless: true, args: flags, viewport }
  const context = await playwright.chromium.launchPersistentContext(profile, options)
  atEnd(async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  })
  // a page of 4 MB of script on a busy machine
  context.setDefaultTimeout(60_000)
  const page: Page = context.pages()[0]
  const requested: string[] = []
  const complaints: string[] = []
  page.on('request', (request: { url: () => string }) => void requested.push(request.url()))
  page.on('pageerror', (thrown: Error) => void complaints.push(thrown.message))
  page.on('console', (said: { type: () => string; text: () => string }) => {
    if (said.type() === 'error') complaints.push(said.text())
  })
  return { page, requested, complaints }
}
