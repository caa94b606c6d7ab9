/**
 * The word lists of the made-up district: people's names in twelve languages, schools, subjects, grades.
 * Nothing comes in; constant lists go out. It never draws, counts or writes CSV. The names are common ones, and
 * belong to nobody in particular.
 */

/** Names that go together: one language, given names by sex, family names. */
export interface Tongue {
  readonly language: string
  readonly country: string
  readonly female: readonly string[]
  readonly male: readonly string[]
  readonly family: readonly string[]
}

const words = (text: string): readonly string[] => text.split('|')

const tongue = (language: string, country: string, female: string, male: string, family: string): Tongue => ({
  language,
  country,
  female: words(female),
  male: words(male),
  family: words(family),
})

export const ENGLISH = tongue(
  'en',
  'US',
  "Ava|Grace|Zoë|Mary Ann|Ruth|Imani|Keisha|Harriet|D'Arcy|Olive|Chloé|June",
  "Liam|Noah|Jean-Luc|Marcus|De'Andre|Owen|Theo|Silas|Jamal|Henry|Ezra|Wyatt",
  "O'Brien|Smith|Johnson|King, Jr.|St. John|O'Neill|Washington|Taylor-Brooks|MacGregor|D'Angelo|Baker|Freeman|Reed|Hill|Ward",
)

const SPANISH = tongue(
  'es',
  'MX',
  'Sofía|Ximena|Lucía|Inés|Begoña|Belén|Itzel|Renée',
  'José|Ángel|Íñigo|Andrés|Joaquín|Raúl|Matías|Nuño',
  'Núñez|García|Hernández|de la Peña|Ibáñez|Muñoz|Vázquez|Ruiz|Peña y Lillo|Güemes',
)

/** Drawn from evenly: a language stands here as often as it is frequent, of twenty. */
export const TONGUES: readonly Tongue[] = [
  ...Array.from({ length: 7 }, () => ENGLISH),
  ...Array.from({ length: 3 }, () => SPANISH),
  tongue(
    'pl',
    'PL',
    'Żaneta|Małgorzata|Zofia|Łucja',
    'Łukasz|Paweł|Stanisław|Grześ',
    'Wiśniewski|Dąbrowski|Kozłowski|Źrebiec|Wójcik',
  ),
  tongue('vi', 'VN', 'Thảo|Hạnh|Ngọc|Quỳnh', 'Đức|Hiếu|Tuấn|Khánh', 'Nguyễn|Trần|Lê|Phạm|Đặng'),
  tongue('ru', 'RU', 'Анна|Мария|Ольга|Алёна', 'Иван|Фёдор|Дмитрий|Юрий', 'Король|Петренко|Ковач|Черных|Лебедь'),
  tongue('el', 'GR', 'Ελένη|Σοφία|Αθηνά|Ιωάννα', 'Γιώργος|Νίκος|Θανάσης|Άρης', 'Ανδρέου|Γεωργίου|Ιωάννου|Νικολάου'),
  tongue('ar', 'EG', 'فاطمة|ليلى|مريم|نور', 'محمد|يوسف|عمر|خالد', 'حداد|النجار|منصور|الخطيب|سالم'),
  tongue('he', 'IL', 'נועה|תמר|יעל|שירה', 'דוד|איתן|יונתן|אורי', 'כהן|לוי|מזרחי|ברק|שלום'),
  tongue('zh', 'CN', '芳|秀英|雨桐|美玲', '伟|浩然|子轩|建國', '王|李|張|欧阳|陈'),
  tongue('ja', 'JP', 'さくら|美咲|ゆい|陽菜', '翔太|大輔|ハルト|健', '佐藤|鈴木|髙橋|渡邊|田中'),
  tongue('ko', 'KR', '서연|지우|하은|민서', '민준|서준|도윤|현우', '김|이|박|최|남궁'),
  tongue('hi', 'IN', 'प्रिया|अनन्या|दीपिका|सीता', 'आरव|राजेश|विजय|कृष्ण', 'शर्मा|वर्मा|सिंह|गुप्ता|जोशी'),
]

/** School names; `%` stands for the level, names without it are complete. */
export const SCHOOLS: readonly string[] = [
  'St. "Mary" of the Lake %',
  "O'Connor, Flannery, %",
  'Αθηνά / Athena %',
  'Lincoln %',
  'École Saint-Étienne',
  'Школа имени Пушкина',
  '"Old Mill" %',
  '實驗學校',
  'مدرسة النور',
  'Niños Héroes %',
  'さくら学校',
  'בית ספר אלון',
  '한빛 학교',
  'सरस्वती विद्यालय',
  'Washington, D.C., Memorial %',
]

/** The grades of the district, as CEDS codes. */
export const GRADES: readonly string[] = words('KG|01|02|03|04|05|06|07|08|09|10|11|12')

/** A school's level: which grades it teaches (from, and up to but without, an index of GRADES). */
export const LEVELS: readonly { readonly name: string; readonly from: number; readonly to: number }[] = [
  { name: 'Elementary School', from: 0, to: 6 },
  { name: 'Middle School', from: 6, to: 9 },
  { name: 'High School', from: 9, to: 13 },
]

/** A subject; names and codes (SCED subject areas) are list cells of equal length. */
export interface Subject {
  readonly title: string
  readonly short: string
  readonly names: string
  readonly codes: string
}

const subject = (title: string, short: string, names: string, codes: string): Subject => ({
  title,
  short,
  names,
  codes,
})

/** Homeroom first, then what every student takes, then the electives. */
export const SUBJECTS: readonly Subject[] = [
  subject('Homeroom', 'HR', 'Homeroom', '22106'),
  subject('Mathematics', 'MA', 'Mathematics', '02'),
  subject('English Language Arts', 'EN', 'English Language and Literature', '01'),
  subject('Science and Engineering', 'SC', 'Life and Physical Sciences,Engineering and Technology', '03,21'),
  subject('Social Studies', 'SS', 'Social Sciences and History', '04'),
  subject('Art, Music and Drama', 'AR', 'Fine and Performing Arts', '05'),
  subject('Español', 'ES', 'World Languages', '24'),
  subject('Computer Science', 'CS', 'Information Technology,Mathematics', '10,02'),
]
/** Subjects up to here are taken by everybody; a student's fifth class is one of those from here on. */
export const FIRST_ELECTIVE = 4
