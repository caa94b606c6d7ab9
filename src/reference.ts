// The reference of the whole API as a page at /docs: the served documents, shown by a viewer that comes with the hub. Its
// bytes come in, responses go out. The page asks no other host for anything, and its headers forbid that it does. Pure.

import { documents, localised } from './discovery.ts'
import { ApiError } from './errors.ts'
import hub from './generated/hub.document.ts'

/** The viewer's JavaScript, one file, compressed by gzip. */
export type Viewer = () => Promise<Uint8Array<ArrayBuffer>>

interface Route {
  readonly path: string
  readonly name: string
  readonly read: (request: Request) => Promise<Response>
}

/** The routes of the reference; none without a viewer. Addresses in documents begin with publicUrl, or as the request's. */
export function referenceRoutes(viewer: Viewer | undefined, publicUrl: string | undefined): Route[] {
  if (viewer === undefined) return []
  let kept: Promise<Asset> | undefined
  // read at the first request and kept: most processes are never asked
  const asset = (): Promise<Asset> => {
    kept ??= viewer().then(named)
    return kept
  }
  return [
    { path: '/docs', name: 'getReference', read: async () => page((await asset()).file) },
    { path: '/docs/:file', name: 'getReferenceFile', read: async (request) => file(request, await asset(), publicUrl) },
  ]
}

interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Named for its content, so that it may be kept for ever. */
  readonly file: string
}

async function named(bytes: Uint8Array<ArrayBuffer>): Promise<Asset> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).subarray(0, 8)
  return { bytes, file: `viewer-${hash.toHex()}.js` }
}

const hubDocument = 'hub.json'

/** Same origin only. The viewer writes its own styles; it runs nothing that is not in its file. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Every document by its own path: the server of the try-it requests is the host that shows the page. */
const sources = [
  ...documents.map(({ base, files, document }) => ({
    ...titled(document as unknown as Titled),
    url: `${base}/discovery/${files[0]}`,
    servers: [{ url: base, description: 'This hub.' }],
  })),
  { ...titled(hub), url: `/docs/${hubDocument}`, servers: [{ url: '/', description: 'This hub.' }] },
]

interface Titled {
  readonly info: { readonly title: string }
}

function titled({ info: { title } }: Titled): { title: string; slug: string } {
  return { title, slug: title.toLowerCase().replace(/[^a-z0-9]+/g, '-') }
}

/** What the viewer is told: no fonts, proxy, reports or services of its makers. */
const configuration = {
  sources,
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: '',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  authentication: {
    preferredSecurityScheme: 'OAuth2CC',
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token you have already.' } },
  },
  showOperationId: true,
  showDeveloperTools: 'never',
  theme: 'default',
  persistAuth: false,
  documentDownloadType: 'direct',
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

function page(viewerFile: string): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>RosterHub API</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>This page needs JavaScript. The documents themselves: ${sources.map(({ title, url }) => `<a href="${url}">${title}</a>`).join(', ')}.</noscript>
<script id="api-reference" type="application/json" data-configuration="${escaped(JSON.stringify(configuration))}"></script>
<script src="/docs/${viewerFile}"></script>
</body>
</html>
`
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-cache',
    },
  })
}

function file(request: Request, asset: Asset, publicUrl: string | undefined): Response {
  const { pathname, origin } = new URL(request.url)
  const name = pathname.slice(pathname.lastIndexOf('/') + 1)
  if (name === hubDocument) {
    return Response.json(localised({ base: '', files: [hubDocument], document: hub }, publicUrl ?? origin))
  }
  if (name !== asset.file) throw new ApiError('unknownobject', `Unknown Object: no such file ${pathname}`)
  const takesGzip = /(^|[\s,])gzip($|[\s,;])/.test(request.headers.get('accept-encoding') ?? '')
  const headers = {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    ...(takesGzip ? { 'content-encoding': 'gzip' } : {}),
  }
  return new Response(takesGzip ? asset.bytes : unpacked(asset.bytes), { headers })
}

const unpacked = (bytes: Uint8Array<ArrayBuffer>): ReadableStream =>
  new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
