/**
 * The word lists of the made-up gradebook: categories, score scales, and what the classes of a slot are graded on.
 * Nothing comes in; constant lists go out. It never names a class or a student, and never writes CSV.
 */

export const SCIENCE = 3
const ELECTIVE = 4

export interface Category {
  readonly name: string
  readonly title: string
  /** Percent; the used ones make 100. */
  readonly weight: number | ''
  readonly dropLowest: number
}

export const CATEGORIES: readonly Category[] = [
  { name: 'homework', title: 'Homework', weight: 15, dropLowest: 1 },
  { name: 'quiz', title: 'Quiz', weight: 20, dropLowest: 1 },
  { name: 'test', title: 'Test', weight: 30, dropLowest: 0 },
  { name: 'project', title: 'Project, lab and studio', weight: 25, dropLowest: 0 },
  { name: 'participation', title: 'Participation', weight: 10, dropLowest: 0 },
]
/** No line item is of it; the night after deletes it. */
export const UNUSED_CATEGORY: Category = { name: 'extra', title: '"Extra credit"', weight: '', dropLowest: 0 }

/** A score scale: the lowest score a word stands for, the highest first. */
export interface Scale {
  readonly title: string
  readonly type: string
  readonly words: readonly (readonly [number, string])[]
}

const STANDARDS: Scale = {
  title: 'Standards, 0 to 4',
  type: 'standards',
  words: [
    [4, 'Exceeds'],
    [3, 'Meets'],
    [2, 'Approaching'],
    [1, 'Beginning'],
    [0, 'Not yet'],
  ],
}
const LETTERS: Scale = {
  title: 'Letter grades',
  type: 'letter',
  words: [
    [90, 'A'],
    [80, 'B'],
    [70, 'C'],
    [60, 'D'],
    [0, 'F'],
  ],
}

/** One thing every class of a slot does; `%` stands for the subject. `due` is a day of September. */
export interface Task {
  readonly slot: number
  readonly title: string
  readonly description: string
  readonly category: string
  readonly assigned: string
  readonly due: number
  /** Scores go from 0 to here; without it there are words only. */
  readonly max?: number
  readonly scale?: Scale
  readonly objectives?: readonly ('case' | 'unknown')[]
  /** Counts for the whole term, not for its first grading period. */
  readonly wholeTerm?: true
}

export const TASKS: readonly Task[] = [
  {
    slot: SCIENCE,
    title: 'Quiz 1: "Measure twice, cut once"',
    description: 'Units, scales and errors, without notes',
    category: 'quiz',
    assigned: '2026-08-31',
    due: 2,
    max: 20,
    objectives: ['case'],
  },
  {
    slot: SCIENCE,
    title: '% project: the water of the three rivers',
    description: 'Samples, a table and a poster (Ωm, µg/l, °C)',
    category: 'project',
    assigned: '2026-08-26',
    due: 9,
    max: 4,
    scale: STANDARDS,
    objectives: ['case', 'unknown'],
    wholeTerm: true,
  },
  {
    slot: SCIENCE,
    title: 'Homework: chapter 1, questions 1-9',
    description: '',
    category: 'homework',
    assigned: '2026-09-07',
    due: 8,
    max: 10,
  },
  {
    slot: ELECTIVE,
    title: 'Participation',
    description: 'In words, not in points',
    category: 'participation',
    assigned: '2026-08-24',
    due: 9,
  },
  {
    slot: ELECTIVE,
    title: '%, unit test №1',
    description: 'All of unit 1',
    category: 'test',
    assigned: '2026-09-01',
    due: 4,
    max: 100,
    scale: LETTERS,
    objectives: ['unknown'],
    wholeTerm: true,
  },
]
