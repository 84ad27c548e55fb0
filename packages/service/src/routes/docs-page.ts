import type { openApiDocument } from './openapi.ts';

type Document = ReturnType<typeof openApiDocument>;

/** Nothing is loaded from anywhere, and no script runs. */
export const docsPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.4rem}details{border:1px solid #d5dbe3;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:#f4f6f9;padding:.6rem;border-radius:4px;overflow:auto}
.m{display:inline-block;min-width:4rem;font-weight:600}.d{text-decoration:line-through}
@media(prefers-color-scheme:dark){body{background:#12161c;color:#dde3ea}details{border-color:#333c48}pre{background:#1b212a}a{color:#8ab4f8}}`;

/** A page for people of what the OpenAPI document says. */
export function docsPage(document: Document): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(path, method, operation as Record<string, unknown>)),
  );
  const { title, version } = document.info;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)} ${escaped(version)}</title><style>${style}</style>
<h1>${escaped(title)} <small>${escaped(version)}</small></h1><p>${escaped(String(document.info.description ?? ''))}</p>
<p><a href="openapi.json">openapi.json</a> · <a href="health">health</a> · <a href="info">info</a> · <a href="metrics">metrics</a></p>
${operations.join('\n')}</html>`;
}

function section(path: string, method: string, operation: Record<string, unknown>): string {
  const parts = ['parameters', 'requestBody', 'responses', 'x-roles']
    .filter(
      (name) => operation[name] !== undefined && !(Array.isArray(operation[name]) && operation[name].length === 0),
    )
    .map((name) => `<h4>${name.replace('x-', '')}</h4><pre>${escaped(JSON.stringify(operation[name], null, 2))}</pre>`);
  const mark = operation['deprecated'] ? ' class="d"' : '';
  return `<details><summary><span class="m">${method.toUpperCase()}</span> <code${mark}>${escaped(path)}</code> ${escaped(String(operation['summary'] ?? ''))}</summary><p>${escaped(String(operation['description'] ?? ''))}</p>${parts.join('')}</details>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
