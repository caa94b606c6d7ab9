// A request as the stages get it, from nowhere and for no operation in particular.

import type { Visit } from '../../src/visit.ts'

export const visitOf = (request: Request, more: Partial<Visit> = {}): Visit => ({
  request,
  requestId: 'test',
  address: undefined,
  operation: 'none',
  path: '/*',
  arguments: [],
  headers: {},
  ...more,
})
