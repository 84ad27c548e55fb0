import type { ServerResponse } from 'node:http';
import { type Html, html } from './html.ts';

export interface PageOptions {
  title: string;
  /** The name that people know the realm by. */
  realmName: string;
  /** The path of the realm, for the style sheet. */
  basePath: string;
  body: Html;
  isWide?: boolean;
}

const mark = html`<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="3.4" stroke-linecap="round" aria-hidden="true"><path d="M4 7c8 0 8 9 16 9h8"/><path d="M4 16h24" opacity=".55"/><path d="M4 25c8 0 8-9 16-9" opacity=".8"/></svg>`;

/** A whole page. */
export function page({ title, realmName, basePath, body, isWide }: PageOptions): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${realmName}</title>
<link rel="stylesheet" href="${basePath}/resources/identity.css">
<link rel="icon" href="data:,">
</head>
<body>
<main${isWide ? html` class="wide"` : ''}>
<div class="brand">${mark}<span>${realmName}</span></div>
<div class="card">
${body}
</div>
</main>
<footer>Secured by Headwater Identity</footer>
</body>
</html>
`.text;
}

/** A line that tells what went wrong, or what was done. */
export function message(kind: 'bad' | 'good' | 'info', text: string): Html {
  return html`<div class="message ${kind}" role="${kind === 'bad' ? 'alert' : 'status'}"><span>${text}</span></div>`;
}

/**
 * What every page is sent with: nothing foreign is loaded, nothing is run, nobody frames it, nothing is kept, and no address leaks.
 * Browsers hold `form-action` against the redirects after a form too, so the place where a login ends has to be named.
 */
export function pageHeaders(formTargets: readonly string[] = []): Record<string, string> {
  const action = ["'self'", ...formTargets.flatMap((target) => formSource(target) ?? [])].join(' ');
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'self'; img-src data:; form-action ${action}; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin-allow-popups',
    'cache-control': 'no-store',
    'x-robots-tag': 'none',
  };
}

/** An origin, or the scheme of an app's own. */
function formSource(uri: string): string | undefined {
  const parsed = URL.parse(uri);
  if (parsed === null) return undefined;
  if (parsed.protocol === 'http:' || parsed.protocol === 'https:') return parsed.origin;
  return /^[a-z][a-z0-9+.-]*:$/.test(parsed.protocol) ? parsed.protocol : undefined;
}

export function sendPage(res: ServerResponse, status: number, text: string, formTargets: readonly string[] = []): void {
  if (res.headersSent) return;
  res.writeHead(status, { ...pageHeaders(formTargets), 'content-length': Buffer.byteLength(text) });
  res.end(text);
}
