// `bun run audit:dependencies`: fails where the registry knows an advisory, high or critical, about a package as the lockfile
// has it; lesser ones are told. A registry that cannot be asked is no fault of the code: skipped, with the reason.

import process from 'node:process'

interface Advisory {
  readonly title: string
  readonly severity: string
  readonly url: string
  readonly vulnerable_versions: string
}

const failing = ['high', 'critical']
/** A registry that has not answered by then is not there. */
const patienceMs = 60_000

/** What bun audit found; a text: why it could ask nobody. Throws where it failed otherwise. */
async function ask(): Promise<Readonly<Record<string, readonly Advisory[]>> | string> {
  const child = Bun.spawn([process.execPath, 'audit', '--json'], { stdout: 'pipe', stderr: 'pipe', stdin: 'ignore' })
  const timer = setTimeout(() => child.kill(), patienceMs)
  const [told, said, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  clearTimeout(timer)
  if (told.trim().startsWith('{')) return JSON.parse(told)
  if (child.signalCode !== null) return `no answer within ${patienceMs / 1000} s`
  const refusal = /^error: POST (.*)$/m.exec(said)?.[1]
  if (refusal !== undefined) return refusal
  throw new Error(`bun audit ended with ${code}: ${said}`)
}

const found = await ask()
if (typeof found === 'string') {
  console.log(`skipped: the registry tells of no advisories (${found}); nothing is known of the dependencies`)
  process.exit(0)
}
const advisories = Object.entries(found).flatMap(([name, all]) => all.map((advisory) => ({ name, ...advisory })))
for (const { name, vulnerable_versions, severity, title, url } of advisories)
  console.log(`${severity}: ${name} ${vulnerable_versions}: ${title} (${url})`)
const bad = advisories.filter(({ severity }) => failing.includes(severity))
console.log(`${advisories.length} advisories, ${bad.length} of them high or critical`)
process.exit(bad.length === 0 ? 0 : 1)
