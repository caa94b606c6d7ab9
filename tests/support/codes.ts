// docs/import-codes.md as data: which codes there are, and which of them refuse a row.

import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../docs/import-codes.md', import.meta.url), 'utf8')

/** The codes of the table under a heading, in its order. */
function codesUnder(heading: string): string[] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => String(match[1]))
}

export const faultCodes = codesUnder('Faults')
/** Faults that no package has. */
export const revertCodes = codesUnder('Faults of a revert')
export const warningCodesTold = codesUnder('Warnings')

/** Throws where a report tells a code that is not documented as what it was told as. */
export function expectDocumented(faults: readonly { code: string }[], warnings: readonly { code: string }[]): void {
  const strange = [
    ...faults.map(({ code }) => code).filter((code) => !faultCodes.includes(code)),
    ...warnings.map(({ code }) => code).filter((code) => !warningCodesTold.includes(code)),
  ]
  if (strange.length > 0) throw new Error(`docs/import-codes.md does not have ${[...new Set(strange)].join(', ')}`)
}

/** Warnings of how values go together, which arbitrary ones seldom do: each value is read just as it was sent. */
export const relationCodes: readonly string[] = [
  'bounds_reversed',
  'class_of_another_line_item',
  'deleted_unknown',
  'end_before_begin',
  'primary_not_teacher',
  'primary_org_without_role',
  'profile_of_another_user',
  'score_out_of_bounds',
  'several_primary_roles',
  'several_primary_teachers',
  'unequal_lists',
  'wrong_reference_type',
]
