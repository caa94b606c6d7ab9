// The cells of arbitrary packages, as the CSV binding lets them be: texts of any script, ids of every legal character, dates
// at the edges of the calendar, numbers in odd spellings. They come from fast-check alone, not from the district generator.

import fc from 'fast-check'

/** Draws one value: fc.gen() with the arbitrary made before. */
export type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T

// what COPY, CSV, JSON, LIKE, formats and URLs have their own ideas of
const awkward = [
  "O'Brien",
  '"quoted", and comma',
  'back\\slash \\n \\. \\N',
  '100% _under_',
  '{a:b},{c}',
  '=1+1',
  '-',
  'null',
  'NULL',
  'true',
  '[]',
  '&amp; <b>',
  '%2F%00',
  '$1 @id {} %s',
  'tab\there',
  'no\u00a0break\u200b\u2028\u2029',
  '\u0001\u001f\u007f\u0085',
  '\ufeffmark',
  'مرحبا بالعالم',
  'Übung U\u0308bung',
  '👩‍👩‍👧‍👦 𝔘',
  '李小龍',
  ' spaces around ',
]

/** One line of text, not blank: no cell may hold a line break, and PostgreSQL holds no NUL. */
export const text: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(...awkward) },
    { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }) },
    { weight: 4, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 200, maxLength: 3000 }) },
  )
  .map((found) => found.replace(/[\0\r\n]/g, ''))
  .filter((found) => found.trim() !== '')

const idCharacter = fc.constantFrom(...'09azAZ./@_-'.repeat(2), ...'bcdefghijklmnopqrstuvwxyzBCDEFGHIJ12345678')

/** An id; of dots alone it is legal too, but then no address can hold it (RFC 3986, 5.2.4). */
export const id: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 6, arbitrary: fc.string({ unit: idCharacter, minLength: 1, maxLength: 10 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('/', '//', 'a/../b', './a', '@', '-', '_', '...', '0', 'constructor', 'A', 'a'),
    },
    { weight: 1, arbitrary: fc.string({ unit: idCharacter, minLength: 255, maxLength: 255 }) },
    { weight: 1, arbitrary: fc.uuid() },
  )
  .filter((found) => found !== '.' && found !== '..')

export const ids = (minLength: number, maxLength: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(id, { minLength, maxLength })

export const day: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('0001-01-01', '1582-10-10', '1900-02-28', '1969-12-31', '2000-02-29', '2024-02-29', '9999-12-31'),
  fc
    .date({ min: new Date('1990-01-01'), max: new Date('2050-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
)

export const instant: fc.Arbitrary<string> = fc
  .tuple(day, fc.constantFrom('00:00:00.000', '23:59:59.999', '12:30:00.001'))
  .map(([date, time]) => `${date}T${time}Z`)

export const year: fc.Arbitrary<string> = fc.constantFrom('0001', '1999', '2027', '9999')
export const flag: fc.Arbitrary<string> = fc.constantFrom('true', 'false')

export const whole: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('0', '-0', '007', '+5', '100'),
  fc.integer().map(String),
)

export const number: fc.Arbitrary<string> = fc.oneof(
  whole,
  fc.constantFrom('3.50', '+4.25', '.5', '5.', '1e2', '1E-3', '0.1', '-12.75', '1.7976931348623157e308', '4.9e-324'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
)

const token = fc.string({ unit: fc.constantFrom(...'azAZ09._-'), minLength: 1, maxLength: 8 })

/** A word of a vocabulary that others may extend. */
export const extensible = (...vocabulary: string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...vocabulary) },
    { weight: 1, arbitrary: token.map((name) => `ext:${name}`) },
  )

/** A cell that may be blank. */
export const optional = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 2, arbitrary }, { weight: 1, arbitrary: fc.constant('') })

/** At least `least` and at most `most` of these, in their order. */
export const some = (found: readonly string[], least: number, most: number): fc.Arbitrary<string[]> =>
  fc.subarray([...found], { minLength: Math.min(least, found.length), maxLength: Math.min(most, found.length) })

/** Part of a list or of a pair: without what sets the parts apart, and without space at its ends. */
export const part: fc.Arbitrary<string> = text
  .map((found) => found.replace(/[,{}:]/g, '').trim())
  .filter((found) => found !== '')

export const list = (item: fc.Arbitrary<string>, minLength = 0): fc.Arbitrary<string> =>
  fc.array(item, { minLength, maxLength: 3 }).map((items) => items.join(','))

/** `{first:second}` items. */
export const pairs = (minLength = 0): fc.Arbitrary<string> =>
  list(
    fc.tuple(part, part).map(([first, second]) => `{${first}:${second}}`),
    minLength,
  )

/** An objective: of CASE a UUID as a URN, of other sources any text. */
export const objective: fc.Arbitrary<{ source: string; learningObjectiveId: string }> = fc.oneof(
  fc.uuid().map((uuid) => ({ source: 'case', learningObjectiveId: `urn:uuid:${uuid}` })),
  fc.record({
    source: fc.oneof(fc.constantFrom('unknown', 'ext:case', 'ext:unknown', 'ext:State.9-A'), extensible('unknown')),
    learningObjectiveId: text,
  }),
)
