import type { HttpContext } from '@headwater/http';
import { type ConsoleFile, ConsoleFiles } from './console-files.ts';
import { extension } from './content-types.ts';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders: Record<string, string> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

const missing = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Headwater: the console is not built</title>
<h1>The console is not built yet</h1>
<p>Build it once, then load this page again:</p>
<pre>npm run build --workspace @headwater/console</pre>
<p>The API is up: see <a href="/api">/api</a>.</p>
</html>
`;

/** Serves the console under `/ui/`: files as they are, and every other page address as its one page. */
export class ConsolePages {
  readonly #files: ConsoleFiles;

  constructor(directory: string) {
    this.#files = new ConsoleFiles(directory);
  }

  /** False when there is no such file. `path` is normalised and starts with `/ui`. */
  async serve(ctx: HttpContext, path: string): Promise<boolean> {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.send(405, 'the console is read with GET\n', {
        ...securityHeaders,
        allow: 'GET, HEAD',
        'content-type': 'text/plain; charset=utf-8',
      });
      return true;
    }
    const name = decode(path.replace(/^\/ui\/?/, ''));
    const file = name === '' ? undefined : await this.#files.get(name);
    if (file !== undefined) {
      send(ctx, file);
      return true;
    }
    // A page's address has no file extension; a script or picture that is not there must not become a page.
    if (extension(name) !== '' && /\.[a-z0-9]{1,11}$/i.test(name) && !acceptsHtml(ctx)) return false;
    const page = await this.#files.get('index.html');
    if (page === undefined)
      ctx.send(503, missing, {
        ...securityHeaders,
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
      });
    else send(ctx, page);
    return true;
  }
}

function send(ctx: HttpContext, file: ConsoleFile): void {
  const headers: Record<string, string> = {
    ...securityHeaders,
    'content-type': file.type,
    etag: file.etag,
    vary: 'Accept-Encoding',
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  const known = ctx.req.headers['if-none-match'];
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.etag))
    return void ctx.send(304, undefined, headers);
  const accepted = ctx.req.headers['accept-encoding'];
  let { body } = file;
  for (const encoding of ['br', 'gzip'] as const) {
    if (file[encoding] === undefined || !accepts(accepted, encoding)) continue;
    headers['content-encoding'] = encoding;
    body = file[encoding];
    break;
  }
  ctx.send(200, body, headers);
}

function accepts(header: string | string[] | undefined, encoding: string): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => {
      const [name, quality] = part.trim().split(/\s*;\s*q=/);
      return name === encoding && Number(quality ?? 1) > 0;
    });
}

function acceptsHtml(ctx: HttpContext): boolean {
  return ctx.req.headers.accept?.includes('text/html') === true;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
