// The demo: two nights of a made-up district through the real import, and what has no CSV file, assessments, through the
// API as a client writes it.

import type { App } from '../app.ts'
import type { Credentials } from '../clients.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { assessments } from '../district/assessments.ts'
import { type DistrictOptions, district, districtDelta } from '../district/district.ts'
import { writeZip } from '../zip.ts'
import { reportText, runImport } from './importing.ts'

/** About 1,500 people: these students, their teachers and some of their guardians. */
const demo = { students: 1150, seed: 1, gradebook: true }

/** The whole district, then the changes that leave some records deleted. */
export async function importDemo(owner: Database, config: Config, tell: (line: string) => void): Promise<void> {
  tell('Importing the demo district.')
  for (const files of [district(demo), districtDelta(demo)]) {
    const archive = await new Response(writeZip(files)).blob()
    tell(reportText(await runImport(owner, archive, config)))
  }
}

/** Puts a district's assessment line items, then their results. Throws with the hub's own words where one is refused. */
export async function putAssessments(
  app: App,
  credentials: Credentials,
  options: DistrictOptions = demo,
): Promise<void> {
  const { assessmentLineItems, assessmentResults } = assessments(options)
  const authorization = `Bearer ${await tokenOf(app, credentials)}`
  const put = async (collection: string, envelope: string, record: object): Promise<void> => {
    const id = encodeURIComponent((record as { sourcedId: string }).sourcedId)
    const response = await app.fetch(
      new Request(`http://localhost/ims/oneroster/gradebook/v1p2/${collection}/${id}`, {
        method: 'PUT',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ [envelope]: record }),
      }),
    )
    if (!response.ok) throw new Error(`${collection}/${id}: ${await response.text()}`)
  }
  // a part names the test it is of
  for (const record of assessmentLineItems) await put('assessmentLineItems', 'assessmentLineItem', record)
  await Promise.all([...assessmentResults].map((record) => put('assessmentResults', 'assessmentResult', record)))
}

async function tokenOf(app: App, { clientId, clientSecret }: Credentials): Promise<string> {
  const answer = await app.fetch(
    new Request('http://localhost/oauth2/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    }),
  )
  return ((await answer.json()) as { access_token: string }).access_token
}
