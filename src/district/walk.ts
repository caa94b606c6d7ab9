/**
 * Walks through the made-up district: a plan or a class comes in; its seats, teachers or classes come out one by one, in
 * the order of their numbers. It never writes a row, and keeps nothing it has passed.
 */
import { type Group, groupOf, type Plan, type Seat, SLOTS } from './plan.ts'

/** Each student, with the seat. */
export function* seats({ schools }: Plan): Iterable<readonly [number, Seat]> {
  for (const school of schools)
    for (let local = 0; local < school.students; local += 1) {
      const cohort = school.cohorts[local % school.cohorts.length]
      if (cohort === undefined) continue
      yield [school.firstStudent + local, { school, cohort, place: Math.floor(local / school.cohorts.length) }]
    }
}

/** Each teacher, with the school's index. */
export function* teachers({ schools }: Plan): Iterable<readonly [number, number]> {
  for (const { index, firstTeacher, teachers } of schools)
    for (let nth = 0; nth < teachers; nth += 1) yield [firstTeacher + nth, index]
}

export function* groups({ schools }: Plan): Iterable<Group> {
  for (const school of schools)
    for (const cohort of school.cohorts)
      for (let slot = 0; slot < SLOTS; slot += 1)
        for (let section = 0; section < cohort.sections; section += 1) yield { school, cohort, slot, section }
}

/** The seats that attend a class. */
export function* members({ school, cohort, slot, section }: Group): Iterable<Seat> {
  for (let place = 0; place < cohort.size; place += 1) {
    const seat = { school, cohort, place }
    if (groupOf(seat, slot).section === section) yield seat
  }
}
