// GET /exports/oneroster.zip: who may, what it says, and what a package holds.

import { beforeAll, describe, expect, test } from 'bun:test'
import { parseRows } from '../../src/csv.ts'
import { exportScope } from '../../src/exports.ts'
import { saying } from '../support/classroom.ts'
import { backend } from '../support/database.ts'
import { filesIn } from '../support/exports.ts'
import { type Hub, openHub } from '../support/hub.ts'
import { bulk, dated, deleted, delta, gradebook, lines, school } from '../support/rows.ts'

const url = 'http://localhost/exports/oneroster.zip'
let hub: Hub
let token: string
beforeAll(async () => {
  hub = await openHub()
  token = await hub.token([exportScope])
  const users = lines(
    'sourcedId,enabledUser,username,userIds,givenName,familyName,agentSourcedIds,grades,password,metadata.note,metadata.b',
    'u1,true,ada,"{sis:1},{state:2}",=1+1,"@Byron, ""A""","u2,u1","09,10",secret,+1,',
    'u2,true,bo,,-Bo,Ek,,,secret,,x',
  )
  const profiles = lines(
    'sourcedId,userSourcedId,profileType,vendorId,credentialType,username,password',
    'p1,u1,app,v,pin,ada,secret',
  )
  await bulk(hub.owner, { ...school, ...gradebook, users, userProfiles: profiles })
}, 180_000)

const ask = (query = '', init: RequestInit = {}, bearer = token): Promise<Response> =>
  Promise.resolve(hub.fetch(new Request(url + query, { headers: { authorization: `Bearer ${bearer}` }, ...init })))
const taken = async (query?: string) => filesIn(await (await ask(query)).blob())

describe('an export', () => {
  test('is a package with a name, and says what the next delta is asked for with', async () => {
    const response = await ask()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip'])
    const asOf = response.headers.get('rosterhub-as-of') ?? ''
    const stamp = asOf.replace(/[-:]|\.\d+/g, '')
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="oneroster-bulk-${stamp}.zip"`)
    expect(response.headers.get('cache-control')).toBe('no-store')
    const files = await filesIn(await response.blob())
    expect(Object.keys(files)).toEqual([
      'manifest.csv',
      ...'orgs academicSessions courses classes users roles userProfiles enrollments demographics resources'
        .concat(' classResources courseResources userResources categories scoreScales lineItems lineItemScoreScales')
        .concat(' lineItemLearningObjectiveIds results resultScoreScales resultLearningObjectiveIds')
        .split(' ')
        .map((name) => `${name}.csv`),
    ])
    const manifest = parseRows(files['manifest.csv'] ?? '')
    expect(manifest.slice(0, 3)).toEqual([
      ['propertyName', 'value'],
      ['manifest.version', '1.0'],
      ['oneroster.version', '1.2'],
    ])
    expect(manifest.filter(([, mode]) => mode === 'bulk').length).toBe(21)
    expect(manifest.slice(-2)).toEqual([
      ['source.systemName', 'RosterHub'],
      ['source.systemCode', 'rosterhub'],
    ])
  })

  test('has the columns of the standard and the metadata behind them; no password; cells as they are', async () => {
    expect((await taken())['users.csv']).toBe(
      lines(
        'sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,' +
          'phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,' +
          'preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.b,metadata.note',
        'u1,,,true,ada,"{sis:1},{state:2}",=1+1,"@Byron, ""A""",,,,,,"u2,u1","09,10",,,,,,,,,+1',
        'u2,,,true,bo,,-Bo,Ek,,,,,,,,,,,,,,,x,',
      ),
    )
    expect((await taken())['userProfiles.csv']).toBe(
      lines(
        'sourcedId,status,dateLastModified,userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password',
        'p1,,,u1,app,v,,,pin,ada,',
      ),
    )
  })

  test('of the same records is the same, byte for byte', async () => {
    const [first, second] = [await (await ask()).bytes(), await (await ask()).bytes()]
    expect(Buffer.compare(first, second)).toBe(0)
  })

  test('with since is a delta: what was published after it, with status and date, the deleted too', async () => {
    const whole = await ask()
    await whole.bytes()
    const asOf = whole.headers.get('rosterhub-as-of') ?? ''
    const empty = await taken(`?since=${asOf}`)
    expect(Object.keys(empty)).toEqual(['manifest.csv'])
    expect(empty['manifest.csv']).not.toMatch(/bulk|delta/)
    const { publishedAt } = await delta(hub.owner, {
      orgs: dated(lines('sourcedId,name,type', 's9,Ninth,school')),
      demographics: dated(school.demographics, deleted),
    })
    const files = await taken(`?since=${asOf}`)
    expect(files['orgs.csv']).toBe(
      lines(
        'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId',
        `s9,active,${publishedAt},Ninth,school,,`,
      ),
    )
    expect(files['demographics.csv']).toContain(`u1,tobedeleted,${publishedAt},2012-03-04,female`)
    expect(files['manifest.csv']?.match(/^file\.\w+,delta\r$/gm)).toEqual([
      'file.demographics,delta\r',
      'file.orgs,delta\r',
    ])
    expect(Object.keys(await taken())).not.toContain('demographics.csv')
    // of any zone, and the moment of a publication itself is behind it
    expect(Object.keys(await taken(`?since=${encodeURIComponent('2000-01-01T01:00:00+01:00')}`)).length).toBe(22)
    expect(Object.keys(await taken(`?since=${publishedAt}`))).toEqual(['manifest.csv'])
  })
})

describe('an export is refused', () => {
  test.each([['yesterday'], ['2026-09-01'], ['2026-09-01T00:00:00'], ['2026-13-01T00:00:00Z'], ["'"]])(
    'with 400 for since=%j, by the name of the parameter',
    async (since) => {
      const said = await saying(await ask(`?since=${encodeURIComponent(since)}`))
      expect(said).toStartWith(`400 since: "${since}" is no date and time`)
    },
  )

  test('with 400 for two of them, an empty one, or another parameter', async () => {
    expect(await saying(await ask('?since=a&since=b'))).toBe('400 since: given 2 times')
    expect(await saying(await ask('?since='))).toBe('400 since: must have 1 to 64 characters, and no NUL')
    expect(await saying(await ask('?sinse=2026-09-01T00:00:00Z'))).toBe(
      '400 sinse: no parameter of this operation; since may be given',
    )
  })

  test('with 401 without a token, 403 without its scope, 405 for another method', async () => {
    expect((await ask('', { headers: {} })).status).toBe(401)
    expect(await saying(await ask('', {}, await hub.token(['roster.readonly'])))).toBe(
      `403 the token lacks a scope: any of ${exportScope}`,
    )
    expect((await ask('', { method: 'POST' })).status).toBe(405)
  })

  test.skipIf(backend === 'pglite')(
    'with 503 while another one is being made [embedded it is made before the answer: PostgreSQL]',
    async () => {
      const first = await ask()
      const second = await ask()
      expect([second.status, second.headers.get('retry-after')]).toEqual([503, '30'])
      expect(await saying(second)).toBe('503 another export is being made; try again')
      await first.body?.cancel()
      while ((await ask()).status !== 200) await hub.owner.sql`select 1`
    },
  )
})

test('HEAD tells what GET would be, without making it', async () => {
  const response = await ask('', { method: 'HEAD' })
  expect([response.status, response.headers.get('content-type'), response.body]).toEqual([200, 'application/zip', null])
})
