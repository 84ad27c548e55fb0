import { createHash, randomBytes } from 'node:crypto';
import { endpoint } from './target.ts';

export interface PageForm {
  action: string;
  fields: Record<string, string>;
}

export interface Visit {
  status: number;
  url: string;
  headers: Headers;
  text: string;
}

/** As much of a browser as a login needs: cookies by path, redirects, forms. It stops before the application's own address. */
export class BrowserSession {
  readonly #cookies = new Map<string, { value: string; path: string }>();
  readonly #origin: string;

  constructor(issuer: string) {
    this.#origin = new URL(issuer).origin;
  }

  async visit(url: string, init: RequestInit = {}): Promise<Visit> {
    let next = url;
    let options = init;
    for (let hops = 0; hops < 12; hops++) {
      const response = await fetch(next, {
        ...options,
        redirect: 'manual',
        headers: { accept: 'text/html', ...options.headers, cookie: this.#cookieHeader(new URL(next).pathname) },
      });
      for (const cookie of response.headers.getSetCookie()) this.#keep(cookie, new URL(next).pathname);
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399) {
        return { status: response.status, url: next, headers: response.headers, text: await response.text() };
      }
      await response.arrayBuffer();
      next = new URL(location, next).href;
      if (new URL(next).origin !== this.#origin)
        return { status: response.status, url: next, headers: response.headers, text: '' };
      options = {};
    }
    throw new Error(`too many redirects at ${next}`);
  }

  submit(page: Visit, fields: Record<string, string>, index = 0): Promise<Visit> {
    const form = formsOf(page)[index];
    if (!form) throw new Error(`no form at ${page.url}: ${page.status} ${page.text.slice(0, 2_000)}`);
    return this.visit(new URL(form.action, page.url).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: this.#origin },
      body: new URLSearchParams({ ...form.fields, ...fields }).toString(),
    });
  }

  get cookies(): ReadonlyMap<string, { value: string; path: string }> {
    return this.#cookies;
  }

  cookieValue(name: string): string | undefined {
    for (const [key, { value }] of this.#cookies) if (key.startsWith(`${name}\n`)) return value;
    return undefined;
  }

  setCookie(name: string, value: string, path: string): void {
    this.#cookies.set(`${name}\n${path}`, { value, path });
  }

  #cookieHeader(path: string): string {
    return [...this.#cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([key, { value }]) => `${key.split('\n')[0]}=${value}`)
      .join('; ');
  }

  #keep(cookie: string, requestPath: string): void {
    const [pair = '', ...attributes] = cookie.split(/;\s*/);
    const [name = '', ...value] = pair.split('=');
    const attribute = (wanted: string): string | undefined =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute('path') ?? requestPath;
    const isOver = attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '') <= Date.now();
    if (isOver) this.#cookies.delete(`${name}\n${path}`);
    else this.#cookies.set(`${name}\n${path}`, { value: value.join('='), path });
  }
}

/** The forms of a page, with what they send by themselves. */
export function formsOf({ text }: Visit): PageForm[] {
  const forms: PageForm[] = [];
  for (const [, attributes = '', content = ''] of text.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/gi)) {
    const fields: Record<string, string> = {};
    for (const [, input = ''] of content.matchAll(/<input([^>]*)>/gi)) {
      if (attributeOf(input, 'type') !== 'hidden') continue;
      fields[attributeOf(input, 'name') ?? ''] = attributeOf(input, 'value') ?? '';
    }
    forms.push({ action: attributeOf(attributes, 'action') ?? '', fields });
  }
  return forms;
}

function attributeOf(text: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*"([^"]*)"`, 'i').exec(text)?.[1];
  return found?.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<');
}

export interface CodeRequest {
  url: string;
  verifier: string;
  state: string;
  redirectUri: string;
}

/** The address that an application sends its user to. */
export function codeRequest(issuer: string, changes: Record<string, string | undefined> = {}): CodeRequest {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const redirectUri = 'http://127.0.0.1:5555/callback';
  const url = new URL(endpoint(issuer, 'auth'));
  const params: Record<string, string | undefined> = {
    client_id: 'headwater-web',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  };
  for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(name, value);
  return { url: url.href, verifier, state, redirectUri: params['redirect_uri'] ?? redirectUri };
}

/** Logs in and comes back with a code. */
export async function loginForCode(
  browser: BrowserSession,
  request: CodeRequest,
  username = 'grace',
  password = 'grace-password',
): Promise<URL> {
  const page = await browser.visit(request.url);
  if (page.text === '') return new URL(page.url);
  const back = await browser.submit(page, { username, password, credentialId: '' });
  if (back.text !== '') throw new Error(`not logged in: ${back.status} ${back.text.slice(0, 3_000)}`);
  return new URL(back.url);
}

export function exchange(request: CodeRequest, code: string): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    client_id: 'headwater-web',
    code,
    redirect_uri: request.redirectUri,
    code_verifier: request.verifier,
  };
}
