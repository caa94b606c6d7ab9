// One error class, one table of codes, one writer of the imsx status object. Causes are for the log, never for the client.

/** The imsx_codeMinorFieldValue of the failures a service may answer. */
export type CodeMinor =
  | 'invalid_filter_field'
  | 'invalid_selection_field'
  | 'invalid_blank_selection_field'
  | 'invaliddata'
  | 'unauthorisedrequest'
  | 'forbidden'
  | 'unknownobject'
  | 'server_busy'
  | 'internal_server_error'

const statusOf: Readonly<Record<CodeMinor, number>> = {
  invalid_filter_field: 400,
  invalid_selection_field: 400,
  invalid_blank_selection_field: 400,
  invaliddata: 422,
  unauthorisedrequest: 401,
  forbidden: 403,
  unknownobject: 404,
  server_busy: 429,
  internal_server_error: 500,
}

interface Details {
  /** Where the status differs from the code's usual one. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal, as the client will read it. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly codeMinor: CodeMinor
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(codeMinor: CodeMinor, message: string, details: Details = {}) {
    super(message, { cause: details.cause })
    this.codeMinor = codeMinor
    this.status = details.status ?? statusOf[codeMinor]
    this.headers = details.headers ?? {}
  }
}

/** SQLSTATEs that mean the database is not there or not able now, or that another transaction was in the way: try again. */
const busy = /^(08|40|53|55P03|57)/
const connectionCodes = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

/** Whatever was thrown -> the refusal it means. RH001 is api.fail's SQLSTATE, with the CodeMinor in its detail. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  const { code, detail, message } = (thrown ?? {}) as { code?: unknown; detail?: unknown; message?: string }
  if (typeof code === 'string') {
    if (code === 'RH001') return refusal(String(detail), message ?? '', thrown)
    if (busy.test(code) || connectionCodes.has(code)) {
      return new ApiError('server_busy', 'the database cannot answer now; try again', {
        status: 503,
        headers: { 'retry-after': '5' },
        cause: thrown,
      })
    }
    if (/^(22|23)/.test(code))
      return new ApiError('invaliddata', 'the data breaks a rule of the store', { cause: thrown })
  }
  return new ApiError('internal_server_error', 'the hub failed to answer; the fault is logged', { cause: thrown })
}

/** The detail is a CodeMinor, and behind a space the status where it is not the usual one. */
function refusal(detail: string, message: string, cause: unknown): ApiError {
  const [codeMinor, status] = detail.split(' ')
  return new ApiError(codeMinor as CodeMinor, message, {
    cause,
    ...(status === undefined ? {} : { status: Number(status) }),
  })
}

/** A binding's base path ends in it; what is answered below it has the form of 1.1. */
export const isV1p1 = (path: string): boolean =>
  path.startsWith('/ims/oneroster/v1p1/') || path === '/ims/oneroster/v1p1'

/** The refusal in the form of the binding that `path` belongs to. */
export function errorResponse(error: ApiError, path = ''): Response {
  const body = isV1p1(path)
    ? {
        statusInfoSet: [
          { imsx_codeMajor: 'failure', imsx_severity: 'error', ...remark(error.codeMinor, error.message) },
        ],
      }
    : statusInfo(error)
  return Response.json(body, { status: error.status, headers: error.headers })
}

/**
 * The refusal in the form of the token endpoint (RFC 6749, section 5.2). Its codes know neither too many requests nor a hub
 * that cannot answer: those of section 4.1.2.1 stand for them.
 */
export function tokenErrorResponse({ status, message, headers }: ApiError): Response {
  const isLater = status === 429 || status === 503
  const error = isLater ? 'temporarily_unavailable' : status === 403 ? 'access_denied' : 'server_error'
  return Response.json({ error, error_description: message }, { status, headers: { ...uncached, ...headers } })
}

/** No cache may keep an answer of the token endpoint. */
export const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** The codes that 1.1 spells otherwise. */
const spelling: Partial<Record<CodeMinor, string>> = {
  invaliddata: 'invalid data',
  unauthorisedrequest: 'unauthorized',
  unknownobject: 'unknown object',
}

const remark = (codeMinor: CodeMinor | Warning['codeMinor'], description: string) => ({
  imsx_description: description,
  imsx_codeMinor: spelling[codeMinor as CodeMinor] ?? codeMinor,
})

/** What 1.1 tells beside an answer that it gives all the same. */
export interface Warning {
  readonly codeMinor: 'invalid_sort_field' | 'invalid_selection_field'
  readonly message: string
}

/** Warnings as members of an answer's object, with a comma before them. */
export const warningMember = (warnings: readonly Warning[]): string => {
  const entries = warnings.map(({ codeMinor, message }) => ({
    imsx_codeMajor: 'success',
    imsx_severity: 'warning',
    ...remark(codeMinor, message),
  }))
  return `,"statusInfoSet":${JSON.stringify(entries)}`
}

/** The bare imsx_StatusInfo object of 1.2 (information model, appendix B). */
function statusInfo(error: ApiError): object {
  return {
    imsx_codeMajor: 'failure',
    imsx_severity: 'error',
    imsx_description: error.message,
    imsx_CodeMinor: {
      imsx_codeMinorField: [{ imsx_codeMinorFieldName: 'TargetEndSystem', imsx_codeMinorFieldValue: error.codeMinor }],
    },
  }
}
