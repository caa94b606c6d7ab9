/**
 * The sourcedIds of the made-up district: a number counted from 0 comes in, an id that sorts goes out. Ids come from
 * numbers only, never from names. Two kinds are awkward on purpose, as real ones are: one with `/`, one with `@`.
 */
const padded = (prefix: string, width: number) => (index: number) => prefix + String(index + 1).padStart(width, '0')

export const studentId = padded('s-', 7)
export const teacherId = padded('t-', 6)
export const guardianId = padded('g-', 6)
export const principalId = padded('pr-', 4)
export const siteAdministratorId = padded('sa-', 4)
export const DISTRICT_ADMINISTRATOR_ID = 'admin@district'
export const DISTRICT_ID = 'org-district'
export const schoolId = padded('org-', 4)
export const classId = padded('cls-', 6)
export const enrollmentId = padded('e-', 8)
export const lineItemId = padded('li-', 7)
export const resultId = padded('res-', 8)
export const courseId = (subject: string, grade: string): string => `crs-${grade}-${subject}`
export const roleId = (userId: string): string => `r-${userId}`
export const profileId = (userId: string): string => `p-${userId}`
export const categoryId = (name: string): string => `cat-${name}`
/** A class has one score scale at most. */
export const scoreScaleId = (number: number): string => `scale-${classId(number)}`
export const resourceId = (subject: string, level: number): string => `lib-${subject}-${level + 1}`
/** A record that links a resource, or a score scale, to its owner is named for the owner. */
export const resourceLinkId = (owner: string): string => `lib-${owner}`
export const scaleLinkId = (owner: string): string => `scale-${owner}`
export const objectiveLinkId = (owner: string, nth: number): string => `lo-${owner}.${nth + 1}`
export const YEAR_ID = 'ay-2027'
export const termId = padded('term-2027-', 1)
export const SEMESTER_ID = 'sem-2027-2'
export const gradingPeriodId = padded('gp-2027/', 1)
